/// Goal: a file that its source has written has what the rows would have had, and nobody gets more by it.
/// Method: the same query exported both ways, from files of every type; the rows go through PostgreSQL where a
/// condition can only be asked there. The run's log says which way was taken.

#include "common/process.h"
#include "common/strings.h"
#include "nodeservice/jobs/definition/read.h"
#include "nodeservice/jobs/steps/duckdb_library.h"
#include "nodeservice/jobs/steps/export_step.h"
#include "nodeservice/jobs/steps/sql_steps.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <optional>

namespace tessera::jobs {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kBySource = "the source has written the file itself";
constexpr const char* kByRows = "PostgreSQL reads the rows: ";

/// Hears what the node would write down of people's statements.
class Audit {
  public:
    Audit() : socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        fs::permissions(folder_.path(), fs::perms::all);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(socket_.get(), 100), 0);
        fs::permissions(path(), fs::perms::all);
    }

    std::string path() const { return (folder_.path() / "audit.sock").string(); }

    /// All records that have come since the last call.
    std::string heard() {
        while (true) {
            FileDescriptor client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
            if (!client) {
                break;
            }
            clients_.push_back(std::move(client));
        }
        std::string all;
        std::array<char, 65536> record{};
        for (const FileDescriptor& client : clients_) {
            for (ssize_t size = 0; (size = ::recv(client.get(), record.data(), record.size(), 0)) > 0;) {
                all.append(record.data(), static_cast<std::size_t>(size));
                all += '\n';
            }
        }
        return all;
    }

  private:
    TemporaryDirectory folder_;
    FileDescriptor socket_;
    std::vector<FileDescriptor> clients_;
};

class ExportsBySource : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        audit_.emplace();
        auto started = TemporaryPostgres::start(
            {.with_extension = true,
             .settings = {{"shared_preload_libraries", "tessera_fdw"}, {"tessera.audit_socket", audit_->path()}}});
        ASSERT_TRUE(started) << started.error().describe();
        server_.emplace(std::move(*started));
        const auto made = server_->execute(
            "CREATE SCHEMA tessera; CREATE EXTENSION tessera_fdw SCHEMA tessera; "
            "CREATE ROLE reader LOGIN PASSWORD 'r'; CREATE SCHEMA src; "
            "GRANT USAGE ON SCHEMA src TO reader");
        ASSERT_TRUE(made) << made.error().describe();
    }

    static void TearDownTestSuite() {
        server_.reset();
        audit_.reset();
    }

    ExportsBySource() : connection_(std::move(*server_->connect())) {
        fs::create_directory(folder_.path() / "source");
        for (const fs::path& folder : {folder_.path(), folder_.path() / "source"}) {
            fs::permissions(folder, fs::perms(0755));
        }
        must(
            "DROP SERVER IF EXISTS lake CASCADE; CREATE SERVER lake FOREIGN DATA WRAPPER tessera_fdw OPTIONS "
            "(connector 'files', directory " +
            quoteLiteral((folder_.path() / "source").string()) + ")");
    }

    void must(const std::string& sql) {
        const auto done = connection_.execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    std::string value(const std::string& sql) {
        const auto found = connection_.queryValue(sql);
        return found ? found->value_or("NULL") : found.error().sqlstate + " " + found.error().message;
    }

    /// By a DuckDB of the test.
    static void duck(const std::string& sql) {
        const DuckDbLibrary& duckdb = **duckDbLibrary({});
        duckdb_database database = nullptr;
        duckdb_connection connection = nullptr;
        ASSERT_EQ(duckdb.open(nullptr, &database), DuckDBSuccess);
        ASSERT_EQ(duckdb.connect(database, &connection), DuckDBSuccess);
        duckdb_result result{};
        EXPECT_EQ(duckdb.query(connection, sql.c_str(), &result), DuckDBSuccess) << sql << "\n"
                                                                                 << duckdb.result_error(&result);
        duckdb.destroy_result(&result);
        duckdb.disconnect(&connection);
        duckdb.close(&database);
    }

    void makeTable(const std::string& name, const std::string& select) {
        duck("SET TimeZone = 'UTC'; COPY (" + select + ") TO " +
             quoteLiteral((folder_.path() / "source" / (name + ".parquet")).string()) + " (FORMAT parquet)");
        must("DROP FOREIGN TABLE IF EXISTS src." + name + "; IMPORT FOREIGN SCHEMA \".\" LIMIT TO (" + name +
             ") FROM SERVER lake INTO src");
    }

    /// Rows as DuckDB's own text, and the columns' types.
    std::string read(const std::string& file) {
        const fs::path out = folder_.path() / "read.csv";
        const std::string from = quoteLiteral(path(file));
        duck("SET TimeZone = 'UTC'; COPY (SELECT * FROM " + from + ") TO " + quoteLiteral(out.string()) +
             " (FORMAT csv, HEADER, NULLSTR 'NULL')");
        const std::string rows = readFile(out);
        duck("COPY (SELECT column_name, column_type, \"null\" FROM (DESCRIBE SELECT * FROM " + from + ")) TO " +
             quoteLiteral(out.string()) + " (FORMAT csv)");
        return rows + readFile(out);
    }

    /// Its last line of the log but for where it went; or the error.
    std::string run(const std::string& query, const std::string& to, ExportFormat format = ExportFormat::kParquet,
                    postgres::Connection* as = nullptr) {
        StepTask task;
        task.definition = std::make_shared<const Definition>();
        const ExportStep step{query, path(to), format, {}};
        task.step.action = step;
        StepAttempt attempt(std::move(task));
        const auto done = runExport(as != nullptr ? *as : connection_, attempt, step, {{folder_.path()}, {}});
        rows_ = done ? done->rows : -1;
        const auto lines = attempt.takeTold();
        return !done ? "error: " + done.error().message : lines.empty() ? "nothing told" : lines.front().text;
    }

    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

    static postgres::Connection asReader() {
        auto settings = server_->settings();
        settings.user = "reader";
        settings.password = "r";
        auto opened = postgres::Connection::open(settings);
        EXPECT_TRUE(opened) << opened.error().describe();
        return std::move(*opened);
    }

    static inline std::optional<Audit> audit_;
    static inline std::optional<TemporaryPostgres> server_;
    postgres::Connection connection_;
    TemporaryDirectory folder_;
    std::int64_t rows_ = -1;
};

