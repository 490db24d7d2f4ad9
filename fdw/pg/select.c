/* The statement of a relation: what it reads and joins, which rows, and what it returns. */
#include "fdw/pg/mesh_table.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

const TsrExpr* tessera_must_translate(Translation* t, Expr* expr) {
    const TsrExpr* made = tessera_translate(t, expr);

    if (made == NULL) {
        t->refused = true;
        made = tsr_expr_const(t->statement, "int4", NULL);
    }
    if (made == NULL) {
        elog(ERROR, "tessera_fdw can't make an expression: %s", tsr_refusal(t->statement));
    }
    return made;
}

TsrJoin tessera_join_kind(JoinType type) {
    switch (type) {
        case JOIN_LEFT:
            return TSR_JOIN_LEFT;
        case JOIN_RIGHT:
            return TSR_JOIN_RIGHT;
        case JOIN_FULL:
            return TSR_JOIN_FULL;
        default:
            return TSR_JOIN_INNER;
    }
}

RelOptInfo* tessera_scanned(RelOptInfo* rel) {
    while (IS_UPPER_REL(rel)) {
        rel = RELINFO(rel)->outerrel;
    }
    return rel;
}

/* ---- FROM and WHERE ---- */

/* A FROM item, and the conditions (TsrExpr) on its rows that it does not hold itself. */
typedef struct Shape {
    const TsrFrom* from;
    List* conditions;
    bool has_subquery; /* in the conditions */
} Shape;

static List* translateConditions(Translation* t, List* conditions) {
    List* made = NIL;
    ListCell* cell;

    foreach (cell, conditions) {
        made = lappend(made, (void*)tessera_must_translate(t, lfirst_node(RestrictInfo, cell)->clause));
    }
    return made;
}

static const TsrExpr** asArray(List* list) {
    const TsrExpr** array = palloc(sizeof(TsrExpr*) * (list_length(list) + 1));
    ListCell* cell;

    foreach (cell, list) {
        array[foreach_current_index(cell)] = lfirst(cell);
    }
    return array;
}

/* The relation with its conditions as a subquery, whose columns are those that are needed above it. */
static Shape asSubquery(Translation* t, RelOptInfo* rel, Shape shape) {
    List* columns = NIL;
    List* vars = NIL;
    ListCell* cell;

    foreach (cell, pull_var_clause((Node*)rel->reltarget->exprs, PVC_RECURSE_PLACEHOLDERS)) {
        vars = list_append_unique(vars, lfirst(cell));
    }
    foreach (cell, vars) {
        columns = lappend(columns, (void*)tessera_must_translate(t, lfirst(cell)));
    }
    return (Shape){.from = tsr_from_subquery(t->statement, shape.from, asArray(shape.conditions),
                                             (size_t)list_length(shape.conditions), asArray(columns),
                                             (size_t)list_length(columns))};
}

/* A side that the join fills with NULLs: its conditions hold within it. They may stand in ON, but not a subquery, which
 * not every source takes there. */
static Shape asNullableSide(Translation* t, RelOptInfo* rel, Shape shape) {
    return shape.has_subquery ? asSubquery(t, rel, shape) : shape;
}

static Shape shapeOf(Translation* t, RelOptInfo* rel);

/* `shape`: of the outer side. */
static Shape addSemijoin(Translation* t, RelInfo* info, Shape shape) {
    Shape inner = shapeOf(t, info->innerrel);
    List* conditions = list_concat(inner.conditions, translateConditions(t, info->joinclauses));
    const TsrExpr* exists =
        tsr_expr_exists(t->statement, inner.from, asArray(conditions), (size_t)list_length(conditions));

    if (exists != NULL && info->jointype == JOIN_ANTI) {
        exists = tsr_expr_logic(t->statement, TSR_NOT, &exists, 1);
    }
    if (exists == NULL) {
        t->refused = true;
        return shape;
    }
    shape.conditions = lappend(shape.conditions, (void*)exists);
    shape.has_subquery = true;
    return shape;
}

