/* What a source knows of its tables' columns, for the planner; asked once a minute (tsr_source_column_statistics). */
#ifndef TESSERA_FDW_PG_STATISTICS_H
#define TESSERA_FDW_PG_STATISTICS_H

#include "fdw/pg/tessera_fdw.h"

extern void tessera_register_statistics(void);
/* How long the relation's values are, as far as the source knows and nobody here. */
extern void tessera_take_widths(RelOptInfo* rel);
/* May the source find rows by one of the expressions without reading the whole table? True where nobody knows. */
extern bool tessera_may_find_by(PlannerInfo* root, List* exprs);

#endif
