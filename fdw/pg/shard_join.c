/* Joins of a sharded table with another table of the mesh, shard by shard: each shard's node joins its shard with the
 * other table as that node itself has it (ADR 0049). Of a reference table it has a copy; of a table sharded otherwise
 * it reads all shards, which is a broadcast from node to node: nothing of either passes here but what is joined.
 *
 * PostgreSQL joins partition by partition only what is partitioned alike. Here the join is made a partitioned relation
 * as well, with the sharded table's partitions, and each of its partitions is a join of one shard with all of the other
 * table. What stands above, further joins and partial aggregates, is the planner's, as for any partitioned table. */
#include "fdw/pg/shard_join.h"

#include "fdw/pg/own_changes.h"
#include "fdw/pg/repartition.h"
#include "fdw/pg/subquery.h"

#include "access/xact.h"
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
#include "utils/guc.h"
#include "utils/lsyscache.h"

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
    Buckets* buckets; /* instead: both are shared out by a key, and partitions stand for the nodes that join */
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
    /* None is a column of the parent: who looks there, for who may see a column's statistics, would never come to the
     * end of a table that is its own parent. */
    info->parent_colnos = palloc0(sizeof(AttrNumber) * (Size)(info->num_child_cols + 1));
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
    if (made->jointype == JOIN_INNER || made->jointype == JOIN_FULL) { /* either way round */
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

/* Both sides as the source of `part` has them: the shard, and all of the other table; or a bucket of each. NULL for
 * what it does not have. */
static void standInAt(PlannerInfo* root, const Pair* pair, RelOptInfo* part, int bucket, RelOptInfo** outer,
                      RelOptInfo** inner) {
    *outer = tessera_is_ours(part) && RELINFO(part)->pushdown_safe ? part : NULL;
    *inner = NULL;
    if (*outer != NULL && pair->buckets == NULL) {
        *inner = tessera_stand_in(root, pair->whole, part, NULL);
    } else if (*outer != NULL) {
        Var* key = copyObject(pair->buckets->first_key);
        Share share = tessera_share_of(root, pair->buckets, bucket, pair->buckets->second_key, pair->whole);

        *inner = tessera_stand_in(root, pair->whole, part, &share);
        key = (Var*)adjust_appendrel_attrs_multilevel(root, (Node*)key, part->relids, part->top_parent_relids);
        share = tessera_share_of(root, pair->buckets, bucket, key, part);
        *outer = tessera_stand_in(root, pair->sharded, part, &share);
    }
}

/* The join of one shard, or bucket; *is_there: at its source. */
static RelOptInfo* joinPart(PlannerInfo* root, const Pair* pair, RelOptInfo* part, int bucket, bool* is_there) {
    int count;
    AppendRelInfo** infos = find_appinfos_by_relids(root, bms_union(part->relids, pair->whole->relids), &count);
    List* restrictlist = (List*)adjust_appendrel_attrs(root, (Node*)pair->restrictlist, count, infos);
    SpecialJoinInfo* sjinfo = childSpecialJoin(root, pair, part);
    JoinPathExtraData extra = {.restrictlist = restrictlist, .sjinfo = sjinfo};
    RelOptInfo* rel;
    RelOptInfo* outer;
    RelOptInfo* inner;

    pfree(infos);
    standInAt(root, pair, part, bucket, &outer, &inner);
    rel = childJoin(root, pair, outer != NULL ? outer : part, restrictlist, sjinfo);
    *is_there = false;
    if (outer != NULL && inner != NULL) {
        tessera_take_source(rel, part);
        tessera_join_paths(root, rel, outer, inner, pair->type, &extra);
        *is_there = RELINFO(rel) != NULL && RELINFO(rel)->pushdown_safe;
    }
    if (!*is_there) {
        rel->fdwroutine = NULL;
        rel->serverid = InvalidOid;
        rel->fdw_private = NULL;
        if (pair->buckets == NULL) {
            addLocalPaths(root, pair, rel, part, sjinfo, restrictlist);
        }
    }
    return rel;
}

/* Makes the join a partitioned relation, as its sharded side is. */
static void installParts(Pair* pair, RelOptInfo** parts) {
    const bool is_forced =
        pair->buckets != NULL ? tessera_repartition_mode == REPARTITION_FORCE : shardJoins == SHARD_JOINS_FORCE;
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
    if (pair->buckets != NULL) { /* by none of its columns, as far as groups are concerned */
        rel->partexprs = palloc0(sizeof(List*) * (Size)sharded->part_scheme->partnatts);
        rel->nullable_partexprs = palloc0(sizeof(List*) * (Size)sharded->part_scheme->partnatts);
    }
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
    if (is_forced) {
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
        int bucket = pair->buckets != NULL ? tessera_bucket_at(pair->buckets, i) : 0;
        bool is_there;

        if (part == NULL || IS_DUMMY_REL(part) || bucket < 0) {
            continue;
        }
        parts[i] = joinPart(root, pair, part, bucket, &is_there);
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

static bool isCandidate(PlannerInfo* root, const RelOptInfo* joinrel, const List* restrictlist) {
    ListCell* cell;

    if (root != search.root || joinrel->reloptkind != RELOPT_JOINREL || !bms_is_empty(joinrel->lateral_relids)) {
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

/* Bytes that cross between nodes, about. */
static double movedBy(const Pair* pair) {
    return pair->buckets != NULL               ? sizeOf(pair->sharded) + sizeOf(pair->whole)
           : tessera_is_reference(pair->whole) ? 0
                                               : sizeOf(pair->whole) * bms_num_members(pair->sharded->live_parts);
}

/* Inner joins come both ways round: the smaller side is the one that is read whole. */
static bool isBetter(const Pair* pair, const Pair* than) {
    if ((pair->buckets == NULL) == (than->buckets == NULL)) {
        return pair->buckets == NULL && sizeOf(pair->whole) < sizeOf(than->whole);
    }
    if (tessera_repartition_mode == REPARTITION_FORCE || shardJoins == SHARD_JOINS_FORCE) {
        return (pair->buckets != NULL) == (tessera_repartition_mode == REPARTITION_FORCE);
    }
    return movedBy(pair) < movedBy(than);
}

static void offer(const Pair* pair) {
    Pair* known = pairOf(pair->joinrel);

    if (known == NULL) {
        known = palloc0(sizeof(Pair));
        search.pairs = lappend(search.pairs, known);
    } else if (!isBetter(pair, known)) {
        return;
    }
    *known = *pair;
}

static void notePair(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* outerrel, RelOptInfo* innerrel, JoinType type,
                     JoinPathExtraData* extra) {
    const bool keeps_outer = type == JOIN_INNER || type == JOIN_LEFT || type == JOIN_SEMI || type == JOIN_ANTI;
    Pair pair = {joinrel, NULL, innerrel, type, extra->restrictlist, *extra->sjinfo, NULL};

    if (nextJoinHook != NULL) {
        nextJoinHook(root, joinrel, outerrel, innerrel, type, extra);
    }
    if ((!keeps_outer && type != JOIN_FULL) || !isCandidate(root, joinrel, extra->restrictlist)) {
        return;
    }
    pair.sharded = partitioned(outerrel);
    if (!isSharded(pair.sharded) || !tessera_is_whole(root, innerrel)) {
        return;
    }
    /* A reference table is at all nodes, and not the one whose only shard is joined with all of another. */
    if (keeps_outer && shardJoins != SHARD_JOINS_OFF &&
        (!tessera_is_reference(pair.sharded) || tessera_is_reference(innerrel))) {
        offer(&pair);
    }
    pair.buckets = tessera_buckets(root, joinrel, pair.sharded, innerrel, type, extra->restrictlist);
    if (pair.buckets != NULL) {
        offer(&pair);
    }
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
    if ((shardJoins == SHARD_JOINS_OFF && tessera_repartition_mode == REPARTITION_OFF) ||
        tessera_pushdown != PUSHDOWN_FULL || !enable_partitionwise_join || root->parse->commandType != CMD_SELECT ||
        root->rowMarks != NIL || root->qual_security_level > 0 || root->placeholder_list != NIL ||
        !hasShards(initial)) {
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
    tessera_register_repartition();
    nextJoinHook = set_join_pathlist_hook;
    set_join_pathlist_hook = notePair;
    nextSearch = join_search_hook;
    join_search_hook = searchJoins;
}
