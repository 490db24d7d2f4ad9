/* Bind joins, planned: the outer side's keys go to the inner side's source, many in one statement, and only the rows
 * that they find come back. A CustomScan with two children: any plan, and a ForeignScan that takes lists of keys.
 *
 * The source's comparison only has to let every match through: all conditions are checked here again (bind_exec.c). */
#include "fdw/pg/bind_join.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include <math.h>

static bool enableBindJoin = true;
static int keysPerBatch = BIND_MOST_KEYS;
static set_join_pathlist_hook_type nextJoinHook = NULL;

/* What a bind join's path holds in custom_private. */
enum PathPrivate { PATH_JOIN_TYPE, PATH_KEYS, PATH_CLAUSES, PATH_OTHER_CLAUSES };

List* tessera_bind_key_to_list(const BindKey* key) {
    return list_make3(key->inner, key->outer, list_make2_oid(key->equality, key->collation));
}

BindKey tessera_bind_key_from_list(List* list) {
    List* oids = lthird(list);

    return (BindKey){linitial(list), lsecond(list), linitial_oid(oids), lsecond_oid(oids)};
}

/* Types whose values every source can be told: a value that one could not hold would fail there, where it only has no
 * match here. */
static bool isKeyType(Oid type) {
    switch (type) {
        case INT2OID:
        case INT4OID:
        case INT8OID:
        case NUMERICOID:
        case TEXTOID:
        case VARCHAROID:
        case BPCHAROID:
        case DATEOID:
        case TIMESTAMPOID:
        case UUIDOID:
            return true;
        default:
            return false;
    }
}

/* May the condition's equality be asked of the inner side's source as a list of keys? */
static bool takesKeys(PlannerInfo* root, RelOptInfo* innerrel, const BindKey* key) {
    TsrStatement* scratch = RELINFO(innerrel)->scratch;
    Oid type = exprType((Node*)key->outer);
    const char* signature = tessera_signature(get_opcode(key->equality));
    const TsrExpr* inner;

    if (!isKeyType(type) || signature == NULL || contain_volatile_functions((Node*)key->outer) ||
        contain_subplans((Node*)key->outer)) {
        return false;
    }
    inner = tessera_try(root, innerrel, key->inner);
    return inner != NULL && tsr_expr_exact(inner) &&
           tsr_expr_in_keys(scratch, signature, tessera_collation(key->collation), inner, 1, tessera_type_name(type)) !=
               NULL;
}

/* The condition as a key, if it is inner = outer. */
static bool asKey(RestrictInfo* condition, RelOptInfo* outerrel, RelOptInfo* innerrel, BindKey* key) {
    OpExpr* op = (OpExpr*)condition->clause;
    bool inner_is_left;

    if (!condition->can_join || !OidIsValid(condition->hashjoinoperator) || !IsA(op, OpExpr)) {
        return false;
    }
    inner_is_left = bms_is_subset(condition->left_relids, innerrel->relids) &&
                    bms_is_subset(condition->right_relids, outerrel->relids);
    if (!inner_is_left && !(bms_is_subset(condition->left_relids, outerrel->relids) &&
                            bms_is_subset(condition->right_relids, innerrel->relids))) {
        return false;
    }
    key->inner = inner_is_left ? linitial(op->args) : lsecond(op->args);
    key->outer = inner_is_left ? lsecond(op->args) : linitial(op->args);
    key->equality = inner_is_left ? op->opno : get_commutator(op->opno);
    key->collation = op->inputcollid;
    return OidIsValid(key->equality);
}

/* A join as bind joins see it. */
typedef struct BindJoin {
    JoinType type;
    RelOptInfo* outer;
    RelOptInfo* inner;
    List* keys;        /* of lists, see BindKey */
    List* key_clauses; /* RestrictInfos */
    List* clauses;     /* all conditions of the join itself */
    List* others;      /* those on its result */
} BindJoin;

