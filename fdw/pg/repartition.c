/* A join of two sharded tables by what they are not sharded by: the keys are shared out among nodes, in buckets, and
 * each of these joins the rows of one bucket, which it reads from all shards of both tables as everybody reads them
 * (ADR 0053). Rows that are joined have the same key, so they meet at one node; a row without a partner, and one whose
 * key is NULL, is in one bucket as well.
 *
 * What bucket a key is in is said with integers' arithmetic, which every source computes alike: so it is the shard's
 * source that chooses the rows, and one row crosses only once to who joins it. Of other keys the shard's node computes
 * a number (key_number.c) and chooses the rows. */
#include "fdw/pg/repartition.h"

#include "fdw/pg/key_number.h"

#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"
#include "parser/parse_func.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

static const struct config_enum_entry modes[] = {{"off", REPARTITION_OFF, false},
                                                 {"auto", REPARTITION_AUTO, false},
                                                 {"force", REPARTITION_FORCE, false},
                                                 {NULL, 0, false}};

int tessera_repartition_mode = REPARTITION_AUTO;

/* bigint's operators. */
#define INT8_PLUS 684
#define INT8_TIMES 686
#define INT8_MODULO 439

/* ((key % P + P) * FACTOR) % P spreads keys that follow a pattern, and never leaves bigint. */
#define BUCKET_PRIME 1000003
#define BUCKET_FACTOR 514229

void tessera_register_repartition(void) {
    DefineCustomEnumVariable("tessera.repartition_joins",
                             "Lets nodes share out joins of two sharded tables by their keys.",
                             "auto: where that costs less; force: wherever it can be done.", &tessera_repartition_mode,
                             REPARTITION_AUTO, modes, PGC_USERSET, 0, NULL, NULL, NULL);
}

/* ---- By what ---- */

static bool isInteger(Oid type) {
    return type == INT2OID || type == INT4OID || type == INT8OID;
}

/* The type by whose values keys are told apart; InvalidOid: keys of that type are not shared out. */
static Oid kindOf(Oid type) {
    switch (type) {
        case INT2OID:
        case INT4OID:
        case INT8OID:
            return INT8OID;
        case TEXTOID:
        case VARCHAROID:
            return TEXTOID;
        case UUIDOID:
        case DATEOID:
        case TIMESTAMPOID:
        case TIMESTAMPTZOID:
        case NUMERICOID:
            return type;
        default:
            return InvalidOid;
    }
}

/* A column of the relation that can be a key; else NULL. */
static Var* keyIn(Expr* expr, const RelOptInfo* rel) {
    Var* var;

    while (IsA(expr, RelabelType)) {
        expr = ((RelabelType*)expr)->arg;
    }
    var = (Var*)expr;
    return IsA(expr, Var) && bms_is_member(var->varno, rel->relids) && var->varlevelsup == 0 && var->varattno > 0 &&
                   OidIsValid(kindOf(var->vartype))
               ? var
               : NULL;
}

/* first.column = second.column, either way round, without which no two rows are joined. */
static bool takeKeys(Buckets* buckets, const RelOptInfo* joinrel, const RelOptInfo* first, const RelOptInfo* second,
                     JoinType type, const RestrictInfo* condition) {
    const OpExpr* equality = (const OpExpr*)condition->clause;
    Expr* left;
    Expr* right;

    if (!is_opclause(condition->clause) || !OidIsValid(condition->hashjoinoperator) ||
        (IS_OUTER_JOIN(type) && RINFO_IS_PUSHED_DOWN(condition, joinrel->relids))) {
        return false;
    }
    left = (Expr*)get_leftop(condition->clause);
    right = (Expr*)get_rightop(condition->clause);
    if (keyIn(left, first) == NULL) {
        Expr* other = left;

        left = right;
        right = other;
    }
    buckets->first_key = keyIn(left, first);
    buckets->second_key = keyIn(right, second);
    return buckets->first_key != NULL && buckets->second_key != NULL &&
           kindOf(buckets->first_key->vartype) == kindOf(buckets->second_key->vartype) &&
           (!OidIsValid(equality->inputcollid) || get_collation_isdeterministic(equality->inputcollid));
}

/* ---- By whom ---- */

/* One partition of each node: how many shards there are says nothing of how many nodes. */
static void takeWorkers(Buckets* buckets, const RelOptInfo* first) {
    buckets->workers = palloc(sizeof(int) * (Size)first->nparts);
    for (int i = 0; i < first->nparts; ++i) {
        RelOptInfo* part = first->part_rels[i];
        bool is_new = part != NULL && !IS_DUMMY_REL(part) && RELINFO(part)->pushdown_safe &&
                      strcmp(RELINFO(part)->source->connector->name, "node") == 0;

        for (int known = 0; is_new && known < buckets->count; ++known) {
            is_new = first->part_rels[buckets->workers[known]]->serverid != part->serverid;
        }
        if (is_new) {
            buckets->workers[buckets->count++] = i;
        }
    }
}

