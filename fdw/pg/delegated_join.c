#include "fdw/pg/delegated_join.h"

#include "fdw/pg/session_role.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(tessera_peer_rows);
PG_FUNCTION_INFO_V1(tessera_peer_rows_support);

static const struct config_enum_entry modes[] = {{"off", DELEGATION_OFF, false},
                                                 {"auto", DELEGATION_AUTO, false},
                                                 {"force", DELEGATION_FORCE, false},
                                                 {NULL, 0, false}};

/* For how long a node is believed to reach another, or not to. */
#define BELIEVED_MS 60000

int tessera_delegation_mode = DELEGATION_OFF;
static char* delegateTo = NULL;

void tessera_register_delegated_joins(void) {
    DefineCustomEnumVariable("tessera.delegated_joins",
                             "Lets the planner give joins of two nodes' tables to one of the nodes.",
                             "auto: where that costs less; force: wherever it can be done.", &tessera_delegation_mode,
                             DELEGATION_OFF, modes, PGC_USERSET, 0, NULL, NULL, NULL);
    DefineCustomStringVariable("tessera.delegate_to", "Joins are only given to the node of this server.",
                               "Empty: to the one that reads more of the join.", &delegateTo, "", PGC_USERSET, 0, NULL,
                               NULL, NULL);
}

bool tessera_may_join_at(const RelOptInfo* at) {
    return delegateTo == NULL || delegateTo[0] == '\0' || strcmp(delegateTo, RELINFO(at)->source->name) == 0;
}

/* ---- Who reaches whom ---- */

static const char* optionOf(const TsrSource* source, const char* name) {
    for (size_t i = 0; i < source->option_count; ++i) {
        if (strcmp(source->options[i].name, name) == 0) {
            return source->options[i].value;
        }
    }
    return NULL;
}

/* The name that the source, a node, has for itself, where people are signed in there as themselves; else NULL. */
static const char* peerName(const TsrSource* source) {
    return strcmp(source->connector->name, "node") == 0 && optionOf(source, "user") == NULL
               ? optionOf(source, "delegate")
               : NULL;
}

typedef struct Belief {
    uint32 server;
    uint32 user;
    char* peer;
    TimestampTz since;
    bool reaches;
} Belief;

static List* beliefs = NIL; /* of Belief, in TopMemoryContext */

static bool asksWhetherItReaches(TsrSource* at, const char* peer) {
    const Oid type = BOOLOID;
    const int32 typmod = -1;
    char* statement = psprintf("SELECT tessera.reaches(%s)", quote_literal_cstr(peer));
    Fetch* fetch = tessera_fetch_create(CurrentMemoryContext, at, statement, 1, &type, &typmod);
    Datum value = BoolGetDatum(false);
    bool is_null = true;
    Datum values[1];
    bool nulls[1];

    tessera_fetch_start(fetch, NULL, 0);
    while (tessera_fetch_next(fetch, values, nulls)) {
        value = values[0];
        is_null = nulls[0];
    }
    tessera_fetch_stop(fetch);
    return !is_null && DatumGetBool(value);
}

static bool reaches(TsrSource* at, const char* peer) {
    Belief* belief = NULL;
    ListCell* cell;
    MemoryContext before;

    foreach (cell, beliefs) {
        Belief* one = lfirst(cell);

        if (one->server == at->server && one->user == at->user && strcmp(one->peer, peer) == 0) {
            belief = one;
        }
    }
    if (belief != NULL && !TimestampDifferenceExceeds(belief->since, GetCurrentTimestamp(), BELIEVED_MS)) {
        return belief->reaches;
    }
    if (belief == NULL) {
        before = MemoryContextSwitchTo(TopMemoryContext);
        belief = palloc0(sizeof(Belief));
        *belief = (Belief){.server = at->server, .user = at->user, .peer = pstrdup(peer)};
        beliefs = lappend(beliefs, belief);
        MemoryContextSwitchTo(before);
    }
    belief->reaches = asksWhetherItReaches(at, peer);
    belief->since = GetCurrentTimestamp();
    return belief->reaches;
}

/* ---- The statement for the peer ---- */

/* Can one statement read it whole, about tables alone? Subqueries' tables would not be in the plan, where their
 * permissions are looked at. */
static bool isOfTables(const RelOptInfo* rel) {
    const RelInfo* info = RELINFO(rel);
    ListCell* cell;

    if (!tessera_is_ours(rel) || !info->pushdown_safe || info->shipment != NULL || info->query != NULL ||
        info->local_conds != NIL || !bms_is_empty(rel->lateral_relids)) {
        return false;
    }
    foreach (cell, rel->baserestrictinfo) {
        if (lfirst_node(RestrictInfo, cell)->pseudoconstant) {
            return false;
        }
    }
    return IS_SIMPLE_REL(rel) || (IS_JOIN_REL(rel) && isOfTables(info->outerrel) && isOfTables(info->innerrel));
}

