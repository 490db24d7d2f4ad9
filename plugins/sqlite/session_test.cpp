#include "plugins/sqlite/session.h"

#include "plugins/sdk/test_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace tessera::sqlite {
namespace {

using sdk::test::query;
using sdk::test::Row;

/// A temporary folder with one database in it.
class SqliteSession : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "tessera-sqlite-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
        path_ = folder_ / "data?#%.db";
    }

    void TearDown() override {
        session_.reset();
        std::filesystem::remove_all(folder_);
    }

    /// Fills the database with a connection of its own, then opens the session under test.
    void start(const std::string& script) {
        Handle<sqlite3, sqlite3_close> writer = openWriter();
        ASSERT_EQ(sqlite3_exec(writer.get(), script.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(writer.get());
        auto opened =
            Session::open(host_, sdk::test::OptionList{{"database", path_.string()}, {"busy_timeout", "60000"}});
        ASSERT_TRUE(opened) << opened.error().describe();
        session_ = std::move(*opened);
    }

    Handle<sqlite3, sqlite3_close> openWriter() const {
        sqlite3* handle = nullptr;
        sqlite3_open(path_.c_str(), &handle);
        return Handle<sqlite3, sqlite3_close>(handle);
    }

    sdk::Table table(const std::string& name) {
        auto tables = session_->listTables("main", name);
        EXPECT_TRUE(tables) << tables.error().describe();
        EXPECT_EQ(tables->size(), 1U);
        return tables->at(0);
    }

    sdk::test::ManualHost host_;
    std::filesystem::path folder_;
    std::filesystem::path path_;
    std::unique_ptr<sdk::Session> session_;
};

Error errorOf(auto&& result) {
    EXPECT_FALSE(result);
    return result ? Error{} : result.error();
}

TEST_F(SqliteSession, ReadsEveryTypeExactly) {
    start(
        "CREATE TABLE t (b BOOLEAN, i INTEGER, r REAL, n DECIMAL(10,2), s TEXT, x BLOB, d DATE, ts DATETIME, u UUID);"
        "INSERT INTO t VALUES (1, -9223372036854775808, 0.1, '12.50', 'Zürich', x'00ff', '2024-02-29', "
        "'2024-02-29T12:34:56.789', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11');"
        "INSERT INTO t VALUES (0, 9223372036854775807, 9e999, 12345, '', x'', '2024-02-29 00:00:00', '2024-02-29', "
        "NULL);"
        "INSERT INTO t (i) VALUES (NULL)");
    const auto rows = query(*session_, "SELECT b, i, r, n, s, x, d, ts, u FROM main.t ORDER BY rowid",
                            {TSR_TYPE_BOOL, TSR_TYPE_INT64, TSR_TYPE_FLOAT64, TSR_TYPE_DECIMAL, TSR_TYPE_TEXT,
                             TSR_TYPE_BYTES, TSR_TYPE_DATE, TSR_TYPE_TIMESTAMP, TSR_TYPE_UUID});
    ASSERT_TRUE(rows) << rows.error().describe();
    ASSERT_EQ(rows->size(), 3U);
    EXPECT_EQ((*rows)[0], (Row{"t", "-9223372036854775808", "0.1", "12.5", "Zürich", "\\x00ff", "2024-02-29",
                               "2024-02-29 12:34:56.789", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}));
    EXPECT_EQ((*rows)[1], (Row{"f", "9223372036854775807", "Infinity", "12345", "", "\\x", "2024-02-29",
                               "2024-02-29 00:00:00", "NULL"}));
    EXPECT_EQ((*rows)[2], Row(9, "NULL"));
}

TEST_F(SqliteSession, AValueOfAnotherTypeIsAnErrorThatNamesIt) {
    start("CREATE TABLE t (i INTEGER, d DATE, s TEXT); INSERT INTO t VALUES ('n/a', 20240229, x'ff')");
    const Error number = errorOf(query(*session_, "SELECT i FROM t", {TSR_TYPE_INT64}));
    EXPECT_EQ(number.message, "column 'i' holds a text 'n/a', which is no value of type bigint");
    EXPECT_EQ(number.sqlState(), "22P02");
    EXPECT_NE(errorOf(query(*session_, "SELECT d FROM t", {TSR_TYPE_DATE})).message.find("an integer '20240229'"),
              std::string::npos);
    EXPECT_NE(errorOf(query(*session_, "SELECT s FROM t", {TSR_TYPE_TEXT})).message.find("a blob of 1 bytes"),
              std::string::npos);
    EXPECT_FALSE(query(*session_, "SELECT 2", {TSR_TYPE_BOOL}));
    EXPECT_FALSE(query(*session_, "SELECT 40000", {TSR_TYPE_INT16}));
    EXPECT_FALSE(query(*session_, "SELECT 1.5", {TSR_TYPE_INT64}));
    EXPECT_FALSE(query(*session_, "SELECT 9007199254740993", {TSR_TYPE_FLOAT64}));
    EXPECT_FALSE(query(*session_, "SELECT '12.5.1'", {TSR_TYPE_DECIMAL}));
    EXPECT_EQ(errorOf(query(*session_, "SELECT CAST(x'61ff' AS TEXT) AS s", {TSR_TYPE_TEXT})).sqlState(), "22021");
}

TEST_F(SqliteSession, BindsParametersWithTheirTypes) {
    start("CREATE TABLE t (i INTEGER)");
    const std::int64_t whole = 7;
    const double real = 0.5;
    const std::int32_t day = 19'782;
    const auto rows = query(*session_, "SELECT typeof(?), typeof(?), ?, typeof(?), typeof(?), ?, ? IS NULL",
                            std::vector<TsrType>(7, TSR_TYPE_TEXT),
                            {sdk::test::param(TSR_TYPE_INT64, whole), sdk::test::param(TSR_TYPE_FLOAT64, real),
                             sdk::test::param(TSR_TYPE_DATE, day), sdk::test::textParam(TSR_TYPE_DECIMAL, "1.25"),
                             sdk::test::textParam(TSR_TYPE_BYTES, ""), sdk::test::textParam(TSR_TYPE_TEXT, "it's"),
                             sdk::test::nullParam(TSR_TYPE_TEXT)});
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ((*rows)[0], (Row{"integer", "real", "2024-02-29", "real", "blob", "it's", "1"}));
    EXPECT_FALSE(query(*session_, "SELECT ?", {TSR_TYPE_TEXT}));
    EXPECT_EQ(errorOf(query(*session_, "SELECT ?", {TSR_TYPE_TEXT},
                            {sdk::test::textParam(TSR_TYPE_DECIMAL, "0.12345678901234567")}))
                  .sqlState(),
              "22003");
}

TEST_F(SqliteSession, ListsTablesWithTypesKeysAndWhatIsExact) {
    start(
        "CREATE TABLE loose (id INTEGER PRIMARY KEY, name VARCHAR(20) COLLATE NOCASE NOT NULL, anything);"
        "CREATE TABLE exact (a INT, b ANY, PRIMARY KEY (a)) STRICT, WITHOUT ROWID;"
        "CREATE VIEW names AS SELECT name FROM loose;"
        "CREATE VIEW broken AS SELECT gone FROM loose;"
        "INSERT INTO loose VALUES (10, 'a', 1), (11, 'b', 2)");
    const auto all = session_->listTables("main", std::nullopt);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->size(), 4U);

    const sdk::Table loose = table("loose");
    ASSERT_EQ(loose.columns.size(), 3U);
    EXPECT_EQ(loose.row_count, 2);
    EXPECT_EQ(loose.columns[0].pg_type, "bigint");
    EXPECT_EQ(loose.columns[0].key_position, 1);
    EXPECT_TRUE(loose.columns[0].not_null);
    EXPECT_THAT(loose.columns[0].options, testing::ElementsAre(std::pair("key", "true"), std::pair("strict", "true"),
                                                               std::pair("source_default", "true")));
    EXPECT_THAT(loose.columns[1].options, testing::ElementsAre(std::pair("collation", "NOCASE")));
    EXPECT_EQ(loose.columns[2].pg_type, "text");
    EXPECT_TRUE(loose.columns[2].options.empty());

    const sdk::Table exact = table("exact");
    EXPECT_EQ(exact.row_count, -1);
    EXPECT_THAT(exact.columns[0].options, testing::ElementsAre(std::pair("key", "true"), std::pair("strict", "true")));
    EXPECT_TRUE(exact.columns[1].options.empty());

    EXPECT_NE(table("broken").skipped.find("no such column: gone"), std::string::npos);
    EXPECT_EQ(errorOf(session_->listTables("public", std::nullopt)).sqlState(), "3F000");
}

