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
        const auto own = types.find(column.name);
        sql += ", " + column.name + " " + (own == types.end() ? column.type : own->second);
    }
    return sql + ")";
}

class PostgresSource : public Source {
  public:
    static constexpr Abilities kAbilities{.every_float = true, .every_date = true};

    static Result<std::unique_ptr<Source>> make() {
        TemporaryPostgres server = TSR_TRY(TemporaryPostgres::start());
        std::unique_ptr<PostgresSource> source(new PostgresSource(std::move(server)));
        // The customer's database sorts as people do, not by bytes.
        const std::map<std::string, std::string> types = {{"txt", "text COLLATE \"en-x-icu\""},
                                                          {"vc", "varchar(20) COLLATE \"de-x-icu\""}};
        for (const auto& [name, table] : {std::pair("t", source->table()), std::pair("u", second(kAbilities))}) {
            TSR_TRY(source->server_.execute(createStatement(table, name, types)));
            TSR_TRY(source->server_.execute(table.insertStatement(name)));
        }
        return source;
    }

    std::string importStatements() const override {
        return "CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'postgres', host '127.0.0.1', "
               "port '" +
               std::to_string(server_.port()) + "', dbname 'postgres', copy_min_rows '0');" +
               "CREATE USER MAPPING FOR CURRENT_USER SERVER source OPTIONS (user '" + TemporaryPostgres::kUser +
               "', password '" + TemporaryPostgres::kPassword + "');" +
               "IMPORT FOREIGN SCHEMA public FROM SERVER source INTO src";
    }

  private:
    explicit PostgresSource(TemporaryPostgres server) : Source("postgres", kAbilities), server_(std::move(server)) {}

    TemporaryPostgres server_;
};

class MariaDbSource : public Source {
  public:
    static constexpr Abilities kAbilities{};

    static Result<std::unique_ptr<Source>> make() {
        TemporaryMariaDb server = TSR_TRY(TemporaryMariaDb::start());
        std::unique_ptr<MariaDbSource> source(new MariaDbSource(std::move(server)));
        const std::map<std::string, std::string> types = {
            {"f8", "DOUBLE"},
            {"b", "TINYINT(1)"},
            {"txt", "TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"},
            {"vc", "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"},
            {"ts", "DATETIME(6)"}};
        for (const auto& [name, table] : {std::pair("t", source->table()), std::pair("u", second(kAbilities))}) {
            const std::string mode = "SET NAMES utf8mb4; SET sql_mode='NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES';";
            TSR_TRY(source->server_.execute(mode + createStatement(table, name, types) + ";" +
                                            table.insertStatement(name)));
        }
        return source;
    }

    std::string importStatements() const override {
        return "CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'mysql', host '127.0.0.1', "
               "port '" +
               std::to_string(server_.port()) + "', database '" + TemporaryMariaDb::kDatabase + "');" +
               "CREATE USER MAPPING FOR CURRENT_USER SERVER source OPTIONS (user '" + TemporaryMariaDb::kUser +
               "', password '" + TemporaryMariaDb::kPassword + "');" + "IMPORT FOREIGN SCHEMA " +
               TemporaryMariaDb::kDatabase + " FROM SERVER source INTO src";
    }

  private:
    explicit MariaDbSource(TemporaryMariaDb server) : Source("mysql", kAbilities), server_(std::move(server)) {}

    TemporaryMariaDb server_;
};

class SqliteSource : public Source {
  public:
    static constexpr Abilities kAbilities{.decimals = false};

    static Result<std::unique_ptr<Source>> make() {
        std::unique_ptr<SqliteSource> source(new SqliteSource);
        sqlite3* database = nullptr;
        Error problem = fail(ErrorCode::kInternal, "cannot make the SQLite database");
        bool ok = sqlite3_open(source->file().c_str(), &database) == SQLITE_OK;
        const std::map<std::string, std::string> types = {
            {"f8", "DOUBLE"}, {"txt", "TEXT"}, {"vc", "TEXT COLLATE NOCASE"}};
        for (const auto& [name, table] : {std::pair("t", source->table()), std::pair("u", second(kAbilities))}) {
            for (const std::string& sql : {createStatement(table, name, types), table.insertStatement(name)}) {
                ok = ok && sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
            }
        }
        problem.detail = sqlite3_errmsg(database);
        sqlite3_close(database);
        if (!ok) {
            return problem;
        }
        std::filesystem::permissions(source->file(), std::filesystem::perms(0644));
        return source;
    }

    std::string importStatements() const override {
        return "CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'sqlite', database " +
               quoteLiteral(file().string()) + "); IMPORT FOREIGN SCHEMA main FROM SERVER source INTO src";
    }

  private:
    SqliteSource() : Source("sqlite", kAbilities) {}

    std::filesystem::path file() const { return folder_.path() / "data.db"; }

    TemporaryDirectory folder_;
};

class ParquetSource : public Source {
  public:
    static constexpr Abilities kAbilities{.every_float = true};

    static Result<std::unique_ptr<Source>> make() {
        std::unique_ptr<ParquetSource> source(new ParquetSource);
        duckdb_database database = nullptr;
        duckdb_connection connection = nullptr;
        Error problem = fail(ErrorCode::kInternal, "cannot write the Parquet files");
        bool ok =
            duckdb_open(nullptr, &database) == DuckDBSuccess && duckdb_connect(database, &connection) == DuckDBSuccess;
        for (const auto& [name, table] : {std::pair("t", source->table()), std::pair("u", second(kAbilities))}) {
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
    ParquetSource() : Source("duckdb", kAbilities) {}

    TemporaryDirectory folder_;
};

}  // namespace

Result<std::unique_ptr<Source>> makeSource(const std::string& dialect) {
    if (dialect == "postgres") {
        return PostgresSource::make();
    }
    if (dialect == "mysql") {
        return MariaDbSource::make();
    }
    if (dialect == "sqlite") {
        return SqliteSource::make();
    }
    return ParquetSource::make();
}

}  // namespace tessera::correctness
