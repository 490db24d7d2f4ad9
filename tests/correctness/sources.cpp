#include "tests/correctness/sources.h"

#include "common/process.h"
#include "common/store_link.h"
#include "common/strings.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_mariadb.h"
#include "tests/support/temporary_postgres.h"

#include <duckdb.h>
#include <poll.h>
#include <sqlite3.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <map>
#include <thread>

namespace tessera::correctness {

namespace {

/// CREATE TABLE with the source's own names of the types.
std::string createStatement(const HostileTable& table, const std::string& name,
                            const std::map<std::string, std::string>& types) {
    std::string sql = "CREATE TABLE " + name + " (id INTEGER";
    for (const HostileColumn& column : table.columns()) {
        auto own = types.find(column.name);
        own = own == types.end() ? types.find(column.type) : own;
        sql += ", " + column.name + " " + (own == types.end() ? column.type : own->second);
    }
    return sql + ")";
}

std::string createServer(const std::string& name, const std::string& connector, const std::string& options) {
    return "CREATE SERVER " + name + " FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector '" + connector + "', " +
           options + ");";
}

/// What is imported through a driver that Debian's packages have registered. Booleans of systems that have none are
/// imported as the numbers they are, which the person then declares.
std::string odbcStatements(const std::string& server, const std::string& schema, const std::string& driver,
                           const std::string& attributes, const std::string& mapping, const std::string& remote_schema,
                           const std::string& options = {}) {
    return createServer(
               server, "odbc",
               "driver " + quoteLiteral(driver) + ", connection_string " + quoteLiteral(attributes) + options) +
           "CREATE USER MAPPING FOR CURRENT_USER SERVER " + server + " " + mapping + ";IMPORT FOREIGN SCHEMA " +
           quoteIdentifier(remote_schema) + " LIMIT TO (t, u) FROM SERVER " + server + " INTO " + schema +
           ";ALTER FOREIGN TABLE " + schema + ".t ALTER b TYPE boolean;ALTER FOREIGN TABLE " + schema +
           ".u ALTER b TYPE boolean";
}

std::string mappingOptions(const char* user, const char* password) {
    return "OPTIONS (user " + quoteLiteral(user) + ", password " + quoteLiteral(password) + ")";
}

class PostgresSource : public Source {
  public:
    static Abilities abilities(bool by_odbc) {
        // Its driver gives out infinity as the end of the year 9999.
        return {.every_float = !by_odbc,
                .every_date = !by_odbc,
                .more_types = {"float4", "time", "timestamptz", "interval", "bytea", "uuid", "jsonb", "json", "_int4",
                               "_text"}};
    }

    static Result<std::unique_ptr<Source>> make(const std::string& source_name, const SourceData& data) {
        std::unique_ptr<PostgresSource> source(new PostgresSource(TSR_TRY(TemporaryPostgres::start()), source_name,
                                                                  std::make_unique<TemporaryDirectory>(), data));
        // The customer's database sorts as people do, not by bytes.
        const std::map<std::string, std::string> types = {{"text", "text COLLATE \"en-x-icu\""},
                                                          {"vc", "varchar(20) COLLATE \"de-x-icu\""}};
        for (const auto& [name, table] : source->tables()) {
            TSR_TRY(source->server_.execute(createStatement(table, name, types)));
            TSR_TRY(source->server_.execute(table.insertStatement(name)));
        }
        return source;
    }

    using Source::importStatements;

