/* Tables of the mesh that another node reads for us: which can be, who serves them, and how they stand in a statement
 * of that node's. */
#include "fdw/pg/mesh_table.h"

#include "fdw/pg/delegated_join.h"
#include "fdw/pg/own_changes.h"
#include "fdw/pg/replica.h"
#include "fdw/pg/subquery.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "partitioning/partbounds.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define SHARD_SCHEMA "tessera_shard"

/* For how long a node is believed to serve a table, and not to. */
#define SERVED_MS 60000
#define NOT_SERVED_MS 5000

/* ---- Which tables ---- */

char* tessera_mesh_name(Oid table) {
    char* name;
    char* epoch;
    char* shard;

    if (get_rel_namespace(table) != get_namespace_oid(SHARD_SCHEMA, true)) {
        return NULL;
    }
    name = get_rel_name(table); /* "orders_t4_s0_e7" */
    epoch = strrchr(name, '_');
    if (epoch == NULL || epoch[1] != 'e') {
        return NULL;
    }
    *epoch = '\0';
    shard = strrchr(name, '_');
    if (shard == NULL || shard[1] != 's') {
        return NULL;
    }
    *shard = '\0';
    return name;
}

static char* meshName(PlannerInfo* root, const RelOptInfo* part) {
    return tessera_mesh_name(planner_rt_fetch(part->relid, root)->relid);
}

List* tessera_plan_shard(PlannerInfo* root, const RelOptInfo* rel) {
    StringInfoData tables;
    long shard = -1;
    int relid = -1;

    initStringInfo(&tables);
    while ((relid = bms_next_member(rel->relids, relid)) >= 0) {
        RelOptInfo* part = relid > 0 ? root->simple_rel_array[relid] : NULL;
        const char* mesh =
            part != NULL && part->rtekind == RTE_RELATION && tessera_is_ours(part) ? meshName(root, part) : NULL;
        long number;

        if (mesh == NULL) {
            return NIL;
        }
        number = strtol(get_rel_name(planner_rt_fetch(relid, root)->relid) + strlen(mesh) + strlen("_s"), NULL, 10);
        if (shard >= 0 && number != shard) {
            return NIL;
        }
        shard = number;
        appendStringInfo(&tables, "%s/", mesh);
    }
    return shard < 0 ? NIL : list_make2(makeString(tables.data), makeInteger((int)shard));
}

List* tessera_shards_of(RelOptInfo* rel) {
    List* parts = NIL;

    for (int i = 0; IS_PARTITIONED_REL(rel) && i < rel->nparts; ++i) {
        RelOptInfo* part = rel->part_rels[i];

        if (part == NULL || IS_DUMMY_REL(part)) {
            continue;
        }
        if (!IS_SIMPLE_REL(part) || !tessera_is_ours(part)) {
            return NIL;
        }
        parts = lappend(parts, part);
    }
    return parts;
}

/* What nodes read of the table for us is what everybody sees: nothing that this transaction sees otherwise, and nothing
 * from a copy of a shard whose node is away, of which only a scan here would tell. */
static bool isAsOthersSeeIt(const List* parts) {
    ListCell* cell;

    foreach (cell, parts) {
        const RelOptInfo* part = lfirst(cell);

        if (tessera_sees_otherwise(RELINFO(part)->source) ||
            tessera_is_read_from_copy_of_away(RELINFO(part)->copy_of)) {
            return false;
        }
    }
    return true;
}

bool tessera_is_whole(PlannerInfo* root, RelOptInfo* rel) {
    const RangeTblEntry* rte;
    List* parts;

    if (rel->reloptkind != RELOPT_BASEREL || rel->rtekind != RTE_RELATION || !bms_is_empty(rel->lateral_relids)) {
        return false;
    }
    rte = planner_rt_fetch(rel->relid, root);
    parts = tessera_shards_of(rel);
    return rte->relkind == RELKIND_PARTITIONED_TABLE && rte->tablesample == NULL && parts != NIL &&
           meshName(root, linitial(parts)) != NULL && isAsOthersSeeIt(parts);
}

bool tessera_is_reference(const RelOptInfo* rel) {
    return rel->nparts == 1 && rel->boundinfo->default_index >= 0;
}

bool tessera_is_for_node(const PlannerInfo* root) {
    ListCell* cell;

    /* It names the view, which is still among the relations when it has been replaced by what it reads. */
    foreach (cell, root->parse->rtable) {
        const RangeTblEntry* rte = lfirst_node(RangeTblEntry, cell);

        if (rte->rtekind == RTE_RELATION && rte->relkind == RELKIND_VIEW &&
            get_rel_namespace(rte->relid) == get_namespace_oid(SHARD_SCHEMA, true)) {
            return true;
        }
    }
    return false;
}

/* ---- Who serves it ---- */

typedef struct Belief {
    uint32 server;
    uint32 user;
    char* table;
    TimestampTz since; /* 0: nobody has asked */
    bool is_served;
} Belief;

