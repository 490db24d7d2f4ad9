#pragma once

/// What runs on a node now and what it is connected with, read by one statement (activityRequest()). A person sees the
/// texts of their own role's statements; of others' that they run and what they read, as PostgreSQL has it. Values.

#include "app/core/session/rows_query.h"

#include <QDateTime>
#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

namespace tessera::app {

struct RunningStatement {
    QString node;
    int pid = 0;
    QString role;
    QString application;
    /// Empty: from the node itself, as all that comes through its gateway.
    QString client;
    /// "active", "idle in transaction", …; empty where it may not be seen.
    QString state;
    /// What it waits for, as PostgreSQL names it; or empty.
    QString wait;
    /// Foreign servers whose tables it has open.
    QStringList sources;
    /// Null where it may not be seen.
    QString text;
    /// Of the statement, or of the transaction that is open without one.
    std::optional<qint64> elapsed_ms;
    bool may_cancel = false;

    bool operator==(const RunningStatement&) const = default;
};

/// A foreign server of a node.
struct ServerLink {
    QString name;
    QString connector;
    /// The name of another node that it is; empty for other sources.
    QString peer;
    /// Statements that have its tables open now.
    int running = 0;
};

/// What the audit trail has of one source, in the last hour.
struct ServerTraffic {
    QString server;
    qint64 statements = 0;
    qint64 rows = 0;
};

struct NodeActivity {
    std::vector<RunningStatement> statements;
    std::vector<ServerLink> servers;
    /// Sessions of other roles of which no more is known.
    int hidden_sessions = 0;
    bool may_read_audit = false;
};

client::QueryRequest activityRequest();
NodeActivity readActivity(const QString& node, const RowsQuery::Rows& rows);

/// Only for who may read the trail.
client::QueryRequest trafficRequest();
std::vector<ServerTraffic> readTraffic(const RowsQuery::Rows& rows);

/// Asks PostgreSQL to cancel what the session runs; one row: whether there was one.
client::QueryRequest cancelRequest(int pid);

/// One row of the audit trail.
struct AuditEntry {
    QDateTime time;
    QString subject;
    QString role;
    QString client;
    QString protocol;
    QString command;
    QString text;
    QString sources;
    std::optional<qint64> rows;
    double elapsed_ms = 0;
    /// "00000" when all was well.
    QString sqlstate;
};

struct AuditFilter {
    /// Every word must occur in who, text, sources or SQLSTATE.
    QString words;
    bool only_failed = false;
    int limit = 500;
};

/// The newest first.
client::QueryRequest auditRequest(const AuditFilter& filter);
std::vector<AuditEntry> readAudit(const RowsQuery::Rows& rows);

/// "0.4 s", "12 s", "3 min", "2 h 5 min".
QString durationText(qint64 ms);

}  // namespace tessera::app
