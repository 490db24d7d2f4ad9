/* Policies and masks as they are stored: reading them, whom they concern, their expressions. */
#include "fdw/pg/policy.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

enum {
    POLICY_SCHEMA = 1,
    POLICY_RELATION,
    POLICY_NAME,
    POLICY_COMMAND,
    POLICY_PERMISSIVE,
    POLICY_ROLES,
    POLICY_USING,
    POLICY_CHECK
};

enum { MASK_SCHEMA = 1, MASK_RELATION, MASK_COLUMN, MASK_ROLES, MASK_EXPRESSION };

PG_FUNCTION_INFO_V1(tessera_policy_changed);
PG_FUNCTION_INFO_V1(tessera_relation_is_governed);

Oid tessera_judged_user(void) {
    Oid session = GetSessionUserId();

    return superuser_arg(session) ? GetUserId() : session;
}

bool tessera_is_exempt(void) {
    /* Foreign keys are checked by the table's owner, who must see all rows. */
    return InNoForceRLSOperation() || has_bypassrls_privilege(tessera_judged_user());
}

/* ---- Which relations are governed ---- */

typedef struct GovernedEntry {
    Oid relation;
    bool is_governed;
} GovernedEntry;

static HTAB* governed = NULL;
/* Counts what was forgotten: an answer that was read meanwhile may be of before. */
static uint64 forgotten = 0;

static void forgetGoverned(Datum argument pg_attribute_unused(), Oid relation) {
    HASH_SEQ_STATUS all;
    GovernedEntry* entry;

    ++forgotten;
    if (OidIsValid(relation)) {
        (void)hash_search(governed, &relation, HASH_REMOVE, NULL);
        return;
    }
    hash_seq_init(&all, governed);
    while ((entry = hash_seq_search(&all)) != NULL) {
        (void)hash_search(governed, &entry->relation, HASH_REMOVE, NULL);
    }
}

/* Policies are of names: a schema that has another now may have brought its tables under them. */
static void forgetAllGoverned(Datum argument, int cache pg_attribute_unused(), uint32 hash pg_attribute_unused()) {
    forgetGoverned(argument, InvalidOid);
}

/* Calls `take` for the rows of one of our tables that name the relation. */
static void scan(const char* table_name, Oid relation, void (*take)(HeapTuple, TupleDesc, Oid, void*), void* target) {
    Oid schema = get_namespace_oid("tessera", true);
    Oid table_oid = OidIsValid(schema) ? get_relname_relid(table_name, schema) : InvalidOid;
    char* schema_name = get_namespace_name(get_rel_namespace(relation));
    char* name = get_rel_name(relation);
    ScanKeyData keys[2];
    Relation table;
    SysScanDesc rows;
    HeapTuple row;

    if (!OidIsValid(table_oid) || schema_name == NULL || name == NULL) {
        return;
    }
    table = table_open(table_oid, AccessShareLock);
    ScanKeyInit(&keys[0], POLICY_SCHEMA, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum(schema_name));
    ScanKeyInit(&keys[1], POLICY_RELATION, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum(name));
    rows = systable_beginscan(table, InvalidOid, false, NULL, 2, keys);
    while (HeapTupleIsValid(row = systable_getnext(rows))) {
        take(row, RelationGetDescr(table), relation, target);
    }
    systable_endscan(rows);
    table_close(table, AccessShareLock);
}

static void noteRow(HeapTuple row pg_attribute_unused(), TupleDesc columns pg_attribute_unused(),
                    Oid relation pg_attribute_unused(), void* target) {
    *(bool*)target = true;
}

bool tessera_is_governed(Oid relation) {
    GovernedEntry* entry;
    bool found = false;
    uint64 before;

    if (relation < FirstNormalObjectId) {
        return false;
    }
    if (governed == NULL) {
        HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(GovernedEntry)};

        governed = hash_create("tessera governed relations", 64, &control, HASH_ELEM | HASH_BLOBS);
        CacheRegisterRelcacheCallback(forgetGoverned, (Datum)0);
        CacheRegisterSyscacheCallback(NAMESPACEOID, forgetAllGoverned, (Datum)0);
    }
    entry = hash_search(governed, &relation, HASH_FIND, NULL);
    if (entry != NULL) {
        return entry->is_governed;
    }
    /* Opening a table hears of others' changes. */
    do {
        before = forgotten;
        found = false;
        scan("policy", relation, noteRow, &found);
        if (!found) {
            scan("mask", relation, noteRow, &found);
        }
    } while (before != forgotten);
    entry = hash_search(governed, &relation, HASH_ENTER, NULL);
    entry->is_governed = found;
    return found;
}

/* ---- Reading ---- */

static Datum field(HeapTuple row, TupleDesc columns, int number, bool* is_null) {
    return heap_getattr(row, number, columns, is_null);
}

