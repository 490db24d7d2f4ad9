/* What is asked of sources, told to the client: fetch.c tells of statements, modify.c of rows in bulk. */
#ifndef TESSERA_FDW_PG_TELL_H
#define TESSERA_FDW_PG_TELL_H

#include "fdw/pg/tessera_fdw.h"

/* The setting of the same name. */
extern bool tessera_tell_remote;

/* Where that is on: the beginning of the text, as a notice. */
extern void tessera_tell_statement(const TsrSource* source, const char* text);

#endif