/* False when there is no key, or a condition that can't be checked row by row. */
static bool classifyConditions(PlannerInfo* root, RelOptInfo* joinrel, BindJoin* join, List* restrictlist) {
    ListCell* cell;

    foreach (cell, restrictlist) {
        RestrictInfo* condition = lfirst_node(RestrictInfo, cell);
        BindKey key;

        /* Conditions are checked in no order here: none may have to wait for a policy's. */
        if (condition->pseudoconstant || (condition->security_level > 0 && !condition->leakproof)) {
            return false;
        }
        if (IS_OUTER_JOIN(join->type) && RINFO_IS_PUSHED_DOWN(condition, joinrel->relids)) {
            join->others = lappend(join->others, condition->clause);
            continue;
        }
        join->clauses = lappend(join->clauses, condition->clause);
        if (asKey(condition, join->outer, join->inner, &key) && takesKeys(root, join->inner, &key)) {
            join->keys = lappend(join->keys, tessera_bind_key_to_list(&key));
            join->key_clauses = lappend(join->key_clauses, condition);
        }
    }
    return join->keys != NIL;
}

/* Rows of the inner side that one outer row's keys find. */
static double matchesPerRow(PlannerInfo* root, const BindJoin* join) {
    SpecialJoinInfo inner_join = {
        .type = T_SpecialJoinInfo,
        .min_lefthand = join->outer->relids,
        .min_righthand = join->inner->relids,
        .syn_lefthand = join->outer->relids,
        .syn_righthand = join->inner->relids,
        .jointype = JOIN_INNER,
    };

    return RELINFO(join->inner)->retrieved_rows *
           clauselist_selectivity(root, join->key_clauses, 0, JOIN_INNER, &inner_join);
}

static void estimate(PlannerInfo* root, CustomPath* path, const BindJoin* join, const Path* outer) {
    const RelInfo* info = RELINFO(join->inner);
    double rows = Max(outer->rows, 1.0);
    List* outer_keys = NIL;
    List* inner_keys = NIL;
    ListCell* cell;
    double distinct;
    double matches = matchesPerRow(root, join);
    double batches;
    double per_batch;
    double found;
    QualCost quals;

    foreach (cell, join->keys) {
        BindKey key = tessera_bind_key_from_list(lfirst(cell));

        outer_keys = lappend(outer_keys, key.outer);
        inner_keys = lappend(inner_keys, key.inner);
    }
    distinct = clamp_row_est(Min(estimate_num_groups(root, outer_keys, rows, NULL, NULL), rows));
    /* A batch ends when it has enough keys, or many times as many rows. */
    batches = ceil(Max(distinct / keysPerBatch, rows / ((double)keysPerBatch * BIND_ROWS_PER_KEY)));
    per_batch = Min(distinct, (double)keysPerBatch);
    matches = Min(matches, info->retrieved_rows / per_batch);
    found = batches * per_batch * matches;
    cost_qual_eval(&quals, join->clauses, root);
    path->path.startup_cost = outer->startup_cost + quals.startup + tessera_source_costs(info->source).statement;
    path->path.total_cost = outer->total_cost + quals.startup +
                            batches * tessera_lookup_cost(root, info, inner_keys, per_batch, matches) +
                            rows * (cpu_tuple_cost + cpu_operator_cost * list_length(join->keys)) +
                            found * Max(1.0, rows / distinct) * quals.per_tuple +
                            path->path.rows * (cpu_tuple_cost + path->path.pathtarget->cost.per_tuple);
}

static Plan* planBindJoin(PlannerInfo* root, RelOptInfo* rel, CustomPath* path, List* tlist, List* clauses,
                          List* children);

static const CustomPathMethods pathMethods = {.CustomName = BIND_JOIN_NAME, .PlanCustomPath = planBindJoin};

