/* What people's sessions run, told to the node, which writes it down (nodeservice/audit): one message for each
 * statement of a client, when it has ended, by whichever way it came. Nothing of it is parsed here; what was bound to
 * parameters is not told. The node's own sessions, the superuser's, are not looked at.
 *
 * Runs while a transaction fails, too: no memory is allocated, and nothing raised. */
#include "fdw/pg/call.h"
#include "fdw/pg/file_of.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "commands/portalcmds.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "parser/parsetree.h"
#include "tcop/cmdtag.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/queryjumble.h"
#include "utils/timestamp.h"
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST_TEXT_BYTES (16 * 1024)
#define MOST_SOURCES_BYTES 1024
#define MOST_OPEN 16
/* Some hundreds of records; the kernel may allow less. */
#define BUFFER_BYTES (1024 * 1024)

/* A statement that has begun. */
typedef struct Record {
    const QueryDesc* query; /* NULL: free */
    TimestampTz began;
    char sources[MOST_SOURCES_BYTES]; /* names, each with a line break */
} Record;

static char* audit_socket = NULL;
static int channel = -1;
/* Statements that the node does not know of: it was not there, or did not listen for too long. */
static uint64 untold = 0;

/* Top-level portals that are being read, and the utility command that runs. What runs within one belongs to it. */
static Record open_records[MOST_OPEN];
static Record utility;
static Record* current = NULL;
static int depth = 0;

/* What runs within the statement and is told itself: an error is its own. */
static const char* inner_text = NULL;

static ExecutorStart_hook_type next_start = NULL;
static ExecutorRun_hook_type next_run = NULL;
static ExecutorFinish_hook_type next_finish = NULL;
static ExecutorEnd_hook_type next_end = NULL;
static ProcessUtility_hook_type next_utility = NULL;
static emit_log_hook_type next_log = NULL;

static bool isWatched(void) {
    return MyProcPort != NULL && !IsParallelWorker() && !session_auth_is_superuser;
}

/* ---- Telling ---- */

