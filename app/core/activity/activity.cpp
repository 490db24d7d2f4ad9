#include "app/core/activity/activity.h"

#include <QCoreApplication>
#include <QLocale>
#include <algorithm>

namespace tessera::app {

namespace {

constexpr QChar kUnitSeparator(0x1F);

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(Duration)
};

// Sections: s a session that does something, h how many there are of which nothing may be known, l a foreign server,
// a whether the audit trail may be read. A session's sources are the servers of the foreign tables it has locked, which
// everybody may see.
constexpr const char* kActivityStatement = R"sql(
WITH reading AS MATERIALIZED (
  SELECT DISTINCT k.pid, s.srvname
    FROM pg_catalog.pg_locks k
    JOIN pg_catalog.pg_foreign_table t ON t.ftrelid = k.relation
    JOIN pg_catalog.pg_foreign_server s ON s.oid = t.ftserver
   WHERE k.locktype = 'relation' AND k.granted
     AND k.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
), session AS MATERIALIZED (
  SELECT a.*, (SELECT pg_catalog.string_agg(r.srvname, chr(31) ORDER BY r.srvname)
                 FROM reading r WHERE r.pid = a.pid) AS sources
    FROM pg_catalog.pg_stat_activity a
   WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
     AND coalesce(a.backend_type, 'client backend') = 'client backend'
)
SELECT kind, name, a, b, c, d, e, f, g, h FROM (
  SELECT 1 AS section, 's' AS kind, s.pid::text AS name, s.usename::text AS a, s.application_name AS b,
         host(s.client_addr) AS c, s.state AS d, concat_ws(': ', s.wait_event_type, s.wait_event) AS e,
         s.sources AS f, CASE WHEN s.state IS NOT NULL THEN s.query END AS g,
         (1000 * extract(epoch FROM pg_catalog.clock_timestamp()
           - CASE WHEN s.state = 'active' THEN s.query_start ELSE s.xact_start END))::bigint
           || CASE WHEN pg_catalog.pg_has_role(s.usesysid, 'USAGE')
                     OR (pg_catalog.pg_has_role('pg_signal_backend', 'USAGE')
                         AND NOT coalesce((SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.oid = s.usesysid), true))
                   THEN chr(31) || 'c' ELSE '' END AS h
    FROM session s
   WHERE CASE WHEN s.state IS NULL THEN s.sources IS NOT NULL ELSE s.state <> 'idle' END
  UNION ALL
  SELECT 2, 'h', count(*)::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM session s WHERE s.state IS NULL AND s.sources IS NULL
  UNION ALL
  SELECT 3, 'l', s.srvname,
         (SELECT o.option_value FROM pg_catalog.pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'connector'),
         (SELECT o.option_value FROM pg_catalog.pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'node'),
         (SELECT count(*) FROM reading r WHERE r.srvname = s.srvname)::text, NULL, NULL, NULL, NULL, NULL
    FROM pg_catalog.pg_foreign_server s
  UNION ALL
  SELECT 4, 'a', coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                          AND pg_catalog.has_table_privilege(t.oid, 'SELECT'), false)::text,
         NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM pg_catalog.pg_namespace n
    JOIN pg_catalog.pg_class t ON t.relnamespace = n.oid AND t.relname = 'statement'
   WHERE n.nspname = 'tessera_audit'
) AS activity ORDER BY section, name)sql";

constexpr const char* kTrafficStatement = R"sql(
SELECT s.name, count(*)::text, coalesce(sum(t.rows), 0)::text
  FROM tessera_audit.statement t, LATERAL pg_catalog.unnest(t.sources || t.nodes) AS s(name)
 WHERE t.time > pg_catalog.now() - interval '1 hour'
 GROUP BY s.name ORDER BY s.name)sql";

// $1: patterns for ILIKE that must all fit; $2: failures alone; $3: how many.
constexpr const char* kAuditStatement = R"sql(
SELECT (1000 * extract(epoch FROM t.time))::bigint::text, t.subject, t.role, t.client, t.protocol, t.command, t.text,
       pg_catalog.array_to_string(coalesce(t.sources, '{}') || coalesce(t.nodes, '{}'), ', '), t.rows::text,
       t.ms::text, t.sqlstate
  FROM tessera_audit.statement t
 WHERE concat_ws(' ', t.subject, t.role, t.client, t.command, t.text, t.sqlstate,
                 pg_catalog.array_to_string(coalesce(t.sources, '{}') || coalesce(t.nodes, '{}'), ' '))
         ILIKE ALL ($1::text[])
   AND (NOT $2::boolean OR t.sqlstate <> '00000')
 ORDER BY t.time DESC LIMIT $3::integer)sql";

constexpr std::size_t kActivityFields = 10;
constexpr std::size_t kAuditFields = 11;
constexpr std::uint32_t kTimeout_ms = 10'000;