static Shape shapeOfJoin(Translation* t, RelInfo* info) {
    Shape left = shapeOf(t, info->outerrel);
    Shape right = shapeOf(t, info->innerrel);
    List* on = translateConditions(t, info->joinclauses);
    Shape shape = {0};

    switch (info->jointype) {
        case JOIN_LEFT:
            right = asNullableSide(t, info->innerrel, right);
            on = list_concat(on, right.conditions);
            right.conditions = NIL;
            break;
        case JOIN_RIGHT:
            left = asNullableSide(t, info->outerrel, left);
            on = list_concat(on, left.conditions);
            left.conditions = NIL;
            break;
        case JOIN_FULL:
            left = left.conditions != NIL ? asSubquery(t, info->outerrel, left) : left;
            right = right.conditions != NIL ? asSubquery(t, info->innerrel, right) : right;
            break;
        default:
            break;
    }
    shape.from = tsr_from_join(t->statement, tessera_join_kind(info->jointype), left.from, right.from, asArray(on),
                               (size_t)list_length(on));
    shape.conditions = list_concat(left.conditions, right.conditions);
    shape.has_subquery = left.has_subquery || right.has_subquery;
    return shape;
}

static const TsrFrom* tableOf(Translation* t, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    TableOptions options;
    TsrError error = {0};
    const TsrFrom* from;

    if (info->shipments != NIL) {
        from = tessera_shipped_rows(t->statement, rel);
        t->refused = t->refused || from == NULL;
        return from;
    }
    if (info->query != NULL) {
        return tessera_derived_table(t, rel);
    }
    if (OidIsValid(info->copy_of)) {
        Translation* outermost = t;

        while (outermost->outer != NULL) {
            outermost = outermost->outer;
        }
        outermost->copies = lappend_oid(lappend_oid(outermost->copies, info->copy_of), info->table);
    }
    options = info->mesh_table != NULL ? tessera_mesh_table_options(info->mesh_table)
                                       : tessera_table_options(info->table, info->source);
    from = tsr_from_table(t->statement, t->first_table + (int)rel->relid, info->source, options.options, options.count,
                          &error);
    if (from == NULL) {
        tessera_raise(info->source->name, &error);
    }
    return tessera_sampled(t, rel, from);
}

static Shape shapeOf(Translation* t, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    Shape shape = {0};

    if (!IS_JOIN_REL(rel)) {
        shape.from = tableOf(t, rel);
    } else if (tessera_is_semijoin(info->jointype)) {
        shape = addSemijoin(t, info, shapeOf(t, info->outerrel));
    } else {
        shape = shapeOfJoin(t, info);
    }
    shape.conditions = list_concat(shape.conditions, translateConditions(t, info->remote_conds));
    shape.has_subquery = shape.has_subquery ||
                         tessera_has_subplan((Node*)extract_actual_clauses(info->remote_conds, false)) ||
                         tessera_has_subplan((Node*)extract_actual_clauses(info->remote_conds, true));
    return shape;
}

/* What an inner join, semijoin or antijoin has beside its table `target`. */
static Shape shapeBeside(Translation* t, RelOptInfo* rel, Index target) {
    RelInfo* info = RELINFO(rel);
    Shape shape = {0};

    if (IS_JOIN_REL(rel) && tessera_is_semijoin(info->jointype)) {
        shape = addSemijoin(t, info, shapeBeside(t, info->outerrel, target));
    } else if (IS_JOIN_REL(rel)) {
        bool is_outer = bms_is_member((int)target, info->outerrel->relids);
        Shape other = shapeOf(t, is_outer ? info->innerrel : info->outerrel);

        shape = shapeBeside(t, is_outer ? info->outerrel : info->innerrel, target);
        shape.from = shape.from == NULL ? other.from
                                        : tsr_from_join(t->statement, TSR_JOIN_INNER, shape.from, other.from, NULL, 0);
        shape.conditions = list_concat(shape.conditions, other.conditions);
        shape.conditions = list_concat(shape.conditions, translateConditions(t, info->joinclauses));
    }
    shape.conditions = list_concat(shape.conditions, translateConditions(t, info->remote_conds));
    return shape;
}

