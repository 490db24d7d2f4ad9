/* Joins of a sharded table with another table of the mesh, shard by shard: each shard's node joins its shard with the
 * other table as that node itself has it (ADR 0049). Of a reference table it has a copy; of a table sharded otherwise
 * it reads all shards, which is a broadcast from node to node: nothing of either passes here but what is joined.
 *
 * PostgreSQL joins partition by partition only what is partitioned alike. Here the join is made a partitioned relation
 * as well, with the sharded table's partitions, and each of its partitions is a join of one shard with all of the other
 * table. What stands above, further joins and partial aggregates, is the planner's, as for any partitioned table. */
#include "fdw/pg/shard_join.h"

#include "fdw/pg/delegated_join.h"
#include "fdw/pg/own_changes.h"
#include "fdw/pg/replica.h"
#include "fdw/pg/subquery.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "optimizer/appendinfo.h"
#include "optimizer/cost.h"
#include "optimizer/geqo.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "parser/parse_relation.h"
#include "partitioning/partbounds.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define SHARD_SCHEMA "tessera_shard"

/* For how long a node is believed to serve a table, and not to. */
#define SERVED_MS 60000
#define NOT_SERVED_MS 5000

typedef enum ShardJoinMode {
    SHARD_JOINS_OFF,
    SHARD_JOINS_AUTO, /* where that costs less */
    SHARD_JOINS_FORCE /* wherever it can be done */
} ShardJoinMode;

static const struct config_enum_entry modes[] = {{"off", SHARD_JOINS_OFF, false},
                                                 {"auto", SHARD_JOINS_AUTO, false},
                                                 {"force", SHARD_JOINS_FORCE, false},
                                                 {NULL, 0, false}};

static int shardJoins = SHARD_JOINS_AUTO;
static set_join_pathlist_hook_type nextJoinHook = NULL;
static join_search_hook_type nextSearch = NULL;

/* Two sides of a join, `sharded` partition by partition with all of `whole`. */
typedef struct Pair {
    RelOptInfo* joinrel;
    RelOptInfo* sharded;
    RelOptInfo* whole;
    JoinType type;
    List* restrictlist;
    SpecialJoinInfo sjinfo;
} Pair;

/* A join that was made partitioned here. It is so only for the planner's steps above all joins: with partitions that
 * share a table, it is none that PostgreSQL may pair with others. */
typedef struct ShardedJoin {
    RelOptInfo* rel;
    RelOptInfo* partitioned; /* a copy that is */
} ShardedJoin;

/* Of the query whose joins are being searched. */
typedef struct Search {
    PlannerInfo* root;
    List* pairs;
    List* joins; /* of ShardedJoin */
} Search;

static Search search = {NULL, NIL, NIL};

/* ---- Which tables ---- */

/* Of a table of the mesh: the name by which each node that serves it has all of it (nodeservice/mesh/shard_sql.h), made
 * of a partition's, "orders_t4_s0_e7". NULL: it is none. */
