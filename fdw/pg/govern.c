/* Policies and masks at work: before a query is planned, every table in it that is governed gets its policies as
 * security quals, as PostgreSQL does for row-level security, which foreign tables cannot have. It happens after views
 * have been expanded and at each planning, so prepared statements, cursors and functions are governed alike.
 *
 * A table with masked columns becomes a sub-select that computes them. What cannot be governed is refused, and a second
 * look, when the planner opens a table, refuses whatever came in by a way not foreseen here. */
#include "fdw/pg/policy.h"
#include "fdw/pg/tessera_fdw.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_statistic_ext_data.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/plancat.h"
#include "optimizer/planner.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

/* Stands in RangeTblEntry.enrname, which tables do not use: this entry has been governed. */
static char governed_mark[] = "tessera governed";

typedef struct Governing {
    bool found;   /* a governed table */
    List* active; /* of Oid: the tables whose policies' own sub-selects are being governed */
} Governing;

static planner_hook_type next_planner = NULL;
static get_relation_info_hook_type next_relation_info = NULL;

static bool governQuery(Query* query, Governing* governing);

static bool isMarked(const RangeTblEntry* rte) {
    return rte->enrname != NULL && strcmp(rte->enrname, governed_mark) == 0;
}

static void refuse(const char* what, Oid relation) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("%s of \"%s\" is not possible: it has policies", what, get_rel_name(relation))));
}

/* ---- Conditions ---- */

static bool appliesTo(const Policy* policy, CmdType command) {
    return policy->command == CMD_UNKNOWN || policy->command == command;
}

static Node* alwaysTrue(void) {
    return makeBoolConst(true, false);
}

/* What the policies for a command say together: one permissive and every restrictive one must hold. */
static Node* conditionFor(Relation relation, const PolicySet* set, CmdType command, bool as_check) {
    List* permissive = NIL;
    List* all = NIL;
    ListCell* cell;

    if (!set->has_rows) {
        return alwaysTrue();
    }
    foreach (cell, set->policies) {
        const Policy* policy = lfirst(cell);
        const char* text = as_check && policy->check != NULL ? policy->check : policy->condition;
        Node* condition;

        if (!appliesTo(policy, command)) {
            continue;
        }
        condition = text != NULL ? tessera_policy_expression(relation, text, InvalidAttrNumber) : alwaysTrue();
        if (policy->is_permissive) {
            permissive = lappend(permissive, condition);
        } else {
            all = lappend(all, condition);
        }
    }
    if (permissive == NIL) {
        return makeBoolConst(false, false);
    }
    all = lappend(all,
                  list_length(permissive) == 1 ? linitial(permissive) : (Node*)makeBoolExpr(OR_EXPR, permissive, -1));
    return list_length(all) == 1 ? linitial(all) : (Node*)makeBoolExpr(AND_EXPR, all, -1);
}

/* The sub-selects of a policy are governed as well, by the policies of their tables. */
static Node* adopt(Node* expression, int index, Query* query, Oid relation, Governing* governing) {
    ChangeVarNodes(expression, 1, index, 0);
    if (checkExprHasSubLink(expression)) {
        query->hasSubLinks = true;
        governing->active = lcons_oid(relation, governing->active);
        (void)expression_tree_walker(expression, governQuery, governing);
        governing->active = list_delete_first(governing->active);
    }
    return expression;
}

/* expression_tree_walker() meets a SubLink's query as a node of its own. */
static void addCheck(Query* query, int index, Relation relation, Node* condition, WCOKind kind, Governing* governing) {
    WithCheckOption* check = makeNode(WithCheckOption);

    check->kind = kind;
    check->relname = pstrdup(RelationGetRelationName(relation));
    check->qual = adopt(condition, index, query, RelationGetRelid(relation), governing);
    query->withCheckOptions = lappend(query->withCheckOptions, check);
}

/* ---- Masks ---- */

typedef struct ColumnUse {
    int index;
    int levels_up;
} ColumnUse;

static bool usesSystemColumn(Node* node, void* context) {
    ColumnUse* use = context;
    bool found;

    if (node == NULL) {
        return false;
    }
    if (IsA(node, Var)) {
        Var* var = (Var*)node;

        return var->varno == use->index && (int)var->varlevelsup == use->levels_up && var->varattno < 0;
    }
    if (IsA(node, Query)) {
        ++use->levels_up;
        found = query_tree_walker((Query*)node, usesSystemColumn, use, 0);
        --use->levels_up;
        return found;
    }
    return expression_tree_walker(node, usesSystemColumn, use);
}

