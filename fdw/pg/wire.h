/* Tuples as sources send them (wire.c). */
#ifndef TESSERA_FDW_PG_WIRE_H
#define TESSERA_FDW_PG_WIRE_H

#include "fdw/pg/tessera_fdw.h"

/* Reads tuples in TSR_ENCODING_TUPLES. */
typedef struct WireReader WireReader;
extern WireReader* tessera_wire_reader(const char* source, int columns, const Oid* types, const int32* typmods);
/* The tuple is overwritten: values live in it, and in the memory context current at the call. It has a byte behind its
 * last one that may be written, too. */
extern void tessera_wire_read(WireReader* reader, char* tuple, int32 size, Datum* values, bool* nulls);

#endif