static char* meshName(PlannerInfo* root, const RelOptInfo* part) {
    Oid table = planner_rt_fetch(part->relid, root)->relid;
    char* name = get_rel_name(table);
    char* epoch = strrchr(name, '_');
    char* shard;

    if (get_rel_namespace(table) != get_namespace_oid(SHARD_SCHEMA, true) || epoch == NULL || epoch[1] != 'e') {
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

/* All partitions that have rows, if they are foreign tables of ours; NIL: not all are, or there is none. */
static List* partsOf(RelOptInfo* rel) {
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

static bool isWhole(PlannerInfo* root, RelOptInfo* rel) {
    const RangeTblEntry* rte;
    List* parts;

    if (rel->reloptkind != RELOPT_BASEREL || rel->rtekind != RTE_RELATION || !bms_is_empty(rel->lateral_relids)) {
        return false;
    }
    rte = planner_rt_fetch(rel->relid, root);
    parts = partsOf(rel);
    return rte->relkind == RELKIND_PARTITIONED_TABLE && rte->tablesample == NULL && parts != NIL &&
           meshName(root, linitial(parts)) != NULL && isAsOthersSeeIt(parts);
}

static bool isReference(const RelOptInfo* rel) {
    return rel->nparts == 1 && rel->boundinfo->default_index >= 0;
}

static RelOptInfo* partitioned(RelOptInfo* rel) {
    ListCell* cell;

    foreach (cell, search.joins) {
        ShardedJoin* join = lfirst(cell);

        if (join->rel == rel) {
            return join->partitioned;
        }
    }
    return rel;
}

/* Base relations, and joins that are partitioned as a base relation is. */
static bool isSharded(RelOptInfo* rel) {
    if (!rel->consider_partitionwise_join || !IS_PARTITIONED_REL(rel) || IS_DUMMY_REL(rel)) {
        return false;
    }
    for (int i = 0; i < rel->nparts; ++i) {
        RelOptInfo* part = rel->part_rels[i];

        if (part != NULL && !IS_DUMMY_REL(part) && tessera_is_ours(part)) {
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

    return isReference(rel) ? 0 : info->retrieved_rows * (costs.row + costs.byte * info->width);
}

/* A copy of `rel` that is of the source of `at`; NULL: that does not have it. */
static RelOptInfo* standIn(PlannerInfo* root, RelOptInfo* rel, const RelOptInfo* at) {
    List* parts = partsOf(rel);
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
    *copy = *rel;
    copy->fdw_private = info;
    tessera_take_source(copy, at);
    info->table = is_there ? RELINFO(part)->table : planner_rt_fetch(rel->relid, root)->relid;
    info->copy_of = is_there ? RELINFO(part)->copy_of : InvalidOid;
    info->mesh_table = is_there ? NULL : name;
    info->source = RELINFO(at)->source;
    info->scratch = RELINFO(at)->scratch;
    info->keeps_rows = true;
    info->pushdown_safe = true;
    tessera_classify_conditions(root, copy);
    info->width = rel->reltarget->width;
    info->source_rows = Max(rel->tuples, rel->rows);
    info->retrieved_rows = clamp_row_est(rel->rows);
    info->source_cost = info->source_rows * cpu_tuple_cost + (is_there ? 0 : broadcastCost(rel, info));
    return copy;
}

/* ---- The joins of the shards ---- */

/* What the planner looks up of each table in a partition's join, so also of one that is no partition: its columns are
 * its own. */
static AppendRelInfo* asItself(PlannerInfo* root, const RelOptInfo* rel) {
    RangeTblEntry* rte = planner_rt_fetch(rel->relid, root);
    AppendRelInfo* info = makeNode(AppendRelInfo);

    info->parent_relid = info->child_relid = rel->relid;
    info->parent_reloid = rte->relid;
    info->parent_reltype = info->child_reltype = get_rel_type_id(rte->relid);
    expandRTE(rte, (int)rel->relid, 0, -1, true, NULL, &info->translated_vars);
    info->num_child_cols = list_length(info->translated_vars);
    info->parent_colnos = palloc(sizeof(AttrNumber) * (Size)(info->num_child_cols + 1));
    for (int i = 0; i < info->num_child_cols; ++i) {
        info->parent_colnos[i] = (AttrNumber)(i + 1);
    }
    return info;
}

static SpecialJoinInfo* childSpecialJoin(PlannerInfo* root, const Pair* pair, const RelOptInfo* part) {
    SpecialJoinInfo* made = makeNode(SpecialJoinInfo);
    int count;
    AppendRelInfo** infos = find_appinfos_by_relids(root, part->relids, &count);

    *made = pair->sjinfo;
    /* The sharded table is the left side, and the right one is the same for all. */
    made->min_lefthand = adjust_child_relids(made->min_lefthand, count, infos);
    made->syn_lefthand = adjust_child_relids(made->syn_lefthand, count, infos);
    if (made->jointype == JOIN_INNER) { /* made for the pair, either way round */
        made->min_righthand = adjust_child_relids(made->min_righthand, count, infos);
        made->syn_righthand = adjust_child_relids(made->syn_righthand, count, infos);
    }
    pfree(infos);
    return made;
}

/* As build_child_join_rel(), where the other side is no partition. */
static RelOptInfo* childJoin(PlannerInfo* root, const Pair* pair, RelOptInfo* part, List* restrictlist,
                             SpecialJoinInfo* sjinfo) {
    RelOptInfo* parent = pair->joinrel;
    RelOptInfo* rel = makeNode(RelOptInfo);
    int count;
    AppendRelInfo** infos;

    rel->reloptkind = RELOPT_OTHER_JOINREL;
    rel->relids = bms_union(part->relids, pair->whole->relids);
    rel->top_parent_relids = bms_union(part->top_parent_relids, pair->whole->relids);
    rel->consider_startup = parent->consider_startup;
    rel->consider_parallel = parent->consider_parallel;
    rel->reltarget = create_empty_pathtarget();
    rel->rtekind = RTE_JOIN;
    rel->nparts = -1;
    rel->rel_parallel_workers = -1;
    rel->baserestrict_min_security = UINT_MAX;
    infos = find_appinfos_by_relids(root, rel->relids, &count);
    rel->reltarget->exprs = (List*)adjust_appendrel_attrs(root, (Node*)parent->reltarget->exprs, count, infos);
    rel->reltarget->cost = parent->reltarget->cost;
    rel->reltarget->width = parent->reltarget->width;
    rel->joininfo = (List*)adjust_appendrel_attrs(root, (Node*)parent->joininfo, count, infos);
    rel->has_eclass_joins = parent->has_eclass_joins;
    set_joinrel_size_estimates(root, rel, part, pair->whole, sjinfo, restrictlist);
    add_child_join_rel_equivalences(root, count, infos, parent, rel);
    pfree(infos);
    return rel;
}

/* The joins that are made here. */
static void addLocalPaths(PlannerInfo* root, const Pair* pair, RelOptInfo* rel, RelOptInfo* part,
                          SpecialJoinInfo* sjinfo, List* restrictlist) {
    add_paths_to_joinrel(root, rel, part, pair->whole, pair->type, sjinfo, restrictlist);
    if (pair->type == JOIN_INNER || pair->type == JOIN_LEFT) {
        add_paths_to_joinrel(root, rel, pair->whole, part, pair->type == JOIN_LEFT ? JOIN_RIGHT : JOIN_INNER, sjinfo,
                             restrictlist);
    }
}

/* The join of one shard; *is_there: at its source. */
static RelOptInfo* joinPart(PlannerInfo* root, const Pair* pair, RelOptInfo* part, bool* is_there) {
    int count;
    AppendRelInfo** infos = find_appinfos_by_relids(root, bms_union(part->relids, pair->whole->relids), &count);
    List* restrictlist = (List*)adjust_appendrel_attrs(root, (Node*)pair->restrictlist, count, infos);
    SpecialJoinInfo* sjinfo = childSpecialJoin(root, pair, part);
    RelOptInfo* rel = childJoin(root, pair, part, restrictlist, sjinfo);
    JoinPathExtraData extra = {.restrictlist = restrictlist, .sjinfo = sjinfo};
    RelOptInfo* other = tessera_is_ours(part) && RELINFO(part)->pushdown_safe ? standIn(root, pair->whole, part) : NULL;

    pfree(infos);
    *is_there = false;
    if (other != NULL) {
        tessera_take_source(rel, part);
        tessera_join_paths(root, rel, part, other, pair->type, &extra);
        *is_there = RELINFO(rel) != NULL && RELINFO(rel)->pushdown_safe;
    }
    if (!*is_there) {
        rel->fdwroutine = NULL;
        rel->serverid = InvalidOid;
        rel->fdw_private = NULL;
        addLocalPaths(root, pair, rel, part, sjinfo, restrictlist);
    }
    return rel;
}

/* Makes the join a partitioned relation, as its sharded side is. */
static void installParts(Pair* pair, RelOptInfo** parts) {
    RelOptInfo* rel = pair->joinrel;
    const RelOptInfo* sharded = pair->sharded;
    ShardedJoin* join = palloc(sizeof(ShardedJoin));

    rel->consider_partitionwise_join = true;
    rel->part_scheme = sharded->part_scheme;
    rel->boundinfo = sharded->boundinfo;
    rel->nparts = sharded->nparts;
    rel->partbounds_merged = sharded->partbounds_merged;
    rel->partexprs = sharded->partexprs;
    rel->nullable_partexprs = sharded->nullable_partexprs;
    rel->part_rels = parts;
    rel->live_parts = NULL;
    rel->all_partrels = NULL;
    for (int i = 0; i < rel->nparts; ++i) {
        if (parts[i] != NULL) {
            rel->live_parts = bms_add_member(rel->live_parts, i);
            rel->all_partrels = bms_add_members(rel->all_partrels, parts[i]->relids);
        }
    }
    join->rel = rel;
    join->partitioned = makeNode(RelOptInfo);
    *join->partitioned = *rel;
    search.joins = lappend(search.joins, join);
    if (shardJoins == SHARD_JOINS_FORCE) {
        rel->pathlist = NIL;
        rel->partial_pathlist = NIL;
    }
}

static void hideParts(RelOptInfo* rel) {
    rel->consider_partitionwise_join = false;
    rel->part_scheme = NULL;
    rel->boundinfo = NULL;
    rel->nparts = -1;
    rel->part_rels = NULL;
    rel->partexprs = NULL;
    rel->nullable_partexprs = NULL;
    rel->live_parts = NULL;
    rel->all_partrels = NULL;
}

static void joinShards(PlannerInfo* root, Pair* pair) {
    const RelOptInfo* sharded = pair->sharded;
    RelOptInfo** parts;
    bool any_is_there = false;

    if (pair->joinrel->part_rels != NULL || IS_DUMMY_REL(pair->joinrel)) {
        return; /* both are sharded alike, and PostgreSQL has paired their partitions */
    }
    if (root->append_rel_array[pair->whole->relid] == NULL) {
        root->append_rel_array[pair->whole->relid] = asItself(root, pair->whole);
    }
    parts = palloc0(sizeof(RelOptInfo*) * (Size)sharded->nparts);
    for (int i = 0; i < sharded->nparts; ++i) {
        RelOptInfo* part = sharded->part_rels[i];
        bool is_there;

        if (part == NULL || IS_DUMMY_REL(part)) {
            continue;
        }
        parts[i] = joinPart(root, pair, part, &is_there);
        if (parts[i]->pathlist == NIL) {
            return;
        }
        any_is_there = any_is_there || is_there;
    }
    if (any_is_there) {
        tessera_note_reads_elsewhere();
        installParts(pair, parts);
    }
}

/* ---- Searching ---- */

static bool isCandidate(PlannerInfo* root, const RelOptInfo* joinrel, JoinType type, const List* restrictlist) {
    ListCell* cell;

    if (root != search.root || joinrel->reloptkind != RELOPT_JOINREL || !bms_is_empty(joinrel->lateral_relids) ||
        (type != JOIN_INNER && type != JOIN_LEFT && type != JOIN_SEMI && type != JOIN_ANTI)) {
        return false;
    }
    foreach (cell, restrictlist) {
        if (lfirst_node(RestrictInfo, cell)->pseudoconstant) {
            return false;
        }
    }
    return true;
}

static Pair* pairOf(const RelOptInfo* joinrel) {
    ListCell* cell;

    foreach (cell, search.pairs) {
        Pair* pair = lfirst(cell);

        if (pair->joinrel == joinrel) {
            return pair;
        }
    }
    return NULL;
}

static double sizeOf(const RelOptInfo* rel) {
    return rel->rows * rel->reltarget->width;
}

/* Inner joins come both ways round: the smaller side is the one that is read whole. */
static void notePair(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* outerrel, RelOptInfo* innerrel, JoinType type,
                     JoinPathExtraData* extra) {
    RelOptInfo* sharded;
    Pair* pair;

    if (nextJoinHook != NULL) {
        nextJoinHook(root, joinrel, outerrel, innerrel, type, extra);
    }
    if (!isCandidate(root, joinrel, type, extra->restrictlist)) {
        return;
    }
    sharded = partitioned(outerrel);
    /* A reference table is at all nodes, and not the one whose only shard is joined with all of another. */
    if (!isSharded(sharded) || !isWhole(root, innerrel) || (isReference(sharded) && !isReference(innerrel))) {
        return;
    }
    pair = pairOf(joinrel);
    if (pair == NULL) {
        pair = palloc0(sizeof(Pair));
        search.pairs = lappend(search.pairs, pair);
    } else if (sizeOf(pair->whole) <= sizeOf(innerrel)) {
        return;
    }
    *pair = (Pair){joinrel, sharded, innerrel, type, extra->restrictlist, *extra->sjinfo};
}

/* As standard_join_search(), which has no hook between the paths of a level's joins and the choice of the cheapest. */
static RelOptInfo* searchLevels(PlannerInfo* root, int levels, List* initial) {
    ListCell* cell;
    RelOptInfo* found;

    root->join_rel_level = palloc0(sizeof(List*) * (Size)(levels + 1));
    root->join_rel_level[1] = initial;
    for (int level = 2; level <= levels; ++level) {
        join_search_one_level(root, level);
        foreach (cell, root->join_rel_level[level]) {
            RelOptInfo* rel = lfirst(cell);
            Pair* pair = pairOf(rel);

            if (pair != NULL) {
                joinShards(root, pair);
            }
            generate_partitionwise_join_paths(root, rel);
            if (!bms_equal(rel->relids, root->all_baserels)) {
                generate_useful_gather_paths(root, rel, false);
            }
            set_cheapest(rel);
            if (partitioned(rel) != rel && !bms_equal(rel->relids, root->all_baserels)) {
                hideParts(rel);
            }
        }
    }
    if (root->join_rel_level[levels] == NIL) {
        elog(ERROR, "failed to build any %d-way joins", levels);
    }
    found = linitial(root->join_rel_level[levels]);
    root->join_rel_level = NULL;
    return found;
}

static bool hasShards(const List* relations) {
    ListCell* cell;

    foreach (cell, relations) {
        if (isSharded(lfirst(cell))) {
            return true;
        }
    }
    return false;
}

static RelOptInfo* searchJoins(PlannerInfo* root, int levels, List* initial) {
    Search before = search;
    RelOptInfo* volatile found = NULL;

    if (nextSearch != NULL) {
        return nextSearch(root, levels, initial);
    }
    if (enable_geqo && levels >= geqo_threshold) {
        return geqo(root, levels, initial);
    }
    /* Conditions of policies are for this node to know; placeholders have their place in the plan. */
    if (shardJoins == SHARD_JOINS_OFF || tessera_pushdown != PUSHDOWN_FULL || !enable_partitionwise_join ||
        root->parse->commandType != CMD_SELECT || root->rowMarks != NIL || root->qual_security_level > 0 ||
        root->placeholder_list != NIL || !hasShards(initial)) {
        return standard_join_search(root, levels, initial);
    }
    PG_TRY();
    {
        search = (Search){.root = root};
        found = searchLevels(root, levels, initial);
    }
    PG_FINALLY();
    { search = before; }
    PG_END_TRY();
    return found;
}

void tessera_register_shard_joins(void) {
    DefineCustomEnumVariable("tessera.shard_joins",
                             "Lets shards' nodes join their shards with other tables of the mesh.",
                             "auto: where that costs less; force: wherever it can be done.", &shardJoins,
                             SHARD_JOINS_AUTO, modes, PGC_USERSET, 0, NULL, NULL, NULL);
    nextJoinHook = set_join_pathlist_hook;
    set_join_pathlist_hook = notePair;
    nextSearch = join_search_hook;
    join_search_hook = searchJoins;
}
