/* Shipped rows: a relation that is not at a source, and small, goes there with the statement that it is joined in, so
 * that the join, and what stands above it, is done there. The rows are computed here first, by the child of the
 * ForeignScan; the statement reads them like a table.
 *
 * A relation of another node need not come here: the node of the statement may read it there itself (delegated_join.c).
 *
 * One relation for each statement. While planning, it stands in the join as a copy of itself that is of the source. */
#include "fdw/pg/delegated_join.h"
#include "fdw/pg/subquery.h"

#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

typedef enum ShipMode {
    SHIP_OFF,
    SHIP_AUTO, /* where that costs less */
    SHIP_FORCE /* wherever it can be done */
} ShipMode;

static const struct config_enum_entry shipModes[] = {
    {"off", SHIP_OFF, false}, {"auto", SHIP_AUTO, false}, {"force", SHIP_FORCE, false}, {NULL, 0, false}};

static int shipMode = SHIP_AUTO;
static int mostShippedRows = 10000;
static set_join_pathlist_hook_type nextJoinHook = NULL;

struct Shipment {
    const RelOptInfo* rel; /* whose rows they are, where it is */
    Path* path;            /* computes them */
    const char* call;      /* instead: what the source calls to read them itself */
    List* vars;            /* their columns */
    int table;             /* the table of its columns in the statement that is being written */
};

/* ---- In a statement ---- */

static int columnOf(const Shipment* shipment, const Var* var) {
    ListCell* cell;

    foreach (cell, shipment->vars) {
        const Var* column = lfirst_node(Var, cell);

        if (column->varno == var->varno && column->varattno == var->varattno) {
            return foreach_current_index(cell) + 1;
        }
    }
    return 0;
}

bool tessera_is_shipped(const RelOptInfo* rel, const Var* var) {
    const Shipment* shipment = RELINFO(rel) != NULL ? RELINFO(rel)->shipment : NULL;

    return shipment != NULL && bms_is_member(var->varno, shipment->rel->relids);
}

const TsrExpr* tessera_shipped_column(TsrStatement* statement, const RelOptInfo* rel, const Var* var) {
    const Shipment* shipment = RELINFO(rel)->shipment;
    int column = columnOf(shipment, var);

    return column == 0
               ? tsr_refuse(statement, "it is about a column that is not sent along")
               : tsr_expr_column(statement, shipment->table, psprintf("c%d", column), tessera_type_name(var->vartype));
}

const TsrFrom* tessera_shipped_rows(TsrStatement* statement, const RelOptInfo* rel) {
    Shipment* shipment = RELINFO(rel)->shipment;
    const char** types = palloc(sizeof(char*) * (Size)list_length(shipment->vars));
    ListCell* cell;

    foreach (cell, shipment->vars) {
        types[foreach_current_index(cell)] = tessera_type_name(lfirst_node(Var, cell)->vartype);
    }
    if (shipment->call != NULL) {
        return tsr_from_call(statement, shipment->call, types, (size_t)list_length(shipment->vars), &shipment->table);
    }
    return tsr_from_rows(statement, -1, types, (size_t)list_length(shipment->vars), &shipment->table);
}

char* tessera_describe_shipped(PlannerInfo* root, const RelOptInfo* rel) {
    const bool is_delegated = RELINFO(rel)->shipment->call != NULL;
    const char* separator = "";
    StringInfoData text;
    int relid = -1;

    initStringInfo(&text);
    appendStringInfoString(&text, is_delegated ? "read there from its peer: " : "shipped rows of ");
    while ((relid = bms_next_member(rel->relids, relid)) >= 0) {
        appendStringInfo(&text, "%s%s", separator, planner_rt_fetch((Index)relid, root)->eref->aliasname);
        separator = ", ";
    }
    return text.data;
}

List* tessera_plan_shipment(const TsrStatement* statement, const RelInfo* info) {
    List* types = NIL;
    ListCell* cell;

    if (info->shipment == NULL || info->shipment->call != NULL) {
        return NIL;
    }
    foreach (cell, info->shipment->vars) {
        types = lappend_oid(types, lfirst_node(Var, cell)->vartype);
    }
    return list_make2(makeInteger((int)tsr_rows_form(statement)), types);
}

Path* tessera_outer_path(const RelInfo* info) {
    return info->shipment != NULL && info->shipment->call == NULL ? info->shipment->path : info->recheck;
}

