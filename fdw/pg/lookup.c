/* Look-ups by key: paths of a base relation that take values of other relations, for the inner side of a nested loop.
 * The statement is one, its parameters change. */
#include "fdw/pg/tessera_fdw.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"

/* A nested loop asks once for each outer row, and there may be many times as many of those as was thought; a bind join,
 * which asks for many keys at once, costs the same for one. Where only the guess decides, it is not to be this. */
#define LOOKUP_DOUBT 1.05

/* Join clauses that the source can evaluate when it gets the other relations' values. */
static bool isLookup(PlannerInfo* root, RelOptInfo* rel, RestrictInfo* clause) {
    return join_clause_is_movable_to(clause, rel) && tessera_may_send(root, rel, clause) &&
           tessera_is_exact(root, rel, clause->clause);
}

static List* addParamInfo(PlannerInfo* root, RelOptInfo* rel, List* infos, RestrictInfo* clause) {
    Relids outer = bms_del_member(bms_union(clause->clause_relids, rel->lateral_relids), (int)rel->relid);

    return bms_is_empty(outer) ? infos : list_append_unique_ptr(infos, get_baserel_parampathinfo(root, rel, outer));
}

/* One member of the relation after another: `done` are those that were asked about. */
typedef struct MemberChoice {
    Expr* current;
    List* done;
} MemberChoice;

static bool chooseMember(PlannerInfo* root pg_attribute_unused(), RelOptInfo* rel pg_attribute_unused(),
                         EquivalenceClass* class pg_attribute_unused(), EquivalenceMember* member, void* argument) {
    MemberChoice* choice = argument;

    if (choice->current != NULL) {
        return equal(member->em_expr, choice->current);
    }
    if (list_member(choice->done, member->em_expr)) {
        return false;
    }
    choice->current = member->em_expr;
    return true;
}

/* Equalities with other relations that follow from equivalence classes. */
static List* addImpliedLookups(PlannerInfo* root, RelOptInfo* rel, List* infos) {
    MemberChoice choice = {NULL, NIL};

    for (;;) {
        List* clauses;
        ListCell* cell;

        choice.current = NULL;
        clauses = generate_implied_equalities_for_column(root, rel, chooseMember, &choice, rel->lateral_referencers);
        if (choice.current == NULL) {
            return infos;
        }
        foreach (cell, clauses) {
            RestrictInfo* clause = lfirst_node(RestrictInfo, cell);

            if (isLookup(root, rel, clause)) {
                infos = addParamInfo(root, rel, infos, clause);
            }
        }
        choice.done = lappend(choice.done, choice.current);
    }
}

/* The parameters' conditions that the source looks at. */
static List* remoteConditions(PlannerInfo* root, RelOptInfo* rel, ParamPathInfo* param_info) {
    List* remote = NIL;
    ListCell* cell;

    foreach (cell, param_info->ppi_clauses) {
        RestrictInfo* clause = lfirst_node(RestrictInfo, cell);

        if (tessera_may_send(root, rel, clause) && tessera_is_exact(root, rel, clause->clause)) {
            remote = lappend(remote, clause);
        }
    }
    return remote;
}

/* What of the relation the conditions compare: one side of an operator, or a condition as a whole. */
static List* comparedWith(List* conditions, const RelOptInfo* rel) {
    List* compared = NIL;
    ListCell* cell;

    foreach (cell, conditions) {
        const RestrictInfo* condition = lfirst_node(RestrictInfo, cell);
        List* sides = is_opclause(condition->clause) ? ((OpExpr*)condition->clause)->args : NIL;

        if (list_length(sides) != 2) {
            compared = lappend(compared, condition->clause);
        } else {
            compared = lappend(compared,
                               bms_is_subset(condition->left_relids, rel->relids) ? linitial(sides) : lsecond(sides));
        }
    }
    return compared;
}

void tessera_add_lookup_paths(PlannerInfo* root, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    List* infos = NIL;
    ListCell* cell;

    if (tessera_pushdown == PUSHDOWN_OFF) {
        return;
    }
    foreach (cell, rel->joininfo) {
        RestrictInfo* clause = lfirst_node(RestrictInfo, cell);

        if (isLookup(root, rel, clause)) {
            infos = addParamInfo(root, rel, infos, clause);
        }
    }
    if (rel->has_eclass_joins) {
        infos = addImpliedLookups(root, rel, infos);
    }
    foreach (cell, infos) {
        ParamPathInfo* param_info = lfirst(cell);
        List* conditions = remoteConditions(root, rel, param_info);
        double found =
            info->retrieved_rows * clauselist_selectivity(root, conditions, (int)rel->relid, JOIN_INNER, NULL);
        Cost total = tessera_lookup_cost(root, info, comparedWith(conditions, rel), 1.0, found) * LOOKUP_DOUBT;

        add_path(rel, (Path*)create_foreignscan_path(root, rel, NULL, param_info->ppi_rows,
                                                     tessera_source_costs(info->source).statement, total, NIL,
                                                     param_info->ppi_req_outer, NULL, NIL));
    }
}