static char* textField(HeapTuple row, TupleDesc columns, int number) {
    bool is_null;
    Datum value = field(row, columns, number, &is_null);

    return is_null ? NULL : TextDatumGetCString(value);
}

/* Is the judged user one of the roles, or a member of one? A role that does not exist is nobody. */
static bool concernsUser(Datum roles) {
    Datum* names;
    int count;
    bool found = false;

    deconstruct_array(DatumGetArrayTypeP(roles), NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &names, NULL, &count);
    for (int i = 0; i < count && !found; ++i) {
        const char* name = NameStr(*DatumGetName(names[i]));
        Oid role = strcmp(name, "public") == 0 ? InvalidOid : get_role_oid(name, true);

        found = strcmp(name, "public") == 0 || (OidIsValid(role) && has_privs_of_role(tessera_judged_user(), role));
    }
    return found;
}

static CmdType commandOf(const char* name) {
    return strcmp(name, "select") == 0   ? CMD_SELECT
           : strcmp(name, "insert") == 0 ? CMD_INSERT
           : strcmp(name, "update") == 0 ? CMD_UPDATE
           : strcmp(name, "delete") == 0 ? CMD_DELETE
                                         : CMD_UNKNOWN;
}

static void takePolicy(HeapTuple row, TupleDesc columns, Oid relation pg_attribute_unused(), void* target) {
    PolicySet* set = target;
    Policy* policy;
    bool is_null;

    set->has_rows = true;
    if (!concernsUser(field(row, columns, POLICY_ROLES, &is_null))) {
        return;
    }
    policy = palloc0(sizeof(Policy));
    policy->command = commandOf(textField(row, columns, POLICY_COMMAND));
    policy->is_permissive = DatumGetBool(field(row, columns, POLICY_PERMISSIVE, &is_null));
    policy->condition = textField(row, columns, POLICY_USING);
    policy->check = textField(row, columns, POLICY_CHECK);
    set->policies = lappend(set->policies, policy);
}

static void takeMask(HeapTuple row, TupleDesc columns, Oid relation, void* target) {
    PolicySet* set = target;
    Mask* mask;
    bool is_null;
    Datum name;

    if (!concernsUser(field(row, columns, MASK_ROLES, &is_null))) {
        return;
    }
    name = field(row, columns, MASK_COLUMN, &is_null);
    mask = palloc0(sizeof(Mask));
    mask->column = get_attnum(relation, NameStr(*DatumGetName(name)));
    mask->expression = textField(row, columns, MASK_EXPRESSION);
    if (mask->column <= 0) {
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("a mask names the column \"%s\", which \"%s\" does not have",
                                                           NameStr(*DatumGetName(name)), get_rel_name(relation))));
    }
    set->masks = lappend(set->masks, mask);
}

PolicySet* tessera_policies(Oid relation) {
    PolicySet* set = palloc0(sizeof(PolicySet));

    scan("policy", relation, takePolicy, set);
    scan("mask", relation, takeMask, set);
    return set;
}

/* ---- Expressions ---- */

/* In its sub-selects, views become what they stand for. */
static Node* expandViews(ParseState* state, Node* expression) {
    Query* query = makeNode(Query);
    RangeTblRef* reference = makeNode(RangeTblRef);

    reference->rtindex = 1;
    query->commandType = CMD_SELECT;
    query->canSetTag = true;
    query->rtable = state->p_rtable;
    query->jointree = makeFromExpr(list_make1(reference), NULL);
    query->hasSubLinks = true;
    query->targetList = list_make1(makeTargetEntry((Expr*)expression, 1, "policy", false));
    query = linitial_node(Query, QueryRewrite(query));
    return (Node*)linitial_node(TargetEntry, query->targetList)->expr;
}

static Node* parseExpression(const char* text) {
    /* The line break ends a comment in the text. */
    List* trees = raw_parser(psprintf("SELECT (%s\n)", text), RAW_PARSE_DEFAULT);
    SelectStmt* select = (SelectStmt*)linitial_node(RawStmt, trees)->stmt;

    if (list_length(trees) != 1 || !IsA(select, SelectStmt) || list_length(select->targetList) != 1 ||
        select->fromClause != NIL || select->whereClause != NULL || select->op != SETOP_NONE) {
        ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("\"%s\" is not one expression", text)));
    }
    return linitial_node(ResTarget, select->targetList)->val;
}

