#include "plugins/files/session.h"

#include "common/strings.h"
#include "plugins/files/relation.h"
#include "plugins/sdk/test_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace tessera::files {
namespace {

using sdk::test::OptionList;
using sdk::test::query;
using sdk::test::Row;

/// A temporary directory of files, a session that reads it, and a DuckDB without restrictions that writes into it.
class FilesSession : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "tessera-lake-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        directory_ = name;
        ASSERT_EQ(duckdb_open(nullptr, writer_.out()), DuckDBSuccess);
        ASSERT_EQ(duckdb_connect(writer_.get(), connection_.out()), DuckDBSuccess);
        auto opened = open();
        ASSERT_TRUE(opened) << opened.error().describe();
        session_ = std::move(*opened);
    }

    void TearDown() override {
        session_.reset();
        std::filesystem::remove_all(directory_);
    }

    Result<std::unique_ptr<sdk::Session>> open(const std::string& threads = "2") {
        return Session::open(host_, OptionList{{"directory", directory_.string()}, {"threads", threads}});
    }

    void write(const std::string& name, const std::string& content) {
        std::filesystem::create_directories((directory_ / name).parent_path());
        std::ofstream(directory_ / name, std::ios::binary) << content;
    }

    void writeParquet(const std::string& name, const std::string& select) {
        std::filesystem::create_directories((directory_ / name).parent_path());
        QueryResult result;
        const std::string sql =
            "COPY (" + select + ") TO " + quoteLiteral((directory_ / name).string()) + " (FORMAT parquet)";
        ASSERT_EQ(duckdb_query(connection_.get(), sql.c_str(), result.get()), DuckDBSuccess)
            << duckdb_result_error(result.get());
    }

    std::string relation(const OptionList& table) {
        const auto text = relationText(OptionList{{"directory", directory_.string()}}, table);
        EXPECT_TRUE(text) << text.error().describe();
        return *text;
    }

    std::map<std::string, sdk::Table> list(const std::string& schema = ".") {
        auto tables = session_->listTables(schema, std::nullopt);
        EXPECT_TRUE(tables) << tables.error().describe();
        std::map<std::string, sdk::Table> named;
        for (const sdk::Table& table : *tables) {
            named[table.name] = table;
        }
        return named;
    }

    sdk::test::ManualHost host_;
    std::filesystem::path directory_;
    DatabaseHandle writer_;
    Connection connection_;
    std::unique_ptr<sdk::Session> session_;
};

Error errorOf(auto&& result) {
    EXPECT_FALSE(result);
    return result ? Error{} : result.error();
}

constexpr const char* kEndless =
    "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range = 7";