    std::string importStatements(const std::string& server, const std::string& schema) const override {
        if (dialect() != "postgres") {
            const bool by_file = name() == "odbc_file";
            const std::string setting = "tessera.dialect_directory = " + quoteLiteral(dialects_->path().string());
            return (by_file ? "ALTER ROLE CURRENT_USER SET " + setting + ";SET " + setting + ";" : "") +
                   odbcStatements(
                       server, schema, "PostgreSQL Unicode",
                       "SERVER=127.0.0.1;DATABASE=postgres;UseDeclareFetch=1;PORT=" + std::to_string(server_.port()),
                       mappingOptions(TemporaryPostgres::kUser, TemporaryPostgres::kPassword), "public",
                       by_file ? ", dialect 'postgresql'" : "");
        }
        return createServer(server, "postgres",
                            "host '127.0.0.1', port '" + std::to_string(server_.port()) +
                                "', dbname 'postgres', copy_min_rows '0'") +
               "CREATE USER MAPPING FOR CURRENT_USER SERVER " + server + " " +
               mappingOptions(TemporaryPostgres::kUser, TemporaryPostgres::kPassword) +
               ";IMPORT FOREIGN SCHEMA public FROM SERVER " + server + " INTO " + schema;
    }

  private:
    PostgresSource(TemporaryPostgres server, const std::string& name, std::unique_ptr<TemporaryDirectory> dialects,
                   const SourceData& data)
        : Source(name,
                 name == "postgres"        ? "postgres"
                 : name == "odbc_postgres" ? "generic"
                                           : dialectFile(dialects->path()),
                 abilities(name != "postgres"), data),
          server_(std::move(server)),
          dialects_(std::move(dialects)) {}

    /// The example that is shipped, where the server's user can read it.
    static std::string dialectFile(const std::filesystem::path& folder) {
        const std::filesystem::path file = folder / "postgresql.yaml";
        std::filesystem::copy_file(TESSERA_SOURCE_DIR "/resources/dialects/postgresql.yaml", file);
        std::filesystem::permissions(file, std::filesystem::perms(0644));
        return file.string();
    }

    TemporaryPostgres server_;
    std::unique_ptr<TemporaryDirectory> dialects_;
};

class MariaDbSource : public Source {
  public:
    static Abilities abilities() { return {}; }

    static Result<std::unique_ptr<Source>> make(bool by_odbc, const SourceData& data) {
        TemporaryMariaDb server = TSR_TRY(TemporaryMariaDb::start());
        std::unique_ptr<MariaDbSource> source(new MariaDbSource(std::move(server), by_odbc, data));
        const std::map<std::string, std::string> types = {
            {"double precision", "DOUBLE"},
            {"boolean", "TINYINT(1)"},
            {"text", "TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"},
            {"txt", "TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"},
            {"vc", "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"},
            {"timestamp", "DATETIME(6)"}};
        for (const auto& [name, table] : source->tables()) {
            const std::string mode = "SET NAMES utf8mb4; SET sql_mode='NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES';";
            TSR_TRY(source->server_.execute(mode + createStatement(table, name, types) + ";" +
                                            table.insertStatement(name)));
        }
        return source;
    }

    using Source::importStatements;

    std::string importStatements(const std::string& server, const std::string& schema) const override {
        if (dialect() != "mysql") {
            return odbcStatements(
                server, schema, "MariaDB Unicode", "SERVER=127.0.0.1;PORT=" + std::to_string(server_.port()),
                mappingOptions(TemporaryMariaDb::kUser, TemporaryMariaDb::kPassword), TemporaryMariaDb::kDatabase);
        }
        return createServer(server, "mysql",
                            "host '127.0.0.1', port '" + std::to_string(server_.port()) + "', database '" +
                                TemporaryMariaDb::kDatabase + "'") +
               "CREATE USER MAPPING FOR CURRENT_USER SERVER " + server + " " +
               mappingOptions(TemporaryMariaDb::kUser, TemporaryMariaDb::kPassword) + ";IMPORT FOREIGN SCHEMA " +
               TemporaryMariaDb::kDatabase + " FROM SERVER " + server + " INTO " + schema;
    }

  private:
    MariaDbSource(TemporaryMariaDb server, bool by_odbc, const SourceData& data)
        : Source(by_odbc ? "odbc_mariadb" : "mysql", by_odbc ? "generic" : "mysql", abilities(), data),
          server_(std::move(server)) {}