static const Mask* maskOf(const PolicySet* set, AttrNumber column) {
    ListCell* cell;

    foreach (cell, set->masks) {
        if (((Mask*)lfirst(cell))->column == column) {
            return lfirst(cell);
        }
    }
    return NULL;
}

static List* maskedColumns(Query* masking, Relation relation, const PolicySet* set, Governing* governing) {
    TupleDesc columns = RelationGetDescr(relation);
    List* targets = NIL;

    for (AttrNumber i = 1; i <= columns->natts; ++i) {
        Form_pg_attribute column = TupleDescAttr(columns, i - 1);
        const Mask* mask = maskOf(set, i);
        Expr* value;

        if (column->attisdropped) {
            value = (Expr*)makeNullConst(INT4OID, -1, InvalidOid);
        } else if (mask != NULL) {
            value = (Expr*)adopt(tessera_policy_expression(relation, mask->expression, i), 1, masking,
                                 RelationGetRelid(relation), governing);
        } else {
            value = (Expr*)makeVar(1, i, column->atttypid, column->atttypmod, column->attcollation, 0);
        }
        targets = lappend(targets, makeTargetEntry(value, i, pstrdup(NameStr(column->attname)), false));
    }
    return targets;
}

/* The table's entry becomes (SELECT columns, masks FROM table); the table's conditions stay with the table. */
static void maskTable(RangeTblEntry* rte, Relation relation, const PolicySet* set, List* conditions, Query* masking,
                      Governing* governing) {
    RangeTblEntry* table = copyObject(rte);
    RangeTblRef* reference = makeNode(RangeTblRef);

    table->securityQuals = list_concat(conditions, table->securityQuals);
    reference->rtindex = 1;
    masking->rtable = list_make1(table);
    masking->jointree = makeFromExpr(list_make1(reference), NULL);
    masking->targetList = maskedColumns(masking, relation, set, governing);
    rte->rtekind = RTE_SUBQUERY;
    rte->subquery = masking;
    rte->relid = InvalidOid;
    rte->relkind = 0;
    rte->rellockmode = 0;
    rte->tablesample = NULL;
    rte->inh = false;
    rte->requiredPerms = 0;
    rte->checkAsUser = InvalidOid;
    rte->selectedCols = NULL;
    rte->insertedCols = NULL;
    rte->updatedCols = NULL;
    rte->securityQuals = NIL;
}

/* ---- One table ---- */

static void checkCommand(Query* query, int index, const RangeTblEntry* rte, const PolicySet* set) {
    ColumnUse use = {index, 0};

    if (!row_security) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("the query would be affected by the policies of \"%s\"", get_rel_name(rte->relid))));
    }
    if (index == query->resultRelation) {
        if (rte->relkind == RELKIND_FOREIGN_TABLE) {
            refuse("a change", rte->relid);
        }
        if (query->commandType == CMD_MERGE) {
            refuse("MERGE", rte->relid);
        }
        if (query->onConflict != NULL && query->onConflict->action == ONCONFLICT_UPDATE) {
            refuse("INSERT … ON CONFLICT DO UPDATE", rte->relid);
        }
        if (set->masks != NIL && (query->commandType != CMD_INSERT || query->returningList != NIL)) {
            refuse("a change that reads masked columns", rte->relid);
        }
    } else if (set->masks != NIL) {
        if (get_parse_rowmark(query, (Index)index) != NULL) {
            refuse("locking rows with masked columns", rte->relid);
        }
        if (query_tree_walker(query, usesSystemColumn, &use, 0)) {
            refuse("reading system columns beside masked ones", rte->relid);
        }
    }
}

/* Which conditions hold for reading the table here: its command's, and SELECT's if columns are read. */
static Node* readCondition(Query* query, int index, const RangeTblEntry* rte, Relation relation, const PolicySet* set) {
    bool is_result = index == query->resultRelation;
    CmdType command = is_result ? query->commandType : CMD_SELECT;
    Node* condition = conditionFor(relation, set, command, false);

    if (is_result && (rte->requiredPerms & ACL_SELECT) != 0) {
        condition = make_and_qual(condition, conditionFor(relation, set, CMD_SELECT, false));
    }
    if (!is_result && get_parse_rowmark(query, (Index)index) != NULL) {
        condition = make_and_qual(condition, conditionFor(relation, set, CMD_UPDATE, false));
    }
    return condition;
}