/* ---- Costs ---- */

void tessera_add_shipment_cost(const RelInfo* info, Cost row, Cost byte, Cost* startup, Cost* total) {
    const Path* path;
    Cost cost;

    if (info->shipment == NULL) {
        return;
    }
    if (info->shipment->call != NULL ? tessera_delegation_mode == DELEGATION_FORCE : shipMode == SHIP_FORCE) {
        *startup = *total = 0;
        return;
    }
    path = info->shipment->path;
    if (info->shipment->call != NULL) {
        /* As much as if it came here, and from here not to the source. */
        *startup += path->total_cost;
        *total += path->total_cost;
        return;
    }
    cost = path->total_cost + path->rows * (row + byte * path->pathtarget->width);
    *startup += cost;
    *total += cost;
}

/* ---- The copy of the relation ---- */

/* Can its rows be read once, before the statement, and are they columns? */
static bool standsAlone(const RelOptInfo* rel) {
    const Path* path = rel->cheapest_total_path;
    ListCell* cell;

    if ((rel->reloptkind != RELOPT_BASEREL && rel->reloptkind != RELOPT_JOINREL) || path == NULL ||
        !bms_is_empty(PATH_REQ_OUTER(path)) || !bms_is_empty(rel->lateral_relids) || rel->reltarget->exprs == NIL) {
        return false;
    }
    foreach (cell, rel->reltarget->exprs) {
        if (!IsA(lfirst(cell), Var) || ((Var*)lfirst(cell))->varattno <= 0) {
            return false;
        }
    }
    return true;
}

/* May its rows be sent to the source of `at`? The server's option, the settings. */
static bool maySend(const RelOptInfo* at, const RelOptInfo* rel) {
    return shipMode != SHIP_OFF && (rel->cheapest_total_path->rows <= mostShippedRows || shipMode == SHIP_FORCE) &&
           tessera_bool_option(GetForeignServer(at->serverid)->options, "ship_rows", true);
}

/* The relation as it stands in a statement of the source of `at`, where its rows are sent or `call` reads them; NULL
 * when they can't be. */
static RelOptInfo* shippedTo(const RelOptInfo* at, const RelOptInfo* rel, const char* call) {
    RelOptInfo* copy = makeNode(RelOptInfo);
    RelInfo* info = palloc0(sizeof(RelInfo));
    double rows = clamp_row_est(rel->rows);

    *copy = *rel;
    copy->reloptkind = RELOPT_BASEREL;
    copy->fdw_private = info;
    tessera_take_source(copy, at);
    info->source = RELINFO(at)->source;
    info->scratch = RELINFO(at)->scratch;
    info->pushdown_safe = true;
    info->shipment = palloc0(sizeof(Shipment));
    info->shipment->rel = rel;
    info->shipment->path = rel->cheapest_total_path;
    info->shipment->vars = rel->reltarget->exprs;
    info->shipment->call = call;
    info->retrieved_rows = rows;
    info->source_rows = rows;
    info->source_cost = rows * cpu_tuple_cost;
    info->width = rel->reltarget->width;
    return tessera_shipped_rows(info->scratch, copy) != NULL ? copy : NULL;
}

/* ---- The join ---- */

/* A relation that a statement of its source could hold, and nothing shipped yet. */
static bool isAtSource(const RelOptInfo* rel) {
    return tessera_is_ours(rel) && RELINFO(rel)->pushdown_safe && RELINFO(rel)->shipment == NULL &&
           (IS_SIMPLE_REL(rel) || IS_JOIN_REL(rel)) && bms_is_empty(rel->lateral_relids);
}

static bool hasPseudoconstant(List* conditions) {
    ListCell* cell;

    foreach (cell, conditions) {
        if (lfirst_node(RestrictInfo, cell)->pseudoconstant) {
            return true;
        }
    }
    return false;
}