static bool openChannel(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {1, 0};
    int buffer = BUFFER_BYTES;

    if (channel >= 0) {
        return true;
    }
    strlcpy(address.sun_path, audit_socket, sizeof address.sun_path);
    channel = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (channel < 0) {
        return false;
    }
    (void)setsockopt(channel, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    (void)setsockopt(channel, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (connect(channel, (const struct sockaddr*)&address, sizeof address) != 0) {
        close(channel);
        channel = -1;
        return false;
    }
    return true;
}

/* Waits while the buffer is full, as long as the patience says. */
static bool sendRecord(const struct msghdr* message) {
    /* A second time when the one who listened has been replaced. */
    for (int i = 0; i < 2; ++i) {
        ssize_t sent;

        do {
            sent = openChannel() ? sendmsg(channel, message, MSG_NOSIGNAL) : -1;
        } while (sent < 0 && errno == EINTR);
        if (sent >= 0) {
            return true;
        }
        if (errno == EAGAIN || channel < 0) {
            return false;
        }
        close(channel);
        channel = -1;
    }
    return false;
}

/* Whose session it is, without a look into the catalogs, which a failed transaction must not take. */
static const char* sessionRole(void) {
    static Oid known = InvalidOid;
    static char name[NAMEDATALEN];

    if (known != GetSessionUserId()) {
        const char* found = GetConfigOption("session_authorization", true, false);

        strlcpy(name, found != NULL ? found : "", sizeof name);
        known = GetSessionUserId();
    }
    return name;
}

/* What the gateway itself asks before it hands a session over. */
static bool isOurOwn(const char* text, size_t length) {
    static const char* const own[] = {"SELECT tessera.challenge()", "SELECT tessera.attach($1, $2)",
                                      "SELECT tessera.detach($1)", "SELECT tessera.adopt_client($1)"};

    for (size_t i = 0; i < lengthof(own); ++i) {
        if (strlen(own[i]) == length && strncmp(own[i], text, length) == 0) {
            return true;
        }
    }
    return false;
}

/* What the node puts around an endpoint's statement, which is told itself. */
static bool isAroundCall(const char* text, size_t length) {
    static const char* const around[] = {BEGIN_OF_CALL, PARTIAL_CALL, END_OF_CALL};

    for (size_t i = 0; XactReadOnly && i < lengthof(around); ++i) {
        if (strlen(around[i]) == length && strncmp(around[i], text, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The head says how long the parts are: role, command, sources, text; the identity goes to the end. */
static void tell(const Record* record, const char* command, const char* text, int length, uint64 fingerprint,
                 uint64 rows, int sqlstate) {
    char head[256];
    size_t context;
    const char* sources = record != NULL ? record->sources : "";
    TimestampTz began = record != NULL ? record->began : GetCurrentStatementStartTimestamp();
    size_t text_length = Min(length > 0 ? (size_t)length : strlen(text), MOST_TEXT_BYTES);
    const char* role = sessionRole();
    struct iovec parts[6];
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = lengthof(parts)};

    if (isOurOwn(text, text_length) || (sqlstate == 0 && isAroundCall(text, text_length))) {
        return;
    }
    snprintf(head, sizeof head, "tessera-audit 2 %d %lld %lld %llu %llu %s %016llx %zu %zu %zu %zu\n", MyProcPid,
             (long long)began + (long long)(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY,
             (long long)(GetCurrentTimestamp() - began), (unsigned long long)rows, (unsigned long long)untold,
             unpack_sql_state(sqlstate), (unsigned long long)fingerprint, strlen(role), strlen(command),
             strlen(sources), text_length);
    parts[0] = (struct iovec){head, strlen(head)};
    parts[1] = (struct iovec){unconstify(char*, role), strlen(role)};
    parts[2] = (struct iovec){unconstify(char*, command), strlen(command)};
    parts[3] = (struct iovec){unconstify(char*, sources), strlen(sources)};
    parts[4] = (struct iovec){unconstify(char*, text), text_length};
    parts[5] = (struct iovec){unconstify(char*, tessera_identity_context(&context)), 0};
    parts[5].iov_len = context;
    untold = sendRecord(&message) ? 0 : untold + 1;
}

/* ---- Statements ---- */

static void begin(Record* record, const QueryDesc* query) {
    record->query = query;
    record->began = GetCurrentTimestamp();
    record->sources[0] = '\0';
}

static Record* recordOf(const QueryDesc* query) {
    for (int i = 0; i < MOST_OPEN; ++i) {
        if (open_records[i].query == query) {
            return &open_records[i];
        }
    }
    return NULL;
}

static void addSource(Record* record, const char* name) {
    size_t used = strlen(record->sources);
    size_t length = strlen(name);
    const char* at = record->sources;

    while (*at != '\0') {
        const char* end = strchr(at, '\n');

        if ((size_t)(end - at) == length && strncmp(at, name, length) == 0) {
            return;
        }
        at = end + 1;
    }
    if (used + length + 2 <= MOST_SOURCES_BYTES) {
        snprintf(record->sources + used, MOST_SOURCES_BYTES - used, "%s\n", name);
    }
}

/* The servers of all foreign tables that the plan may ask. */
static void addSources(Record* record, const PlannedStmt* plan) {
    ListCell* cell;

    foreach (cell, plan->rtable) {
        RangeTblEntry* entry = lfirst_node(RangeTblEntry, cell);

        if (entry->rtekind == RTE_RELATION && entry->relkind == RELKIND_FOREIGN_TABLE) {
            addSource(record, GetForeignServer(GetForeignServerIdByRelId(entry->relid))->servername);
        }
    }
}

void tessera_audit_source(const char* server) {
    if (current != NULL) {
        addSource(current, server);
    }
}

void tessera_audit_inner(const char* text) {
    inner_text = text;
}

void tessera_audit_inner_ended(const char* text, uint64 fingerprint, int64 rows) {
    if (audit_socket[0] != '\0' && isWatched()) {
        tell(current, "SELECT", text, 0, fingerprint, (uint64)rows, 0);
    }
    inner_text = NULL;
}

static void startStatement(QueryDesc* query, int flags) {
    Record* record = current;

    if (isWatched() && (flags & EXEC_FLAG_EXPLAIN_ONLY) == 0) {
        if (depth == 0) {
            record = recordOf(NULL);
            if (record != NULL) {
                begin(record, query);
            }
        }
        if (record != NULL) {
            addSources(record, query->plannedstmt);
        }
    }
    (next_start != NULL ? next_start : standard_ExecutorStart)(query, flags);
}

static void runStatement(QueryDesc* query, ScanDirection direction, uint64 count, bool once) {
    Record* before = current;

    current = depth == 0 ? recordOf(query) : current;
    ++depth;
    PG_TRY();
    { (next_run != NULL ? next_run : standard_ExecutorRun)(query, direction, count, once); }
    PG_FINALLY();
    { --depth; }
    PG_END_TRY();
    current = before;
}

static void finishStatement(QueryDesc* query) {
    Record* before = current;

    current = depth == 0 ? recordOf(query) : current;
    ++depth;
    PG_TRY();
    { (next_finish != NULL ? next_finish : standard_ExecutorFinish)(query); }
    PG_FINALLY();
    { --depth; }
    PG_END_TRY();
    current = before;
}

static void endStatement(QueryDesc* query) {
    Record* record = depth == 0 && query->estate != NULL ? recordOf(query) : NULL;

    if (record != NULL) {
        int location = query->plannedstmt->stmt_location;
        int length = query->plannedstmt->stmt_len;
        const char* text = CleanQuerytext(query->sourceText, &location, &length);

        tell(record, GetCommandTagName(CreateCommandTag((Node*)query->plannedstmt)), text, length,
             query->plannedstmt->queryId, query->estate->es_processed, 0);
        record->query = NULL;
    }
    (next_end != NULL ? next_end : standard_ExecutorEnd)(query);
}

static void runUtility(PlannedStmt* statement, const char* source, bool read_only, ProcessUtilityContext context,
                       ParamListInfo params, QueryEnvironment* environment, DestReceiver* receiver,
                       QueryCompletion* completion) {
    bool is_top = depth == 0 && context <= PROCESS_UTILITY_QUERY && isWatched();
    /* EXECUTE is its statement: that tells its own. */
    bool is_execute = IsA(statement->utilityStmt, ExecuteStmt);
    int location = statement->stmt_location;
    int length = statement->stmt_len;
    uint64 fingerprint = statement->queryId;
    const char* command = GetCommandTagName(CreateCommandTag(statement->utilityStmt));
    const char* text = is_top ? CleanQuerytext(source, &location, &length) : NULL;

    if (is_top && !is_execute) {
        begin(&utility, NULL);
        current = &utility;
    }
    depth += is_execute ? 0 : 1;
    PG_TRY();
    {
        (next_utility != NULL ? next_utility : standard_ProcessUtility)(statement, source, read_only, context, params,
                                                                        environment, receiver, completion);
    }
    PG_FINALLY();
    { depth -= is_execute ? 0 : 1; }
    PG_END_TRY();
    if (is_top && !is_execute) {
        tell(&utility, command, text, length, fingerprint, completion != NULL ? completion->nprocessed : 0, 0);
        current = NULL;
    }
}

/* An error that reaches the client ends its statement. */
static void seeError(ErrorData* error) {
    if (error->elevel >= ERROR && debug_query_string != NULL && isWatched()) {
        Record* record = current;

        tell(record, "", inner_text != NULL ? inner_text : debug_query_string, 0, 0, 0, error->sqlerrcode);
        if (record != NULL) {
            record->query = NULL;
        }
        current = NULL;
    }
    if (next_log != NULL) {
        next_log(error);
    }
}

/* What a rollback leaves of cursors is gone without ExecutorEnd. */
static void forgetStatements(XactEvent event, void* argument pg_attribute_unused()) {
    if (event == XACT_EVENT_ABORT) {
        for (int i = 0; i < MOST_OPEN; ++i) {
            open_records[i].query = NULL;
        }
        current = NULL;
        depth = 0;
    }
    inner_text = NULL;
}

void tessera_audit_init(void) {
    DefineCustomStringVariable("tessera.audit_socket", "Where the node hears what statements were run.", NULL,
                               &audit_socket, "", PGC_POSTMASTER, GUC_NOT_IN_SAMPLE | GUC_SUPERUSER_ONLY, NULL, NULL,
                               NULL);
    if (audit_socket[0] == '\0') {
        return;
    }
    EnableQueryId();
    next_start = ExecutorStart_hook;
    ExecutorStart_hook = startStatement;
    next_run = ExecutorRun_hook;
    ExecutorRun_hook = runStatement;
    next_finish = ExecutorFinish_hook;
    ExecutorFinish_hook = finishStatement;
    next_end = ExecutorEnd_hook;
    ExecutorEnd_hook = endStatement;
    next_utility = ProcessUtility_hook;
    ProcessUtility_hook = runUtility;
    next_log = emit_log_hook;
    emit_log_hook = seeError;
    RegisterXactCallback(forgetStatements, NULL);
}