TEST_F(FilesSession, ReadsEveryTypeExactly) {
    writeParquet(
        "t.parquet",
        "SELECT true AS b, (-128)::TINYINT AS i1, 65535::USMALLINT AS u2, 18446744073709551615::UBIGINT AS u8,"
        " 0.1::FLOAT AS f, 0.1::DOUBLE AS d, 12.50::DECIMAL(38,2) AS n, 'Zürich' AS s, '\\x00\\xFF'::BLOB AS x,"
        " DATE '2024-02-29' AS day, TIME '12:34:56.789' AS t, TIMESTAMP '2024-02-29 12:34:56.789012' AS ts,"
        " TIMESTAMP_NS '2024-02-29 12:34:56.789012' AS ns, TIMESTAMPTZ '2024-02-29 12:34:56+02' AS tz,"
        " UUID 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' AS u, 170141183460469231731687303715884105727::HUGEINT::VARCHAR "
        "AS h"
        " UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
        "NULL");
    const auto rows =
        query(*session_, "SELECT * FROM " + relation({{"path", "t.parquet"}}),
              {TSR_TYPE_BOOL, TSR_TYPE_INT16, TSR_TYPE_INT32, TSR_TYPE_DECIMAL, TSR_TYPE_FLOAT32, TSR_TYPE_FLOAT64,
               TSR_TYPE_DECIMAL, TSR_TYPE_TEXT, TSR_TYPE_BYTES, TSR_TYPE_DATE, TSR_TYPE_TIME, TSR_TYPE_TIMESTAMP,
               TSR_TYPE_TIMESTAMP, TSR_TYPE_TIMESTAMPTZ, TSR_TYPE_UUID, TSR_TYPE_DECIMAL});
    ASSERT_TRUE(rows) << rows.error().describe();
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ((*rows)[0], (Row{"t", "-128", "65535", "18446744073709551615", "0.10000000149011612", "0.1", "12.50",
                               "Zürich", "\\x00ff", "2024-02-29", "12:34:56.789", "2024-02-29 12:34:56.789012",
                               "2024-02-29 12:34:56.789012", "2024-02-29 10:34:56+00",
                               "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "170141183460469231731687303715884105727"}));
    EXPECT_EQ((*rows)[1], Row(16, "NULL"));
}

TEST_F(FilesSession, RareTypesAreReadAsTheirText) {
    const auto rows =
        query(*session_,
              "SELECT INTERVAL '14 months 3 days 5 seconds', 'b'::ENUM('a', 'b'), '0101'::BIT, TIMETZ '12:00:00+02',"
              " 'infinity'::TIMESTAMP, '-infinity'::DATE, 12::HUGEINT, 5::BIGINT, 7::INTEGER",
              {TSR_TYPE_LITERAL, TSR_TYPE_TEXT, TSR_TYPE_LITERAL, TSR_TYPE_LITERAL, TSR_TYPE_TIMESTAMP, TSR_TYPE_DATE,
               TSR_TYPE_INT64, TSR_TYPE_DECIMAL, TSR_TYPE_FLOAT64});
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ((*rows)[0], (Row{"14 mons 3 days 5000000 microseconds", "b", "0101", "12:00:00+02:00:00", "infinity",
                               "-infinity", "12", "5", "7"}));
}

TEST_F(FilesSession, NestedColumnsAreJson) {
    write("n.json", R"({"a": [1, null, {"b": "x\"y"}], "s": {"k": 1.5}, "m": "plain"})");
    const auto rows = query(*session_, "SELECT * FROM " + relation({{"path", "n.json"}}),
                            {TSR_TYPE_LITERAL, TSR_TYPE_LITERAL, TSR_TYPE_TEXT});
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ((*rows)[0], (Row{R"([1,null,{"b":"x\"y"}])", R"({"k":1.5})", "plain"}));
    EXPECT_EQ(list()["n"].columns.at(1).pg_type, "json");
    EXPECT_THAT(list()["n"].columns.at(1).options, testing::ElementsAre(std::pair("nested", "true")));
}

TEST_F(FilesSession, RecordsInsideAListAreUnnested) {
    write("quakes.json",
          R"({"features": [{"id": "a", "properties": {"mag": 5}}, {"id": "b", "properties": {"mag": 6}}]})");
    const auto rows = query(
        *session_,
        "SELECT id, properties FROM " + relation({{"path", "quakes.json"}, {"unnest", "features"}}) + " ORDER BY id",
        {TSR_TYPE_TEXT, TSR_TYPE_LITERAL});
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ(*rows, (std::vector<Row>{{"a", R"({"mag":5})"}, {"b", R"({"mag":6})"}}));
}

TEST_F(FilesSession, WhatDoesNotFitIsAnErrorThatNamesTheColumn) {
    EXPECT_EQ(errorOf(query(*session_, "SELECT 40000 AS big", {TSR_TYPE_INT16})).message,
              "column 'big': value '40000' does not fit type smallint");
    EXPECT_FALSE(query(*session_, "SELECT 1.5::DOUBLE", {TSR_TYPE_INT64}));
    EXPECT_FALSE(query(*session_, "SELECT 'abc'", {TSR_TYPE_DECIMAL}));
    EXPECT_FALSE(query(*session_, "SELECT '\\xFF'::BLOB", {TSR_TYPE_TEXT}));
    EXPECT_FALSE(query(*session_, "SELECT chr(0) || 'x'", {TSR_TYPE_TEXT}));
    const Error nanos =
        errorOf(query(*session_, "SELECT TIMESTAMP_NS '2024-01-01 00:00:00.000000001'", {TSR_TYPE_TIMESTAMP}));
    EXPECT_EQ(nanos.sqlState(), "22008");
    EXPECT_NE(nanos.message.find("2024-01-01 00:00:00.000000001"), std::string::npos);
}