/// Of each type that files and PostgreSQL have in common: edges, random values, NULL.
constexpr const char* kValues = R"sql(
SELECT i AS id, (i % 2 = 0) AS yes, (random() * 255 - 128)::TINYINT AS i1, (random() * 65535 - 32768)::SMALLINT AS i2,
    (random() * 4294967295 - 2147483648)::INTEGER AS i4, (random() * 255)::UTINYINT AS u1,
    (random() * 65535)::USMALLINT AS u2, (random() * 4294967295)::UINTEGER AS u4,
    (random() * 1000)::FLOAT AS f4, (random() - 0.5) * pow(10, i % 600 - 300) AS f8,
    ((random() - 0.5) * 999)::DECIMAL(4,1) AS n4, ((random() - 0.5) * 9999999)::DECIMAL(9,2) AS n9,
    ((random() - 0.5) * 1e13)::DECIMAL(18,5) AS n18, (i * 1e20)::DECIMAL(38,10) AS n38, (i % 97) * 1.25 AS price,
    CASE i % 4 WHEN 0 THEN 'ä, "' || i || '"' WHEN 1 THEN '' WHEN 2 THEN NULL ELSE repeat('x' || chr(10), i % 50) END AS s,
    encode('b' || i) AS x, uuid() AS u, DATE '0044-03-15 (BC)' + i::INTEGER * 400 AS d,
    TIME '00:00:00' + to_microseconds(i * 28799999) AS t,
    TIMESTAMP '1700-01-01' + to_microseconds(i * 3600000001) AS ts,
    TIMESTAMPTZ '1990-01-01 00:00:00+02' + to_microseconds(i * 3600000001) AS tz
  FROM range(3000) r(i)
UNION ALL BY NAME SELECT 3000 AS id, false AS yes, '-128'::TINYINT AS i1, '-32768'::SMALLINT AS i2,
    '-2147483648'::INTEGER AS i4, 255::UTINYINT AS u1, 65535::USMALLINT AS u2, 4294967295::UINTEGER AS u4,
    'NaN'::FLOAT AS f4, '-inf'::DOUBLE AS f8, '-999.9'::DECIMAL(4,1) AS n4, 'NULL' AS s, ''::BLOB AS x,
    '00000000-0000-0000-0000-000000000000'::UUID AS u, DATE 'infinity' AS d, TIME '23:59:59.999999' AS t,
    TIMESTAMP '-infinity' AS ts, TIMESTAMPTZ 'infinity' AS tz