void tessera_select_beside(Translation* t, RelOptInfo* rel, Index target) {
    Shape shape = shapeBeside(t, rel, target);
    ListCell* cell;

    if (shape.from != NULL) {
        tsr_change_others(t->statement, shape.from);
    }
    foreach (cell, shape.conditions) {
        tsr_select_where(t->statement, lfirst(cell));
    }
}

void tessera_select_rows(Translation* t, RelOptInfo* rel) {
    Shape shape = shapeOf(t, rel);
    ListCell* cell;

    tsr_select_from(t->statement, shape.from);
    foreach (cell, shape.conditions) {
        tsr_select_where(t->statement, lfirst(cell));
    }
}

void tessera_select_table(Translation* t, RelOptInfo* rel, List* conditions) {
    ListCell* cell;

    tsr_select_from(t->statement, tableOf(t, rel));
    foreach (cell, conditions) {
        tsr_select_where(t->statement, tessera_must_translate(t, lfirst(cell)));
    }
}

/* ---- What EXPLAIN calls it ---- */

static const char* stageName(const RelInfo* info) {
    switch (info->stage) {
        case UPPERREL_WINDOW:
            return "Window functions on";
        case UPPERREL_DISTINCT:
            return "Distinct";
        case UPPERREL_PARTIAL_GROUP_AGG:
            return "Partial aggregate on";
        default:
            return "Aggregate on";
    }
}

char* tessera_describe(PlannerInfo* root, RelOptInfo* rel) {
    static const char* const words[] = {
        [JOIN_INNER] = "INNER JOIN", [JOIN_LEFT] = "LEFT JOIN", [JOIN_FULL] = "FULL JOIN",
        [JOIN_RIGHT] = "RIGHT JOIN", [JOIN_SEMI] = "SEMI JOIN", [JOIN_ANTI] = "ANTI JOIN"};
    RelInfo* info = RELINFO(rel);
    RangeTblEntry* rte;
    const char* name;

    if (IS_UPPER_REL(rel) && info->stage == UPPERREL_SETOP) {
        return tessera_describe_derived(RELINFO(info->outerrel), NULL);
    }
    if (IS_UPPER_REL(rel)) {
        return psprintf("%s (%s)", stageName(info), tessera_describe(root, info->outerrel));
    }
    if (IS_JOIN_REL(rel)) {
        return psprintf("(%s) %s (%s)", tessera_describe(root, info->outerrel), words[info->jointype],
                        tessera_describe(root, info->innerrel));
    }
    if (info->shipments != NIL) {
        return tessera_describe_shipped(root, rel);
    }
    rte = planner_rt_fetch(rel->relid, root);
    if (info->query != NULL) {
        return tessera_describe_derived(info, rte->eref->aliasname);
    }
    name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(rte->relid)), get_rel_name(rte->relid));
    if (info->mesh_table != NULL) {
        name = psprintf("%s of %s, as it is there", info->share != NULL ? info->share : "all", info->mesh_name);
    }
    return strcmp(rte->eref->aliasname, get_rel_name(rte->relid)) == 0
               ? pstrdup(name)
               : psprintf("%s %s", name, quote_identifier(rte->eref->aliasname));
}

/* ---- Outputs ---- */

