#include "plugins/postgres/session.h"

#include "common/strings.h"
#include "plugins/postgres/catalog.h"
#include "plugins/postgres/connection.h"
#include "plugins/postgres/copy_cursor.h"
#include "plugins/postgres/cursor.h"
#include "plugins/postgres/ingest.h"
#include "plugins/postgres/transaction.h"
#include "plugins/sdk/connector_base.h"

#include <cstdint>
#include <limits>
#include <optional>

namespace tessera::postgres_connector {

namespace {

constexpr std::uint32_t kServer = TSR_SCOPE_SERVER;
constexpr std::uint32_t kUser = TSR_SCOPE_USER;

constexpr TsrOptionSpec kOptions[] = {
    {"host", kServer, false, false, "host name, address, or folder of the Unix socket"},
    {"hostaddr", kServer, false, false, "address, when the name shall not be looked up"},
    {"port", kServer, false, false, "port (default 5432)"},
    {"dbname", kServer, false, false, "database (default: the user's name)"},
    {"connect_timeout", kServer, false, false, "seconds until a connection attempt is given up (default 10)"},
    {"application_name", kServer, false, false,
     "how the source's pg_stat_activity shows the session (default tessera)"},
    {"options", kServer, false, false, "settings for the session, as in '-c statement_timeout=1min'"},
    {"target_session_attrs", kServer, false, false, "which of several hosts to take, as in read-only"},
    {"sslmode", kServer, false, false, "disable, allow, prefer (default), require, verify-ca or verify-full"},
    {"sslrootcert", kServer, false, false, "file with the authorities whose certificates are accepted"},
    {"sslcrl", kServer, false, false, "file with revoked certificates"},
    {"sslsni", kServer, false, false, "1 (default): tell the host's name when TLS begins"},
    {"channel_binding", kServer, false, false, "disable, prefer (default) or require"},
    {"gssencmode", kServer, false, false, "disable (default), prefer or require encryption by GSSAPI"},
    {"krbsrvname", kServer, false, false, "Kerberos service name (default postgres)"},
    {"keepalives", kServer, false, false, "0 turns TCP keepalives off"},
    {"keepalives_idle", kServer, false, false, "seconds of silence before a keepalive (default 30)"},
    {"keepalives_interval", kServer, false, false, "seconds between keepalives (default 10)"},
    {"keepalives_count", kServer, false, false, "lost keepalives after which the connection is dead (default 3)"},
    {"tcp_user_timeout", kServer, false, false, "milliseconds that sent data may stay unanswered (default 30000)"},
    {"probe_after", kServer, false, false,
     "seconds of silence, while an answer is waited for, after which the server is asked by another connection whether "
     "it is there; after as many again without an answer the statement fails (default 0: never)"},
    {"copy_min_rows", kServer, false, false,
     "rows that a statement must be expected to return to run as a binary COPY (default 200); never: not at all"},
    {"user", kUser, false, false, "role to sign in as (default: the operating system's user)"},
    {"password", kUser, false, true, "its password"},
    {"sslcert", kUser, false, false, "file with the client's certificate"},
    {"sslkey", kUser, false, false, "file with the certificate's key"},
    {"schema_name", TSR_SCOPE_TABLE, false, false, "the table's schema at the source (default public)"},
    {"table_name", TSR_SCOPE_TABLE, false, false, "the table's name at the source"},
    {"query", TSR_SCOPE_TABLE, false, false,
     "a SELECT whose rows are the table, instead of all of schema_name.table_name"},
    {"column_name", TSR_SCOPE_COLUMN, false, false, "the column's name at the source"},
};

constexpr std::string_view kDefaultSchema = "public";

/// Below about this many rows, planning a statement twice costs more than rows that come one by one.
constexpr std::int64_t kCopyMinRows = 200;

/// Nothing when COPY shall not be used.
Result<std::optional<std::int64_t>> copyMinRows(const sdk::Options& options) {
    if (options.get("copy_min_rows", "") == "never") {
        return std::optional<std::int64_t>();
    }
    return std::optional(
        TSR_TRY(options.getInt("copy_min_rows", kCopyMinRows, 0, std::numeric_limits<std::int32_t>::max())));
}

class PostgresSession : public sdk::Session {
  public:
    static Result<std::unique_ptr<sdk::Session>> open(const TsrHost& host, const sdk::Options& options,
                                                      SourceName source, bool has_own_data) {
        const auto copy_min_rows = TSR_TRY(copyMinRows(options));
        auto connection = TSR_TRY(Connection::open(host, options, std::move(source)));
        return std::unique_ptr<sdk::Session>(new PostgresSession(std::move(connection), copy_min_rows, has_own_data));
    }