RunningStatement statement(const QString& node, const RowsQuery::Row& row) {
    RunningStatement running;
    running.node = node;
    running.pid = row[1].toInt();
    running.role = row[2];
    running.application = row[3];
    running.client = row[4];
    running.state = row[5];
    running.wait = row[6];
    running.sources = row[7].isEmpty() ? QStringList() : row[7].split(kUnitSeparator);
    running.text = row[8];
    const QStringList marks = row[9].split(kUnitSeparator);
    bool is_number = false;
    const qint64 elapsed = marks.front().toLongLong(&is_number);
    running.elapsed_ms = is_number ? std::optional(std::max<qint64>(0, elapsed)) : std::nullopt;
    running.may_cancel = marks.contains(QLatin1String("c"));
    return running;
}

/// An array literal of patterns, one for each word.
QString patternsOf(const QString& words) {
    QStringList patterns;
    for (QString word : words.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        for (const QChar special : {QLatin1Char('\\'), QLatin1Char('%'), QLatin1Char('_')}) {
            word.replace(special, QString(QLatin1Char('\\')) + special);
        }
        // Once more for the array's own quotes.
        word.replace(QLatin1Char('\\'), QLatin1String("\\\\")).replace(QLatin1Char('"'), QLatin1String("\\\""));
        patterns += QStringLiteral("\"%") + word + QStringLiteral("%\"");
    }
    return QLatin1Char('{') + patterns.join(QLatin1Char(',')) + QLatin1Char('}');
}

}  // namespace

client::QueryRequest activityRequest() {
    return {.sql = kActivityStatement, .parameters = {}, .batch_bytes = 0, .timeout_ms = kTimeout_ms};
}

NodeActivity readActivity(const QString& node, const RowsQuery::Rows& rows) {
    NodeActivity activity;
    for (const RowsQuery::Row& row : rows) {
        if (row.size() != kActivityFields || row[0].isEmpty()) {
            continue;
        }
        switch (row[0].front().toLatin1()) {
            case 's':
                activity.statements.push_back(statement(node, row));
                break;
            case 'h':
                activity.hidden_sessions = row[1].toInt();
                break;
            case 'l':
                activity.servers.push_back({row[1], row[2], row[3], row[4].toInt()});
                break;
            case 'a':
                activity.may_read_audit = row[1] == QLatin1String("true");
                break;
            default:
                break;
        }
    }
    return activity;
}

client::QueryRequest trafficRequest() {
    return {.sql = kTrafficStatement, .parameters = {}, .batch_bytes = 0, .timeout_ms = kTimeout_ms};
}

std::vector<ServerTraffic> readTraffic(const RowsQuery::Rows& rows) {
    std::vector<ServerTraffic> traffic;
    for (const RowsQuery::Row& row : rows) {
        if (row.size() == 3) {
            traffic.push_back({row[0], row[1].toLongLong(), row[2].toLongLong()});
        }
    }
    return traffic;
}

client::QueryRequest cancelRequest(int pid) {
    return {.sql = "SELECT pg_catalog.pg_cancel_backend($1::integer)::text",
            .parameters = {{std::to_string(pid), "integer"}},
            .batch_bytes = 0,
            .timeout_ms = kTimeout_ms};
}

client::QueryRequest auditRequest(const AuditFilter& filter) {
    return {.sql = kAuditStatement,
            .parameters = {{patternsOf(filter.words).toStdString(), "text[]"},
                           {filter.only_failed ? "true" : "false", "boolean"},
                           {std::to_string(filter.limit), "integer"}},
            .batch_bytes = 0,
            .timeout_ms = kTimeout_ms};
}

std::vector<AuditEntry> readAudit(const RowsQuery::Rows& rows) {
    std::vector<AuditEntry> entries;
    for (const RowsQuery::Row& row : rows) {
        if (row.size() != kAuditFields) {
            continue;
        }
        AuditEntry entry;
        entry.time = QDateTime::fromMSecsSinceEpoch(row[0].toLongLong());
        entry.subject = row[1];
        entry.role = row[2];
        entry.client = row[3];
        entry.protocol = row[4];
        entry.command = row[5];
        entry.text = row[6];
        entry.sources = row[7];
        entry.rows = row[8].isNull() ? std::nullopt : std::optional(row[8].toLongLong());
        entry.elapsed_ms = row[9].toDouble();
        entry.sqlstate = row[10];
        entries.push_back(std::move(entry));
    }
    return entries;
}

QString durationText(qint64 ms) {
    constexpr qint64 kSecond = 1000;
    constexpr qint64 kMinute = 60 * kSecond;
    constexpr qint64 kHour = 60 * kMinute;
    if (ms < 10 * kSecond) {
        return Texts::tr("%1 s").arg(QLocale().toString(static_cast<double>(ms / 100) / 10.0, 'f', 1));
    }
    if (ms < 2 * kMinute) {
        return Texts::tr("%1 s").arg(ms / kSecond);
    }
    return ms < kHour ? Texts::tr("%1 min").arg(ms / kMinute)
                      : Texts::tr("%1 h %2 min").arg(ms / kHour).arg(ms % kHour / kMinute);
}

}  // namespace tessera::app