Buckets* tessera_buckets(PlannerInfo* root, RelOptInfo* joinrel, RelOptInfo* first, RelOptInfo* second, JoinType type,
                         const List* restrictlist) {
    Buckets* buckets = palloc0(sizeof(Buckets));
    const ListCell* cell;
    bool has_keys = false;

    /* A node that joins a bucket does it itself: shared out once more, it would never end. */
    if (tessera_repartition_mode == REPARTITION_OFF || tessera_is_for_node(root) || !tessera_is_whole(root, first) ||
        !tessera_is_whole(root, second) || tessera_is_reference(first) || tessera_is_reference(second)) {
        return NULL;
    }
    foreach (cell, restrictlist) {
        Buckets found = *buckets;

        /* By integers rather than by others, as sources know what they are. */
        if (takeKeys(&found, joinrel, first, second, type, lfirst_node(RestrictInfo, cell)) &&
            (!has_keys || isInteger(found.first_key->vartype))) {
            *buckets = found;
            has_keys = true;
        }
    }
    if (!has_keys) {
        return NULL;
    }
    takeWorkers(buckets, first);
    return buckets->count > 1 ? buckets : NULL;
}

int tessera_bucket_at(const Buckets* buckets, int partition) {
    for (int i = 0; i < buckets->count; ++i) {
        if (buckets->workers[i] == partition) {
            return i;
        }
    }
    return -1;
}

/* ---- The rows of a bucket ---- */

static Expr* number(int64 value) {
    return (Expr*)makeConst(INT8OID, -1, InvalidOid, sizeof(int64), Int64GetDatum(value), false, FLOAT8PASSBYVAL);
}

static Expr* computed(Oid operator_oid, Expr* left, Expr* right) {
    Expr* made = make_opclause(operator_oid, operator_oid == Int8LessOperator ? BOOLOID : INT8OID, false, left, right,
                               InvalidOid, InvalidOid);

    set_opfuncid((OpExpr*)made);
    return made;
}

static Expr* asInt8(const Var* key) {
    Expr* column = (Expr*)copyObject(key);
    const Oid kind = kindOf(key->vartype);
    List* name = list_make2(makeString(KEY_NUMBER_SCHEMA), makeString(KEY_NUMBER));
    Oid function;

    if (key->vartype == INT8OID) {
        return column;
    }
    function = key->vartype == INT4OID   ? F_INT8_INT4
               : key->vartype == INT2OID ? F_INT8_INT2
                                         : LookupFuncName(name, 1, &kind, false);
    if (key->vartype == VARCHAROID) {
        column = (Expr*)makeRelabelType(column, TEXTOID, -1, key->varcollid, COERCE_IMPLICIT_CAST);
    }
    return (Expr*)makeFuncExpr(function, INT8OID, list_make1(column), InvalidOid, key->varcollid,
                               isInteger(key->vartype) ? COERCE_EXPLICIT_CAST : COERCE_EXPLICIT_CALL);
}

/* (h + bucket) % count < 1: not "= bucket", of which PostgreSQL would expect one row of 200. NULL is in bucket 0. */
static Expr* isInBucket(const Buckets* buckets, int bucket, const Var* key) {
    Expr* hashed = computed(INT8_PLUS, computed(INT8_MODULO, asInt8(key), number(BUCKET_PRIME)), number(BUCKET_PRIME));
    Expr* chosen;
    NullTest* is_null;

    hashed = computed(INT8_MODULO, computed(INT8_TIMES, hashed, number(BUCKET_FACTOR)), number(BUCKET_PRIME));
    chosen =
        computed(Int8LessOperator,
                 computed(INT8_MODULO, computed(INT8_PLUS, hashed, number(bucket)), number(buckets->count)), number(1));
    if (bucket > 0) {
        return chosen;
    }
    is_null = makeNode(NullTest);
    is_null->arg = (Expr*)copyObject(key);
    is_null->nulltesttype = IS_NULL;
    is_null->location = -1;
    return make_orclause(list_make2(chosen, is_null));
}

Share tessera_share_of(PlannerInfo* root, const Buckets* buckets, int bucket, const Var* key, RelOptInfo* as) {
    RestrictInfo* condition =
        make_restrictinfo(root, isInBucket(buckets, bucket, key), true, false, false, 0, NULL, NULL, NULL);

    return (Share){.condition = condition,
                   .as = as,
                   .count = buckets->count,
                   .name = psprintf("part %d of %d", bucket + 1, buckets->count)};
}