TEST_F(FilesSession, BindsParametersWithTheirTypes) {
    const std::int64_t whole = 7;
    const std::int32_t day = 19'782;
    const bool yes = true;
    const auto uuid = *sdk::parseUuid("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    const auto rows = query(
        *session_, "SELECT typeof($1), typeof($2), $2, typeof($3), $3, typeof($4), typeof($5), $6 || '', $7 IS NULL",
        {TSR_TYPE_TEXT, TSR_TYPE_TEXT, TSR_TYPE_DATE, TSR_TYPE_TEXT, TSR_TYPE_DECIMAL, TSR_TYPE_TEXT, TSR_TYPE_TEXT,
         TSR_TYPE_TEXT, TSR_TYPE_BOOL},
        {sdk::test::param(TSR_TYPE_INT64, whole), sdk::test::param(TSR_TYPE_DATE, day),
         sdk::test::textParam(TSR_TYPE_DECIMAL, "-0012.050"), sdk::test::param(TSR_TYPE_BOOL, yes),
         sdk::test::textParam(TSR_TYPE_UUID, uuid), sdk::test::textParam(TSR_TYPE_TEXT, "it's"),
         sdk::test::nullParam(TSR_TYPE_TEXT)});
    ASSERT_TRUE(rows) << rows.error().describe();
    EXPECT_EQ((*rows)[0],
              (Row{"BIGINT", "DATE", "2024-02-29", "DECIMAL(5,3)", "-12.050", "BOOLEAN", "UUID", "it's", "t"}));
    EXPECT_FALSE(query(*session_, "SELECT $1", {TSR_TYPE_TEXT}));
    EXPECT_FALSE(query(*session_, "SELECT $1", {TSR_TYPE_TEXT}, {sdk::test::textParam(TSR_TYPE_DECIMAL, "NaN")}));
}

TEST_F(FilesSession, AFolderIsASchema) {
    write("Air Ports.csv", "iata,lat\nZRH,47.5\nGVA,46.2\n");
    write("weather.csv", "a;b\n1;2\n");
    write("weather.json", "[{\"k\": 1}, {\"k\": 2}, {\"k\": 3}]");
    write("notes.txt", "not data");
    write(".hidden.csv", "a\n1\n");
    writeParquet("years/year=2023/a.parquet", "SELECT range AS n FROM range(10)");
    writeParquet("years/year=2024/b.parquet", "SELECT range AS n FROM range(20)");
    write("mixed/a.csv", "a\n1\n");
    write("mixed/b.json", "{}");
    auto tables = list();
    std::vector<std::string> names;
    for (const auto& [name, table] : tables) {
        names.push_back(name);
    }
    EXPECT_THAT(names, testing::ElementsAre("air_ports", "weather_csv", "weather_json", "years"));
    EXPECT_THAT(tables["air_ports"].options, testing::ElementsAre(std::pair("path", "Air Ports.csv")));
    EXPECT_EQ(tables["air_ports"].columns.at(1).pg_type, "double precision");
    EXPECT_EQ(tables["air_ports"].row_count, 2);
    EXPECT_EQ(tables["weather_json"].row_count, 3);
    EXPECT_EQ(tables["years"].row_count, 30);
    EXPECT_EQ(tables["years"].columns.size(), 2U);
    EXPECT_EQ(tables["years"].columns.at(1).name, "year");
    EXPECT_THAT(list("mixed"), testing::SizeIs(2));
    EXPECT_EQ(session_->listTables(".", "years")->size(), 1U);
    EXPECT_EQ(errorOf(session_->listTables("nowhere", std::nullopt)).sqlState(), "3F000");
    EXPECT_EQ(errorOf(session_->listTables("../x", std::nullopt)).sqlState(), "42501");
}

