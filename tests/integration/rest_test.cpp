/// The REST API from outside: with curl, and with what no client would send.

#include "tests/support/cached.h"
#include "tests/support/curl.h"
#include "tests/support/node_test.h"
#include "tests/support/open_api.h"
#include "tests/support/raw_client.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>
#include <regex>
#include <thread>

namespace tessera {
namespace {

namespace fs = std::filesystem;

using nlohmann::json;
using Answer = HttpAnswer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class RestTest : public NodeTest {
  protected:
    static void SetUpTestSuite() {
        startNode(
            {.yaml = "rest: {allowed_origins: ['https://app.example.org'], max_request_bytes: 65536, max_cursors: 3, "
                     "cursor_idle_seconds: 5}" +
                     identityYaml()});
    }

    static std::string basic() { return "user = \"tester:" + std::string(TemporaryNode::kPassword) + "\"\n"; }

    static std::string bearer(const std::string& subject) {
        return "header = \"Authorization: Bearer " + tokenOf(subject) + "\"\n";
    }

    /// `config`: curl's, who it is among it.
    static Answer curl(const std::string& path, const std::string& config, std::vector<std::string> more = {}) {
        return runCurl("http://127.0.0.1:" + std::to_string(node_->port()) + path, config, more);
    }

    static Answer query(const json& request, const std::string& config, const std::string& accept = "*/*",
                        std::vector<std::string> more = {}) {
        const auto file = writeFile(node_->folder() / ("request" + std::to_string(++requests_)), request.dump());
        more.insert(more.end(), {"--data-binary", "@" + file.string()});
        return curl("/api/v1/query",
                    config + "header = \"Content-Type: application/json\"\nheader = \"Accept: " + accept + "\"\n",
                    more);
    }

    static json rowsOf(const std::string& sql, const std::string& config) {
        return query({{"sql", sql}}, config).asJson()["rows"];
    }

    static bool isRunning(const std::string& like) {
        return rowsOf("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '" + like +
                          "%' AND pid <> pg_backend_pid()",
                      basic()) != json::parse("[[0]]");
    }

    static std::atomic<int> requests_;
};

std::atomic<int> RestTest::requests_ = 0;

TEST_F(RestTest, RunsStatementsWithTypedParameters) {
    const Answer answer =
        query({{"sql",
                "SELECT $1 + 1 AS n, $2 AS day, $3 ->> 'a' AS a, $4::text IS NULL AS nothing, $5::float8 AS x, "
                "1.50::numeric AS amount, '[1,2]'::jsonb AS j"},
               {"parameters",
                {41,
                 {{"type", "date"}, {"value", "2024-02-29"}},
                 {{"type", "jsonb"}, {"value", {{"a", "ü"}}}},
                 nullptr,
                 0.5}}},
              basic());
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    const json body = answer.asJson();
    EXPECT_EQ(body["rows"], json::parse(R"([[42, "2024-02-29", "ü", true, 0.5, "1.50", [1, 2]]])"));
    EXPECT_EQ(body["columns"][1], (json{{"name", "day"}, {"type", "date"}}));
    EXPECT_EQ(body["command"], "SELECT 1");
    const json made = query({{"sql", "CREATE TABLE made (n int)"}}, basic()).asJson();
    EXPECT_EQ(made["command"], "CREATE TABLE");
    EXPECT_EQ(query({{"sql", "INSERT INTO made VALUES (1), (2)"}}, basic()).asJson()["row_count"], 2);
    EXPECT_EQ(query({{"sql", "DROP TABLE made"}}, basic()).status, 200);
}

TEST_F(RestTest, FormatsAndCompression) {
    const json request = {{"sql", "SELECT i AS n, repeat('text ', 20) AS t FROM generate_series(1, 30000) i"}};
    const Answer plain = query(request, basic(), "application/x-ndjson");
    EXPECT_EQ(plain.header("Content-Type"), "application/x-ndjson");
    EXPECT_EQ(std::count(plain.body.begin(), plain.body.end(), '\n'), 30000);
    EXPECT_THAT(plain.body, StartsWith("{\"n\":1,\"t\":\"text "));
    const Answer packed = query(request, basic(), "application/x-ndjson", {"--compressed"});
    EXPECT_EQ(packed.header("Content-Encoding"), "gzip");
    EXPECT_TRUE(packed.body == plain.body);
    const Answer raw = query(request, basic() + "header = \"Accept-Encoding: gzip\"\n", "application/x-ndjson");
    EXPECT_LT(raw.body.size(), plain.body.size() / 5);
    const Answer csv = query({{"sql", "SELECT 1 AS a, NULL AS b, '' AS c"}}, basic(), "text/csv");
    EXPECT_EQ(csv.body, "a,b,c\r\n1,,\"\"\r\n");
    EXPECT_EQ(query({{"sql", "SELECT 1"}}, basic(), "image/png").status, 400);
}

/// What Arrow's own reader (npm's apache-arrow) finds in an answer: {"fields": [[name, type, PostgreSQL's type,
/// nullable]], "batches": [rows], "rows": [[…]]}, integers and floats as texts.
json readArrow(const fs::path& packages, const fs::path& file) {
    const char* script = R"(
const fs = require('fs'), { tableFromIPC, RecordBatchReader } = require('apache-arrow');
const bytes = fs.readFileSync(process.argv[1]);
const batches = [...RecordBatchReader.from(bytes)];
const table = tableFromIPC(bytes);
const text = (value) => value === null ? null
    : typeof value === 'number' || typeof value === 'bigint' ? (Object.is(value, -0) ? '-0' : String(value)) : value;
console.log(JSON.stringify({
    fields: table.schema.fields.map((f) => [f.name, String(f.type), f.metadata.get('postgresql.type'), f.nullable]),
    batches: batches.map((batch) => batch.numRows),
    nulls: table.schema.fields.map((_, i) => table.getChildAt(i)?.nullCount ?? 0),
    rows: Array.from({ length: table.numRows }, (_, row) =>
        table.schema.fields.map((_, i) => text(table.getChildAt(i).get(row)))),
}));
)";
    const auto done = runChecked({.arguments = {"node", "-e", script, file.string()},
                                  .environment = {{"NODE_PATH", (packages / "node_modules").string()}}},
                                 std::chrono::seconds(90));
    EXPECT_TRUE(done) << done.error().describe();
    return done ? json::parse(*done, nullptr, false) : json();
}

TEST_F(RestTest, ArrowIsWhatArrowsOwnReaderReads) {
    const fs::path packages = cached("node-clients-4", "node_modules/apache-arrow/package.json");
    ASSERT_FALSE(packages.empty()) << "npm's apache-arrow is not there: run ./dev setup";
    const auto read = [&](const json& request, std::vector<std::string> more = {}) {
        const Answer answer = query(request, basic(), "application/vnd.apache.arrow.stream", std::move(more));
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_EQ(answer.header("Content-Type"), "application/vnd.apache.arrow.stream");
        return readArrow(packages, writeFile(node_->folder() / "answer.arrow", answer.body));
    };
    // Every type that REST tells apart, and each NULL.
    const std::string one_of_each =
        "(true, '-32768'::int2, 2147483647::int4, '-9223372036854775808'::int8, 0.5::float4, '-0'::float8, "
        "1.50::numeric(9,2), 'Grüße 🌍'::text, ''::varchar(3), '\\xdead'::bytea, date '2024-02-29', "
        "timestamptz '2024-02-29 12:00+00', interval '1 day', "
        "'[1, null]'::jsonb, '{1,NULL}'::int[], '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid)";
    const json all =
        read({{"sql", "SELECT * FROM (VALUES " + one_of_each +
                          ", (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
                          "NULL, NULL, NULL)) AS r (b, i2, i4, i8, f4, f8, n, t, v, y, d, z, l, j, a, u)"}});
    const auto field = [](const char* name, const char* type, const char* postgresql_type) {
        return json{name, type, postgresql_type, true};
    };
    EXPECT_EQ(
        all["fields"],
        (json{field("b", "Bool", "boolean"), field("i2", "Int64", "smallint"), field("i4", "Int64", "integer"),
              field("i8", "Int64", "bigint"), field("f4", "Float32", "real"),
              field("f8", "Float64", "double precision"), field("n", "Utf8", "numeric"), field("t", "Utf8", "text"),
              field("v", "Utf8", "character varying"), field("y", "Utf8", "bytea"), field("d", "Utf8", "date"),
              field("z", "Utf8", "timestamp with time zone"), field("l", "Utf8", "interval"),
              field("j", "Utf8", "jsonb"), field("a", "Utf8", "integer[]"), field("u", "Utf8", "uuid")}));
    ASSERT_EQ(all["rows"].size(), 2u) << all;
    EXPECT_EQ(all["rows"][0], json::parse(R"([true, "-32768", "2147483647", "-9223372036854775808", "0.5", "-0", "1.50",
        "Grüße 🌍", "", "\\xdead", "2024-02-29", "2024-02-29 12:00:00+00", "1 day", "[1, null]", "{1,NULL}",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8"])"));
    EXPECT_EQ(all["rows"][1], json(std::vector<json>(16)));
    EXPECT_EQ(all["nulls"], json(std::vector<int>(16, 1)));
    // Many batches, bitmaps that end within a byte, packed on the way.
    const json many = read({{"sql",
                             "SELECT i, i % 3 = 0 AS by_three, CASE WHEN i % 7 > 0 THEN repeat('x', i % 5) END AS t, "
                             "nullif(i % 11, 0) * 0.25::float8 AS f FROM generate_series(1, 30011) i"}},
                           {"--compressed"});
    EXPECT_GT(many["batches"].size(), 3u);
    ASSERT_EQ(many["rows"].size(), 30011u);
    int wrong = 0;
    for (int i = 1; i <= 30011; ++i) {
        const json& row = many["rows"][static_cast<std::size_t>(i - 1)];
        const json text = i % 7 > 0 ? json(std::string(static_cast<std::size_t>(i % 5), 'x')) : json();
        wrong += row[0] == std::to_string(i) && row[1] == (i % 3 == 0) && row[2] == text &&
                         (i % 11 == 0 ? row[3].is_null() : std::stod(row[3].get<std::string>()) == i % 11 * 0.25)
                     ? 0
                     : 1;
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(read({{"sql", "SELECT 'NaN'::float8 AS a, '-Infinity'::float4 AS b"}})["rows"],
              json::parse(R"([["NaN", "-Infinity"]])"));
    // A result without rows has its columns all the same.
    const json empty = read({{"sql", "SELECT 1 AS a, '' AS b WHERE false"}});
    EXPECT_EQ(empty["rows"], json::array());
    EXPECT_EQ(empty["fields"], (json{field("a", "Int64", "integer"), field("b", "Utf8", "text")}));
    // An error breaks the stream off: it does not look whole.
    EXPECT_EQ(query({{"sql", "SELECT 10 / (100000 - i) FROM generate_series(1, 200000) i"}}, basic(),
                    "application/vnd.apache.arrow.stream")
                  .exit_code,
              18);
}

TEST_F(RestTest, ErrorsAreProblems) {
    const Answer syntax = query({{"sql", "SELEC 1"}}, basic());
    EXPECT_EQ(syntax.status, 400);
    EXPECT_EQ(syntax.header("Content-Type"), "application/problem+json");
    EXPECT_EQ(syntax.asJson()["sqlstate"], "42601");
    EXPECT_EQ(syntax.asJson()["position"], 1);
    EXPECT_EQ(query({{"sql", "SELECT * FROM pg_authid"}}, basic()).status, 403);
    EXPECT_EQ(query({{"sql", "SELECT 1"}, {"more", 1}}, basic()).status, 400);
    EXPECT_EQ(query({{"sql", "COPY (SELECT 1) TO STDOUT"}}, basic()).status, 501);
    EXPECT_EQ(curl("/api/v1/query", basic()).status, 405);
    EXPECT_EQ(curl("/api/v1/nothing", basic()).status, 404);
    EXPECT_EQ(curl("/api/v2/node", basic()).status, 404);
    EXPECT_EQ(curl("/api/v1/catalog/%zz", basic()).status, 404);
    EXPECT_EQ(curl("/api/v1/query", basic(), {"-d", "{}"}).status, 400);  // another Content-Type
    EXPECT_EQ(query({{"sql", "SELECT '" + std::string(70000, 'x') + "'"}}, basic()).status, 413);
    // After the first rows there is no other way than to break off, or to say it in JSON's own end.
    const std::string fails = "SELECT 10 / (100000 - i) FROM generate_series(1, 200000) i";
    const json json_body = query({{"sql", fails}}, basic()).asJson();
    EXPECT_EQ(json_body["error"]["sqlstate"], "22012");
    EXPECT_GT(json_body["rows"].size(), 1000u);
    EXPECT_EQ(query({{"sql", fails}}, basic(), "text/csv").exit_code, 18);
}

TEST_F(RestTest, WhoCallsIsWhoRuns) {
    EXPECT_EQ(rowsOf("SELECT current_user, tessera.user_id()", bearer("ann")), json::parse(R"([["analyst", "ann"]])"));
    EXPECT_EQ(rowsOf("SELECT current_user, tessera.user_id()", basic()), json::parse(R"([["tester", null]])"));
    for (const std::string& bad :
         {std::string(), std::string("user = \"tester:wrong\"\n"), bearer("ann").insert(60, "x"),
          std::string("header = \"Authorization: Bearer a.b.c\"\n")}) {
        const Answer refused = query({{"sql", "SELECT 1"}}, bad);
        EXPECT_EQ(refused.status, 401) << refused.body;
        EXPECT_EQ(refused.header("WWW-Authenticate"), "Bearer");
        EXPECT_THAT(refused.body, Not(HasSubstr("Bearer a")));
    }
    EXPECT_EQ(query({{"sql", "SELECT 1"}}, bearer("ann") + "header = \"Tessera-Role: chief\"\n").status, 403);
    // Who goes on guessing has to wait, and so has everybody at that address.
    for (int i = 0; i < 3; ++i) {
        query({{"sql", "SELECT 1"}}, "user = \"tester:wrong\"\n");
    }
    EXPECT_TRUE(waitUntil(
        [] {
            return query({{"sql", "SELECT 1"}}, "user = \"tester:wrong\"\n").status == 429;
        },
        kPatience));
    EXPECT_TRUE(waitUntil([&] { return query({{"sql", "SELECT 1"}}, basic()).status == 200; }, kPatience));
}

TEST_F(RestTest, ManyPeopleAtOnceStayWhoTheyAre) {
    std::vector<std::future<int>> people;
    for (int person = 0; person < 6; ++person) {
        people.push_back(std::async(std::launch::async, [person] {
            const std::string name = "person" + std::to_string(person);
            int wrong = 0;
            for (int i = 0; i < 15; ++i) {
                // Half of them leave something behind that the next one must not find.
                const json rows = rowsOf(
                    "SELECT tessera.user_id(), current_setting('my.mark', true) "
                    "FROM (SELECT set_config('my.other', 'x', false)) s",
                    bearer(name));
                const bool is_right =
                    rows.size() == 1 && rows[0][0] == name && (rows[0][1].is_null() || rows[0][1] == "");
                wrong += is_right ? 0 : 1;
                rowsOf("SELECT set_config('my.mark', '" + name + "', false)", bearer(name));
            }
            return wrong;
        }));
    }
    for (auto& one : people) {
        EXPECT_EQ(one.get(), 0);
    }
}

TEST_F(RestTest, CursorsPageThroughOneResult) {
    const json request = {{"sql", "SELECT i FROM generate_series(1, 25000) i"}, {"page_rows", 10000}};
    Answer page = query(request, bearer("ann"));
    ASSERT_EQ(page.status, 200) << page.body;
    const std::string cursor = page.header("Tessera-Cursor");
    EXPECT_EQ(page.asJson()["cursor"], cursor);
    EXPECT_EQ(page.asJson()["rows"].size(), 10000u);
    // Another person's it is not; another token of the same one goes on.
    EXPECT_EQ(curl("/api/v1/query/" + cursor, bearer("bob")).status, 404);
    EXPECT_EQ(curl("/api/v1/query/" + cursor, basic()).status, 404);
    page = curl("/api/v1/query/" + cursor, bearer("ann") + "header = \"Accept: text/csv\"\n");
    EXPECT_THAT(page.body, StartsWith("i\r\n10001\r\n"));
    EXPECT_EQ(page.header("Tessera-Cursor"), cursor);
    page = curl("/api/v1/query/" + cursor, bearer("ann"));
    EXPECT_EQ(page.asJson()["rows"].size(), 5000u);
    EXPECT_EQ(page.asJson()["rows"].back(), json{25000});
    EXPECT_EQ(page.header("Tessera-Cursor"), "");
    EXPECT_EQ(curl("/api/v1/query/" + cursor, bearer("ann")).status, 404);
    // A page that ends with the result leaves no cursor.
    page = query({{"sql", "SELECT i FROM generate_series(1, 50) i"}, {"page_rows", 50}}, bearer("ann"));
    EXPECT_EQ(page.asJson()["rows"].size(), 50u);
    EXPECT_EQ(page.header("Tessera-Cursor"), "");
}

TEST_F(RestTest, CursorsAreBoundedAndClosed) {
    const json request = {{"sql", "SELECT generate_series(1, 10000000) AS i"}, {"page_rows", 10}};
    std::vector<std::string> cursors;
    for (int i = 0; i < 3; ++i) {
        cursors.push_back(query(request, basic()).header("Tessera-Cursor"));
    }
    EXPECT_EQ(query(request, basic()).status, 429);
    EXPECT_EQ(curl("/api/v1/query/" + cursors[0], basic(), {"-X", "DELETE"}).status, 204);
    EXPECT_TRUE(waitUntil([&] { return curl("/api/v1/query/" + cursors[0], basic()).status == 404; }, kPatience));
    // Nobody asks for the others.
    EXPECT_TRUE(waitUntil([&] { return !isRunning("SELECT generate_series(1, 10000000)"); }, kPatience));
    EXPECT_EQ(curl("/api/v1/query/" + cursors[1], basic()).status, 404);
}

TEST_F(RestTest, TimeLimitsAndCancelling) {
    const Answer late = query({{"sql", "SELECT pg_sleep(60)"}, {"timeout_ms", 100}}, basic());
    EXPECT_EQ(late.status, 504) << late.body;
    auto running = std::async(std::launch::async, [] {
        return query({{"sql", "SELECT pg_sleep(61)"}, {"id", "my-statement"}}, basic());
    });
    ASSERT_TRUE(waitUntil([&] { return isRunning("SELECT pg_sleep(61)"); }, kPatience));
    EXPECT_EQ(query({{"sql", "SELECT 1"}, {"id", "my-statement"}}, basic()).status, 409);
    EXPECT_EQ(curl("/api/v1/query/my-statement", bearer("ann"), {"-X", "DELETE"}).status, 404);
    EXPECT_EQ(curl("/api/v1/query/my-statement", basic(), {"-X", "DELETE"}).status, 204);
    EXPECT_EQ(running.get().status, 499);
}

TEST_F(RestTest, AReaderThatStopsOrGoesCostsLittle) {
    const auto memory = [] {
        std::ifstream status("/proc/" + std::to_string(node_->pid()) + "/status");
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("VmRSS:")) {
                return std::stol(line.substr(6)) / 1024;
            }
        }
        return -1L;
    };
    const std::string body = json{{"sql", "SELECT i, repeat('x', 1000) FROM generate_series(1, 500000) i"}}.dump();
    const long before = memory();
    {
        RawClient reader(node_->port());
        reader.send(
            "POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Basic " +
            std::string("dGVzdGVyOm9ubHkgZm9yIHRlc3Rz") + "\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n" + body);
        EXPECT_THAT(reader.receive(), StartsWith("HTTP/1.1 200 OK\r\n"));
        ASSERT_TRUE(waitUntil([&] { return isRunning("SELECT i, repeat"); }, kPatience));
        std::this_thread::sleep_for(std::chrono::seconds(1));
        EXPECT_LT(memory() - before, 32);
    }
    EXPECT_TRUE(waitUntil([&] { return !isRunning("SELECT i, repeat"); }, kPatience));
}