static ForeignPath* innerPath(PlannerInfo* root, RelOptInfo* inner, List* keys) {
    const RelInfo* info = RELINFO(inner);
    List* private = list_make1(keys);
    Cost startup;
    Cost total;

    tessera_cost(root, info, info->retrieved_rows, &startup, &total);
    return IS_JOIN_REL(inner)
               ? create_foreign_join_path(root, inner, NULL, inner->rows, startup, total, NIL, NULL, NULL, private)
               : create_foreignscan_path(root, inner, NULL, inner->rows, startup, total, NIL, NULL, NULL, private);
}

static void addBindPath(PlannerInfo* root, RelOptInfo* joinrel, const BindJoin* join, Path* outer) {
    CustomPath* path;

    if (outer == NULL || !bms_is_empty(PATH_REQ_OUTER(outer))) {
        return;
    }
    path = makeNode(CustomPath);
    path->path.pathtype = T_CustomScan;
    path->path.parent = joinrel;
    path->path.pathtarget = joinrel->reltarget;
    path->path.rows = joinrel->rows;
    path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
    path->custom_paths = list_make2(outer, innerPath(root, join->inner, join->keys));
    path->custom_private = list_make4(makeInteger((int)join->type), join->keys, join->clauses, join->others);
    path->methods = &pathMethods;
    estimate(root, path, join, outer);
    add_path(joinrel, (Path*)path);
}

/* Conditions without columns are checked once, by a node above the scan. */
static bool isGated(RelOptInfo* rel) {
    ListCell* cell;

    foreach (cell, rel->baserestrictinfo) {
        if (lfirst_node(RestrictInfo, cell)->pseudoconstant) {
            return true;
        }
    }
    return false;
}

/* A table at a source, or a join of tables there, that stands on its own. */
static bool isInnerSide(RelOptInfo* rel) {
    return tessera_is_ours(rel) && !isGated(rel) && RELINFO(rel)->pushdown_safe && RELINFO(rel)->shipments == NIL &&
           (IS_SIMPLE_REL(rel) || IS_JOIN_REL(rel)) && bms_is_empty(rel->lateral_relids);
}

static void addBindJoins(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* outerrel, RelOptInfo* innerrel,
                         JoinType type, JoinPathExtraData* extra) {
    BindJoin join = {.type = type, .outer = outerrel, .inner = innerrel};
    Path* outer = outerrel->cheapest_total_path;

    if (nextJoinHook != NULL) {
        nextJoinHook(root, joinrel, outerrel, innerrel, type, extra);
    }
    /* Rows that are locked or changed are read again one by one (EvalPlanQual), which this node can't. */
    if (!enableBindJoin || tessera_pushdown != PUSHDOWN_FULL || !isInnerSide(innerrel) || root->rowMarks != NIL ||
        (root->parse->commandType != CMD_SELECT && root->parse->commandType != CMD_INSERT) ||
        !bms_is_empty(joinrel->lateral_relids)) {
        return;
    }
    if (type == JOIN_UNIQUE_OUTER) {
        join.type = JOIN_INNER;
        outer = (Path*)create_unique_path(root, outerrel, outer, extra->sjinfo);
    } else if (type != JOIN_INNER && type != JOIN_LEFT && type != JOIN_SEMI && type != JOIN_ANTI) {
        return;
    }
    if (!classifyConditions(root, joinrel, &join, extra->restrictlist)) {
        return;
    }
    addBindPath(root, joinrel, &join, outer);
    if (type != JOIN_UNIQUE_OUTER && outerrel->cheapest_startup_path != outerrel->cheapest_total_path) {
        addBindPath(root, joinrel, &join, outerrel->cheapest_startup_path);
    }
}

/* The scan's tuple: the outer side's columns, then the inner one's. */
static List* bothSides(List* children) {
    List* tlist = NIL;
    ListCell* child;

    foreach (child, children) {
        ListCell* cell;

        foreach (cell, ((Plan*)lfirst(child))->targetlist) {
            tlist = lappend(tlist, makeTargetEntry(copyObject(lfirst_node(TargetEntry, cell)->expr),
                                                   (AttrNumber)(list_length(tlist) + 1), NULL, false));
        }
    }
    return tlist;
}