UNION ALL BY NAME SELECT 3001 AS id, '-0.0'::FLOAT AS f4, '-0.0'::DOUBLE AS f8, DATE '-infinity' AS d,
    TIMESTAMP '294246-12-31' AS ts, DATE '4714-11-24 (BC)'::TIMESTAMPTZ AS tz
UNION ALL BY NAME SELECT 3002 AS id, DATE '5874897-12-31' AS d, DATE '4714-11-24 (BC)'::TIMESTAMP AS ts
UNION ALL BY NAME SELECT 3003 AS id, DATE '4714-11-24 (BC)' AS d)sql";

constexpr std::array kFormats = {ExportFormat::kParquet, ExportFormat::kCsv, ExportFormat::kJson};

TEST_F(ExportsBySource, EveryTypeIsTheSameBothWays) {
    makeTable("every", kValues);
    for (const ExportFormat format : kFormats) {
        const std::string name(kExportFormatNames.at(static_cast<std::size_t>(format)));
        ASSERT_THAT(run("SELECT * FROM src.every ORDER BY id;", "a." + name, format), HasSubstr(kBySource));
        EXPECT_EQ(rows_, 3004);
        ASSERT_THAT(run("SELECT * FROM src.every WHERE random() >= 0 ORDER BY id", "b." + name, format),
                    HasSubstr(kByRows));
        EXPECT_EQ(rows_, 3004);
        if (format == ExportFormat::kParquet) {
            EXPECT_EQ(read("a." + name), read("b." + name));
        } else {
            EXPECT_EQ(readFile(path("a." + name)), readFile(path("b." + name))) << name;
        }
    }
}

/// What the source computes is the file's as well; columns may come twice, under other names, in another order.
TEST_F(ExportsBySource, QueriesOfOneStatementAreTheSameBothWays) {
    makeTable("every", kValues);
    must("DROP TABLE IF EXISTS few; CREATE TABLE few AS SELECT 40::bigint AS most");
    const std::pair<const char*, const char*> queries[] = {
        {"SELECT id AS \"a \"\"b\", i4, id AS again FROM src.every WHERE yes ORDER BY i4 DESC, id",
         "SELECT id AS \"a \"\"b\", i4, id AS again FROM src.every WHERE yes AND random() >= 0 ORDER BY i4 DESC, id"},
        {"SELECT i1, count(*), max(d) AS last FROM src.every GROUP BY i1 HAVING count(*) > 3 ORDER BY i1",
         "SELECT * FROM (SELECT i1, count(*), max(d) AS last FROM src.every GROUP BY i1 HAVING count(*) > 3) q WHERE "
         "random() >= 0 ORDER BY i1"},
        {"SELECT id, s FROM src.every ORDER BY id LIMIT 70 OFFSET 5",
         "SELECT * FROM (SELECT id, s FROM src.every ORDER BY id LIMIT 70 OFFSET 5) q WHERE random() >= 0 ORDER BY id"},
        {"SELECT id FROM src.every WHERE id < (SELECT most FROM few) ORDER BY id -- and a comment",
         "SELECT id FROM src.every WHERE id < 40 AND random() >= 0 ORDER BY id"},
        {"SELECT id FROM src.every WHERE id < 0", "SELECT id FROM src.every WHERE id < 0 AND random() >= 0"},
    };
    for (const auto& [by_source, by_rows] : queries) {
        for (const ExportFormat format : kFormats) {
            ASSERT_THAT(run(by_source, "a.parquet", format), HasSubstr(kBySource)) << by_source;
            const std::int64_t rows = rows_;
            ASSERT_THAT(run(by_rows, "b.parquet", format), HasSubstr(kByRows)) << by_rows;
            EXPECT_EQ(rows, rows_);
            if (format == ExportFormat::kParquet) {
                EXPECT_EQ(read("a.parquet"), read("b.parquet")) << by_source;
            } else {
                EXPECT_EQ(readFile(path("a.parquet")), readFile(path("b.parquet"))) << by_source;
            }
        }
    }
}

