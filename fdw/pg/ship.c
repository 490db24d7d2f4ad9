/* Shipped rows: a relation that is not at a source, and small, goes there with the statement that it is joined in, so
 * that the join, and what stands above it, is done there. The rows are computed here first, by the child of the
 * ForeignScan; the statement reads them like a table.
 *
 * A relation of another node need not come here: the node of the statement may read it there itself (delegated_join.c).
 *
 * One relation is sent along with a statement; any number can be read there. While planning, each stands in the join as
 * a copy of itself that is of the source. */
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

typedef struct Shipment {
    const RelOptInfo* rel; /* whose rows they are, where it is */
    Path* path;            /* computes them */
    const PeerRead* read;  /* instead: what the source reads itself */
    List* vars;            /* their columns */
    int table;             /* the table of its columns in the statement that is being written */
} Shipment;

/* The one whose rows are sent; NULL: none. */
static const Shipment* sentWith(const RelInfo* info) {
    ListCell* cell;

    foreach (cell, info->shipments) {
        const Shipment* shipment = lfirst(cell);

        if (shipment->read == NULL) {
            return shipment;
        }
    }
    return NULL;
}

bool tessera_ship_together(const RelInfo* a, const RelInfo* b) {
    return sentWith(a) == NULL || sentWith(b) == NULL;
}

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

static const Shipment* shipmentOf(const RelOptInfo* rel, const Var* var) {
    ListCell* cell;

    if (RELINFO(rel) != NULL) {
        foreach (cell, RELINFO(rel)->shipments) {
            const Shipment* shipment = lfirst(cell);

            if (bms_is_member(var->varno, shipment->rel->relids)) {
                return shipment;
            }
        }
    }
    return NULL;
}

bool tessera_is_shipped(const RelOptInfo* rel, const Var* var) {
    return shipmentOf(rel, var) != NULL;
}

const TsrExpr* tessera_shipped_column(TsrStatement* statement, const RelOptInfo* rel, const Var* var) {
    const Shipment* shipment = shipmentOf(rel, var);
    int column = columnOf(shipment, var);

    return column == 0
               ? tsr_refuse(statement, "it is about a column that is not sent along")
               : tsr_expr_column(statement, shipment->table, psprintf("c%d", column), tessera_type_name(var->vartype));
}

/* The relation is the copy of one. */
const TsrFrom* tessera_shipped_rows(TsrStatement* statement, const RelOptInfo* rel) {
    Shipment* shipment = linitial(RELINFO(rel)->shipments);
    const char** types = palloc(sizeof(char*) * (Size)list_length(shipment->vars));
    ListCell* cell;

    foreach (cell, shipment->vars) {
        types[foreach_current_index(cell)] = tessera_type_name(lfirst_node(Var, cell)->vartype);
    }
    if (shipment->read != NULL) {
        return tsr_from_call(statement, tessera_peer_call(shipment->read), types, (size_t)list_length(shipment->vars),
                             &shipment->table);
    }
    return tsr_from_rows(statement, -1, types, (size_t)list_length(shipment->vars), &shipment->table);
}

char* tessera_describe_shipped(PlannerInfo* root, const RelOptInfo* rel) {
    const bool is_delegated = ((const Shipment*)linitial(RELINFO(rel)->shipments))->read != NULL;
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
    const Shipment* sent = sentWith(info);
    List* types = NIL;
    ListCell* cell;

    if (sent == NULL) {
        return NIL;
    }
    foreach (cell, sent->vars) {
        types = lappend_oid(types, lfirst_node(Var, cell)->vartype);
    }
    return list_make2(makeInteger((int)tsr_rows_form(statement)), types);
}

List* tessera_reads_within(const RelInfo* info) {
    List* reads = NIL;
    ListCell* cell;

    foreach (cell, info->shipments) {
        const Shipment* shipment = lfirst(cell);

        if (shipment->read != NULL) {
            reads = lappend(reads, (void*)(uintptr_t)shipment->read);
        }
    }
    return reads;
}

Path* tessera_outer_path(const RelInfo* info) {
    const Shipment* sent = sentWith(info);

    return sent != NULL ? sent->path : info->recheck;
}

/* ---- Costs ---- */

