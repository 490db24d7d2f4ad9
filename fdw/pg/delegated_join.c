#include "fdw/pg/delegated_join.h"

#include "fdw/pg/links.h"
#include "fdw/pg/own_changes.h"
#include "fdw/pg/session_role.h"

#include "access/genam.h"
#include "access/hash.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "nodes/value.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(tessera_peer_rows);
PG_FUNCTION_INFO_V1(tessera_peer_rows_support);
PG_FUNCTION_INFO_V1(tessera_peer_reads);

static const struct config_enum_entry modes[] = {{"off", DELEGATION_OFF, false},
                                                 {"auto", DELEGATION_AUTO, false},
                                                 {"force", DELEGATION_FORCE, false},
                                                 {NULL, 0, false}};

/* For how long a node is believed to reach another, or not to. */
#define BELIEVED_MS 60000

int tessera_delegation_mode = DELEGATION_AUTO;
static char* delegateTo = NULL;

void tessera_register_delegated_joins(void) {
    DefineCustomEnumVariable("tessera.delegated_joins",
                             "Lets the planner give joins of two nodes' tables to one of the nodes.",
                             "auto: where that costs less; force: wherever it can be done.", &tessera_delegation_mode,
                             DELEGATION_AUTO, modes, PGC_USERSET, 0, NULL, NULL, NULL);
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
    LinkSpeed speed; /* of the link between the two */
} Belief;

static List* beliefs = NIL; /* of Belief, in TopMemoryContext */

bool tessera_ask_for(TsrSource* at, const char* statement, int columns, const Oid* types, Datum* values, bool* nulls) {
    const int32 typmods[] = {-1, -1, -1};
    Fetch* fetch = tessera_fetch_create(CurrentMemoryContext, at, statement, columns, types, typmods);
    bool found = false;

    Assert(columns <= lengthof(typmods));
    tessera_fetch_start(fetch, NULL, 0);
    while (!found && tessera_fetch_next(fetch, values, nulls)) {
        found = true;
    }
    tessera_fetch_stop(fetch);
    return found;
}

static void ask(TsrSource* at, Belief* belief) {
    const Oid types[] = {BOOLOID, FLOAT8OID, FLOAT8OID};
    char* peer = quote_literal_cstr(belief->peer);
    char* question = psprintf(
        "SELECT a.reaches, l.latency_ms, l.bytes_per_second FROM (SELECT tessera.reaches(%s) OFFSET 0) a LEFT JOIN "
        "tessera.links l ON l.peer = %s",
        peer, peer);
    Datum values[3];
    bool nulls[3];

    belief->reaches = tessera_ask_for(at, question, 3, types, values, nulls) && !nulls[0] && DatumGetBool(values[0]);
    if (belief->reaches) {
        belief->speed = (LinkSpeed){nulls[1] ? 0 : DatumGetFloat8(values[1]), nulls[2] ? 0 : DatumGetFloat8(values[2])};
    }
}

/* NULL: it does not reach it. */
static const Belief* reaches(TsrSource* at, const char* peer) {
    Belief* belief = NULL;
    ListCell* cell;
    MemoryContext before;

    foreach (cell, beliefs) {
        Belief* one = lfirst(cell);

        if (one->server == at->server && one->user == at->user && strcmp(one->peer, peer) == 0) {
            belief = one;
        }
    }
    if (belief == NULL) {
        before = MemoryContextSwitchTo(TopMemoryContext);
        belief = palloc0(sizeof(Belief));
        *belief = (Belief){.server = at->server, .user = at->user, .peer = pstrdup(peer)};
        beliefs = lappend(beliefs, belief);
        MemoryContextSwitchTo(before);
    }
    if (belief->since == 0 || TimestampDifferenceExceeds(belief->since, GetCurrentTimestamp(), BELIEVED_MS)) {
        ask(at, belief);
        belief->since = GetCurrentTimestamp();
    }
    return belief->reaches ? belief : NULL;
}

/* ---- The statement for the peer ---- */

/* Can one statement read it whole, about tables alone? Subqueries' tables would not be in the plan, where their
 * permissions are looked at. */