    bool usable() override { return connection_->usable(); }

    Result<std::vector<sdk::Table>> listTables(const std::string& schema,
                                               const std::optional<std::string>& table) override {
        return postgres_connector::listTables(*connection_, schema, table);
    }

    Result<TsrStatistics> statistics(const sdk::Options& table_options) override {
        if (!table_options.find("table_name") && table_options.find("query")) {
            return TsrStatistics{-1, -1};
        }
        const std::string name = TSR_TRY(table_options.require("table_name"));
        return readStatistics(*connection_, table_options.get("schema_name", kDefaultSchema), name);
    }

    Result<std::vector<sdk::ColumnStatistics>> columnStatistics(const sdk::Options& table_options) override {
        if (table_options.find("query")) {
            return std::vector<sdk::ColumnStatistics>();
        }
        return readColumnStatistics(*connection_, table_options.get("schema_name", kDefaultSchema),
                                    table_options.get("table_name", ""));
    }

    Result<std::int64_t> pageCount(const sdk::Options& table_options) override {
        if (!has_own_data_ || table_options.find("query")) {
            return 0;
        }
        return countPages(*connection_, table_options.get("schema_name", kDefaultSchema),
                          table_options.get("table_name", ""));
    }

    Result<std::unique_ptr<sdk::Cursor>> execute(const sdk::Query& query) override {
        return copy_min_rows_ && CopyCursor::suits(query, *copy_min_rows_)
                   ? CopyCursor::start(*connection_, query)
                   : PostgresCursor::start(*connection_, prepared_, query);
    }

    std::uint32_t capabilities() override {
        return TSR_CAN_CHANGE | TSR_CAN_INGEST | TSR_CAN_TRANSACT | TSR_CAN_SAVEPOINT | TSR_CAN_PREPARE |
               (has_own_data_ ? TSR_CAN_SHARE_SNAPSHOT | TSR_CAN_READ_BESIDE : 0U);
    }

    Result<> begin(const TsrTransaction& transaction) override {
        prepared_.beginTransaction();
        return beginTransaction(*connection_, transaction);
    }

    Result<> startStep(TsrStep step, const std::string& name) override { return step_.start(*connection_, step, name); }

    Result<> finishStep() override { return step_.finish(*connection_); }

    Result<std::string> exportSnapshot() override { return postgres_connector::exportSnapshot(*connection_); }

    Result<std::vector<std::string>> listPrepared(const std::string& prefix) override {
        return postgres_connector::listPrepared(*connection_, prefix);
    }

    Result<std::unique_ptr<sdk::Ingest>> startIngest(const sdk::Target& target) override {
        return CopyIngest::start(*connection_, target);
    }

  private:
    PostgresSession(std::unique_ptr<Connection> connection, std::optional<std::int64_t> copy_min_rows,
                    bool has_own_data)
        : connection_(std::move(connection)), copy_min_rows_(copy_min_rows), has_own_data_(has_own_data) {}

    std::unique_ptr<Connection> connection_;
    TransactionStep step_;
    PreparedStatements prepared_;
    std::optional<std::int64_t> copy_min_rows_;
    bool has_own_data_;
};

}  // namespace

std::span<const TsrOptionSpec> optionSpecs() {
    return kOptions;
}

SourceName nameSource(const sdk::Options& options) {
    const std::string host = options.find("host").value_or(options.get("hostaddr", "the local socket"));
    const std::string database = options.find("dbname").value_or(options.get("user", ""));
    return "PostgreSQL" + (database.empty() ? "" : " database '" + database + "'") + " at " + host + ":" +
           options.get("port", "5432");
}

Result<std::unique_ptr<sdk::Session>> openSession(const TsrHost& host, const sdk::Options& options, SourceName source,
                                                  bool has_own_data) {
    return PostgresSession::open(host, options, std::move(source), has_own_data);
}

Result<std::string> relationOf(const sdk::Options& /*server_options*/, const sdk::Options& table_options) {
    if (const auto query = table_options.find("query")) {
        return "(" + *query + ")";
    }
    const std::string table = TSR_TRY(table_options.require("table_name"));
    return quoteIdentifier(table_options.get("schema_name", kDefaultSchema)) + "." + quoteIdentifier(table);
}

}  // namespace tessera::postgres_connector
