/* A subquery of the host as one of its source: in FROM, as if it were a table, and as a value: EXISTS, IN, a scalar.
 * Its own planning has found out already what the source can say of it; here it becomes a part of the statement around
 * it. With subqueries as relations like any other, a whole query of one source is one statement, however it is nested.
 */
#include "fdw/pg/subquery.h"

#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "foreign/fdwapi.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "utils/builtins.h"

static set_rel_pathlist_hook_type previous_rel_pathlist_hook = NULL;

/* ---- Is it all of one source? ---- */

WholeQuery* tessera_whole_query(PlannerInfo* root) {
    Query* query = root->parse;
    RelOptInfo* final = fetch_upper_rel(root, UPPERREL_FINAL, NULL);
    RelOptInfo* rel;
    WholeQuery* whole;

    if (tessera_pushdown != PUSHDOWN_FULL || !tessera_is_ours(final) || query->commandType != CMD_SELECT ||
        query->rowMarks != NIL || query->hasTargetSRFs || query->hasModifyingCTE ||
        query->limitOption == LIMIT_OPTION_WITH_TIES || root->hasPseudoConstantQuals || root->qual_security_level > 0 ||
        (limit_needed(query) && !RELINFO(final)->pushdown_safe)) {
        return NULL;
    }
    whole = palloc0(sizeof(WholeQuery));
    rel = RELINFO(final)->outerrel;
    if (IS_UPPER_REL(rel) && RELINFO(rel)->stage == UPPERREL_ORDERED) {
        whole->pathkeys = root->sort_pathkeys;
        rel = RELINFO(rel)->outerrel;
    } else if (query->sortClause != NIL && root->sort_pathkeys != NIL) {
        return NULL;
    }
    /* What is shipped is computed by a child of the scan, which a part of a statement has not. */
    if (!RELINFO(rel)->pushdown_safe || RELINFO(rel)->local_conds != NIL || RELINFO(rel)->shipments != NIL) {
        return NULL;
    }
    whole->root = root;
    whole->rel = rel;
    whole->limited = limit_needed(query);
    return whole;
}

/* ---- Writing it ---- */

static const TsrExpr* output(Translation* t, Expr* expr, bool is_wanted) {
    /* What nobody wants of a subquery is a NULL of its type, which the source need not know. */
    return !is_wanted && IsA(expr, Const) && ((Const*)expr)->constisnull ? tsr_expr_const(t->statement, "int4", NULL)
                                                                         : tessera_must_translate(t, expr);
}

/* The columns that the query around the relation reads, offset by FirstLowInvalidHeapAttributeNumber. */
static Bitmapset* wantedColumns(const RelOptInfo* rel) {
    Bitmapset* wanted = NULL;

    pull_varattnos((Node*)rel->reltarget->exprs, rel->relid, &wanted);
    pull_varattnos((Node*)extract_actual_clauses(rel->baserestrictinfo, false), rel->relid, &wanted);
    return wanted;
}

/* Fills the subquery that has been begun, `rel` around it, or NULL for one whose only output is wanted; t->refused
 * tells when it can't. */
static void writeQuery(Translation* t, const WholeQuery* whole, const RelOptInfo* rel, bool with_outputs) {
    Bitmapset* wanted = rel != NULL ? wantedColumns(rel) : NULL;
    ListCell* cell;

    tessera_select_rows(t, t->rel);
    tessera_select_stages(t, whole->rel);
    tessera_select_order(t, whole->rel, whole->pathkeys);
    if (whole->limited) {
        tessera_select_limit(t);
    }
    foreach (cell, whole->outputs) {
        tsr_select_output(t->statement, tessera_must_translate(t, lfirst(cell)));
    }
    foreach (cell, whole->outputs == NIL ? whole->root->processed_tlist : NIL) {
        TargetEntry* entry = lfirst_node(TargetEntry, cell);

        if (with_outputs && !entry->resjunk) {
            tsr_select_output(
                t->statement,
                output(t, entry->expr,
                       rel == NULL || bms_is_member(entry->resno - FirstLowInvalidHeapAttributeNumber, wanted)));
        }
    }
}

/* Of a query that stands within what `outer` translates. Tables are numbered on from there. */
static Translation within(Translation* outer, const WholeQuery* whole) {
    return (Translation){.root = whole->root,
                         .rel = tessera_scanned(whole->rel),
                         .statement = outer->statement,
                         .outer = outer,
                         .first_table = outer->first_table + outer->root->simple_rel_array_size};
}