/* Its columns, as a whole row has them. */
static List* columnsOfRow(PlannerInfo* root, const Var* row) {
    Relation relation = table_open(planner_rt_fetch((Index)row->varno, root)->relid, NoLock);
    TupleDesc columns = RelationGetDescr(relation);
    List* vars = NIL;

    for (int i = 0; i < columns->natts; ++i) {
        Form_pg_attribute column = TupleDescAttr(columns, i);

        if (!column->attisdropped) {
            vars = lappend(vars, makeVar(row->varno, column->attnum, column->atttypid, column->atttypmod,
                                         column->attcollation, 0));
        }
    }
    table_close(relation, NoLock);
    return vars;
}

static void addOutput(Translation* t, Outputs* outputs, Expr* expr, AttrNumber target) {
    Assembly assembly = ASSEMBLE_VALUE;
    bool is_row = IsA(expr, Var) && ((Var*)expr)->varattno == 0;
    List* parts = is_row ? columnsOfRow(t->root, (Var*)expr) : tessera_partial_parts(expr, &assembly);
    ListCell* cell;

    foreach (cell, parts) {
        const TsrExpr* made = tessera_must_translate(t, lfirst(cell));

        tsr_select_output(t->statement, made);
        assembly = is_row ? ASSEMBLE_ROW : tsr_expr_is_sum_and_count(made) ? ASSEMBLE_AVERAGE : assembly;
    }
    outputs->targets = lappend_int(outputs->targets, target);
    outputs->assemblies = lappend_int(outputs->assemblies, assembly);
}

/* What row-wise changes of a table without a key find the row by; not every source has such a thing. */
static void addRowId(Translation* t, Outputs* outputs, RelOptInfo* rel) {
    const TsrExpr* row_id = tsr_expr_row_id(t->statement, (int)rel->relid);

    if (row_id != NULL) {
        tsr_select_output(t->statement, row_id);
        outputs->targets = lappend_int(outputs->targets, SelfItemPointerAttributeNumber);
        outputs->assemblies = lappend_int(outputs->assemblies, ASSEMBLE_VALUE);
    }
}

void tessera_add_columns(Translation* t, Outputs* outputs, RelOptInfo* rel) {
    RelInfo* info = RELINFO(rel);
    Relation relation = table_open(info->table, NoLock);
    TupleDesc columns = RelationGetDescr(relation);
    bool whole_row = bms_is_member(InvalidAttrNumber - FirstLowInvalidHeapAttributeNumber, info->attrs_used);

    for (int i = 0; i < columns->natts; ++i) {
        Form_pg_attribute column = TupleDescAttr(columns, i);

        if (!column->attisdropped &&
            (whole_row || bms_is_member(column->attnum - FirstLowInvalidHeapAttributeNumber, info->attrs_used))) {
            addOutput(t, outputs,
                      (Expr*)makeVar((int)rel->relid, column->attnum, column->atttypid, column->atttypmod,
                                     column->attcollation, 0),
                      column->attnum);
        }
    }
    if (bms_is_member(SelfItemPointerAttributeNumber - FirstLowInvalidHeapAttributeNumber, info->attrs_used)) {
        addRowId(t, outputs, rel);
    }
    table_close(relation, NoLock);
}

void tessera_add_targets(Translation* t, Outputs* outputs, List* tlist) {
    ListCell* cell;

    foreach (cell, tlist) {
        TargetEntry* entry = lfirst_node(TargetEntry, cell);

        if (!entry->resjunk) {
            addOutput(t, outputs, entry->expr, entry->resno);
        }
    }
}

List* tessera_join_targets(RelOptInfo* rel) {
    List* tlist = add_to_flat_tlist(NIL, pull_var_clause((Node*)rel->reltarget->exprs, PVC_RECURSE_PLACEHOLDERS));
    ListCell* cell;

    foreach (cell, RELINFO(rel)->local_conds) {
        tlist = add_to_flat_tlist(
            tlist, pull_var_clause((Node*)lfirst_node(RestrictInfo, cell)->clause, PVC_RECURSE_PLACEHOLDERS));
    }
    return tlist;
}