void tessera_add_shipment_cost(const RelInfo* info, const SourceCosts* costs, Cost* startup, Cost* total) {
    ListCell* cell;

    foreach (cell, info->shipments) {
        const Shipment* shipment = lfirst(cell);
        const Path* path = shipment->path;
        Cost cost = path->total_cost;

        if (shipment->read != NULL ? tessera_delegation_mode == DELEGATION_FORCE : shipMode == SHIP_FORCE) {
            *startup = *total = 0;
            return;
        }
        cost += shipment->read == NULL ? path->rows * (costs->row + costs->byte * path->pathtarget->width)
                                       : shipment->read->more_cost;
        *startup += cost;
        *total += cost;
    }
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

/* The relation as it stands in a statement of the source of `at`, where its rows are sent or read there; NULL when
 * they can't be. */
static RelOptInfo* shippedTo(const RelOptInfo* at, const RelOptInfo* rel, const PeerRead* read) {
    RelOptInfo* copy = makeNode(RelOptInfo);
    RelInfo* info = palloc0(sizeof(RelInfo));
    Shipment* shipment;
    double rows = clamp_row_est(rel->rows);

    *copy = *rel;
    copy->reloptkind = RELOPT_BASEREL;
    copy->fdw_private = info;
    tessera_take_source(copy, at);
    info->source = RELINFO(at)->source;
    info->scratch = RELINFO(at)->scratch;
    info->pushdown_safe = true;
    shipment = palloc0(sizeof(Shipment));
    *shipment = (Shipment){.rel = rel, .path = rel->cheapest_total_path, .read = read, .vars = rel->reltarget->exprs};
    info->shipments = list_make1(shipment);
    info->retrieved_rows = rows;
    info->source_rows = rows;
    info->source_cost = rows * cpu_tuple_cost;
    info->width = rel->reltarget->width;
    return tessera_shipped_rows(info->scratch, copy) != NULL ? copy : NULL;
}

/* ---- The join ---- */

/* A relation that a statement of its source could hold. */
static bool isAtSource(const RelOptInfo* rel) {
    return tessera_is_ours(rel) && RELINFO(rel)->pushdown_safe && (IS_SIMPLE_REL(rel) || IS_JOIN_REL(rel)) &&
           bms_is_empty(rel->lateral_relids);
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

/* Two sides of which the source of one does the join. */
typedef struct Sides {
    RelOptInfo* at;
    RelOptInfo* rel; /* is read or sent there */
    bool is_outer;   /* `rel` is */
} Sides;

/* The join as one of the source of `at`; false: it can't be. */
static bool joinAt(PlannerInfo* root, RelOptInfo* joinrel, Sides sides, RelOptInfo* copy, JoinType type,
                   JoinPathExtraData* extra) {
    RelOptInfo before = *joinrel;

    if (copy == NULL) {
        return false;
    }
    tessera_take_source(joinrel, sides.at);
    tessera_join_paths(root, joinrel, sides.is_outer ? copy : sides.at, sides.is_outer ? sides.at : copy, type, extra);
    if (RELINFO(joinrel) != NULL && RELINFO(joinrel)->pushdown_safe) {
        return true;
    }
    tessera_take_source(joinrel, &before);
    joinrel->fdw_private = before.fdw_private;
    return false;
}

static bool canSend(Sides sides) {
    return isAtSource(sides.at) && sentWith(RELINFO(sides.at)) == NULL && standsAlone(sides.rel) &&
           maySend(sides.at, sides.rel);
}

static bool sendTo(PlannerInfo* root, RelOptInfo* joinrel, Sides sides, JoinType type, JoinPathExtraData* extra) {
    return canSend(sides) && joinAt(root, joinrel, sides, shippedTo(sides.at, sides.rel, NULL), type, extra);
}

/* Not over a link so slow that the rows were sooner there by way of this node. */
static bool isWorthReading(const PeerRead* read, Sides sides) {
    SourceCosts costs = tessera_source_costs(RELINFO(sides.at)->source);

    return tessera_delegation_mode == DELEGATION_FORCE || !canSend(sides) ||
           read->more_cost <= sides.rel->rows * (costs.row + costs.byte * sides.rel->reltarget->width);
}

static bool readAt(PlannerInfo* root, RelOptInfo* joinrel, Sides sides, JoinType type, JoinPathExtraData* extra) {
    const PeerRead* read = isAtSource(sides.at) && tessera_may_join_at(sides.at) && standsAlone(sides.rel)
                               ? tessera_peer_read(root, sides.at, sides.rel, sides.rel->reltarget->exprs)
                               : NULL;

    return read != NULL && isWorthReading(read, sides) &&
           joinAt(root, joinrel, sides, shippedTo(sides.at, sides.rel, read), type, extra);
}

static void addShippedJoins(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* outerrel, RelOptInfo* innerrel,
                            JoinType type, JoinPathExtraData* extra) {
    bool outer_is_at_source = isAtSource(outerrel);
    bool inner_is_at_source = isAtSource(innerrel);
    Sides at_outer = {outerrel, innerrel, false};
    Sides at_inner = {innerrel, outerrel, true};
    bool is_inner_more = inner_is_at_source && (!outer_is_at_source || outerrel->rows <= innerrel->rows);
    Sides at_more = is_inner_more ? at_inner : at_outer;
    Sides at_less = is_inner_more ? at_outer : at_inner;

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
    /* A join has one statement: the way that moves least is tried first. */
    if (readAt(root, joinrel, at_more, type, extra)) {
        return;
    }
    if (tessera_delegation_mode == DELEGATION_FORCE && readAt(root, joinrel, at_less, type, extra)) {
        return;
    }
    if (!sendTo(root, joinrel, at_more, type, extra)) {
        readAt(root, joinrel, at_less, type, extra);
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