/* Begins the subquery and fills it; false: it is void, and to be abandoned. `rel`: as which it stands in FROM;
 * `subplan`: it is the value of that. */
static bool openQuery(Translation* t, const WholeQuery* whole, const RelOptInfo* rel, SubPlan* subplan) {
    Translation inner;

    if (whole->is_set) {
        bool left = openQuery(t, whole->left, NULL, NULL);
        bool right = openQuery(t, whole->right, NULL, NULL);

        return tsr_subquery_combine(t->statement, whole->kind, whole->all) && left && right;
    }
    inner = within(t, whole);
    inner.subplan = subplan;
    inner.laterals = rel != NULL ? rel->subplan_params : NIL;
    tsr_subquery_begin(t->statement);
    writeQuery(&inner, whole, rel, subplan == NULL || subplan->subLinkType != EXISTS_SUBLINK);
    return !inner.refused;
}

const TsrFrom* tessera_derived_table(Translation* t, const RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    const TsrFrom* from = NULL;
    bool is_lateral = !bms_is_empty(rel->lateral_relids);

    if (is_lateral && t->outer != NULL && tsr_lateral(t->statement) != TSR_LATERAL_ANY) {
        (void)tsr_refuse(t->statement, "the source has no LATERAL within a subquery");
        t->refused = true;
        return NULL;
    }
    if (openQuery(t, info->query, rel, NULL)) {
        from = tsr_subquery_from(t->statement, is_lateral, &info->derived_table);
    } else {
        tsr_subquery_abandon(t->statement);
    }
    t->refused = t->refused || from == NULL;
    return from;
}

const TsrExpr* tessera_derived_column(Translation* t, const RelInfo* info, const Var* var) {
    return tsr_expr_column(t->statement, info->derived_table, psprintf("c%d", var->varattno),
                           tessera_type_name(var->vartype));
}

static char* describeQuery(const WholeQuery* whole) {
    static const char* const words[] = {[TSR_UNION] = "UNION", [TSR_INTERSECT] = "INTERSECT", [TSR_EXCEPT] = "EXCEPT"};

    if (!whole->is_set) {
        return tessera_describe(whole->root, whole->rel);
    }
    return psprintf("(%s) %s%s (%s)", describeQuery(whole->left), words[whole->kind], whole->all ? " ALL" : "",
                    describeQuery(whole->right));
}

char* tessera_describe_derived(const RelInfo* info, const char* alias) {
    return alias == NULL ? describeQuery(info->query)
                         : psprintf("(%s) %s", describeQuery(info->query), quote_identifier(alias));
}

/* ---- As a value ---- */

/* left = the subquery's column, as IN compares them. */
static const TsrExpr* membership(Translation* t, const SubPlan* node) {
    OpExpr* comparison = (OpExpr*)node->testexpr;
    const TsrExpr* left = NULL;
    Node* right = NULL;

    if (IsA(comparison, OpExpr) && list_length(comparison->args) == 2) {
        right = lsecond(comparison->args);
        while (IsA(right, RelabelType)) {
            right = (Node*)((RelabelType*)right)->arg;
        }
    }
    if (right != NULL && IsA(right, Param) && list_member_int(node->paramIds, ((Param*)right)->paramid)) {
        left = tessera_translate(t, linitial(comparison->args));
    } else {
        tsr_refuse(t->statement, "a subquery is compared in a way that is not sent");
    }
    if (left == NULL) {
        tsr_subquery_abandon(t->statement);
        return NULL;
    }
    set_opfuncid(comparison);
    if (tessera_signature(comparison->opfuncid) == NULL) {
        tsr_subquery_abandon(t->statement);
        return tsr_refuse(t->statement, "a subquery is compared in a way that is not sent");
    }
    return tsr_subquery_in(t->statement, tessera_signature(comparison->opfuncid),
                           tessera_collation(comparison->inputcollid), left);
}

bool tessera_is_same_source(const RelOptInfo* left, const RelOptInfo* right) {
    return RELINFO(left)->source->server == RELINFO(right)->source->server &&
           RELINFO(left)->source->user == RELINFO(right)->source->user && left->userid == right->userid;
}