TEST_F(FilesSession, DamagedFilesAreSkippedWhenListedAndErrorsWhenRead) {
    write("bad.parquet", "PAR1 this is no Parquet file at all, whatever it begins and ends with PAR1");
    write("short.parquet", "PA");
    write("empty.parquet", "");
    write("bad.json", "{\"a\": [1, 2");
    write("good.csv", "a\n1\n");
    writeParquet("cut.parquet", "SELECT range AS n, 'text ' || range AS s FROM range(100000)");
    std::filesystem::resize_file(directory_ / "cut.parquet",
                                 std::filesystem::file_size(directory_ / "cut.parquet") / 2);
    auto tables = list();
    for (const char* name : {"bad", "bad_parquet", "short", "empty", "cut"}) {
        if (tables.contains(name)) {
            EXPECT_NE(tables[name].skipped.find("cannot be read"), std::string::npos) << name;
            EXPECT_TRUE(tables[name].columns.empty()) << name;
        }
    }
    EXPECT_TRUE(tables.contains("cut"));
    EXPECT_TRUE(tables["good"].skipped.empty());
    const Error error = errorOf(
        query(*session_, "SELECT * FROM " + relation({{"path", "cut.parquet"}}), {TSR_TYPE_INT64, TSR_TYPE_TEXT}));
    EXPECT_EQ(error.sqlState(), "XX001");
    EXPECT_NE(error.message.find("cut.parquet"), std::string::npos) << error.message;
    EXPECT_TRUE(query(*session_, "SELECT * FROM " + relation({{"path", "good.csv"}}), {TSR_TYPE_INT64}));
}

TEST_F(FilesSession, PagesDamagedInTheMiddleAreAnErrorNotACrash) {
    writeParquet("t.parquet", "SELECT range AS n, md5(range::VARCHAR) AS s FROM range(200000)");
    std::fstream file(directory_ / "t.parquet", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(directory_ / "t.parquet") / 3));
    file << std::string(4096, '\x5a');
    file.close();
    const auto rows =
        query(*session_, "SELECT * FROM " + relation({{"path", "t.parquet"}}), {TSR_TYPE_INT64, TSR_TYPE_TEXT});
    EXPECT_FALSE(rows);
    EXPECT_TRUE(query(*session_, "SELECT 1", {TSR_TYPE_INT64}));
}

TEST_F(FilesSession, ALineThatIsTooLongSaysWhichOptionIsToBeRaised) {
    const std::string line(1'500'000, 'x');
    write("long.csv", "a,b\n1,y\n2," + line + "\n");
    const auto refused = query(*session_, "SELECT b FROM " + relation({{"path", "long.csv"}}), {TSR_TYPE_TEXT});
    EXPECT_NE(errorOf(refused).hint.find("max_line_size"), std::string::npos) << errorOf(refused).describe();
    const auto read = query(
        *session_, "SELECT b FROM " + relation({{"path", "long.csv"}, {"max_line_size", "2000000"}}), {TSR_TYPE_TEXT});
    ASSERT_TRUE(read) << read.error().describe();
    EXPECT_EQ(read->at(1).at(0), line);
}

TEST_F(FilesSession, AMissingFileIsNamed) {
    const Error error =
        errorOf(query(*session_, "SELECT * FROM " + relation({{"path", "no.parquet"}}), {TSR_TYPE_INT64}));
    EXPECT_EQ(error.sqlState(), "58P01");
    EXPECT_NE(error.message.find("no.parquet"), std::string::npos);
}

TEST_F(FilesSession, NothingOutsideTheDirectoryCanBeReached) {
    for (const char* text : {"SELECT * FROM read_csv('/etc/passwd')", "SELECT content FROM read_text('/etc/hostname')",
                             "SELECT file FROM glob('/etc/*')", "SELECT * FROM '/etc/passwd'"}) {
        EXPECT_FALSE(query(*session_, text, {})) << text;
    }
    EXPECT_EQ(
        errorOf(query(*session_, "SELECT * FROM read_csv('" + directory_.string() + "/../x.csv')", {})).sqlState(),
        "42501");
    for (const std::string& text :
         {"COPY (SELECT 1) TO '" + directory_.string() + "/x.csv'", std::string("SET threads = 1"),
          std::string("INSTALL httpfs"), std::string("ATTACH '/tmp/x.db'"), std::string("CREATE TABLE t (a INTEGER)"),
          std::string("SELECT 1; SELECT 2")}) {
        EXPECT_FALSE(query(*session_, text, {})) << text;
    }
    EXPECT_FALSE(std::filesystem::exists(directory_ / "x.csv"));
}