static void governTable(Query* query, int index, RangeTblEntry* rte, Governing* governing) {
    bool is_result = index == query->resultRelation;
    Relation relation = table_open(rte->relid, NoLock);
    PolicySet* set = tessera_policies(rte->relid);

    checkCommand(query, index, rte, set);
    if (is_result && (query->commandType == CMD_INSERT || query->commandType == CMD_UPDATE)) {
        WCOKind kind = query->commandType == CMD_INSERT ? WCO_RLS_INSERT_CHECK : WCO_RLS_UPDATE_CHECK;

        addCheck(query, index, relation, conditionFor(relation, set, query->commandType, true), kind, governing);
        if ((rte->requiredPerms & ACL_SELECT) != 0) {
            addCheck(query, index, relation, conditionFor(relation, set, CMD_SELECT, false), kind, governing);
        }
    }
    if (!is_result || query->commandType != CMD_INSERT) {
        Query* masking = makeNode(Query);
        bool is_masked = !is_result && set->masks != NIL;
        Node* condition = adopt(readCondition(query, index, rte, relation, set), is_masked ? 1 : index,
                                is_masked ? masking : query, rte->relid, governing);

        masking->commandType = CMD_SELECT;
        masking->canSetTag = true;
        if (is_masked) {
            maskTable(rte, relation, set, list_make1(condition), masking, governing);
        } else {
            rte->securityQuals = lcons(condition, rte->securityQuals);
        }
    }
    table_close(relation, NoLock);
}

/* Statistics hold values of rows. */
static void governStatistics(Query* query, int index, RangeTblEntry* rte, Governing* governing) {
    Relation relation = table_open(rte->relid, NoLock);
    const char* text = rte->relid == StatisticRelationId ? "NOT tessera.is_governed(starelid)" : "false";

    rte->securityQuals =
        lcons(adopt(tessera_policy_expression(relation, text, InvalidAttrNumber), index, query, rte->relid, governing),
              rte->securityQuals);
    table_close(relation, NoLock);
}

static void governEntry(Query* query, int index, RangeTblEntry* rte, Governing* governing) {
    bool is_statistics = rte->relid == StatisticRelationId || rte->relid == StatisticExtDataRelationId;

    if (rte->rtekind != RTE_RELATION || isMarked(rte) || rte->relkind == RELKIND_VIEW) {
        return;
    }
    if (is_statistics ? !OidIsValid(get_namespace_oid("tessera", true)) : !tessera_is_governed(rte->relid)) {
        return;
    }
    if (list_member_oid(governing->active, rte->relid)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
                        errmsg("the policies of \"%s\" lead back to itself", get_rel_name(rte->relid))));
    }
    governing->found = true;
    rte->enrname = governed_mark;
    if (tessera_is_exempt()) {
        return;
    }
    if (is_statistics) {
        governStatistics(query, index, rte, governing);
    } else {
        governTable(query, index, rte, governing);
    }
}

/* A walker over everything that holds queries. */
static bool governQuery(Query* node, Governing* governing) {
    Query* query = node;
    ListCell* cell;

    if (node == NULL) {
        return false;
    }
    if (!IsA(node, Query)) {
        return expression_tree_walker((Node*)node, governQuery, governing);
    }
    check_stack_depth();
    foreach (cell, query->rtable) {
        governEntry(query, foreach_current_index(cell) + 1, lfirst_node(RangeTblEntry, cell), governing);
    }
    return query_tree_walker(query, governQuery, governing, 0);
}

/* ---- Hooks ---- */

static PlannedStmt* governPlan(Query* query, const char* text, int options, ParamListInfo params) {
    Governing governing = {false, NIL};
    PlannedStmt* plan;

    if (query->commandType != CMD_UTILITY) {
        (void)governQuery(query, &governing);
    }
    plan = (next_planner != NULL ? next_planner : standard_planner)(query, text, options, params);
    if (governing.found) {
        /* Another role has other policies. */
        plan->dependsOnRole = true;
    }
    return plan;
}

/* The second look. Partitions and children bear their parent's mark; those with policies of their own below a parent
 * without any do not. */
static void checkGoverned(PlannerInfo* root, Oid relation, bool is_parent, RelOptInfo* rel) {
    if (next_relation_info != NULL) {
        next_relation_info(root, relation, is_parent, rel);
    }
    if (!isMarked(root->simple_rte_array[rel->relid]) && tessera_is_governed(relation) && !tessera_is_exempt()) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("\"%s\" has policies that cannot be kept here", get_rel_name(relation)),
                        errhint("Query it by its own name, and not within a function in FROM that is written in "
                                "SQL.")));
    }
}

void tessera_govern_init(void) {
    next_planner = planner_hook;
    planner_hook = governPlan;
    next_relation_info = get_relation_info_hook;
    get_relation_info_hook = checkGoverned;
}