const TsrExpr* tessera_translate_subplan(Translation* t, SubPlan* node) {
    WholeQuery* whole = tessera_whole_query(list_nth(t->root->glob->subroots, node->plan_id - 1));

    if (whole == NULL || !tessera_is_same_source(tessera_scanned(whole->rel), t->rel)) {
        return tsr_refuse(t->statement, "a subquery is not of this source alone");
    }
    if (node->subLinkType != EXISTS_SUBLINK && node->subLinkType != EXPR_SUBLINK && node->subLinkType != ANY_SUBLINK) {
        return tsr_refuse(t->statement, "a subquery is used in a way that is not sent");
    }
    if (!openQuery(t, whole, NULL, node)) {
        tsr_subquery_abandon(t->statement);
        return NULL;
    }
    switch (node->subLinkType) {
        case EXISTS_SUBLINK:
            return tsr_subquery_exists(t->statement);
        case EXPR_SUBLINK:
            return tsr_subquery_scalar(t->statement);
        default:
            return membership(t, node);
    }
}

/* What a parameter stands for within a subquery, and where that is at home. */
typedef struct Meaning {
    Expr* expr; /* NULL: it is a parameter of the whole statement */
    Translation* home;
    bool through_from; /* a subquery in FROM stands between */
} Meaning;

/* A subquery that does not depend on the query it is in is computed before that; but where the query goes to the
 * source, nobody does, and it goes along. */
static SubPlan* initialPlan(PlannerInfo* root, int param) {
    ListCell* cell;

    foreach (cell, root->init_plans) {
        SubPlan* plan = lfirst_node(SubPlan, cell);

        if (list_member_int(plan->setParam, param)) {
            return plan;
        }
    }
    return NULL;
}

/* What LATERAL calls by the parameter. */
static Expr* besideIt(List* laterals, const Param* param) {
    ListCell* cell;

    foreach (cell, laterals) {
        const PlannerParamItem* item = lfirst(cell);

        if (item->paramId == param->paramid) {
            return (Expr*)item->item;
        }
    }
    return NULL;
}

static Meaning meaningOf(Translation* t, const Param* param) {
    Meaning meaning = {NULL, NULL, false};

    for (; t->outer != NULL && param->paramkind == PARAM_EXEC; t = t->outer) {
        ListCell* number;
        ListCell* arg;

        meaning.home = t;
        meaning.expr = (Expr*)initialPlan(t->root, param->paramid);
        if (meaning.expr != NULL) {
            return meaning;
        }
        meaning.home = t->outer;
        meaning.expr = besideIt(t->laterals, param);
        if (meaning.expr != NULL) {
            return meaning;
        }
        if (t->subplan == NULL) {
            meaning.through_from = true;
            continue;
        }
        forboth(number, t->subplan->parParam, arg, t->subplan->args) {
            if (lfirst_int(number) == param->paramid) {
                meaning.expr = lfirst(arg);
                return meaning;
            }
        }
    }
    return (Meaning){NULL, NULL, false};
}

/* Is there an aggregate that no column puts where it belongs? */
static bool hasHomelessAggregate(Node* node, void* context) {
    if (node == NULL) {
        return false;
    }
    if (IsA(node, Aggref)) {
        return !contain_var_clause((Node*)((Aggref*)node)->args);
    }
    return expression_tree_walker(node, hasHomelessAggregate, context);
}

const TsrExpr* tessera_translate_correlation(Translation* t, const Param* param, bool* is_correlated) {
    Meaning meaning = meaningOf(t, param);

    *is_correlated = meaning.expr != NULL;
    if (meaning.expr == NULL) {
        return NULL;
    }
    if (meaning.through_from && !tsr_can_correlate_derived(t->statement)) {
        return tsr_refuse(t->statement, "a subquery in FROM depends on what stands around it");
    }
    if (hasHomelessAggregate((Node*)meaning.expr, NULL)) {
        return tsr_refuse(t->statement, "an aggregate of the query around has no columns that say so");
    }
    return tessera_translate(meaning.home, meaning.expr);
}

static bool isCorrelated(Node* node, Translation* t) {
    if (node == NULL) {
        return false;
    }
    if (IsA(node, Param)) {
        return meaningOf(t, (Param*)node).expr != NULL;
    }
    return expression_tree_walker(node, isCorrelated, t);
}