static void destroyStatement(void* statement) {
    tsr_statement_destroy(statement);
}

/* NULL: it can't be written, or not without values that only execution knows. */
static char* statementOf(PlannerInfo* root, RelOptInfo* rel, List* vars) {
    RelInfo* info = RELINFO(rel);
    TsrError error = {0};
    TsrStatement* statement = tsr_statement_create(info->source, &tessera_host, &error);
    Translation t = {.root = root, .rel = rel, .statement = statement};
    TsrRendered rendered;
    ListCell* cell;

    if (statement == NULL) {
        tessera_raise(info->source->name, &error);
    }
    tessera_own(CurrentMemoryContext, statement, destroyStatement);
    tessera_select_rows(&t, rel);
    foreach (cell, vars) {
        tsr_select_output(statement, tessera_must_translate(&t, lfirst(cell)));
    }
    if (t.refused) {
        return NULL;
    }
    if (tsr_statement_render(statement, &rendered, &error) != TSR_OK) {
        tessera_raise(info->source->name, &error);
    }
    return rendered.param_count == 0 ? pstrdup(rendered.text) : NULL;
}

char* tessera_peer_call(PlannerInfo* root, const RelOptInfo* at, RelOptInfo* rel, List* vars) {
    TsrSource* source = RELINFO(at)->source;
    const char* peer = NULL;
    char* statement;

    /* Conditions of policies are for this node to know. */
    if (tessera_delegation_mode == DELEGATION_OFF || root->qual_security_level > 0 || !isOfTables(rel)) {
        return NULL;
    }
    peer = peerName(RELINFO(rel)->source);
    if (peer == NULL || peerName(source) == NULL || !reaches(source, peer)) {
        return NULL;
    }
    statement = statementOf(root, rel, vars);
    return statement == NULL ? NULL
                             : psprintf("tessera.peer_rows(%s, %s, %.0f)", quote_literal_cstr(peer),
                                        quote_literal_cstr(statement), clamp_row_est(rel->rows));
}

/* ---- At the node that joins ---- */

/* This node's server for a peer, for the person of this session. */
static TsrSource* sourceOfPeer(const char* peer) {
    Relation servers = table_open(ForeignServerRelationId, AccessShareLock);
    SysScanDesc scan = systable_beginscan(servers, InvalidOid, false, NULL, 0, NULL);
    TsrSource* found = NULL;
    HeapTuple tuple;

    while (found == NULL && HeapTupleIsValid(tuple = systable_getnext(scan))) {
        Form_pg_foreign_server server = (Form_pg_foreign_server)GETSTRUCT(tuple);
        ListCell* cell;

        foreach (cell, GetForeignServer(server->oid)->options) {
            DefElem* option = lfirst_node(DefElem, cell);

            if (strcmp(option->defname, "delegate") == 0 && strcmp(strVal(option->arg), peer) == 0) {
                found = tessera_source(server->oid, GetUserId());
            }
        }
    }
    systable_endscan(scan);
    table_close(servers, AccessShareLock);
    if (found == NULL || peerName(found) == NULL) {
        ereport(ERROR, (errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
                        errmsg("this node has no peer \"%s\" where people are signed in as themselves", peer)));
    }
    return found;
}

/* tessera.peer_rows(peer text, statement text, expected_rows float8) returns setof record: what the person may read
 * there anyway. Only in sessions that another node has opened, which wrote the statement: a person's own words would go
 * past this node's foreign tables, their privileges and policies. */
Datum tessera_peer_rows(PG_FUNCTION_ARGS) {
    TsrSource* source;

    if (!tessera_is_asked_by_node()) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("tessera.peer_rows() is for nodes that ask on a person's behalf"),
                        errhint("Read the peer's foreign tables.")));
    }
    source = sourceOfPeer(text_to_cstring(PG_GETARG_TEXT_PP(0)));
    return tessera_rows_of(fcinfo, source, text_to_cstring(PG_GETARG_TEXT_PP(1)), NULL, 0, false);
}

/* The planner here plans with the rows that the one who asks expects. */
Datum tessera_peer_rows_support(PG_FUNCTION_ARGS) {
    Node* request = (Node*)PG_GETARG_POINTER(0);
    SupportRequestRows* rows;
    Node* expected;

    if (!IsA(request, SupportRequestRows) || !is_funcclause(((SupportRequestRows*)request)->node)) {
        PG_RETURN_POINTER(NULL);
    }
    rows = (SupportRequestRows*)request;
    expected = estimate_expression_value(rows->root, lthird(((FuncExpr*)rows->node)->args));
    if (!IsA(expected, Const) || ((Const*)expected)->constisnull) {
        PG_RETURN_POINTER(NULL);
    }
    rows->rows = clamp_row_est(DatumGetFloat8(((Const*)expected)->constvalue));
    PG_RETURN_POINTER(rows);
}