TEST_F(FilesSession, StreamsInBatchesAndCountsRowsWithoutColumns) {
    std::size_t batches = 0;
    const std::vector<TsrType> types{TSR_TYPE_INT64, TSR_TYPE_TEXT};
    const auto cursor =
        session_->execute({"SELECT range, 'x' || range FROM range(300000) ORDER BY range", {}, types, 100'000});
    ASSERT_TRUE(cursor) << cursor.error().describe();
    std::int64_t expected = 0;
    ArrowArray batch{};
    while (*(*cursor)->next(&batch) == sdk::Fetch::kBatch) {
        ++batches;
        for (std::int64_t row = 0; row < batch.length; ++row, ++expected) {
            ASSERT_EQ(sdk::test::fixedAt<std::int64_t>(*batch.children[0], row), expected);
        }
        batch.release(&batch);
    }
    EXPECT_EQ(expected, 300'000);
    EXPECT_GT(batches, 10U);
    EXPECT_EQ(query(*session_, "SELECT 1 FROM range(5000)", {})->size(), 5000U);
}

TEST_F(FilesSession, AClosedCursorLeavesTheSessionUsable) {
    {
        const auto cursor = session_->execute({"SELECT range FROM range(100000000000)", {}, {TSR_TYPE_INT64}, 1000});
        ASSERT_TRUE(cursor);
        ArrowArray batch{};
        ASSERT_EQ(*(*cursor)->next(&batch), sdk::Fetch::kBatch);
        batch.release(&batch);
    }
    EXPECT_EQ(query(*session_, "SELECT 42", {TSR_TYPE_INT64})->at(0), Row{"42"});
}

/// What passes rows on runs in a DuckDB of its own, which is opened anew after a thousand statements.
class FilesPassingRows : public FilesSession {
  protected:
    Result<std::unique_ptr<sdk::Cursor>> start(const std::string& text, std::vector<TsrType> types) {
        sdk::Query query{text, {}, std::move(types), 1000};
        query.passes_rows = true;
        return session_->execute(query);
    }
};

TEST_F(FilesPassingRows, ThousandsOfStatementsEachAfterTheOther) {
    writeParquet("t.parquet", "SELECT range AS a FROM range(3000)");
    const std::string text =
        "SELECT a FROM read_parquet(" + quoteLiteral((directory_ / "t.parquet").string()) + ") WHERE a = ";
    std::unique_ptr<sdk::Cursor> before;  // closed when the next has been opened, as a caller may
    for (int i = 0; i < 2500; ++i) {
        auto cursor = start(text + std::to_string(i), {TSR_TYPE_INT64});
        ASSERT_TRUE(cursor) << cursor.error().describe();
        before = std::move(*cursor);
        ArrowArray batch{};
        ASSERT_EQ(*before->next(&batch), sdk::Fetch::kBatch);
        EXPECT_EQ(sdk::test::fixedAt<std::int64_t>(*batch.children[0], 0), i);
        batch.release(&batch);
    }
}

TEST_F(FilesPassingRows, NothingOutsideTheDirectoryCanBeReached) {
    EXPECT_FALSE(start("SELECT content FROM read_text('/etc/hostname')", {TSR_TYPE_TEXT}));
    EXPECT_FALSE(start("SET threads = 4", {}));
    const auto locked = start("SELECT current_setting('lock_configuration')::VARCHAR", {TSR_TYPE_TEXT});
    ASSERT_TRUE(locked);
    ArrowArray batch{};
    ASSERT_EQ(*(*locked)->next(&batch), sdk::Fetch::kBatch);
    EXPECT_EQ(sdk::test::bytesAt(*batch.children[0], 0), "true");
    batch.release(&batch);
}

TEST_F(FilesSession, CancelStopsALongStatement) {
    std::atomic<int> polls = 0;
    host_.on_poll = [&] {
        if (++polls == 20) {
            host_.signal = TSR_SIGNAL_CANCEL;
        }
    };
    EXPECT_EQ(errorOf(query(*session_, kEndless, {TSR_TYPE_INT64})).sqlState(), "57014");
    host_.signal = TSR_SIGNAL_NONE;
    EXPECT_EQ(query(*session_, "SELECT 42", {TSR_TYPE_INT64})->at(0), Row{"42"});
}

TEST_F(FilesSession, AttentionLosesNoRow) {
    const std::vector<TsrType> types{TSR_TYPE_INT64};
    const auto cursor = session_->execute({"SELECT range FROM range(10)", {}, types, 65'536});
    ASSERT_TRUE(cursor);
    host_.signal = TSR_SIGNAL_ATTENTION;
    EXPECT_EQ(sdk::test::readAll(**cursor, types)->size(), 10U);
}

TEST_F(FilesSession, StatisticsComeFromTheFiles) {
    writeParquet("t.parquet", "SELECT range AS n FROM range(12345)");
    const auto parquet = session_->statistics(OptionList{{"path", "t.parquet"}});
    ASSERT_TRUE(parquet);
    EXPECT_EQ(parquet->row_count, 12'345);
    EXPECT_EQ(parquet->byte_count, static_cast<double>(std::filesystem::file_size(directory_ / "t.parquet")));
    std::string lines = "n\n";
    for (int i = 100'000; i < 200'000; ++i) {
        lines += std::to_string(i) + "\n";
    }
    write("t.csv", lines);
    EXPECT_NEAR(session_->statistics(OptionList{{"path", "t.csv"}})->row_count, 100'000, 1000);
    EXPECT_EQ(session_->statistics(OptionList{{"path", "none*.csv"}})->row_count, 0);
}

/// The SigBlk lines of every thread of this process but the ones given.
std::vector<std::string> blockedMasks() {
    std::vector<std::string> masks;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        if (task.path().filename() == std::to_string(getpid())) {
            continue;
        }
        std::ifstream status(task.path() / "status");
        std::string line;
        while (std::getline(status, line)) {
            if (line.starts_with("SigBlk:")) {
                masks.push_back(line.substr(line.find_first_not_of("SigBlk:\t ")));
            }
        }
    }
    return masks;
}

TEST(FilesThreads, BlockEverySignal) {
    // The writer of the fixture would have threads of its own: this test goes without.
    std::string name = (std::filesystem::temp_directory_path() / "tessera-lake-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    sdk::test::ManualHost host;
    {
        const auto session = Session::open(host, OptionList{{"directory", name}, {"threads", "4"}});
        ASSERT_TRUE(session) << session.error().describe();
        ASSERT_TRUE(query(**session, "SELECT sum(range) FROM range(10000000)", {TSR_TYPE_DECIMAL}));
        const auto masks = blockedMasks();
        EXPECT_GE(masks.size(), 4U);
        for (const std::string& mask : masks) {
            // All but SIGKILL, SIGSTOP and the two that the C library keeps for itself.
            EXPECT_EQ(mask, "fffffffe7ffbfeff");
        }
    }
    std::filesystem::remove_all(name);
}

TEST_F(FilesSession, SessionsWithTheSameLimitsShareOneInstance) {
    const InstanceOptions options{directory_.string(), "1GB", "8GB", 2};
    const auto one = Instance::share(options);
    const auto two = Instance::share(options);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->instance, two->instance);
    EXPECT_EQ(one->instance.use_count(), 3);  // the fixture's session has it too
    const auto other = Instance::share({directory_.string(), "512MB", "8GB", 2});
    ASSERT_TRUE(other);
    EXPECT_NE(one->instance, other->instance);
    EXPECT_FALSE(Instance::share({directory_.string(), "much", "8GB", 2}));
    EXPECT_FALSE(Session::open(host_, OptionList{{"directory", (directory_ / "gone").string()}}));
}

}  // namespace
}  // namespace tessera::files