/* The join as one of the source of `at`, with `rel` read or sent there; `is_outer`: `rel` is the outer side. */
static void shipTo(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* at, RelOptInfo* rel, bool is_outer,
                   JoinType type, JoinPathExtraData* extra) {
    RelOptInfo before = *joinrel;
    const char* call =
        standsAlone(rel) && tessera_may_join_at(at) ? tessera_peer_call(root, at, rel, rel->reltarget->exprs) : NULL;
    RelOptInfo* copy = call != NULL || (standsAlone(rel) && maySend(at, rel)) ? shippedTo(at, rel, call) : NULL;

    if (copy == NULL) {
        return;
    }
    tessera_take_source(joinrel, at);
    tessera_join_paths(root, joinrel, is_outer ? copy : at, is_outer ? at : copy, type, extra);
    if (RELINFO(joinrel) == NULL || !RELINFO(joinrel)->pushdown_safe) {
        tessera_take_source(joinrel, &before);
        joinrel->fdw_private = before.fdw_private;
    }
}

static void addShippedJoins(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* outerrel, RelOptInfo* innerrel,
                            JoinType type, JoinPathExtraData* extra) {
    bool outer_is_at_source = isAtSource(outerrel);
    bool inner_is_at_source = isAtSource(innerrel);

    if (nextJoinHook != NULL) {
        nextJoinHook(root, joinrel, outerrel, innerrel, type, extra);
    }
    if ((shipMode == SHIP_OFF && tessera_delegation_mode == DELEGATION_OFF) || tessera_pushdown != PUSHDOWN_FULL ||
        (!outer_is_at_source && !inner_is_at_source) ||
        (outer_is_at_source && inner_is_at_source && tessera_is_same_source(outerrel, innerrel)) ||
        (RELINFO(joinrel) != NULL && RELINFO(joinrel)->pushdown_safe) || joinrel->reloptkind != RELOPT_JOINREL ||
        root->parse->commandType != CMD_SELECT || root->rowMarks != NIL || hasPseudoconstant(extra->restrictlist)) {
        return;
    }
    if (inner_is_at_source &&
        (!outer_is_at_source ||
         (outerrel->rows <= innerrel->rows ? tessera_may_join_at(innerrel) : !tessera_may_join_at(outerrel)))) {
        shipTo(root, joinrel, innerrel, outerrel, true, type, extra);
    } else {
        shipTo(root, joinrel, outerrel, innerrel, false, type, extra);
    }
}

void tessera_register_shipped_rows(void) {
    DefineCustomEnumVariable("tessera.ship_rows",
                             "Lets the planner send small relations to the source of what they are joined with.",
                             "auto: where that costs less; force: wherever it can be done.", &shipMode, SHIP_AUTO,
                             shipModes, PGC_USERSET, 0, NULL, NULL, NULL);
    DefineCustomIntVariable("tessera.most_shipped_rows",
                            "How many rows of a relation, as estimated, may be sent along.", NULL, &mostShippedRows,
                            10000, 0, 1000000, PGC_USERSET, 0, NULL, NULL, NULL);
    nextJoinHook = set_join_pathlist_hook;
    set_join_pathlist_hook = addShippedJoins;
}

/* ---- Running it ---- */

ShippedRows* tessera_gather_rows(PlanState* child, MemoryContext context) {
    MemoryContext before = MemoryContextSwitchTo(context);
    ShippedRows* rows = palloc0(sizeof(ShippedRows));
    TupleDesc tuple = ExecGetResultType(child);
    int columns = tuple->natts;
    int64 room = 64;

    rows->columns = columns;
    rows->values = palloc(sizeof(Datum) * (Size)(room * columns));
    rows->nulls = palloc(sizeof(bool) * (Size)(room * columns));
    for (;;) {
        TupleTableSlot* slot;

        /* Not in the context of one row of the scan above, where the caller may be. */
        MemoryContextSwitchTo(child->state->es_query_cxt);
        slot = ExecProcNode(child);
        MemoryContextSwitchTo(context);
        if (TupIsNull(slot)) {
            break;
        }
        slot_getallattrs(slot);
        if (rows->count == room) {
            room *= 2;
            rows->values = repalloc_huge(rows->values, sizeof(Datum) * (Size)(room * columns));
            rows->nulls = repalloc_huge(rows->nulls, sizeof(bool) * (Size)(room * columns));
        }
        for (int i = 0; i < columns; ++i) {
            int64 at = rows->count * columns + i;
            Form_pg_attribute attribute = TupleDescAttr(tuple, i);

            rows->nulls[at] = slot->tts_isnull[i];
            rows->values[at] =
                rows->nulls[at] ? (Datum)0 : datumCopy(slot->tts_values[i], attribute->attbyval, attribute->attlen);
        }
        ++rows->count;
    }
    MemoryContextSwitchTo(before);
    return rows;
}