bool tessera_is_correlated(Translation* t, Expr* expr) {
    return t->outer != NULL && isCorrelated((Node*)expr, t);
}

/* ---- In FROM ---- */

/* The query of a common table expression, when it may be computed anew where it is used. */
static PlannerInfo* queryOfCte(PlannerInfo* root, const RangeTblEntry* rte) {
    PlannerInfo* home = root;
    PlannerInfo* query;
    int index = 0;
    ListCell* cell;

    if (rte->self_reference) {
        return NULL;
    }
    for (Index level = rte->ctelevelsup; level > 0; --level) {
        home = home->parent_root;
    }
    foreach (cell, home->parse->cteList) {
        if (strcmp(lfirst_node(CommonTableExpr, cell)->ctename, rte->ctename) == 0) {
            break;
        }
        ++index;
    }
    if (index >= list_length(home->cte_plan_ids) || list_nth_int(home->cte_plan_ids, index) <= 0) {
        return NULL;
    }
    query = list_nth(root->glob->subroots, list_nth_int(home->cte_plan_ids, index) - 1);
    /* Computed twice, these need not give the same rows. */
    return query->parse->hasDistinctOn || query->parse->hasWindowFuncs || limit_needed(query->parse) ? NULL : query;
}

static bool needsWholeRow(RelOptInfo* rel) {
    ListCell* cell;

    foreach (cell, pull_var_clause((Node*)rel->reltarget->exprs, PVC_RECURSE_PLACEHOLDERS)) {
        if (lfirst_node(Var, cell)->varattno <= 0) {
            return true;
        }
    }
    return false;
}

/* The query of LATERAL, if it is about columns of the source's own relations, other than in its LIMIT. */
static WholeQuery* lateralQuery(PlannerInfo* root, const RelOptInfo* rel) {
    WholeQuery* whole = tessera_whole_query(rel->subroot);
    TsrLateral lateral = whole != NULL ? tsr_lateral(RELINFO(whole->rel)->scratch) : TSR_LATERAL_NONE;
    const Query* query = rel->subroot->parse;
    int relid = -1;
    ListCell* cell;

    if (lateral == TSR_LATERAL_NONE || (query->limitCount != NULL && !IsA(query->limitCount, Const)) ||
        (query->limitOffset != NULL && !IsA(query->limitOffset, Const))) {
        return NULL;
    }
    foreach (cell, rel->subplan_params) {
        if (!IsA(((PlannerParamItem*)lfirst(cell))->item, Var)) {
            return NULL;
        }
    }
    while ((relid = bms_next_member(rel->lateral_relids, relid)) >= 0) {
        const RelOptInfo* other = find_base_rel(root, relid);

        if (!tessera_is_ours(other) || !RELINFO(other)->pushdown_safe ||
            (lateral == TSR_LATERAL_PLAIN && other->rtekind != RTE_RELATION) ||
            !tessera_is_same_source(other, tessera_scanned(whole->rel))) {
            return NULL;
        }
    }
    return whole;
}

/* What is changed or locked is read table by table. */
static WholeQuery* queryOf(PlannerInfo* root, RelOptInfo* rel, Index relid, const RangeTblEntry* rte) {
    PlannerInfo* query = NULL;

    if (rel->fdwroutine != NULL || rel->reloptkind != RELOPT_BASEREL ||
        (!bms_is_empty(rel->lateral_relids) && (rte->rtekind != RTE_SUBQUERY || rte->inh)) || rte->security_barrier ||
        root->parse->commandType != CMD_SELECT || root->rowMarks != NIL || rel->pathlist == NIL || IS_DUMMY_REL(rel) ||
        needsWholeRow(rel)) {
        return NULL;
    }
    if (!bms_is_empty(rel->lateral_relids)) {
        return lateralQuery(root, rel);
    }
    if (rte->rtekind == RTE_SUBQUERY && rte->inh) {
        return tessera_union_of_relations(root, relid);
    }
    if (rte->rtekind == RTE_SUBQUERY) {
        query = rel->subroot;
    } else if (rte->rtekind == RTE_CTE) {
        query = queryOfCte(root, rte);
    }
    return query != NULL ? tessera_whole_query(query) : NULL;
}

