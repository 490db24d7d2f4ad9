/* Files of a query's rows that their source writes (file_of.c): what that needs of the scan, its rows and the audit. */
#ifndef TESSERA_FDW_PG_FILE_OF_H
#define TESSERA_FDW_PG_FILE_OF_H

#include "fdw/pg/tessera_fdw.h"

/* fetch.c: not the rows are wanted, but pieces of a file of them: see TsrQuery. Kept by pointer. */
extern void tessera_fetch_file(Fetch* fetch, const TsrFile* file);
/* After the start: NULL, or why the source does not write it; then no piece comes. */
extern const char* tessera_fetch_refusal(const Fetch* fetch);

/* scan.c: in place of iterating, the statement is sent for a file, whose pieces come as rows of one bytea. */
extern Fetch* tessera_start_file(ForeignScanState* node, const TsrFile* file);

/* audit.c: errors are those of a query that a function of ours runs for its client, as if that had sent it. The text
 * lives until the query has ended, or is NULL: it is not run after all. */
extern void tessera_audit_inner(const char* text);
extern void tessera_audit_inner_ended(const char* text, uint64 fingerprint, int64 rows);

#endif