TEST_F(SqliteSession, CountsRowsByAnalyzeOrRowIds) {
    start(
        "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3); CREATE TABLE e (a); CREATE INDEX ta ON t (a); ANALYZE;"
        "INSERT INTO t VALUES (4)");
    EXPECT_EQ(session_->statistics(sdk::test::OptionList{{"table_name", "t"}})->row_count, 3);
    EXPECT_EQ(session_->statistics(sdk::test::OptionList{{"table_name", "e"}})->row_count, 0);
    EXPECT_EQ(errorOf(session_->statistics(sdk::test::OptionList{{"table_name", "x"}})).sqlState(), "42P01");
}

TEST_F(SqliteSession, KnowsWhichColumnsAnIndexFindsRowsBy) {
    start(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d); CREATE INDEX ab ON t (a, b); CREATE INDEX pc ON t (c) "
        "WHERE "
        "c > 0; CREATE INDEX ed ON t (d + 1); CREATE VIEW v AS SELECT * FROM t");
    const auto columns = session_->columnStatistics(sdk::test::OptionList{{"table_name", "t"}});
    ASSERT_TRUE(columns) << columns.error().describe();
    std::map<std::string, int> indexes;
    for (const sdk::ColumnStatistics& column : *columns) {
        indexes[column.name] = column.index;
    }
    EXPECT_THAT(indexes, testing::ElementsAre(std::pair("a", 1), std::pair("b", -1), std::pair("c", -1),
                                              std::pair("d", -1), std::pair("id", 1)));
    EXPECT_TRUE(session_->columnStatistics(sdk::test::OptionList{{"table_name", "v"}})->empty());
}