TEST_F(RestTest, DescribesNodeCatalogAndItself) {
    ASSERT_EQ(query({{"sql", "CREATE TABLE IF NOT EXISTS \"odd/name\" (id int PRIMARY KEY, t text)"}}, basic()).status,
              200);
    const json node = curl("/api/v1/node", basic()).asJson();
    EXPECT_EQ(node["name"], "node");
    EXPECT_THAT(node["postgres_version"].get<std::string>(), StartsWith("15."));
    EXPECT_THAT(curl("/api/v1/catalog", basic()).body, HasSubstr("\"name\":\"public\""));
    EXPECT_THAT(curl("/api/v1/catalog/public", basic()).body, HasSubstr("odd/name"));
    const json table = curl("/api/v1/catalog/public/odd%2Fname", basic()).asJson();
    EXPECT_EQ(table["columns"][0]["key_position"], 1);
    EXPECT_EQ(curl("/api/v1/catalog/public/none", basic()).status, 404);
    EXPECT_EQ(curl("/api/v1/catalog", "").status, 401);
    // Every path of the description is there, and it needs no sign-in.
    const Answer api = curl("/api/v1/openapi.json", "");
    EXPECT_EQ(api.status, 200);
    const json description = api.asJson();
    EXPECT_EQ(description["openapi"], "3.1.0");
    EXPECT_EQ(openApiErrors(api.body), "");
    EXPECT_GT(description["paths"].size(), 10u);
    for (const auto& path : description["paths"].items()) {
        const std::string target = std::regex_replace(path.key(), std::regex("\\{[a-z]+\\}"), "1");
        for (const char* method : {"get", "post", "delete"}) {
            SCOPED_TRACE(std::string(method) + " " + path.key());
            std::string upper = method;
            std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
            const Answer answer = curl("/api/v1" + target, basic(), {"-X", upper});
            if (path.value().contains(method)) {
                EXPECT_NE(answer.status, 0);
                EXPECT_NE(answer.status, 405) << answer.body;
                EXPECT_THAT(answer.body, Not(HasSubstr("there is nothing under this path")));
            } else {
                EXPECT_EQ(answer.status, 405) << answer.body;
            }
        }
    }
    EXPECT_THAT(curl("/api/v1/catalog/a/b/c", basic()).body, HasSubstr("there is nothing under this path"));
}