bool tessera_can_be_derived(PlannerInfo* root, const RelOptInfo* rel) {
    RelOptInfo beside = {.type = T_RelOptInfo, .relids = rel->lateral_relids};
    Translation t = {.root = root, .rel = &beside, .statement = RELINFO(rel)->scratch};

    return tsr_can_nest(t.statement) && tessera_derived_table(&t, rel) != NULL;
}

Cost tessera_query_cost(const WholeQuery* whole) {
    const RelInfo* info;
    double rows = tessera_query_rows(whole);
    Cost startup = 0;
    Cost total;

    if (whole->is_set) {
        total = tessera_query_cost(whole->left) + tessera_query_cost(whole->right);
        return total + (whole->all ? 0 : 2.0 * cpu_operator_cost * rows);
    }
    info = RELINFO(whole->rel);
    total = info->source_cost;
    if (whole->pathkeys != NIL) {
        tessera_add_sort_cost(info, info->retrieved_rows, Min(rows, info->retrieved_rows), &startup, &total);
    }
    return total;
}

double tessera_query_rows(const WholeQuery* whole) {
    double rows;

    if (!whole->is_set) {
        return IS_UPPER_REL(whole->rel) || whole->limited
                   ? fetch_upper_rel(whole->root, UPPERREL_FINAL, NULL)->cheapest_total_path->rows
                   : RELINFO(whole->rel)->retrieved_rows;
    }
    rows = tessera_query_rows(whole->left);
    return whole->kind == TSR_UNION ? rows + tessera_query_rows(whole->right) : rows;
}

static void estimate(PlannerInfo* root, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);

    info->width = rel->reltarget->width;
    info->source_rows = Max(rel->tuples, 1.0);
    info->retrieved_rows = clamp_row_est(
        rel->tuples * clauselist_selectivity(root, info->remote_conds, (int)rel->relid, JOIN_INNER, NULL));
    info->source_cost = tessera_query_cost(info->query) + info->source_rows * cpu_operator_cost;
}

RelOptInfo* tessera_query_source(const WholeQuery* whole) {
    while (whole->is_set) {
        whole = whole->left;
    }
    return tessera_scanned(whole->rel);
}

RelInfo* tessera_make_derived(RelOptInfo* rel, WholeQuery* whole) {
    const RelOptInfo* scanned = tessera_query_source(whole);
    RelInfo* info = palloc0(sizeof(RelInfo));

    info->source = RELINFO(scanned)->source;
    info->scratch = RELINFO(scanned)->scratch;
    info->query = whole;
    info->pushdown_safe = true;
    rel->fdw_private = info;
    return info;
}

void tessera_take_source(RelOptInfo* rel, const RelOptInfo* from) {
    rel->fdwroutine = from->fdwroutine;
    rel->serverid = from->serverid;
    rel->userid = from->userid;
    rel->useridiscurrent = from->useridiscurrent;
}

/* Lets the subquery's rows be filtered, joined and grouped at its source. */
static void addDerivedPaths(PlannerInfo* root, RelOptInfo* rel, Index relid, RangeTblEntry* rte) {
    WholeQuery* whole;
    RelInfo* info;
    Cost startup;
    Cost total;

    if (previous_rel_pathlist_hook != NULL) {
        previous_rel_pathlist_hook(root, rel, relid, rte);
    }
    whole = queryOf(root, rel, relid, rte);
    if (whole == NULL) {
        return;
    }
    info = tessera_make_derived(rel, whole);
    if (!tessera_can_be_derived(root, rel)) {
        rel->fdw_private = NULL;
        return;
    }
    tessera_take_source(rel, tessera_query_source(whole));
    /* Of UNION ALL's queries each has the conditions already. */
    if (!rte->inh) {
        tessera_classify_conditions(root, rel);
    }
    estimate(root, rel);
    if (!bms_is_empty(rel->lateral_relids)) {
        return; /* only beside what it is about: the joins are its paths */
    }
    tessera_cost(root, info, info->retrieved_rows, &startup, &total);
    add_path(rel, (Path*)create_foreignscan_path(root, rel, NULL, rel->rows, startup, total, NIL, rel->lateral_relids,
                                                 NULL, NIL));
    tessera_add_ordered_paths(root, rel);
}

void tessera_install_subqueries(void) {
    previous_rel_pathlist_hook = set_rel_pathlist_hook;
    set_rel_pathlist_hook = addDerivedPaths;
}

/* ---- In the select list ---- */