Node* tessera_policy_expression(Relation relation, const char* text, AttrNumber column) {
    OverrideSearchPath path = {.schemas = NIL, .addCatalog = true, .addTemp = false};
    ParseState* state = make_parsestate(NULL);
    Node* expression;

    /* What a name means is the policy's matter, not the session's. */
    PushOverrideSearchPath(&path);
    addNSItemToQuery(state, addRangeTableEntryForRelation(state, relation, AccessShareLock, NULL, false, false), false,
                     true, true);
    expression = transformExpr(state, parseExpression(text), EXPR_KIND_POLICY);
    if (column == InvalidAttrNumber) {
        expression = coerce_to_boolean(state, expression, "POLICY");
    } else {
        Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), column - 1);
        Oid given = exprType(expression);

        expression = coerce_to_target_type(state, expression, given, attribute->atttypid, attribute->atttypmod,
                                           COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
        if (expression == NULL) {
            ereport(ERROR,
                    (errcode(ERRCODE_DATATYPE_MISMATCH),
                     errmsg("the mask of column \"%s\" is of type %s, the column of type %s",
                            NameStr(attribute->attname), format_type_be(given), format_type_be(attribute->atttypid))));
        }
    }
    assign_expr_collations(state, expression);
    if (state->p_hasSubLinks) {
        expression = expandViews(state, expression);
    }
    PopOverrideSearchPath();
    free_parsestate(state);
    return expression;
}

/* ---- SQL ---- */

/* The relation that a row names, locked as CREATE POLICY locks it: once the change is committed, no statement that was
 * planned without it runs any more. */
static Oid lockedRelationOf(HeapTuple row, TupleDesc columns) {
    bool is_null;
    char* schema = NameStr(*DatumGetName(field(row, columns, POLICY_SCHEMA, &is_null)));
    char* name = NameStr(*DatumGetName(field(row, columns, POLICY_RELATION, &is_null)));

    return RangeVarGetRelid(makeRangeVar(schema, name, -1), AccessExclusiveLock, true);
}

/* Expressions that nobody could evaluate would be errors in every statement. */
static void checkRow(HeapTuple row, TupleDesc columns, Oid oid, bool is_mask) {
    Relation relation = table_open(oid, AccessShareLock);
    char kind = relation->rd_rel->relkind;
    char* text;

    if (kind != RELKIND_RELATION && kind != RELKIND_FOREIGN_TABLE && kind != RELKIND_PARTITIONED_TABLE &&
        kind != RELKIND_MATVIEW) {
        ereport(ERROR,
                (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is not a table", RelationGetRelationName(relation)),
                 errhint("Policies of tables hold in the views on them.")));
    }
    if (is_mask) {
        PolicySet set = {false, NIL, NIL};

        takeMask(row, columns, oid, &set);
        text = textField(row, columns, MASK_EXPRESSION);
        (void)tessera_policy_expression(
            relation, text, get_attnum(oid, NameStr(*DatumGetName(field(row, columns, MASK_COLUMN, &(bool){false})))));
    } else {
        for (int number = POLICY_USING; number <= POLICY_CHECK; ++number) {
            text = textField(row, columns, number);
            if (text != NULL) {
                (void)tessera_policy_expression(relation, text, InvalidAttrNumber);
            }
        }
    }
    table_close(relation, AccessShareLock);
}

/* All that the table's rows name: they are about to go. */
static void forgetAllOf(Relation table) {
    SysScanDesc rows = systable_beginscan(table, InvalidOid, false, NULL, 0, NULL);
    HeapTuple row;

    while (HeapTupleIsValid(row = systable_getnext(rows))) {
        Oid oid = lockedRelationOf(row, RelationGetDescr(table));

        if (OidIsValid(oid)) {
            CacheInvalidateRelcacheByRelid(oid);
        }
    }
    systable_endscan(rows);
}

/* AFTER … FOR EACH ROW on tessera.policy and tessera.mask, and BEFORE TRUNCATE. */
Datum tessera_policy_changed(PG_FUNCTION_ARGS) {
    TriggerData* trigger = (TriggerData*)fcinfo->context;
    TupleDesc columns = RelationGetDescr(trigger->tg_relation);
    HeapTuple rows[] = {trigger->tg_trigtuple, trigger->tg_newtuple};
    bool is_delete = TRIGGER_FIRED_BY_DELETE(trigger->tg_event);

    tessera_policies_change();
    if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event)) {
        forgetAllOf(trigger->tg_relation);
        return PointerGetDatum(NULL);
    }
    for (int i = 0; i < 2; ++i) {
        Oid oid = rows[i] != NULL ? lockedRelationOf(rows[i], columns) : InvalidOid;
        bool is_new = i == 1 || (rows[1] == NULL && !is_delete);

        if (!OidIsValid(oid)) {
            continue;
        }
        if (is_new) {
            checkRow(rows[i], columns, oid, strcmp(RelationGetRelationName(trigger->tg_relation), "mask") == 0);
        }
        /* Plans that were made without it must not be used any more. */
        CacheInvalidateRelcacheByRelid(oid);
    }
    return PointerGetDatum(NULL);
}

Datum tessera_relation_is_governed(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(tessera_is_governed(PG_GETARG_OID(0)));
}