/// Where PostgreSQL's value would be another, or PostgreSQL has a part in it, rows are read; the log says why.
TEST_F(ExportsBySource, WhatCouldDifferIsReadByPostgres) {
    makeTable("rare",
              "SELECT 1 AS id, INTERVAL '1 month' AS span, [1, 2] AS list, "
              "'2024-02-29 12:34:56.789012'::TIMESTAMP_NS AS ns, 18446744073709551615::UBIGINT AS u8, "
              "1.5::DECIMAL(4,1) AS n, 'abc' AS s");
    must(
        "DROP FOREIGN TABLE IF EXISTS src.declared; CREATE FOREIGN TABLE src.declared (n numeric, s varchar(9), id "
        "integer) SERVER lake OPTIONS (path 'rare.parquet'); DROP TABLE IF EXISTS here; CREATE TABLE here AS SELECT 1 "
        "AS id");
    const std::pair<const char*, const char*> queries[] = {
        {"SELECT span FROM src.rare", "column \"span\" is of type interval"},
        {"SELECT list FROM src.rare", "column \"list\" is of type json"},
        {"SELECT ns FROM src.rare", "'ns' is of another type at the source"},
        {"SELECT u8 FROM src.rare", "'u8' is of another type at the source"},
        {"SELECT n FROM src.declared", "column \"n\" is a number of any precision"},
        {"SELECT s FROM src.declared", "column \"s\" has a length"},
        {"SELECT id, 1 AS one FROM src.rare", "column \"one\" is computed here"},
        {"SELECT r.id, h.ctid::text AS c FROM src.rare r JOIN here h USING (id)",
         "a part of the query is computed here"},
        {"SELECT id FROM src.rare WHERE random() >= 0", "rows are chosen here"},
        {"SELECT sum(n) AS n FROM src.rare", ""},
        {"SELECT id FROM here", "a part of the query is computed here"},
    };
    for (const auto& [query, why] : queries) {
        EXPECT_THAT(run(query, "x.csv", ExportFormat::kCsv), testing::StartsWith(std::string(kByRows))) << query;
        EXPECT_THAT(run(query, "x.csv", ExportFormat::kCsv), HasSubstr(why)) << query;
        EXPECT_EQ(rows_, 1) << query;
    }
    EXPECT_THAT(run("SELECT id AS a, id AS \"A\" FROM src.rare", "x.csv", ExportFormat::kCsv),
                HasSubstr("columns 'a' and 'A' differ only by case"));
    EXPECT_THAT(value("SELECT tessera.file_of('SELECT id FROM here', 'csv')"),
                HasSubstr("0A000 no source writes this file: a part of the query is computed here"));
    EXPECT_THAT(value("SELECT tessera.file_of('SELECT id FROM src.rare', 'xml')"), HasSubstr("0A000"));
    EXPECT_THAT(value("SELECT tessera.file_of('SELECT 1; SELECT 2', 'csv')"), HasSubstr("a file is made of one query"));
    EXPECT_THAT(value("SELECT tessera.file_of('DELETE FROM here', 'csv')"), HasSubstr("a file is made of a SELECT"));
}

TEST_F(ExportsBySource, AValueThatPostgresCannotHaveIsAnErrorAndLeavesNoFile) {
    makeTable("bad",
              "SELECT i AS id, CASE WHEN i = 250000 THEN 'a' || chr(0) ELSE 'a' END AS s, CASE WHEN i = 250000 "
              "THEN DATE '4714-11-23 (BC)' ELSE DATE '2000-01-01' END AS d, CASE WHEN i = 250000 THEN "
              "TIMESTAMP '4714-11-23 (BC) 23:00:00' ELSE TIMESTAMP '2000-01-01' END AS ts FROM range(250001) r(i)");
    for (const std::string column : {"s", "d", "ts"}) {
        EXPECT_THAT(run("SELECT id, " + column + " FROM src.bad", "x.parquet"),
                    HasSubstr("column '" + column + "' holds"));
        EXPECT_THAT(run("SELECT id, " + column + " FROM src.bad WHERE random() >= 0", "x.parquet"), HasSubstr("error"));
        EXPECT_FALSE(fs::exists(path("x.parquet")));
        // Rows that the query leaves out may hold it.
        EXPECT_THAT(run("SELECT id, " + column + " FROM src.bad WHERE id < 250000", "x.parquet"), HasSubstr(kBySource));
        EXPECT_EQ(rows_, 250000);
        fs::remove(path("x.parquet"));
    }
}