static bool isSubPlan(Node* node, void* context) {
    return node != NULL &&
           (IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) || expression_tree_walker(node, isSubPlan, context));
}

bool tessera_has_subplan(Node* node) {
    return isSubPlan(node, NULL);
}

/* The outputs of a statement that computes the query's target whole; false when it can't. */
static bool wholeTarget(PlannerInfo* root, RelOptInfo* rel, List* exprs, List** tlist) {
    ListCell* cell;

    foreach (cell, exprs) {
        Expr* expr = lfirst(cell);

        if (tessera_needs_source(expr) || tessera_has_subplan((Node*)expr)) {
            if (!tessera_is_exact(root, rel, expr)) {
                return false;
            }
            *tlist = add_to_flat_tlist(*tlist, list_make1(expr));
        }
    }
    return true;
}

/* For each row PostgreSQL would ask the source again: the subqueries of the select list go along with the rows. Other
 * expressions are as well computed here. */
void tessera_add_whole_path(PlannerInfo* root, RelOptInfo* final) {
    PathTarget* target = root->upper_targets[UPPERREL_FINAL];
    WholeQuery* whole = NULL;
    List* tlist = NIL;
    RelInfo* info;
    Cost startup;
    Cost total;
    double rows;

    if (target != NULL && tessera_has_subplan((Node*)target->exprs)) {
        whole = tessera_whole_query(root);
    }
    if (whole == NULL || !tsr_can_nest(RELINFO(whole->rel)->scratch) || target->exprs == NIL) {
        return;
    }
    info = RELINFO(whole->rel);
    if (!wholeTarget(root, whole->rel, target->exprs, &tlist)) {
        tessera_note_refusal(info);
        return;
    }
    rows = info->retrieved_rows;
    if (whole->limited && root->limit_tuples > 0) {
        rows = clamp_row_est(Min(rows, root->limit_tuples));
    }
    tessera_cost(root, info, rows, &startup, &total);
    if (whole->pathkeys != NIL) {
        tessera_add_sort_cost(info, info->retrieved_rows, rows, &startup, &total);
    }
    add_path(final, (Path*)create_foreign_upper_path(root, whole->rel, target, rows, startup, total, whole->pathkeys,
                                                     NULL, list_make3_int(whole->pathkeys != NIL, whole->limited, 1)));
}

/* ---- The tables within ---- */

static bool addRelations(Node* node, PlannerGlobal* glob) {
    if (node == NULL) {
        return false;
    }
    if (IsA(node, RangeTblEntry)) {
        RangeTblEntry* rte = (RangeTblEntry*)node;

        if (rte->rtekind == RTE_RELATION) {
            RangeTblEntry* flat = palloc(sizeof(RangeTblEntry));

            /* As the planner makes them: only what the executor needs. */
            *flat = *rte;
            flat->tablesample = NULL;
            flat->securityQuals = NIL;
            glob->finalrtable = lappend(glob->finalrtable, flat);
            glob->relationOids = lappend_oid(glob->relationOids, rte->relid);
        }
        return false;
    }
    if (IsA(node, Query)) {
        return query_tree_walker((Query*)node, addRelations, glob, QTW_EXAMINE_RTES_BEFORE);
    }
    return expression_tree_walker(node, addRelations, glob);
}

static void keepQuery(PlannerInfo* root, const WholeQuery* whole) {
    if (whole->is_set) {
        keepQuery(root, whole->left);
        keepQuery(root, whole->right);
    } else if (whole->root != root) {
        (void)addRelations((Node*)whole->root->parse, root->glob);
    }
}

void tessera_keep_relations(PlannerInfo* root, RelOptInfo* rel) {
    rel = tessera_scanned(rel);
    if (IS_JOIN_REL(rel)) {
        tessera_keep_relations(root, RELINFO(rel)->outerrel);
        tessera_keep_relations(root, RELINFO(rel)->innerrel);
    } else if (RELINFO(rel)->query != NULL && RELINFO(rel)->query->is_set) {
        keepQuery(root, RELINFO(rel)->query);
    } else if (RELINFO(rel)->query != NULL) {
        const RangeTblEntry* rte = planner_rt_fetch(rel->relid, root);

        if (rte->rtekind == RTE_SUBQUERY) {
            (void)addRelations((Node*)rte->subquery, root->glob);
        }
    }
}
