/* Between subquery.c, which makes a query of one source a part of the statement around it, and setop.c, which makes one
 * of several by UNION, INTERSECT and EXCEPT. */
#ifndef TESSERA_FDW_PG_SUBQUERY_H
#define TESSERA_FDW_PG_SUBQUERY_H

#include "fdw/pg/tessera_fdw.h"

/* A query that can be one statement of its source, from FROM to LIMIT; or a set operation of such queries. */
struct WholeQuery {
    PlannerInfo* root;
    RelOptInfo* rel; /* the last stage below ORDER BY */
    List* pathkeys;  /* to sort by */
    bool limited;
    List* outputs; /* expressions; NIL: those of `root` */
    Index relid;   /* of the query around, where that is a set operation */

    bool is_set;
    TsrSetKind kind;
    bool all;
    WholeQuery* left;
    WholeQuery* right;
};

/* Are both the same source, seen by the same user? */
extern bool tessera_is_same_source(const RelOptInfo* left, const RelOptInfo* right);
/* NULL when a part of it must be done here. The query has been planned. */
extern WholeQuery* tessera_whole_query(PlannerInfo* root);
/* A relation of the source that it is of. */
extern RelOptInfo* tessera_query_source(const WholeQuery* whole);
extern Cost tessera_query_cost(const WholeQuery* whole);
extern double tessera_query_rows(const WholeQuery* whole);

/* Makes the query what `rel` is at its source. */
extern RelInfo* tessera_make_derived(RelOptInfo* rel, WholeQuery* whole);
/* Can the source be told all of it? */
extern bool tessera_can_be_derived(PlannerInfo* root, const RelOptInfo* rel);
/* `rel` is at the source, and of the user, that `from` is. */
extern void tessera_take_source(RelOptInfo* rel, const RelOptInfo* from);

/* ---- setop.c ---- */

/* The relation `relid` that PostgreSQL has made of UNION ALL's queries; NULL when it is not all of one source. */
extern WholeQuery* tessera_union_of_relations(PlannerInfo* root, Index relid);

#endif
