#include "tests/correctness/sources.h"

#include "common/strings.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_mariadb.h"
#include "tests/support/temporary_postgres.h"

#include <duckdb.h>
#include <sqlite3.h>

#include <filesystem>
#include <map>

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

/// What is imported through a driver that Debian's packages have registered. Booleans of systems that have none are
/// imported as the numbers they are, which the person then declares.
std::string odbcStatements(const std::string& driver, const std::string& attributes, const std::string& mapping,
                           const std::string& schema) {
    return "CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'odbc', driver " +
           quoteLiteral(driver) + ", connection_string " + quoteLiteral(attributes) +
           "); CREATE USER MAPPING FOR CURRENT_USER SERVER source " + mapping + "; IMPORT FOREIGN SCHEMA " +
           quoteIdentifier(schema) +
           " LIMIT TO (t, u) FROM SERVER source INTO src; ALTER FOREIGN TABLE src.t ALTER b TYPE boolean; ALTER "
           "FOREIGN "
           "TABLE src.u ALTER b TYPE boolean";
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

    static Result<std::unique_ptr<Source>> make(bool by_odbc = false) {
        TemporaryPostgres server = TSR_TRY(TemporaryPostgres::start());
        std::unique_ptr<PostgresSource> source(new PostgresSource(std::move(server), by_odbc));
        // The customer's database sorts as people do, not by bytes.
        const std::map<std::string, std::string> types = {{"text", "text COLLATE \"en-x-icu\""},
                                                          {"vc", "varchar(20) COLLATE \"de-x-icu\""}};
        for (const auto& [name, table] : source->tables()) {
            TSR_TRY(source->server_.execute(createStatement(table, name, types)));
            TSR_TRY(source->server_.execute(table.insertStatement(name)));
        }
        return source;
    }

    std::string importStatements() const override {
        if (dialect() != "postgres") {
            return odbcStatements(
                "PostgreSQL Unicode",
                "SERVER=127.0.0.1;DATABASE=postgres;UseDeclareFetch=1;PORT=" + std::to_string(server_.port()),
                mappingOptions(TemporaryPostgres::kUser, TemporaryPostgres::kPassword), "public");
        }
        return "CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', host '127.0.0.1', "
               "port '" +
               std::to_string(server_.port()) + "', dbname 'postgres', copy_min_rows '0');" +
               "CREATE USER MAPPING FOR CURRENT_USER SERVER source OPTIONS (user '" + TemporaryPostgres::kUser +
               "', password '" + TemporaryPostgres::kPassword + "');" +
               "IMPORT FOREIGN SCHEMA public FROM SERVER source INTO src";
    }

  private:
    PostgresSource(TemporaryPostgres server, bool by_odbc)
        : Source(by_odbc ? "odbc_postgres" : "postgres", by_odbc ? "generic" : "postgres", abilities(by_odbc)),
          server_(std::move(server)) {}

    TemporaryPostgres server_;
};

class MariaDbSource : public Source {
  public:
    static Abilities abilities() { return {}; }

    static Result<std::unique_ptr<Source>> make(bool by_odbc = false) {
        TemporaryMariaDb server = TSR_TRY(TemporaryMariaDb::start());
        std::unique_ptr<MariaDbSource> source(new MariaDbSource(std::move(server), by_odbc));
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

    std::string importStatements() const override {
        if (dialect() != "mysql") {
            return odbcStatements("MariaDB Unicode", "SERVER=127.0.0.1;PORT=" + std::to_string(server_.port()),
                                  mappingOptions(TemporaryMariaDb::kUser, TemporaryMariaDb::kPassword),
                                  TemporaryMariaDb::kDatabase);
        }
        return "CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'mysql', host '127.0.0.1', "
               "port '" +
               std::to_string(server_.port()) + "', database '" + TemporaryMariaDb::kDatabase + "');" +
               "CREATE USER MAPPING FOR CURRENT_USER SERVER source OPTIONS (user '" + TemporaryMariaDb::kUser +
               "', password '" + TemporaryMariaDb::kPassword + "');" + "IMPORT FOREIGN SCHEMA " +
               TemporaryMariaDb::kDatabase + " FROM SERVER source INTO src";
    }

  private:
    MariaDbSource(TemporaryMariaDb server, bool by_odbc)
        : Source(by_odbc ? "odbc_mariadb" : "mysql", by_odbc ? "generic" : "mysql", abilities()),
          server_(std::move(server)) {}

    TemporaryMariaDb server_;
};

class SqliteSource : public Source {
  public:
    static Abilities abilities() { return {.decimals = false}; }

    static Result<std::unique_ptr<Source>> make(bool by_odbc = false) {
        std::unique_ptr<SqliteSource> source(new SqliteSource(by_odbc));
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
        problem.detail = sqlite3_errmsg(database);
        sqlite3_close(database);
        if (!ok) {
            return problem;
        }
        // Tests of writes have the server's user write to it, with a journal beside it.
        std::filesystem::permissions(source->file(), std::filesystem::perms(0666));
        std::filesystem::permissions(source->folder_.path(), std::filesystem::perms(0777));
        return source;
    }

    std::string importStatements() const override {
        if (dialect() != "sqlite") {
            return odbcStatements("SQLite3", "Database=" + file().string(), "", "main");
        }
        return "CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'sqlite', database " +
               quoteLiteral(file().string()) + "); IMPORT FOREIGN SCHEMA main FROM SERVER source INTO src" +
               declareIntegers();
    }

  private:
    /// What is declared as an integer of any width is imported as bigint.
    std::string declareIntegers() const {
        std::string sql;
        for (const auto& [name, table] : tables()) {
            for (const HostileColumn& column : table.columns()) {
                if (column.type == "smallint" || column.type == "integer") {
                    sql +=
                        "; ALTER FOREIGN TABLE src." + name + " ALTER COLUMN " + column.name + " TYPE " + column.type;
                }
            }
        }
        return sql;
    }

    explicit SqliteSource(bool by_odbc)
        : Source(by_odbc ? "odbc_sqlite" : "sqlite", by_odbc ? "integers" : "sqlite", abilities()) {}

    std::filesystem::path file() const { return folder_.path() / "data.db"; }

    TemporaryDirectory folder_;
};

class ParquetSource : public Source {
  public:
    static Abilities abilities() { return {.every_float = true, .more_types = {"float4", "time", "uuid"}}; }

    static Result<std::unique_ptr<Source>> make() {
        std::unique_ptr<ParquetSource> source(new ParquetSource);
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

    std::string importStatements() const override {
        return "CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'files', directory " +
               quoteLiteral(folder_.path().string()) + "); IMPORT FOREIGN SCHEMA \".\" FROM SERVER source INTO src";
    }

  private:
    ParquetSource() : Source("duckdb", abilities()) {}

    TemporaryDirectory folder_;
};

}  // namespace

Result<std::unique_ptr<Source>> makeSource(const std::string& name) {
    const bool by_odbc = name.starts_with("odbc_");
    if (name == "postgres" || name == "odbc_postgres") {
        return PostgresSource::make(by_odbc);
    }
    if (name == "mysql" || name == "odbc_mariadb") {
        return MariaDbSource::make(by_odbc);
    }
    if (name == "sqlite" || name == "odbc_sqlite") {
        return SqliteSource::make(by_odbc);
    }
    return ParquetSource::make();
}

}  // namespace tessera::correctness
