/// A value or a row that is larger than PostgreSQL's 1 GB, or than the source's own limit: a clear error with its
/// SQLSTATE, and then the memory is free again, the source can be read, and so is the next row. And of a large result
/// of small rows, a scan holds what it may.

#include "common/handle.h"
#include "common/strings.h"
#include "plugins/files/duckdb_handles.h"
#include "tests/integration/type_mapping.h"
#include "tests/support/proc_file.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_mariadb.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <optional>

namespace tessera {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

class HugeValues : public TypeMapping {
  protected:
    /// What the largest of these statements takes of this machine: the source's value, its copies and ours.
    static constexpr long kNeeded_MB = 7000;
    /// A scan may hold 8, and libraries a little for the next.
    static constexpr long kMostLeft_MB = 80;
    /// The default of tessera.batch_memory.
    static constexpr long kBatchMemory_MB = 8;

    void SetUp() override {
        const long available = availableMegabytes();
        if (available < kNeeded_MB) {
            GTEST_SKIP() << "this needs " << kNeeded_MB << " MB of memory, and " << available << " are free";
        }
        TypeMapping::SetUp();
    }

    void server(const std::string& options, const std::string& user_options) {
        must("CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (" + options +
             "); CREATE USER MAPPING FOR CURRENT_USER SERVER source OPTIONS (" + user_options + ")");
    }

    void table(const std::string& name, const std::string& columns, const std::string& options) {
        must("CREATE FOREIGN TABLE src." + name + " (" + columns + ") SERVER source OPTIONS (" + options + ")");
    }

    void expectMemoryBack(const std::string& sql, const std::string& result) {
        EXPECT_EQ(outcome("SELECT x FROM src.small"), "abc");
        const std::string status = "/proc/" + outcome("SELECT pg_backend_pid()") + "/status";
        const long before = kilobytesOf(status, "VmRSS") / 1024;
        const auto value = connection_->queryValue(sql);
        if (!value) {
            last_ = value.error();
        }
        EXPECT_EQ(value ? value->value_or("NULL") : "error " + std::string(last_.sqlState()), result)
            << last_.describe();
        EXPECT_EQ(outcome("SELECT x FROM src.small"), "abc");
        EXPECT_GT(before, 0);
        EXPECT_LE(kilobytesOf(status, "VmRSS") / 1024 - before, kMostLeft_MB) << sql;
    }

    /// src.many has 140 MB.
    void expectSmallScan() {
        // Of another table: where a LIMIT stays here, some drivers would hold all of this one before it is measured.
        EXPECT_EQ(outcome("SELECT count(x) FROM src.small WHERE random() >= 0"), "1");
        const std::string process = "/proc/" + outcome("SELECT pg_backend_pid()");
        std::ofstream(process + "/clear_refs") << "5";  // the peak begins anew
        const long before = kilobytesOf(process + "/status", "VmRSS") / 1024;
        EXPECT_EQ(outcome("SELECT count(x) FROM src.many WHERE random() >= 0"), "200000");
        EXPECT_GT(before, 0);
        EXPECT_LE(kilobytesOf(process + "/status", "VmHWM") / 1024 - before, kBatchMemory_MB);
    }

    void expectError(const std::string& sql, const std::string& sqlstate, const std::string& message) {
        expectMemoryBack(sql, "error " + sqlstate);
        EXPECT_THAT(last_.message + "\n" + last_.detail, HasSubstr(message));
    }

    /// A value that the source can't make, a row of two values that fit alone, and a large one.
    static constexpr const char* kPostgresViews =
        "CREATE VIEW huge AS SELECT repeat('x', 1100000000) AS x; CREATE VIEW wide AS SELECT repeat('x', 600000000) AS "
        "x, repeat('y', 600000000) AS y; CREATE VIEW large AS SELECT repeat('x', 100000000) AS x; CREATE VIEW small AS "
        "SELECT 'abc'::text AS x; CREATE VIEW many AS SELECT repeat('x', 700) AS x FROM generate_series(1, 200000)";

    static std::string account(const char* user, const char* password) {
        return std::string("user '") + user + "', password " + quoteLiteral(password);
    }

    /// A PostgreSQL that is read by this connector.
    void attachPostgres(const std::string& options) {
        auto started = TemporaryPostgres::start();
        ASSERT_TRUE(started) << started.error().describe();
        customer_.emplace(std::move(*started));
        ASSERT_TRUE(customer_->execute(kPostgresViews));
        server(options + std::to_string(customer_->port()) + "'",
               account(TemporaryPostgres::kUser, TemporaryPostgres::kPassword));
        must("IMPORT FOREIGN SCHEMA public FROM SERVER source INTO src");
        expectSmallScan();
        // The source can't make it.
        expectError("SELECT length(x) FROM src.huge WHERE random() >= 0", "54000", "requested length too large");
    }