/// Nobody reads by it what they cannot read without it.
TEST_F(ExportsBySource, RightsPoliciesAndMasksHold) {
    makeTable("every", kValues);
    auto reader = asReader();
    const std::string query = "SELECT id, s FROM src.every ORDER BY id";
    EXPECT_THAT(run(query, "x.csv", ExportFormat::kCsv, &reader), HasSubstr("permission denied"));
    const auto direct = reader.queryValue("SELECT tessera.file_of('SELECT id FROM src.every', 'csv')");
    ASSERT_FALSE(direct);
    EXPECT_EQ(direct.error().sqlstate, "42501");
    must("GRANT SELECT (id, s) ON src.every TO reader");
    EXPECT_THAT(run(query, "x.csv", ExportFormat::kCsv, &reader), HasSubstr(kBySource));
    EXPECT_THAT(run("SELECT id, d FROM src.every", "x.csv", ExportFormat::kCsv, &reader),
                HasSubstr("permission denied"));
    must("SELECT tessera.create_policy('src.every', 'few', 'id < 3')");
    EXPECT_THAT(run(query, "x.csv", ExportFormat::kCsv, &reader), HasSubstr(kBySource));
    EXPECT_EQ(readFile(path("x.csv")), "id,s\n0,\"ä, \"\"0\"\"\"\n1,\"\"\n2,\n");
    must(
        "SELECT tessera.create_policy('src.every', 'here', 'length(current_user) + random() < 100', permissive => "
        "false)");
    EXPECT_THAT(run(query, "x.csv", ExportFormat::kCsv, &reader), HasSubstr(kByRows));
    EXPECT_EQ(rows_, 3);
    must(
        "SELECT tessera.drop_policy('src.every', 'here'); SELECT tessera.create_mask('src.every', 's', "
        "$$reverse(s)$$)");
    EXPECT_THAT(run(query, "x.csv", ExportFormat::kCsv, &reader), HasSubstr(kByRows));
    EXPECT_EQ(readFile(path("x.csv")), "id,s\n0,\"\"\"0\"\" ,ä\"\n1,\"\"\n2,\n");
    must("DELETE FROM tessera.policy; DELETE FROM tessera.mask");
}

/// The query is told as if it had been sent itself: with its text, its sources and the file's rows, or its error.
TEST_F(ExportsBySource, TheQueryIsAuditedUnderItsOwnText) {
    makeTable("every", kValues);
    must("GRANT SELECT (id, s) ON src.every TO reader");
    auto reader = asReader();
    static_cast<void>(audit_->heard());
    EXPECT_THAT(run("SELECT s FROM src.every WHERE id < 17", "x.csv", ExportFormat::kCsv, &reader),
                HasSubstr(kBySource));
    // The head, whose fifth number is that of the rows; then role, command, sources and text.
    EXPECT_THAT(audit_->heard(),
                testing::ContainsRegex("tessera-audit 2 [0-9]+ [0-9]+ [0-9]+ 17 0 00000 [^\n]+\nreaderSELECTlake\n"
                                       "SELECT s FROM src.every WHERE id < 17"));
    EXPECT_THAT(run("SELECT d FROM src.every", "x.csv", ExportFormat::kCsv, &reader), HasSubstr("permission denied"));
    static_cast<void>(audit_->heard());
    EXPECT_FALSE(reader.queryValue("SELECT tessera.file_of('SELECT d FROM src.every', 'csv')"));
    EXPECT_THAT(audit_->heard(), testing::ContainsRegex("42501 [^\n]+\nreader(lake\n)?SELECT d FROM src.every"));
    // Who takes the first piece only has read of it, and whoever takes two in turn has read both.
    EXPECT_TRUE(reader.execute("SELECT tessera.file_of('SELECT s FROM src.every WHERE id < 16', 'csv') LIMIT 1"));
    EXPECT_THAT(audit_->heard(), HasSubstr("SELECT s FROM src.every WHERE id < 16"));
    EXPECT_TRUE(reader.execute(
        "BEGIN; DECLARE a CURSOR FOR SELECT tessera.file_of('SELECT s FROM src.every WHERE id < 15', 'csv'); DECLARE b "
        "CURSOR FOR SELECT tessera.file_of('SELECT s FROM src.every WHERE id < 14', 'csv'); FETCH a; FETCH b; FETCH "
        "ALL a; FETCH ALL b; COMMIT"));
    EXPECT_THAT(audit_->heard(),
                testing::AllOf(testing::ContainsRegex("reader[A-Z]+(lake\n)?SELECT s FROM src.every WHERE id < 15"),
                               testing::ContainsRegex("reader[A-Z]+(lake\n)?SELECT s FROM src.every WHERE id < 14")));
    // An error that is caught is forgotten.
    EXPECT_TRUE(
        reader.execute("DO $$BEGIN PERFORM tessera.file_of('SELECT d FROM src.every', 'csv'); EXCEPTION WHEN "
                       "insufficient_privilege THEN NULL; END$$"));
    static_cast<void>(audit_->heard());
    EXPECT_FALSE(reader.execute("SELECT 1 / 0 AS later"));
    EXPECT_THAT(audit_->heard(), HasSubstr("SELECT 1 / 0 AS later"));
}

