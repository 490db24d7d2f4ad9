/* The sources' part in PostgreSQL's transaction: who takes part, and how it ends everywhere.
 *
 * A source takes part from its first change on, and in REPEATABLE READ and above from its first read. Commits go out
 * before PostgreSQL's own; where the server option two_phase asks for it, sources are prepared first, a row of
 * tessera.two_phase_log is written in PostgreSQL's transaction, and what was prepared is committed after it. */
#include "fdw/pg/own_changes.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#define LOG_TABLE "two_phase_log"

/* Whoever holds a session that has reached the level reads or sends what it has under way. */
static void yieldHolders(int level) {
    TsrHolder* holder;

    while ((holder = tsr_transaction_holder(level)) != NULL) {
        holder->yield(holder);
    }
}

/* "tessera_CLUSTER_DATABASE_TRANSACTION": the resolver finds by it whose it is, and how that ended. */
static char* gidPrefix(void) {
    return psprintf("%s%u_" UINT64_FORMAT, tessera_gid_prefix(), MyDatabaseId,
                    U64FromFullTransactionId(GetTopFullTransactionId()));
}

const char* tessera_gid_prefix(void) {
    return psprintf("tessera_" UINT64_FORMAT "_", GetSystemIdentifier());
}

Oid tessera_log_table(void) {
    Oid schema = get_namespace_oid("tessera", true);

    return OidIsValid(schema) ? get_relname_relid(LOG_TABLE, schema) : InvalidOid;
}

/* If this row is there, the transaction has committed, and its prepared parts must, too. */
static void writeLog(const char* prefix) {
    Oid table = tessera_log_table();
    Relation relation;
    Datum values[2];
    bool nulls[2] = {false, false};

    if (!OidIsValid(table)) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("the table tessera.%s does not exist: a transaction can't end in two phases", LOG_TABLE),
                        errhint("Run ALTER EXTENSION tessera_fdw UPDATE.")));
    }
    relation = table_open(table, RowExclusiveLock);
    values[0] = CStringGetTextDatum(prefix);
    values[1] = CStringGetTextDatum(tsr_transaction_two_phase_parts());
    CatalogTupleInsert(relation, heap_form_tuple(RelationGetDescr(relation), values, nulls));
    table_close(relation, NoLock);
    CommandCounterIncrement();
    ForceSyncCommit();
    /* A transaction id that a crash leaves no trace of is given out again: the name of what is prepared would then be
     * another transaction's. */
    XLogFlush(XactLastRecEnd);
}

static void commitSources(void) {
    TsrError error = {0};

    yieldHolders(1);
    if (tsr_transaction_needs_two_phases(XactLastRecEnd != InvalidXLogRecPtr)) {
        const char* prefix = gidPrefix();

        writeLog(prefix);
        if (tsr_transaction_prepare(prefix, &error) != TSR_OK) {
            tessera_raise(NULL, &error);
        }
    }
    if (tsr_transaction_commit(&error) != TSR_OK) {
        tessera_raise(NULL, &error);
    }
}

static void transactionEnds(XactEvent event, void* argument pg_attribute_unused()) {
    size_t left;

    if (tsr_transaction_empty()) {
        return;
    }
    switch (event) {
        case XACT_EVENT_PRE_COMMIT:
        case XACT_EVENT_PARALLEL_PRE_COMMIT:
            commitSources();
            break;
        case XACT_EVENT_PRE_PREPARE:
            ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                            errmsg("cannot PREPARE a transaction that has operated on tessera_fdw foreign tables")));
            break;
        case XACT_EVENT_COMMIT:
        case XACT_EVENT_PARALLEL_COMMIT:
            left = tsr_transaction_commit_prepared();
            if (left > 0) {
                tessera_want_resolver();
                ereport(WARNING, (errmsg("%zu prepared transactions at sources could not be committed yet", left),
                                  errdetail("This transaction is committed, and they will be."),
                                  errhint("tessera.resolve_in_doubt() commits them when the sources can be reached.")));
            }
            break;
        case XACT_EVENT_ABORT:
        case XACT_EVENT_PARALLEL_ABORT:
            tessera_forget_gathered_rows(1);
            if (!tsr_transaction_rollback()) {
                ereport(WARNING, (errmsg("a source without transactions keeps what this transaction changed")));
            }
            break;
        case XACT_EVENT_PREPARE:
            break;
    }
}