TEST_F(RestTest, OnlyAllowedPagesMayCall) {
    const std::string allowed = "header = \"Origin: https://app.example.org\"\n";
    const Answer preflight = curl("/api/v1/query", allowed, {"-X", "OPTIONS"});
    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(preflight.header("Access-Control-Allow-Origin"), "https://app.example.org");
    EXPECT_THAT(preflight.header("Access-Control-Allow-Headers"), HasSubstr("Authorization"));
    EXPECT_EQ(query({{"sql", "SELECT 1"}}, basic() + allowed).header("Access-Control-Allow-Origin"),
              "https://app.example.org");
    EXPECT_EQ(curl("/api/v1/node", allowed).header("Access-Control-Allow-Origin"), "https://app.example.org");
    for (const char* other : {"https://evil.example.org", "null", "https://app.example.org.evil"}) {
        const Answer refused =
            curl("/api/v1/query", "header = \"Origin: " + std::string(other) + "\"\n", {"-X", "OPTIONS"});
        EXPECT_EQ(refused.header("Access-Control-Allow-Origin"), "");
    }
}

TEST_F(RestTest, SmugglersAreRefused) {
    const std::string head = "POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    const std::string second = "GET /version HTTP/1.0\r\n\r\n";
    // A second request is answered where it is one.
    EXPECT_THAT(RawClient(node_->port()).send(head + "Content-Length: 2\r\n\r\n{}" + second).receiveAll(),
                HasSubstr("tessera-node"));
    for (const std::string& fields :
         {std::string("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
          std::string("Content-Length: 0\r\nContent-Length: 48\r\n\r\n"), std::string("Content-Length: +0\r\n\r\n"),
          std::string("Content-Length: 0x0\r\n\r\n"), std::string("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
          std::string("Transfer-Encoding: chunked\r\n\r\nzz\r\n"), std::string("X: a\r\n b\0c\r\n\r\n", 14),
          // Whoever reads one of these otherwise than we do sees another end of the request.
          std::string("Content-Length: 0, 48\r\n\r\n"), std::string("Content-Length: -1\r\n\r\n"),
          std::string("Content-Length: 0 48\r\n\r\n"), std::string("Content-Length : 0\r\n\r\n"),
          std::string("Content-Length: 18446744073709551616\r\n\r\n"), std::string("Content-Length:\r\n\r\n"),
          std::string("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
          std::string("Transfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
          std::string("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
          std::string("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
          std::string("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
          std::string("Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"),
          std::string("Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n"),
          std::string("Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n"),
          std::string("Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n"),
          std::string("Transfer-Encoding: chunked\r\n\r\n0\n\n"),
          std::string("Transfer-Encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n"),
          std::string("Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n"),
          std::string("X: a\nContent-Length: 0\r\n\r\n"), std::string("X: a\rContent-Length: 0\r\n\r\n"),
          std::string("Content-Length: 0\n\n"), std::string("X\r\nContent-Length: 0\r\n\r\n"),
          std::string(": x\r\nContent-Length: 0\r\n\r\n"), std::string("Content-Length: 0\r\n X: folded\r\n\r\n"),
          std::string("X\tY: a\r\nContent-Length: 0\r\n\r\n"),
          std::string("Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
          std::string("Host: y\r\nContent-Length: 0\r\n\r\n"),
          std::string("Authorization: Basic eA==\r\nAuthorization: Basic eQ==\r\nContent-Length: 0\r\n\r\n")}) {
        SCOPED_TRACE(fields);
        // In time, too: without an end to wait for, nobody waits.
        const std::string answer = RawClient(node_->port()).send(head + fields + second).receiveAll();
        EXPECT_THAT(answer, Not(HasSubstr("tessera-node")));
    }
}

}  // namespace
}  // namespace tessera
