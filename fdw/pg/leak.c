/* Which conditions may reach a relation's rows before its policies have chosen among them. A source evaluates the
 * conditions of a statement in any order, and an error, `10 / (id - 7)`, tells of a row as well as a result does. */
#include "fdw/pg/tessera_fdw.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* Not marked as leakproof, for what they say of their arguments when they fail; but these never fail. */
static bool isTotal(Oid function) {
    switch (function) {
        case F_NUMERIC_EQ:
        case F_NUMERIC_NE:
        case F_NUMERIC_LT:
        case F_NUMERIC_LE:
        case F_NUMERIC_GT:
        case F_NUMERIC_GE:
            return true;
        default:
            return false;
    }
}

static bool mayFail(Oid function, void* context pg_attribute_unused()) {
    return !get_func_leakproof(function) && !isTotal(function);
}

/* A comparison whose arguments are columns, constants and values known before the scan. */
static bool isTotalComparison(Expr* clause) {
    ListCell* cell;

    if (!IsA(clause, OpExpr)) {
        return false;
    }
    foreach (cell, ((OpExpr*)clause)->args) {
        Node* argument = lfirst(cell);

        if (!IsA(argument, Var) && !IsA(argument, Const) && !IsA(argument, Param)) {
            return false;
        }
    }
    return !check_functions_in_node((Node*)clause, mayFail, NULL);
}

bool tessera_may_send(PlannerInfo* root, RelOptInfo* rel, RestrictInfo* condition) {
    RelOptInfo* scanned = IS_UPPER_REL(rel) ? RELINFO(rel)->outerrel : rel;
    int relid = -1;

    if (condition->security_level == 0 || condition->leakproof || isTotalComparison(condition->clause)) {
        return true;
    }
    while ((relid = bms_next_member(scanned->relids, relid)) >= 0) {
        if (root->simple_rel_array[relid]->baserestrict_min_security < condition->security_level) {
            (void)tsr_refuse(RELINFO(rel)->scratch, "it could tell of rows that a policy hides");
            return false;
        }
    }
    return true;
}