/// What a step asks of sources is told to its session, whose notices are lines of the run's log; each once, and nothing
/// afterwards.
TEST_F(ExportsBySource, TheRemoteSqlOfEachKindOfStepIsTold) {
    makeTable("every", kValues);
    ASSERT_TRUE(prepareEffects(connection_));
    must("DROP TABLE IF EXISTS here; CREATE TABLE here(id bigint)");
    must("DROP MATERIALIZED VIEW IF EXISTS kept; CREATE MATERIALIZED VIEW kept AS SELECT id FROM src.every");
    std::string told;
    PQsetNoticeReceiver(
        connection_.handle(),
        [](void* all, const PGresult* result) {
            *static_cast<std::string*>(all) += std::string(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)) + "\n";
        },
        &told);
    const auto toldBy = [&](decltype(Step::action) action) {
        told.clear();
        Step step;
        step.action = std::move(action);
        static int keys = 0;
        const auto done = runSqlStep(connection_, step, {}, "told-" + std::to_string(++keys));
        EXPECT_TRUE(done) << done.error().describe();
        return std::exchange(told, {});
    };
    const auto one = testing::MatchesRegex("remote SQL of lake: SELECT [^\n]*every[^\n]*\n");
    EXPECT_THAT(run("SELECT id FROM src.every", "x.parquet"), HasSubstr(kBySource));
    EXPECT_THAT(std::exchange(told, {}), one);
    EXPECT_THAT(toldBy(CopyStep{"SELECT id FROM src.every WHERE id < 5", "here"}), one);
    EXPECT_THAT(toldBy(SqlStep{"DELETE FROM here; INSERT INTO here SELECT id FROM src.every"}), one);
    EXPECT_THAT(toldBy(RefreshStep{"kept"}), one);
    EXPECT_EQ(toldBy(SqlStep{"SELECT 1"}), "");
    EXPECT_EQ(value("SELECT count(*) FROM src.every"), "3004");
    EXPECT_EQ(told, "") << "a session that is used again tells nothing";
    PQsetNoticeReceiver(
        connection_.handle(), [](void*, const PGresult*) {}, nullptr);
    must("DROP MATERIALIZED VIEW kept");
}

/// Stopped in its midst, by a cancel or because nobody reads on, it ends, and the session goes on.
TEST_F(ExportsBySource, ItIsCancelledAndLeavesTheSessionUsable) {
    makeTable("long", "SELECT i AS id, md5(i::VARCHAR) AS s FROM range(1000000) r(i)");
    // Nobody reads: the backend waits for its client, and DuckDB for the backend.
    auto other = server_->connect();
    ASSERT_TRUE(other);
    const std::string pid = std::to_string(PQbackendPID(other->handle()));
    ASSERT_EQ(PQsendQuery(other->handle(), "SELECT tessera.file_of('SELECT * FROM src.long', 'csv')"), 1);
    EXPECT_TRUE(waitUntil(
        [&] { return value("SELECT wait_event FROM pg_stat_activity WHERE pid = " + pid) == "ClientWrite"; }));
    EXPECT_EQ(value("SELECT pg_cancel_backend(" + pid + ")"), "t");
    std::string sqlstate;
    while (const postgres::ResultHandle result{PQgetResult(other->handle())}) {
        const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
        sqlstate = state != nullptr ? state : "";
    }
    EXPECT_EQ(sqlstate, "57014");
    EXPECT_EQ(*other->queryValue("SELECT count(*) FROM src.long"), "1000000");
    // Whoever wants the first piece alone.
    EXPECT_EQ(value("SELECT substr(encode(tessera.file_of('SELECT * FROM src.long', 'csv'), 'escape'), 1, 4) LIMIT 1"),
              "id,s");
    EXPECT_EQ(value("SELECT rows FROM tessera.last_file()"), "NULL") << "it was not complete";
    EXPECT_THAT(run("SELECT * FROM src.long", "x.parquet"), HasSubstr(kBySource));
    EXPECT_EQ(rows_, 1000000);
    EXPECT_EQ(value("SELECT rows FROM tessera.last_file()"), "1000000");
}

}  // namespace
}  // namespace tessera::jobs