    TemporaryMariaDb server_;
};

/// Says to the connector `store` where the member's data are, as a node does. Whoever comes may read.
class StoreDoor {
  public:
    explicit StoreDoor(std::filesystem::path file) : file_(std::move(file)), stop_(::eventfd(0, EFD_CLOEXEC)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = socket();
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        constexpr int kBacklog = 64;
        listener_ = FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        is_open_ = ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                   ::listen(listener_.get(), kBacklog) == 0;
        std::filesystem::permissions(path, std::filesystem::perms(0777));
        thread_ = std::thread([this] { serve(); });
    }

    ~StoreDoor() {
        (void)eventfd_write(stop_.get(), 1);
        thread_.join();
    }

    StoreDoor(const StoreDoor&) = delete;
    StoreDoor& operator=(const StoreDoor&) = delete;

    std::string socket() const { return file_.string() + ".sock"; }

    bool isOpen() const { return is_open_; }

  private:
    void serve() {
        while (true) {
            pollfd waited[] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
            (void)::poll(waited, 2, -1);
            if (waited[1].revents != 0) {
                return;
            }
            const FileDescriptor caller(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            char ignored[4096];
            while (::recv(caller.get(), ignored, sizeof ignored, 0) > 0) {
            }
            store_link::Answer answer;
            answer.index = 1;
            answer.file = file_.string();
            const std::string bytes = answer.encode();
            (void)::send(caller.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        }
    }

    const std::filesystem::path file_;
    FileDescriptor listener_;
    FileDescriptor stop_;
    bool is_open_ = false;
    std::thread thread_;
};

/// SQLite's file: itself, through an ODBC driver, or as the tables of a member of the replicated store.
class SqliteSource : public Source {
  public:
    static Abilities abilities() { return {.decimals = false}; }

    static Result<std::unique_ptr<Source>> make(const std::string& kind, const SourceData& data) {
        std::unique_ptr<SqliteSource> source(new SqliteSource(kind, data));
        sqlite3* database = nullptr;
        Error problem = fail(ErrorCode::kInternal, "cannot make the SQLite database");
        bool ok = sqlite3_open(source->file().c_str(), &database) == SQLITE_OK;
        const std::map<std::string, std::string> types = {
            {"double precision", "DOUBLE"}, {"txt", "TEXT"}, {"vc", "TEXT COLLATE NOCASE"}};
        for (const auto& [name, table] : source->tables()) {
            for (const std::string& sql : {createStatement(table, name, types), table.insertStatement(name)}) {
                ok = ok && sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
            }
        }
        // By it the connector sees how far a member's data are.
        constexpr const char* kState =
            "PRAGMA journal_mode = WAL; CREATE TABLE _tessera_state(id INTEGER PRIMARY KEY, applied INTEGER, "
            "hash INTEGER, now_ms INTEGER); INSERT INTO _tessera_state VALUES (1, 1, 0, 0)";
        ok = ok && (kind != "store" || sqlite3_exec(database, kState, nullptr, nullptr, nullptr) == SQLITE_OK);
        problem.detail = sqlite3_errmsg(database);
        sqlite3_close(database);
        if (!ok) {
            return problem;
        }
        // Tests of writes have the server's user write to it, with a journal beside it.
        std::filesystem::permissions(source->file(), std::filesystem::perms(0666));
        std::filesystem::permissions(source->folder_.path(), std::filesystem::perms(0777));
        if (kind == "store") {
            source->door_ = std::make_unique<StoreDoor>(source->file());
            if (!source->door_->isOpen()) {
                return fail(ErrorCode::kInternal, "cannot listen on " + source->door_->socket());
            }
        }
        return source;
    }

    using Source::importStatements;

    std::vector<std::pair<std::string, std::string>> settings() const override {
        if (door_ == nullptr) {
            return {};
        }
        return {{"shared_preload_libraries", "tessera_fdw"}, {"tessera.store_socket", door_->socket()}};
    }

    std::string importStatements(const std::string& server, const std::string& schema) const override {
        if (door_ != nullptr) {
            return createServer(server, "store", "consistency 'none'") + "IMPORT FOREIGN SCHEMA main FROM SERVER " +
                   server + " INTO " + schema + declareIntegers(schema);
        }
        if (dialect() != "sqlite") {
            return odbcStatements(server, schema, "SQLite3", "Database=" + file().string(), "", "main");
        }
        return createServer(server, "sqlite", "database " + quoteLiteral(file().string())) +
               "IMPORT FOREIGN SCHEMA main FROM SERVER " + server + " INTO " + schema + declareIntegers(schema);
    }

  private:
    /// What is declared as an integer of any width is imported as bigint.
    std::string declareIntegers(const std::string& schema) const {
        std::string sql;
        for (const auto& [name, table] : tables()) {
            for (const HostileColumn& column : table.columns()) {
                if (column.type == "smallint" || column.type == "integer") {
                    sql += ";ALTER FOREIGN TABLE " + schema + "." + name + " ALTER " + column.name + " TYPE " +
                           column.type;
                }
            }
        }
        return sql;
    }

    SqliteSource(const std::string& name, const SourceData& data)
        : Source(name, name == "odbc_sqlite" ? "integers" : "sqlite", abilities(), data) {}

    std::filesystem::path file() const { return folder_.path() / "data.db"; }

    TemporaryDirectory folder_;
    std::unique_ptr<StoreDoor> door_;
};

class ParquetSource : public Source {
  public:
    static Abilities abilities() { return {.every_float = true, .more_types = {"float4", "time", "uuid"}}; }

    static Result<std::unique_ptr<Source>> make(const SourceData& data) {
        std::unique_ptr<ParquetSource> source(new ParquetSource(data));
        duckdb_database database = nullptr;
        duckdb_connection connection = nullptr;
        Error problem = fail(ErrorCode::kInternal, "cannot write the Parquet files");
        bool ok =
            duckdb_open(nullptr, &database) == DuckDBSuccess && duckdb_connect(database, &connection) == DuckDBSuccess;
        for (const auto& [name, table] : source->tables()) {
            const std::string file = (source->folder_.path() / (std::string(name) + ".parquet")).string();
            for (const std::string& sql :
                 {createStatement(table, name, {}), table.insertStatement(name),
                  std::string("COPY ") + name + " TO " + quoteLiteral(file) + " (FORMAT parquet)"}) {
                duckdb_result result{};
                if (ok && duckdb_query(connection, sql.c_str(), &result) != DuckDBSuccess) {
                    ok = false;
                    problem.detail = duckdb_result_error(&result);
                }
                duckdb_destroy_result(&result);
            }
            if (ok) {
                std::filesystem::permissions(file, std::filesystem::perms(0644));
            }
        }
        duckdb_disconnect(&connection);
        duckdb_close(&database);
        if (!ok) {
            return problem;
        }
        return source;
    }

    using Source::importStatements;

    std::string importStatements(const std::string& server, const std::string& schema) const override {
        return createServer(server, "files", "directory " + quoteLiteral(folder_.path().string())) +
               "IMPORT FOREIGN SCHEMA \".\" FROM SERVER " + server + " INTO " + schema;
    }

  private:
    explicit ParquetSource(const SourceData& data) : Source("duckdb", "duckdb", abilities(), data) {}

    TemporaryDirectory folder_;
};

}  // namespace

Result<std::unique_ptr<Source>> makeSource(const std::string& name, const SourceData& data) {
    const bool by_odbc = name.starts_with("odbc_");
    if (name == "postgres" || name == "odbc_postgres" || name == "odbc_file") {
        return PostgresSource::make(name, data);
    }
    if (name == "mysql" || name == "odbc_mariadb") {
        return MariaDbSource::make(by_odbc, data);
    }
    if (name == "sqlite" || name == "odbc_sqlite" || name == "store") {
        return SqliteSource::make(name, data);
    }
    return ParquetSource::make(data);
}

}  // namespace tessera::correctness