TEST_F(SqliteSession, SplitsResultsIntoBatchesAndCountsRowsWithoutColumns) {
    start(
        "CREATE TABLE t (a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
        " INSERT INTO t SELECT i FROM n");
    const auto rows = query(*session_, "SELECT a FROM t ORDER BY a", {TSR_TYPE_INT32}, {}, 1000);
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 5000U);
    EXPECT_EQ(rows->back(), Row{"5000"});
    EXPECT_EQ(query(*session_, "SELECT 1 FROM t", {})->size(), 5000U);
}

TEST_F(SqliteSession, CancelStopsALongStatement) {
    start("CREATE TABLE t (a)");
    host_.on_poll = [this, polls = 0]() mutable {
        if (++polls == 10) {
            host_.signal = TSR_SIGNAL_CANCEL;
        }
    };
    const char* endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    EXPECT_EQ(errorOf(query(*session_, endless, {TSR_TYPE_INT64})).sqlState(), "57014");
    host_.signal = TSR_SIGNAL_NONE;
    host_.on_poll = nullptr;
    EXPECT_TRUE(query(*session_, "SELECT 1", {TSR_TYPE_INT64}));
}

TEST_F(SqliteSession, CancelEndsTheWaitForALock) {
    start("CREATE TABLE t (a)");
    const auto writer = openWriter();
    ASSERT_EQ(sqlite3_exec(writer.get(), "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
    host_.on_poll = [this, polls = 0]() mutable {
        if (++polls == 3) {
            host_.signal = TSR_SIGNAL_CANCEL;
        }
    };
    EXPECT_EQ(errorOf(query(*session_, "SELECT * FROM t", {TSR_TYPE_INT64})).sqlState(), "57014");
}

TEST_F(SqliteSession, AttentionLosesNoRow) {
    start("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
    const std::vector<TsrType> types{TSR_TYPE_INT64};
    const auto cursor = session_->execute({"SELECT a FROM t", {}, types, 65'536});
    ASSERT_TRUE(cursor);
    host_.signal = TSR_SIGNAL_ATTENTION;
    EXPECT_EQ(sdk::test::readAll(**cursor, types)->size(), 2U);
}

TEST_F(SqliteSession, AMissingFileIsNamedAndNotCreated) {
    const Error error =
        errorOf(Session::open(host_, sdk::test::OptionList{{"database", (folder_ / "no.db").string()}}));
    EXPECT_EQ(error.sqlState(), "58P01");
    EXPECT_NE(error.message.find((folder_ / "no.db").string()), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "no.db"));
    EXPECT_FALSE(Session::open(host_, sdk::test::OptionList{{"database", "relative.db"}}));
    EXPECT_FALSE(Session::open(host_, sdk::test::OptionList{{"database", folder_.string()}}));
}

TEST_F(SqliteSession, AFileThatIsNoDatabaseIsRefused) {
    std::ofstream(path_) << std::string(4096, 'x');
    const Error error = errorOf(Session::open(host_, sdk::test::OptionList{{"database", path_.string()}}));
    EXPECT_EQ(error.sqlState(), "XX001");
    EXPECT_NE(error.message.find("file is not a database"), std::string::npos);
}

TEST_F(SqliteSession, WritesAreRefusedWhenReadOnly) {
    start("CREATE TABLE t (a)");
    EXPECT_EQ(errorOf(query(*session_, "INSERT INTO t VALUES (1)", {})).sqlState(), "25006");
    EXPECT_FALSE(query(*session_, "ATTACH 'other.db' AS other", {}));
}

TEST_F(SqliteSession, StatementErrorsHaveStateAndPosition) {
    start("CREATE TABLE t (a)");
    EXPECT_EQ(errorOf(query(*session_, "SELECT 1 FROM missing", {TSR_TYPE_INT64})).sqlState(), "42P01");
    const Error column = errorOf(query(*session_, "SELECT 'ü', b FROM t", {TSR_TYPE_INT64}));
    EXPECT_EQ(column.sqlState(), "42703");
    EXPECT_EQ(column.position, 13);
    EXPECT_EQ(errorOf(query(*session_, "SELECT \"b\" FROM t", {TSR_TYPE_TEXT})).sqlState(), "42703");
    EXPECT_FALSE(query(*session_, "SELECT 1; SELECT 2", {TSR_TYPE_INT64}));
}

TEST_F(SqliteSession, LikeIsCaseSensitiveAsInPostgres) {
    start("CREATE TABLE t (a)");
    EXPECT_EQ(query(*session_, "SELECT 'ABC' LIKE 'abc', 'abc' LIKE 'a%'", {TSR_TYPE_BOOL, TSR_TYPE_BOOL})->at(0),
              (Row{"f", "t"}));
}

}  // namespace
}  // namespace tessera::sqlite