    std::optional<TemporaryPostgres> customer_;
    Error last_;
};

TEST_F(HugeValues, OfPostgres) {
    attachPostgres("connector 'postgres', host '127.0.0.1', dbname 'postgres', port '");
    // Nor send a row of that size, whose values fit alone.
    expectError("SELECT x, y FROM src.wide", "54000", "");
    for (const char* option : {"ADD copy_min_rows '0'", "SET copy_min_rows 'never'"}) {
        must("ALTER SERVER source OPTIONS (" + std::string(option) + ")");
        expectMemoryBack("SELECT length(x) FROM src.large WHERE random() >= 0", "100000000");
    }
}

TEST_F(HugeValues, OfANode) {
    attachPostgres("connector 'node', host '127.0.0.1', dbname 'postgres', port '");
    expectMemoryBack("SELECT length(x) FROM src.large WHERE random() >= 0", "100000000");
}

TEST_F(HugeValues, OfMariaDb) {
    auto maria = TemporaryMariaDb::start();
    ASSERT_TRUE(maria) << maria.error().describe();
    ASSERT_TRUE(
        maria->execute("CREATE TABLE t (x longtext); SET GLOBAL max_allowed_packet = 134217728; CREATE VIEW large AS "
                       "SELECT repeat('x', 100000000) AS x; CREATE VIEW small AS SELECT 'abc' AS x; CREATE VIEW many "
                       "AS SELECT repeat('x', "
                       "700) AS x FROM seq_1_to_200000"));
    server("connector 'mysql', host '127.0.0.1', database 'test', port '" + std::to_string(maria->port()) + "'",
           account(TemporaryMariaDb::kUser, TemporaryMariaDb::kPassword));
    must("IMPORT FOREIGN SCHEMA test FROM SERVER source INTO src");
    expectSmallScan();
    expectMemoryBack("SELECT length(x) FROM src.large WHERE random() >= 0", "100000000");
    const Error found = error("INSERT INTO src.t VALUES (repeat('x', 140000000))");
    EXPECT_THAT(std::string(found.sqlState()), AnyOf("54000", "08006")) << found.describe();
    EXPECT_THAT(found.message + found.hint, HasSubstr("max_allowed_packet"));
    EXPECT_EQ(outcome("SELECT count(*) FROM src.t"), "0");
    must("INSERT INTO src.t VALUES (repeat('x', 20000000))");
    EXPECT_EQ(outcome("SELECT length(x) FROM src.t"), "20000000");
}

TEST_F(HugeValues, OfSqlite) {
    const TemporaryDirectory folder;
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0777));
    sqlite3* opened = nullptr;
    sqlite3_open((folder.path() / "data.db").c_str(), &opened);
    const Handle<sqlite3, sqlite3_close> database(opened);
    ASSERT_EQ(
        sqlite3_exec(opened,
                     "CREATE VIEW huge AS SELECT zeroblob(1100000000) AS x; CREATE VIEW small AS SELECT 'abc' AS "
                     "x; CREATE VIEW large AS SELECT zeroblob(100000000) AS x; CREATE VIEW many AS WITH RECURSIVE "
                     "r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 200000) SELECT printf('%0700d', "
                     "i) AS x FROM r",
                     nullptr, nullptr, nullptr),
        SQLITE_OK)
        << sqlite3_errmsg(opened);
    std::filesystem::permissions(folder.path() / "data.db", std::filesystem::perms(0666));
    must("CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'sqlite', database " +
         quoteLiteral((folder.path() / "data.db").string()) + ")");
    table("huge", "x bytea", "table_name 'huge'");
    table("large", "x bytea", "table_name 'large'");
    table("small", "x text", "table_name 'small'");
    table("many", "x text", "table_name 'many'");
    expectSmallScan();
    expectError("SELECT length(x) FROM src.huge WHERE random() >= 0", "54000", "too big");
    expectMemoryBack("SELECT length(x) FROM src.large WHERE random() >= 0", "100000000");
}

TEST_F(HugeValues, OfFiles) {
    const TemporaryDirectory folder;
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0777));
    {
        files::DatabaseHandle database;
        ASSERT_EQ(duckdb_open(nullptr, database.out()), DuckDBSuccess);
        files::Connection connection;
        ASSERT_EQ(duckdb_connect(database.get(), connection.out()), DuckDBSuccess);
        for (const std::string& sql :
             {"COPY (SELECT repeat('x', 1100000000) AS x) TO " +
                  quoteLiteral((folder.path() / "huge.parquet").string()),
              "COPY (SELECT 'abc' AS x) TO " + quoteLiteral((folder.path() / "small.parquet").string())}) {
            files::QueryResult result;
            ASSERT_EQ(duckdb_query(connection.get(), sql.c_str(), result.get()), DuckDBSuccess)
                << duckdb_result_error(result.get());
        }
    }
    must("CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'files', directory " +
         quoteLiteral(folder.path().string()) + ")");
    table("huge", "x text", "path 'huge.parquet'");
    table("small", "x text", "path 'small.parquet'");
    // DuckDB may use less than that.
    expectError("SELECT length(x) FROM src.huge WHERE random() >= 0", "53200", "GiB");
    must("ALTER SERVER source OPTIONS (ADD memory_limit '5GB')");
    expectError("SELECT x FROM src.huge WHERE random() >= 0", "54000", "1 GB");
    must("ALTER FOREIGN TABLE src.huge ALTER x TYPE bytea");
    expectError("SELECT x FROM src.huge WHERE random() >= 0", "54000", "1 GB");
}

TEST_F(HugeValues, OfOdbc) {
    attachPostgres(
        "connector 'odbc', driver 'PostgreSQL Unicode', connection_string 'SERVER=127.0.0.1;DATABASE=postgres;"
        "MaxLongVarcharSize=0;PORT=");
    // In UTF-16 it is larger than 1 GB.
    expectError("SELECT length(x) FROM src.wide WHERE random() >= 0", "54000", "larger than 1 GB");
    expectMemoryBack("SELECT length(x) FROM src.large WHERE random() >= 0", "100000000");
}

}  // namespace
}  // namespace tessera