static void subtransactionEnds(SubXactEvent event, SubTransactionId mine pg_attribute_unused(),
                               SubTransactionId parent pg_attribute_unused(), void* argument pg_attribute_unused()) {
    int level = GetCurrentTransactionNestLevel();
    TsrError error = {0};

    if (tsr_transaction_empty() || (event != SUBXACT_EVENT_PRE_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB)) {
        return;
    }
    if (event == SUBXACT_EVENT_PRE_COMMIT_SUB) {
        yieldHolders(level);
    } else {
        tessera_forget_gathered_rows(level);
    }
    if (tsr_transaction_end_level(level, event == SUBXACT_EVENT_PRE_COMMIT_SUB, &error) != TSR_OK) {
        tessera_raise(NULL, &error);
    }
}

static void registerCallbacks(void) {
    static bool registered = false;

    if (!registered) {
        RegisterXactCallback(transactionEnds, NULL);
        RegisterSubXactCallback(subtransactionEnds, NULL);
        registered = true;
    }
}

/* What a crash has left is looked after when a session first changes such a source again. */
static bool askedForResolver = false;

static TsrParticipant* join(const TsrSource* source, TsrUse use) {
    TsrParticipant* participant = tsr_participant_find(source->server, source->user);
    TsrHolder* holder = participant != NULL ? tsr_participant_holder(participant) : NULL;
    TsrTransaction wanted = {
        .struct_size = sizeof(TsrTransaction),
        .isolation = XactIsoLevel == XACT_SERIALIZABLE      ? TSR_ISOLATION_SERIALIZABLE
                     : XactIsoLevel == XACT_REPEATABLE_READ ? TSR_ISOLATION_REPEATABLE_READ
                                                            : TSR_ISOLATION_READ_COMMITTED,
        .read_only = XactReadOnly,
        .snapshot = NULL,
        .prepared_name = NULL,
    };
    TsrError error = {0};

    if (holder != NULL) {
        holder->yield(holder);
    }
    if (use == TSR_USE_CHANGE && XactReadOnly) {
        ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
                        errmsg("source \"%s\" can't be changed in a read-only transaction", source->name)));
    }
    registerCallbacks();
    if (source->two_phase && use == TSR_USE_CHANGE && !askedForResolver) {
        askedForResolver = true;
        tessera_want_resolver();
    }
    if (participant == NULL) {
        tessera_forget_reads_elsewhere();
    }
    if (participant == NULL && source->two_phase && !XactReadOnly) {
        wanted.prepared_name = psprintf("%s_%u_%u", gidPrefix(), source->server, source->user);
    }
    if (tsr_participant_join(source, &tessera_host, &wanted, GetCurrentTransactionNestLevel(), use, &participant,
                             &error) != TSR_OK) {
        tessera_raise(NULL, &error);
    }
    return participant;
}

TsrParticipant* tessera_join(const TsrSource* source, TsrUse use) {
    tessera_send_gathered_rows(source);
    return join(source, use);
}

TsrParticipant* tessera_join_as_writer(const TsrSource* source) {
    return join(source, TSR_USE_CHANGE);
}

TsrParticipant* tessera_participant_for_read(const TsrSource* source) {
    TsrParticipant* participant = tsr_participant_find(source->server, source->user);

    if (participant == NULL && !IsolationUsesXactSnapshot()) {
        return NULL;
    }
    participant = tessera_join(source, TSR_USE_READ);
    return (tsr_participant_capabilities(participant) & TSR_CAN_TRANSACT) != 0 ? participant : NULL;
}