static bool isOfTables(const RelOptInfo* rel) {
    const RelInfo* info = RELINFO(rel);
    ListCell* cell;

    if (!tessera_is_ours(rel) || !info->pushdown_safe || info->query != NULL || tessera_outer_path(info) != NULL ||
        info->local_conds != NIL || !bms_is_empty(rel->lateral_relids)) {
        return false;
    }
    foreach (cell, rel->baserestrictinfo) {
        if (lfirst_node(RestrictInfo, cell)->pseudoconstant) {
            return false;
        }
    }
    return (IS_SIMPLE_REL(rel) && !OidIsValid(info->copy_of)) ||
           (IS_JOIN_REL(rel) && isOfTables(info->outerrel) && isOfTables(info->innerrel));
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

/* In a circle, the node that joins would be asked by the one that it asks. */
static bool readsFrom(const List* reads, const char* peer) {
    ListCell* cell;

    foreach (cell, reads) {
        const PeerRead* read = lfirst(cell);

        if (strcmp(read->peer, peer) == 0 || readsFrom(read->within, peer)) {
            return true;
        }
    }
    return false;
}

/* Of reading it over the link between the two, and not over ours. What nobody has seen of it is taken to be as ours. */
static Cost moreCost(const TsrSource* source, const RelOptInfo* rel, LinkSpeed between) {
    SourceCosts ours = tessera_source_costs(source);
    SourceCosts theirs = tessera_link_costs(between, tessera_default_costs);

    theirs.byte = between.bytes_per_s > 0 ? theirs.byte : ours.byte;
    return rel->rows * rel->reltarget->width * (theirs.byte - ours.byte);
}

PeerRead* tessera_peer_read(PlannerInfo* root, const RelOptInfo* at, RelOptInfo* rel, List* vars) {
    TsrSource* source = RELINFO(at)->source;
    const char* peer = NULL;
    char* statement;
    List* within;
    const Belief* belief;
    PeerRead* read;

    /* Conditions of policies are for this node to know. */
    if (tessera_delegation_mode == DELEGATION_OFF || root->qual_security_level > 0 || !isOfTables(rel) ||
        tessera_sees_otherwise(RELINFO(rel)->source)) {
        return NULL;
    }
    peer = peerName(RELINFO(rel)->source);
    within = tessera_reads_within(RELINFO(rel));
    if (peer == NULL || peerName(source) == NULL || readsFrom(within, peerName(source))) {
        return NULL;
    }
    belief = reaches(source, peer);
    if (belief == NULL) {
        return NULL;
    }
    statement = statementOf(root, rel, vars);
    if (statement == NULL) {
        return NULL;
    }
    tessera_note_reads_elsewhere();
    read = palloc(sizeof(PeerRead));
    *read = (PeerRead){.source = RELINFO(rel)->source->name,
                       .peer = peer,
                       .statement = statement,
                       .rows = clamp_row_est(rel->rows),
                       .width = rel->reltarget->width,
                       .more_cost = moreCost(RELINFO(rel)->source, rel, belief->speed),
                       .reader = source->name,
                       .within = within};
    return read;
}

char* tessera_peer_call(const PeerRead* read) {
    return psprintf("tessera.peer_rows(%s, %s, %.0f)", quote_literal_cstr(read->peer),
                    quote_literal_cstr(read->statement), read->rows);
}

/* ---- EXPLAIN ---- */

typedef struct Link {
    const char* from;
    const char* to;
    double expected_rows;
    double expected_bytes;
    int64 rows; /* -1: not known */
    int64 bytes;
} Link;

static void explainLink(const Link* link, ExplainState* es) {
    StringInfoData text;

    if (es->format != EXPLAIN_FORMAT_TEXT) {
        ExplainOpenGroup("Link", NULL, true, es);
        ExplainPropertyText("From", link->from, es);
        ExplainPropertyText("To", link->to, es);
        ExplainPropertyFloat("Expected Rows", NULL, link->expected_rows, 0, es);
        ExplainPropertyFloat("Expected Bytes", NULL, link->expected_bytes, 0, es);
        if (link->rows >= 0) {
            ExplainPropertyInteger("Rows", NULL, link->rows, es);
            ExplainPropertyInteger("Bytes", NULL, link->bytes, es);
        }
        ExplainCloseGroup("Link", NULL, true, es);
        return;
    }
    initStringInfo(&text);
    appendStringInfo(&text, "from %s to %s", link->from, link->to);
    if (es->costs) {
        appendStringInfo(&text, ", expected %.0f rows, %.0f bytes", link->expected_rows, link->expected_bytes);
    }
    if (link->rows >= 0) {
        appendStringInfo(&text, ", moved " INT64_FORMAT " rows, " INT64_FORMAT " bytes", link->rows, link->bytes);
    }
    ExplainPropertyText("Link", text.data, es);
}

/* The node that has joined knows what it has read. */
static void askWhatWasRead(TsrSource* at, const char* peer, const char* statement, Link* link) {
    const Oid types[] = {INT8OID, INT8OID};
    Datum values[2];
    bool nulls[2];
    char* question = psprintf("SELECT rows, bytes FROM tessera.peer_reads(%s, %s)", quote_literal_cstr(peer),
                              quote_literal_cstr(statement));

    if (tessera_ask_for(at, question, 2, types, values, nulls) && !nulls[0] && !nulls[1]) {
        link->rows = DatumGetInt64(values[0]);
        link->bytes = DatumGetInt64(values[1]);
    }
}

/* How a PeerRead stands in SCAN_PEERS; PEER_NAME is SHARDS and PEER_STATEMENT a table's name where all its shards are
 * read. */
enum PeerPrivate { PEER_SOURCE, PEER_NAME, PEER_STATEMENT, PEER_ROWS, PEER_WIDTH, PEER_READER };

/* In place of a peer, whose name is never empty. */
#define SHARDS ""

static List* planReads(const List* reads, List* planned) {
    ListCell* cell;

    foreach (cell, reads) {
        const PeerRead* read = lfirst(cell);
        List* one = list_make5(makeString(pstrdup(read->source)), makeString(pstrdup(read->peer)),
                               makeString(pstrdup(read->statement)), makeFloat(psprintf("%.0f", read->rows)),
                               makeInteger(read->width));

        planned = planReads(read->within, planned);
        planned = lappend(planned, lappend(one, makeString(pstrdup(read->reader))));
    }
    return planned;
}

static void addShards(List* read, double rows, int width) {
    double known_rows = floatVal(list_nth(read, PEER_ROWS));
    double bytes = known_rows * intVal(list_nth(read, PEER_WIDTH)) + rows * width;

    lfirst(list_nth_cell(read, PEER_ROWS)) = makeFloat(psprintf("%.0f", known_rows + rows));
    lfirst(list_nth_cell(read, PEER_WIDTH)) = makeInteger((int)(bytes / Max(known_rows + rows, 1.0)));
}

/* Tables of the mesh that the source reads at their shards' nodes: how it does is its own affair. One for each table,
 * however often it is read: the node counts them together. */
static List* planShards(const RelInfo* info, List* planned) {
    bool is_known = info->mesh_table == NULL || info->is_everywhere;
    ListCell* cell;

    foreach (cell, is_known ? NIL : planned) {
        if (strcmp(strVal(list_nth(lfirst(cell), PEER_STATEMENT)), info->mesh_table) == 0) {
            addShards(lfirst(cell), info->retrieved_rows, info->width);
            is_known = true;
        }
    }
    if (!is_known) {
        List* one = list_make5(makeString(psprintf("the shards of %s", info->mesh_name)), makeString(SHARDS),
                               makeString(pstrdup(info->mesh_table)), makeFloat(psprintf("%.0f", info->retrieved_rows)),
                               makeInteger(info->width));

        planned = lappend(planned, lappend(one, makeString(pstrdup(info->source->name))));
    }
    planned = info->outerrel != NULL ? planShards(RELINFO(info->outerrel), planned) : planned;
    return info->innerrel != NULL ? planShards(RELINFO(info->innerrel), planned) : planned;
}

List* tessera_plan_peer_reads(const RelInfo* info) {
    return planShards(info, planReads(tessera_reads_within(info), NIL));
}

void tessera_explain_links(const ForeignScan* plan, const List* peer_reads, TsrSource* source,
                           const TsrScanProgress* moved, ExplainState* es) {
    const char* joining = GetForeignServer(plan->fs_server)->servername;
    Link here = {.from = joining,
                 .to = "here",
                 .expected_rows = plan->scan.plan.plan_rows,
                 .expected_bytes = plan->scan.plan.plan_rows * plan->scan.plan.plan_width,
                 .rows = moved != NULL ? moved->rows : -1,
                 .bytes = moved != NULL ? moved->bytes : -1};
    ListCell* cell;

    if (peer_reads == NIL) {
        return;
    }
    ExplainOpenGroup("Links", "Links", false, es);
    foreach (cell, peer_reads) {
        const List* read = lfirst(cell);
        double rows = floatVal(list_nth(read, PEER_ROWS));
        Link link = {.from = strVal(list_nth(read, PEER_SOURCE)),
                     .to = strVal(list_nth(read, PEER_READER)),
                     .expected_rows = rows,
                     .expected_bytes = rows * intVal(list_nth(read, PEER_WIDTH)),
                     .rows = -1};

        if (moved != NULL && strcmp(link.to, joining) == 0) {
            askWhatWasRead(source, strVal(list_nth(read, PEER_NAME)), strVal(list_nth(read, PEER_STATEMENT)), &link);
        }
        explainLink(&link, es);
    }
    explainLink(&here, es);
    ExplainCloseGroup("Links", "Links", false, es);
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

/* What was read lately, for whoever asks how much it was. */
#define KEPT_READS 16

typedef struct DoneRead {
    uint64 key; /* 0: none */
    int64 rows;
    int64 bytes;
    TimestampTz statement; /* that it was part of */
} DoneRead;

static DoneRead reads[KEPT_READS];
static int nextRead = 0;

static uint64 keyOfRead(const char* peer, const char* statement) {
    uint64 key = hash_bytes_extended((const unsigned char*)statement, (int)strlen(statement),
                                     hash_bytes((const unsigned char*)peer, (int)strlen(peer)));

    return key != 0 ? key : 1;
}

static void noteRead(uint64 key, const TsrScanProgress* moved) {
    reads[nextRead] = (DoneRead){key, moved->rows, moved->bytes, GetCurrentStatementStartTimestamp()};
    nextRead = (nextRead + 1) % KEPT_READS;
}

void tessera_note_shard_read(const char* table, const TsrScanProgress* moved) {
    const uint64 key = keyOfRead(SHARDS, table);
    DoneRead* last = NULL;

    for (int i = 0; i < KEPT_READS && last == NULL; ++i) {
        last = reads[i].key == key && reads[i].statement == GetCurrentStatementStartTimestamp() ? &reads[i] : NULL;
    }
    if (last == NULL) {
        noteRead(key, moved);
        return;
    }
    last->rows += moved->rows;
    last->bytes = last->bytes < 0 || moved->bytes < 0 ? -1 : last->bytes + moved->bytes;
}

/* tessera.peer_rows(peer text, statement text, expected_rows float8) returns setof record: what the person may read
 * there anyway. Only in sessions that another node has opened, which wrote the statement: a person's own words would go
 * past this node's foreign tables, their privileges and policies. */
Datum tessera_peer_rows(PG_FUNCTION_ARGS) {
    char* peer = text_to_cstring(PG_GETARG_TEXT_PP(0));
    char* statement = text_to_cstring(PG_GETARG_TEXT_PP(1));
    TsrScanProgress moved;
    Datum result;

    if (!tessera_is_asked_by_node()) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("tessera.peer_rows() is for nodes that ask on a person's behalf"),
                        errhint("Read the peer's foreign tables.")));
    }
    result = tessera_rows_of(fcinfo, sourceOfPeer(peer), statement, NULL, 0, false, &moved);
    noteRead(keyOfRead(peer, statement), &moved);
    return result;
}

/* tessera.peer_reads(peer text, statement text) returns setof (rows, bytes): of the last such read in this session, if
 * nobody has asked for it yet. */
Datum tessera_peer_reads(PG_FUNCTION_ARGS) {
    ReturnSetInfo* result = (ReturnSetInfo*)fcinfo->resultinfo;
    uint64 key = keyOfRead(text_to_cstring(PG_GETARG_TEXT_PP(0)), text_to_cstring(PG_GETARG_TEXT_PP(1)));

    InitMaterializedSRF(fcinfo, 0);
    for (int back = 1; back <= KEPT_READS; ++back) {
        DoneRead* read = &reads[(nextRead + KEPT_READS - back) % KEPT_READS];

        if (read->key == key) {
            Datum values[] = {Int64GetDatum(read->rows), Int64GetDatum(read->bytes)};
            bool nulls[] = {false, read->bytes < 0};

            tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
            read->key = 0;
            break;
        }
    }
    return (Datum)0;
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