static List* beliefs = NIL; /* of Belief, in TopMemoryContext */

static bool ask(TsrSource* at, const char* table) {
    const Oid types[] = {BOOLOID};
    char* question = psprintf("SELECT pg_catalog.has_table_privilege(pg_catalog.to_regclass(%s)::oid, 'SELECT')",
                              quote_literal_cstr(quote_qualified_identifier(SHARD_SCHEMA, table)));
    Datum value;
    bool is_null;

    return tessera_ask_for(at, question, 1, types, &value, &is_null) && !is_null && DatumGetBool(value);
}

/* Does the node serve it to whom we are there? Asks it, once in a while. */
static bool serves(TsrSource* at, const char* table) {
    Belief* belief = NULL;
    ListCell* cell;

    if (strcmp(at->connector->name, "node") != 0) {
        return false;
    }
    foreach (cell, beliefs) {
        Belief* one = lfirst(cell);

        if (one->server == at->server && one->user == at->user && strcmp(one->table, table) == 0) {
            belief = one;
        }
    }
    if (belief == NULL) {
        MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);

        belief = palloc0(sizeof(Belief));
        *belief = (Belief){.server = at->server, .user = at->user, .table = pstrdup(table)};
        beliefs = lappend(beliefs, belief);
        MemoryContextSwitchTo(before);
    }
    if (belief->since == 0 || TimestampDifferenceExceeds(belief->since, GetCurrentTimestamp(),
                                                         belief->is_served ? SERVED_MS : NOT_SERVED_MS)) {
        belief->is_served = ask(at, table);
        belief->since = GetCurrentTimestamp();
    }
    return belief->is_served;
}

/* ---- The other table, as it stands at a shard's source ---- */

TableOptions tessera_mesh_table_options(const char* name) {
    TableOptions table = {palloc0(sizeof(TsrOption) * 2), 2};

    table.options[0] = (TsrOption){.name = "schema_name", .value = SHARD_SCHEMA};
    table.options[1] = (TsrOption){.name = "table_name", .value = name};
    return table;
}

/* Of all its rows crossing to the node that joins; a reference table's are there. */
static Cost broadcastCost(const RelOptInfo* rel, const RelInfo* info) {
    SourceCosts costs = tessera_source_costs(info->source);

    return tessera_is_reference(rel) ? 0 : info->retrieved_rows * (costs.row + costs.byte * info->width);
}

static char* nameOf(PlannerInfo* root, const RelOptInfo* rel) {
    Oid table = planner_rt_fetch(rel->relid, root)->relid;

    return quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)), get_rel_name(table));
}

/* The table's rows, or those of a share of it, as the node `at` reads them for us. */
static void estimate(RelOptInfo* copy, const RelOptInfo* rel, const Share* share, bool is_there) {
    RelInfo* info = RELINFO(copy);

    copy->rows = clamp_row_est(rel->rows / (share != NULL ? share->count : 1));
    info->width = rel->reltarget->width;
    info->source_rows = Max(rel->tuples, rel->rows);
    info->retrieved_rows = copy->rows;
    info->source_cost = info->source_rows * cpu_tuple_cost + (is_there ? 0 : broadcastCost(rel, info));
}

RelOptInfo* tessera_stand_in(PlannerInfo* root, RelOptInfo* rel, const RelOptInfo* at, const Share* share) {
    List* parts = tessera_shards_of(rel);
    RelOptInfo* part = linitial(parts);
    bool is_there = list_length(parts) == 1 && tessera_is_same_source(at, part);
    char* name = meshName(root, part);
    RelOptInfo* copy;
    RelInfo* info;

    if (tessera_scan_user(planner_rt_fetch(rel->relid, root)) != RELINFO(at)->source->user ||
        (!is_there && !serves(RELINFO(at)->source, name))) {
        return NULL;
    }
    copy = makeNode(RelOptInfo);
    info = palloc0(sizeof(RelInfo));
    *copy = share != NULL ? *share->as : *rel;
    copy->fdw_private = info;
    tessera_take_source(copy, at);
    info->table = is_there ? RELINFO(part)->table : planner_rt_fetch(copy->relid, root)->relid;
    info->copy_of = is_there ? RELINFO(part)->copy_of : InvalidOid;
    info->mesh_table = is_there ? NULL : name;
    info->mesh_name = nameOf(root, rel);
    info->is_everywhere = tessera_is_reference(rel);
    info->source = RELINFO(at)->source;
    info->scratch = RELINFO(at)->scratch;
    info->keeps_rows = true;
    info->pushdown_safe = true;
    if (share != NULL) {
        info->share = share->name;
        copy->baserestrictinfo = lappend(list_copy(copy->baserestrictinfo), share->condition);
    }
    tessera_classify_conditions(root, copy);
    estimate(copy, rel, share, is_there);
    /* What the node does not choose by would come from each of them. */
    return share != NULL && (!list_member_ptr(info->remote_conds, share->condition) ||
                             list_member_ptr(info->local_conds, share->condition))
               ? NULL
               : copy;
}