static Plan* planBindJoin(PlannerInfo* root, RelOptInfo* rel pg_attribute_unused(), CustomPath* path, List* tlist,
                          List* clauses pg_attribute_unused(), List* children) {
    CustomScan* scan = makeNode(CustomScan);
    List* inner = NIL;
    List* outer = NIL;
    List* operators = NIL;
    /* Who wants only some of the rows shall not wait for many keys. */
    int first = root->tuple_fraction > 0 || root->limit_tuples >= 0 ? Min(BIND_FIRST_KEYS, keysPerBatch) : keysPerBatch;
    ListCell* cell;

    foreach (cell, list_nth(path->custom_private, PATH_KEYS)) {
        BindKey key = tessera_bind_key_from_list(lfirst(cell));

        inner = lappend(inner, key.inner);
        outer = lappend(outer, key.outer);
        operators = lappend_oid(operators, key.equality);
        operators = lappend_oid(operators, key.collation);
    }
    scan->scan.plan.targetlist = tlist;
    scan->scan.plan.qual = list_nth(path->custom_private, PATH_OTHER_CLAUSES);
    scan->flags = path->flags;
    scan->custom_plans = children;
    scan->custom_scan_tlist = bothSides(children);
    scan->custom_exprs = list_make3(outer, inner, list_nth(path->custom_private, PATH_CLAUSES));
    scan->custom_private =
        list_make3(list_nth(path->custom_private, PATH_JOIN_TYPE), operators, list_make2_int(first, keysPerBatch));
    scan->methods = &tessera_bind_methods;
    return (Plan*)scan;
}

/* The statement for one more number of keys. */
static List* planKeyText(TsrStatement* statement, const TsrSource* source, int size) {
    TsrRendered rendered;
    TsrError error = {0};
    List* numbers = NIL;

    tsr_select_key_count(statement, size);
    if (tsr_statement_render(statement, &rendered, &error) != TSR_OK) {
        tessera_raise(source->name, &error);
    }
    for (size_t i = 0; i < rendered.param_count; ++i) {
        numbers = lappend_int(numbers, rendered.params[i]);
    }
    return list_make3(makeInteger(size), makeString(pstrdup(rendered.text)), numbers);
}

List* tessera_plan_keys(TsrStatement* statement, const TsrSource* source, List* keys) {
    /* Lists are filled up to one of these by repeating a key: few statements to prepare, little sent in vain. */
    static const int sizes[] = {1, 4, 16, 64, 256, BIND_MOST_KEYS};
    TsrKeyForm form = tsr_key_form(statement);
    List* types = NIL;
    List* texts = NIL;
    ListCell* cell;

    foreach (cell, keys) {
        types = lappend_oid(types, exprType((Node*)tessera_bind_key_from_list(lfirst(cell)).outer));
    }
    for (size_t i = 0; form == TSR_KEYS_LIST && i < lengthof(sizes); ++i) {
        texts = lappend(texts, planKeyText(statement, source, sizes[i]));
    }
    tsr_select_key_count(statement, 1);
    return list_make3(makeInteger((int)form), types, texts);
}

void tessera_register_bind_join(void) {
    DefineCustomBoolVariable("tessera.enable_bind_join", "Lets the planner send one side's keys to the other's source.",
                             NULL, &enableBindJoin, true, PGC_USERSET, 0, NULL, NULL, NULL);
    DefineCustomIntVariable("tessera.bind_keys", "How many keys a bind join sends at a time.", NULL, &keysPerBatch,
                            BIND_MOST_KEYS, 1, BIND_MOST_KEYS, PGC_USERSET, 0, NULL, NULL, NULL);
    RegisterCustomScanMethods(&tessera_bind_methods);
    nextJoinHook = set_join_pathlist_hook;
    set_join_pathlist_hook = addBindJoins;
}
