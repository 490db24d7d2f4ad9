/// Endpoints on a real node: published with the command line, called with curl as several people, with everything that
/// is wrong and everything that tries to be SQL. No time is asserted.

#include "nodeservice/client/endpoints_client.h"
#include "nodeservice/client/store_client.h"
#include "tests/support/curl.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace tessera {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::chrono::seconds kPatience{60};

constexpr const char* kInit = R"sql(
CREATE SCHEMA IF NOT EXISTS sales;
CREATE TABLE IF NOT EXISTS sales.orders(id bigint PRIMARY KEY, country text NOT NULL, state text, total numeric(10,2) NOT NULL,
  ordered_at timestamptz, notes jsonb);
INSERT INTO sales.orders SELECT i, (ARRAY['United States', 'France', 'Deutschland'])[i % 3 + 1], nullif((ARRAY['new', 'paid', ''])[i % 3 + 1], ''),
  i * 1.25, CASE WHEN i % 7 > 0 THEN '2026-01-01 00:00Z'::timestamptz + (i / 2) * interval '1 hour' END, '{"a": [1]}'
  FROM generate_series(1, 300) i ON CONFLICT DO NOTHING;
ALTER TABLE sales.orders ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS at_home ON sales.orders;
CREATE POLICY at_home ON sales.orders USING (current_user <> 'french' OR country = 'France');
GRANT USAGE ON SCHEMA sales TO tester, caller, french;
GRANT ALL ON sales.orders TO tester, caller, french;
CREATE TABLE IF NOT EXISTS sales.buyers(id bigint PRIMARY KEY, name text NOT NULL, email text);
CREATE TABLE IF NOT EXISTS sales.purchases(id bigint PRIMARY KEY, buyer bigint, total numeric);
CREATE TABLE IF NOT EXISTS sales.items(purchase bigint, name text PRIMARY KEY);
INSERT INTO sales.buyers VALUES (1, 'Ada', 'ada@example.org'), (2, 'Bob', NULL) ON CONFLICT DO NOTHING;
INSERT INTO sales.purchases VALUES (10, 1, 1.50), (11, 1, 9007199254740993), (12, 3, 4) ON CONFLICT DO NOTHING;
INSERT INTO sales.items VALUES (10, 'pen'), (10, 'ink') ON CONFLICT DO NOTHING;
GRANT ALL ON sales.buyers, sales.purchases, sales.items TO tester, caller;
CREATE OR REPLACE FUNCTION sales.meddle() RETURNS bigint LANGUAGE sql VOLATILE AS 'DELETE FROM sales.orders RETURNING 1::bigint';
)sql";

constexpr const char* kOrders = R"sql(/*
endpoint: orders-by-country
documentation: Orders of a country, the newest first.
parameters:
  - {name: country, type: text, required: true, max_length: 20, documentation: Where to}
  - {name: least, type: numeric, default: 0, min: 0, max: 1000000}
  - {name: states, list: true, enum: [new, paid, sent]}
page: {key: [ordered_at desc, id], size: 10, max: 100}
sort: [total, state]
*/
SELECT id, country, state, total, ordered_at, notes
FROM sales.orders  -- ':country' here is none
WHERE country = :country AND total >= :least AND (:states IS NULL OR state = ANY(:states))
)sql";

class EndpointsTest : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto node = TemporaryNode::prepare(
            {.name = "solo",
             .yaml = "endpoints: {authors: [tester], readers: [caller]}\ninit: init\n",
             .users = "{name: caller, password: c}, {name: french, password: f}, {name: stranger, password: s}"});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*node));
        std::filesystem::create_directory(node_->folder() / "init");
        writeFile(node_->folder() / "init" / "sales.sql", kInit);
        const auto launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
        ASSERT_THAT(node_->httpGet("/metrics"), HasSubstr("tessera_init_failed 0\n")) << node_->log();
        ASSERT_EQ(applied(kOrders), "");
    }

    static void TearDownTestSuite() { node_.reset(); }

    static std::shared_ptr<client::EndpointsClient> author(const std::string& user = TemporaryNode::kUser,
                                                           const std::string& password = TemporaryNode::kPassword) {
        auto made =
            client::EndpointsClient::create({"solo", "127.0.0.1:" + std::to_string(node_->port()), user, password});
        EXPECT_TRUE(made) << made.error().describe();
        return made.value_or(nullptr);
    }

    /// What is wrong, or nothing.
    static std::string applied(const std::string& text, bool allows_breaking = false) {
        const auto done = author()->apply({{"x.sql", text}}, false, allows_breaking);
        if (!done) {
            return done.error().describe();
        }
        std::string problems;
        for (const Error& problem : done->problems) {
            problems += problem.describe() + "\n";
        }
        return problems;
    }

    static HttpAnswer call(const std::string& path, const std::string& who = "caller:c",
                           const std::vector<std::string>& more = {}) {
        return runCurl("http://127.0.0.1:" + std::to_string(node_->port()) + "/api/v1/endpoints" + path,
                       "user = \"" + who + "\"\n", more);
    }

    static std::string testerLogin() { return std::string("tester:") + TemporaryNode::kPassword; }

    static std::vector<std::string> idsOf(const json& answer) {
        std::vector<std::string> ids;
        for (const json& item : answer["items"]) {
            ids.push_back(item["id"].get<std::string>());
        }
        return ids;
    }

    static void change(const std::string& sql) {
        auto connection = node_->connect();
        ASSERT_TRUE(connection) << connection.error().describe();
        const auto done = connection->execute(sql);
        ASSERT_TRUE(done) << done.error().describe();
    }

    inline static std::unique_ptr<TemporaryNode> node_;
};

TEST_F(EndpointsTest, AnswersWithTypedRowsOfThePersonWhoAsks) {
    const HttpAnswer answer = call("/orders-by-country?country=United+States&limit=3");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    EXPECT_EQ(answer.header("Tessera-Endpoint-Version"), "1");
    const json body = answer.asJson();
    ASSERT_THAT(body["items"], SizeIs(3)) << answer.body;
    const json& first = body["items"][0];
    EXPECT_EQ(first["country"], "United States");
    EXPECT_TRUE(first["id"].is_string()) << "bigint is exact";
    EXPECT_TRUE(first["total"].is_string());
    EXPECT_EQ(first["notes"], json::parse(R"({"a": [1]})"));
    EXPECT_TRUE(body["next"].is_string());
    // The policy of the table holds.
    EXPECT_THAT(call("/orders-by-country?country=United+States", "french:f").asJson()["items"], IsEmpty());
    EXPECT_THAT(call("/orders-by-country?country=France", "french:f").asJson()["items"], SizeIs(10));
    // And the rights of PostgreSQL.
    const HttpAnswer refused = call("/orders-by-country?country=France", "stranger:s");
    EXPECT_EQ(refused.status, 403) << refused.body;
    EXPECT_EQ(refused.asJson()["sqlstate"], "42501");
    EXPECT_EQ(call("/orders-by-country?country=France", "caller:wrong").status, 401);
}

TEST_F(EndpointsTest, TakesParametersByPostAndInOtherFormats) {
    const std::string json_body = R"({"country": "France", "least": 100.5, "states": ["new", "paid"], "limit": 2})";
    const HttpAnswer posted =
        call("/orders-by-country", "caller:c", {"-H", "Content-Type: application/json", "-d", json_body});
    const HttpAnswer got = call("/orders-by-country?country=France&least=100.5&states=new&states=paid&limit=2");
    ASSERT_EQ(posted.status, 200) << posted.body;
    EXPECT_EQ(posted.body, got.body);
    const HttpAnswer csv = call("/orders-by-country?country=France&fields=total,id&limit=2&format=csv");
    EXPECT_THAT(csv.header("Content-Type"), HasSubstr("text/csv"));
    EXPECT_THAT(csv.body, testing::StartsWith("id,total\r\n"));
    EXPECT_NE(csv.header("Tessera-Cursor"), "");
    const HttpAnswer lines =
        call("/orders-by-country?country=France&fields=id&limit=2", "caller:c", {"-H", "Accept: application/x-ndjson"});
    EXPECT_EQ(std::count(lines.body.begin(), lines.body.end(), '\n'), 2) << lines.body;
    EXPECT_THAT(lines.header("Link"), HasSubstr("rel=\"next\""));
}

/// All pages together, in each order, are all rows once, though rows come and go and many have no time.
TEST_F(EndpointsTest, PagesStayRightWhileRowsComeAndGo) {
    change(
        "INSERT INTO sales.orders SELECT i, 'Pages', NULL, i % 5, CASE WHEN i % 3 > 0 THEN "
        "'2026-03-01Z'::timestamptz + (i % 4) * interval '1 day' END FROM generate_series(1001, 1050) i");
    for (const std::string sort : {"", "&sort=total", "&sort=-total,state", "&sort=state,-total"}) {
        std::vector<std::string> all;
        std::string cursor;
        int pages = 0;
        do {
            const HttpAnswer page =
                call("/orders-by-country?country=Pages&limit=7" + sort + (cursor.empty() ? "" : "&cursor=" + cursor));
            ASSERT_EQ(page.status, 200) << page.body;
            const auto ids = idsOf(page.asJson());
            all.insert(all.end(), ids.begin(), ids.end());
            cursor = page.asJson()["next"].is_null() ? "" : page.asJson()["next"].get<std::string>();
            // A row in front of what was read, and one of those read: neither moves the others.
            change("INSERT INTO sales.orders VALUES (" + std::to_string(2000 + pages) +
                   ", 'Elsewhere', 'new', 0, '2030-01-01Z')");
            ++pages;
        } while (!cursor.empty() && pages < 20);
        EXPECT_EQ(all.size(), 50U) << sort;
        EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 50U) << sort;
        EXPECT_EQ(pages, 8) << sort;
        change("DELETE FROM sales.orders WHERE country = 'Elsewhere'");
    }
    // Rows that come before and behind the cursor, in the middle of reading.
    const json first = call("/orders-by-country?country=Pages&limit=20").asJson();
    change(
        "INSERT INTO sales.orders VALUES (5000, 'Pages', 'new', 1, '2031-01-01Z'); DELETE FROM sales.orders WHERE id "
        "= " +
        idsOf(first).front());
    std::set<std::string> seen;
    for (const std::string& id : idsOf(first)) {
        seen.insert(id);
    }
    const json rest =
        call("/orders-by-country?country=Pages&limit=100&cursor=" + first["next"].get<std::string>()).asJson();
    EXPECT_EQ(rest["items"].size(), 30U);
    for (const std::string& id : idsOf(rest)) {
        EXPECT_TRUE(seen.insert(id).second) << id << " twice";
    }
    change("DELETE FROM sales.orders WHERE country = 'Pages'");
}

TEST_F(EndpointsTest, RefusesWhatIsWrongAndSaysWhatIsAllowed) {
    struct Case {
        std::string query;
        std::string parameter;
        std::string allowed;
    };

    const std::vector<Case> cases = {{"", "country", "text"},
                                     {"country=France&county=x", "county", "country"},
                                     {"country=France&least=cheap", "least", "decimal"},
                                     {"country=France&least=-1", "least", "from 0"},
                                     {"country=France&least=1000000.01", "least", "up to 1000000"},
                                     {"country=Franceeeeeeeeeeeeeeee", "country", "at most 20"},
                                     {"country=France&country=Spain", "country", "one value"},
                                     {"country=France&states=lost", "states", "new, paid, sent"},
                                     {"country=France&limit=101", "limit", "from 1 to 100"},
                                     {"country=France&limit=0", "limit", "from 1 to 100"},
                                     {"country=France&limit=ten", "limit", "from 1 to 100"},
                                     {"country=France&sort=country", "sort", "total, state"},
                                     {"country=France&fields=id,secret", "fields", "id, country"},
                                     {"country=France&format=xml", "format", "json"},
                                     {"country=France&cursor=AAAA", "cursor", "next"}};
    for (const Case& one : cases) {
        const HttpAnswer answer = call("/orders-by-country?" + one.query);
        EXPECT_EQ(answer.status, 400) << one.query << "\n" << answer.body;
        EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
        const json problem = answer.asJson();
        EXPECT_EQ(problem["parameter"], one.parameter) << answer.body;
        EXPECT_THAT(problem["problems"][0].value("allowed", ""), HasSubstr(one.allowed)) << answer.body;
    }
    // All at once.
    EXPECT_THAT(call("/orders-by-country?least=x&limit=0").asJson()["problems"], SizeIs(3));
    EXPECT_EQ(call("/orders-by-country?country=%FF").status, 400);
    EXPECT_EQ(call("/orders-by-country?country=%2").status, 400);
    EXPECT_EQ(call("/orders-by-country?country=%00").status, 400);
    const HttpAnswer nowhere = call("/orders-by-contry?country=France");
    EXPECT_EQ(nowhere.status, 404);
    EXPECT_THAT(nowhere.body, HasSubstr("orders-by-country"));
    EXPECT_EQ(call("/orders-by-country", "caller:c", {"-X", "DELETE"}).status, 405);
    EXPECT_EQ(call("/orders-by-country", "caller:c", {"-H", "Content-Type: application/json", "-d", "[1]"}).status,
              400);
    EXPECT_EQ(call("/orders-by-country", "caller:c", {"-H", "Content-Type: text/plain", "-d", "x"}).status, 400);
}

/// Whatever is written, and wherever: it is a value or an error, never SQL.
TEST_F(EndpointsTest, NothingOfTheCallerBecomesSql) {
    const std::string before = call("/orders-by-country?country=France&limit=100").body;
    const std::string next = call("/orders-by-country?country=France&limit=2").asJson()["next"].get<std::string>();
    for (const std::string text :
         {"x%27%3B%20DROP%20TABLE%20sales.orders%3B--", "%27%20OR%20%271%27%3D%271", "1)%20OR%20(1%3D1", "%22id%22",
          "id%3B%20select%20pg_sleep(9)", "(select%20version())", "%241", "e.id%20DESC%20--", "%5C%27%20OR%201%3D1"}) {
        const HttpAnswer value = call("/orders-by-country?country=" + text);
        EXPECT_TRUE(value.status == 200 ? value.asJson()["items"].empty() : value.status == 400) << text << value.body;
        for (const std::string name :
             {"least", "states", "fields", "sort", "limit", "cursor", "format", text.c_str()}) {
            const HttpAnswer answer = call("/orders-by-country?country=France&" + name + "=" + text);
            EXPECT_EQ(answer.status, 400) << name << "=" << text << "\n" << answer.body;
        }
        EXPECT_EQ(call("/" + text).status, 404);
    }
    // A cursor with values of one's own gives what other parameters would, or nothing.
    std::string forged = next;
    for (std::size_t i = 0; i < forged.size(); i += 3) {
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        EXPECT_EQ(call("/orders-by-country?country=France&limit=2&cursor=" + forged).status, 400);
    }
    // Nor one of another call.
    EXPECT_EQ(call("/orders-by-country?country=Deutschland&limit=2&cursor=" + next).status, 400);
    EXPECT_EQ(call("/orders-by-country?country=France&limit=2&sort=total&cursor=" + next).status, 400);
    EXPECT_EQ(call("/orders-by-country?country=France&limit=100").body, before);
}

TEST_F(EndpointsTest, VersionsAreKeptAndBreakingChangesAreHeldBack) {
    const std::string first =
        "/* {endpoint: count, documentation: How many} */ SELECT count(*) AS n, 'x' AS old FROM sales.orders;";
    ASSERT_EQ(applied(first), "");
    ASSERT_EQ(applied(first), "");
    EXPECT_THAT(author()->get("count", 0)->versions, SizeIs(1)) << "nothing has changed";
    EXPECT_TRUE(call("/count").asJson()["items"][0]["n"].is_string());
    const std::string second = "/* {endpoint: count, numbers: [n]} */ SELECT count(*) AS n FROM sales.orders";
    EXPECT_THAT(applied(second), AllOf(HasSubstr("the field 'old' is gone"), HasSubstr("another type")));
    EXPECT_TRUE(call("/count").asJson()["items"][0].contains("old"));
    ASSERT_EQ(applied(second, true), "");
    EXPECT_TRUE(call("/count").asJson()["items"][0]["n"].is_number());
    const auto details = author()->get("count", 1);
    ASSERT_TRUE(details) << details.error().describe();
    EXPECT_EQ(details->text, first);
    EXPECT_EQ(details->versions.front().version, 2);
    EXPECT_TRUE(details->versions.front().is_served);
    ASSERT_TRUE(author()->remove("count"));
    EXPECT_EQ(call("/count").status, 404);
    EXPECT_FALSE(author()->remove("count"));
    ASSERT_EQ(applied(first), "");
    EXPECT_EQ(author()->get("count", 0)->version.version, 3);
    const auto stranger = author("stranger", "s")->apply({{"x.sql", first}}, false, false);
    ASSERT_FALSE(stranger);
    EXPECT_THAT(stranger.error().hint, HasSubstr("endpoints.authors"));
}

TEST_F(EndpointsTest, SaysWhereAFileIsWrong) {
    EXPECT_THAT(applied("/*\nendpoint: x\n*/\n\nSELECT id,\n  nothing FROM sales.orders"),
                AllOf(HasSubstr("x.sql:6: "), HasSubstr("\"nothing\" does not exist")));
    EXPECT_THAT(applied("/*\nendpoint: x\nroles: [a]\nrole: b\n*/ SELECT 1 AS a"),
                AllOf(HasSubstr("x.sql:4:1"), HasSubstr("roles")));
    EXPECT_THAT(applied("/* {endpoint: x} */ SELECT 1 AS a; SELECT 2"), HasSubstr("second statement"));
    EXPECT_THAT(applied("/* {endpoint: x} */ SELECT 1"), HasSubstr("has no name"));
    EXPECT_THAT(applied("/* {endpoint: x} */ SELECT 1 AS a, 2 AS a"), HasSubstr("two columns 'a'"));
    EXPECT_THAT(applied("/* {endpoint: x, page: {key: [b]}} */ SELECT 1 AS a"), HasSubstr("no column of the result"));
    EXPECT_THAT(applied("/* {endpoint: x} */ DELETE FROM sales.orders RETURNING id"), HasSubstr("writes: true"));
    EXPECT_THAT(applied("/* {endpoint: x} */ WITH d AS (DELETE FROM sales.orders RETURNING id) SELECT id FROM d"),
                HasSubstr("writes: true"));
    EXPECT_THAT(applied("/* {endpoint: x} */ SELECT :a AS a"), HasSubstr("':a' is no parameter"));
    EXPECT_THAT(applied("SELECT 1"), HasSubstr("does not begin with a header"));
}

TEST_F(EndpointsTest, AnEndpointThatReadsChangesNothing) {
    ASSERT_EQ(applied("/* {endpoint: meddle} */ SELECT sales.meddle() AS n"), "");
    const HttpAnswer answer = call("/meddle", testerLogin());
    EXPECT_EQ(answer.asJson().value("sqlstate", ""), "25006") << answer.body;
}

TEST_F(EndpointsTest, WritesByPostAlone) {
    ASSERT_EQ(
        applied("/* {endpoint: add-order, writes: true, parameters: [{name: id, type: bigint, required: true}, {name: "
                "country, required: true, enum: [Peru, Chile]}, {name: total, type: numeric, required: true, min: 0}]} "
                "*/ INSERT INTO sales.orders(id, country, total) VALUES (:id, :country, :total) RETURNING id, "
                "country"),
        "");
    EXPECT_EQ(call("/add-order?id=9001&country=Peru&total=5").status, 405);
    const std::vector<std::string> post = {"-H", "Content-Type: application/json", "-d",
                                           R"({"id": "9001", "country": "Peru", "total": 5})"};
    const HttpAnswer made = call("/add-order", "caller:c", post);
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(made.asJson()["items"], json::parse(R"([{"id": "9001", "country": "Peru"}])"));
    EXPECT_EQ(call("/add-order", "caller:c", post).status, 409) << "the key is taken";
    EXPECT_EQ(call("/orders-by-country?country=Peru").asJson()["items"].size(), 1U);
    change("DELETE FROM sales.orders WHERE id = 9001");
}

TEST_F(EndpointsTest, AnswersAreKeptAndKnownOnesNotSentAgain) {
    ASSERT_EQ(
        applied("/* {endpoint: kept, cache: {seconds: 3600}} */ SELECT gen_random_uuid() AS id, current_user::text "
                "AS who"),
        "");
    const HttpAnswer first = call("/kept");
    ASSERT_EQ(first.status, 200) << first.body;
    EXPECT_EQ(first.header("Cache-Control"), "private, max-age=3600");
    EXPECT_EQ(call("/kept").body, first.body);
    EXPECT_NE(call("/kept", "french:f").body, first.body) << "another person's";
    EXPECT_NE(call("/kept?fields=id").body, first.body);
    const HttpAnswer known = call("/kept", "caller:c", {"-H", "If-None-Match: " + first.header("ETag")});
    EXPECT_EQ(known.status, 304);
    EXPECT_EQ(known.body, "");
    EXPECT_EQ(call("/kept", "caller:c", {"-H", "If-None-Match: \"other\""}).status, 200);
    ASSERT_EQ(
        applied("/* {endpoint: kept, cache: {seconds: 3601}} */ SELECT gen_random_uuid() AS id, current_user::text "
                "AS who"),
        "");
    EXPECT_NE(call("/kept").body, first.body) << "a new version is asked anew";
}

/// By an event: whoever publishes says so, or an endpoint with one of the tags has written.
TEST_F(EndpointsTest, KeptAnswersEndWithWritesOfTheirTags) {
    ASSERT_EQ(applied("/* {endpoint: count-of-buyers, tags: [buyers, people], cache: {seconds: 3600}} */ SELECT "
                      "count(*) AS count, gen_random_uuid() AS id FROM sales.buyers"),
              "");
    ASSERT_EQ(applied("/* {endpoint: other-count, tags: [orders], cache: {seconds: 3600}} */ SELECT count(*) AS count, "
                      "gen_random_uuid() AS id FROM sales.buyers"),
              "");
    ASSERT_EQ(
        applied(
            "/*\nendpoint: add-buyer\ntags: [buyers]\nwrites: true\nparameters: [{name: id, type: bigint, required: "
            "true}]\n*/ INSERT INTO sales.buyers VALUES (:id, 'New', NULL) RETURNING id"),
        "");
    const HttpAnswer before = call("/count-of-buyers");
    const HttpAnswer other = call("/other-count");
    ASSERT_EQ(before.status, 200) << before.body;
    EXPECT_EQ(call("/count-of-buyers").body, before.body);
    ASSERT_EQ(call("/add-buyer", "caller:c", {"-H", "Content-Type: application/json", "-d", R"({"id": "77"})"}).status,
              200);
    HttpAnswer after = call("/count-of-buyers");
    EXPECT_NE(after.body, before.body);
    // Once more when the node sees in the store what it has said itself.
    EXPECT_TRUE(waitUntil(
        [&] {
            const std::string last = std::exchange(after, call("/count-of-buyers")).body;
            return after.body == last;
        },
        kPatience))
        << "it is kept again";
    EXPECT_EQ(call("/other-count").body, other.body) << "it has another tag";
    const auto told = author()->invalidate("people");
    ASSERT_TRUE(told) << told.error().describe();
    EXPECT_THAT(*told, ElementsAre("count-of-buyers"));
    EXPECT_NE(call("/count-of-buyers").body, after.body);
    EXPECT_EQ(call("/other-count").body, other.body);
    const auto unknown = author()->invalidate("peple");
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().describe(), AllOf(HasSubstr("no endpoint has the tag 'peple'"), HasSubstr("people")));
    EXPECT_FALSE(author("caller", "c")->invalidate("people")) << "only authors";
    change("DELETE FROM sales.buyers WHERE id = 77");
}

/// What was answered before stands in, and says so, while the statement takes too long.
TEST_F(EndpointsTest, AStaleAnswerStandsInWhereNoOtherCanBeHad) {
    change(
        "CREATE TABLE public.pause(seconds float8 NOT NULL); INSERT INTO public.pause VALUES (0); GRANT SELECT ON "
        "public.pause TO caller");
    ASSERT_EQ(applied("/* {endpoint: paused, timeout_ms: 300, cache: {seconds: 1, stale_seconds: 3600}} */ SELECT "
                      "gen_random_uuid() AS id, pg_sleep(seconds)::text AS p FROM public.pause"),
              "");
    const HttpAnswer first = call("/paused");
    ASSERT_EQ(first.status, 200) << first.body;
    EXPECT_EQ(first.header("Cache-Control"), "private, max-age=1, stale-if-error=3600");
    EXPECT_EQ(first.header("Tessera-Fallback"), "");
    change("UPDATE public.pause SET seconds = 60");
    HttpAnswer stale;
    ASSERT_TRUE(waitUntil([&] { return (stale = call("/paused")).header("Tessera-Fallback") == "stale"; }, kPatience));
    EXPECT_EQ(stale.status, 200);
    EXPECT_EQ(stale.body, first.body);
    EXPECT_GE(std::atoi(stale.header("Age").c_str()), 1);
    EXPECT_EQ(call("/paused", "tester:" + std::string(TemporaryNode::kPassword)).status, 504)
        << "nothing of theirs is kept";
    change("UPDATE public.pause SET seconds = 0");
    const HttpAnswer back = call("/paused");
    EXPECT_EQ(back.header("Tessera-Fallback"), "");
    EXPECT_NE(back.body, first.body);
    change("DROP TABLE public.pause");
}

TEST_F(EndpointsTest, LimitsHowOftenHowLongAndWho) {
    ASSERT_EQ(applied("/* {endpoint: seldom, rate: {requests: 2, seconds: 86400}} */ SELECT 1 AS a"), "");
    EXPECT_EQ(call("/seldom").status, 200);
    EXPECT_EQ(call("/seldom").status, 200);
    const HttpAnswer refused = call("/seldom");
    EXPECT_EQ(refused.status, 429);
    EXPECT_GT(std::atoi(refused.header("Retry-After").c_str()), 40'000);
    EXPECT_EQ(call("/seldom", "french:f").status, 200) << "each person for themselves";
    ASSERT_EQ(applied("/* {endpoint: slow, timeout_ms: 50} */ SELECT pg_sleep(30)::text AS a"), "");
    EXPECT_EQ(call("/slow").status, 504);
    ASSERT_EQ(applied("/* {endpoint: ours, roles: [french]} */ SELECT 1 AS a"), "");
    EXPECT_EQ(call("/ours").status, 403);
    EXPECT_EQ(call("/ours", "french:f").status, 200);
    EXPECT_THAT(call("").body, AllOf(HasSubstr("orders-by-country"), Not(HasSubstr("\"ours\""))));
    EXPECT_THAT(call("", "french:f").body, HasSubstr("\"ours\""));
    ASSERT_EQ(applied("/* {endpoint: elsewhere, nodes: [other]} */ SELECT 1 AS a"), "");
    EXPECT_EQ(call("/elsewhere").status, 404);
}

TEST_F(EndpointsTest, TheCommandLinePublishesFoldersOfFiles) {
    const TemporaryDirectory folder;
    writeFile(folder.path() / "mesh.yaml",
              "mesh: trial\nnodes: [{name: solo, address: '127.0.0.1:" + std::to_string(node_->port()) +
                  "', user: tester, password: '" + TemporaryNode::kPassword + "'}]\n");
    std::filesystem::create_directory(folder.path() / "endpoints");
    writeFile(folder.path() / "endpoints" / "a.sql", "/* {endpoint: from-file} */\nSELECT 1 AS a\n");
    writeFile(folder.path() / "endpoints" / "notes.txt", "not one");
    const auto tessera = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {TESSERA_BUILD_DIR "/bin/tessera", "endpoint"});
        auto done =
            run({.arguments = arguments, .environment = {{"TESSERA_MESH", (folder.path() / "mesh.yaml").string()}}},
                kPatience);
        EXPECT_TRUE(done) << done.error().describe();
        return std::move(*done);
    };
    const std::string files = (folder.path() / "endpoints").string();
    EXPECT_THAT(tessera({"check", files}).output, HasSubstr("from-file: right"));
    const auto diff = tessera({"diff", files});
    EXPECT_EQ(diff.status.exit_code, 1);
    EXPECT_THAT(diff.output, HasSubstr("+ SELECT 1 AS a"));
    EXPECT_EQ(tessera({"apply", files}).output, "from-file: created, version 1\n");
    EXPECT_EQ(tessera({"apply", files}).output, "from-file: unchanged, version 1\n");
    EXPECT_THAT(tessera({"list", "--format", "csv"}).output, HasSubstr("from-file,1,"));
    EXPECT_THAT(tessera({"show", "from-file"}).output, HasSubstr("SELECT 1 AS a"));
    EXPECT_THAT(tessera({"history", "from-file"}).output, HasSubstr("yes"));
    writeFile(folder.path() / "endpoints" / "b.sql", "/* {endpoint: broken} */\nSELECT 1 AS a FROM nowhere\n");
    const auto refused = tessera({"apply", files});
    EXPECT_EQ(refused.status.exit_code, 1);
    EXPECT_THAT(refused.error, AllOf(HasSubstr("b.sql:2: "), HasSubstr("nothing is applied")));
    EXPECT_EQ(tessera({"remove", "from-file"}).status.exit_code, 0);
    EXPECT_EQ(call("/from-file").status, 404);
}

constexpr const char* kBuyer = R"(model: buyer
version: 2
table: sales.buyers
key: [id]
writes: [insert, update, delete]
fields:
  - {name: id, type: bigint, not_null: true, required: true}
  - {name: full_name, column: name, type: text, not_null: true, required: true, max_length: 20}
  - {name: email, type: text}
  - {name: initial, type: text, sql: 'left(name, 1)'}
relationships:
  - {name: purchases, model: purchase@v1, column: id, other_column: buyer}
older:
  - version: 1
    changes:
      - {rename: full_name, to: name}
      - {without: email}
      - {restore: fax, value: none any more}
)";
constexpr const char* kPurchase = R"(model: purchase
version: 1
table: sales.purchases
key: [id]
fields:
  - {name: id, type: bigint, not_null: true}
  - {name: total, type: numeric}
relationships:
  - {name: items, model: item@v1, column: id, other_column: purchase}
)";
constexpr const char* kItem = R"(model: item
version: 1
table: sales.items
key: [name]
fields:
  - {name: name, type: text}
)";

class ModelsTest : public EndpointsTest {
  protected:
    static void SetUpTestSuite() {
        EndpointsTest::SetUpTestSuite();
        ASSERT_EQ(appliedModels({kBuyer, kPurchase, kItem}), "");
    }

    static std::string appliedModels(const std::vector<std::string>& texts, bool allows_breaking = false) {
        std::vector<client::EndpointFile> files;
        for (const std::string& text : texts) {
            files.push_back({"m" + std::to_string(files.size()) + ".yaml", text});
        }
        const auto done = author()->apply(files, false, allows_breaking);
        std::string problems = done ? "" : done.error().describe();
        for (const Error& problem : done ? done->problems : std::vector<Error>()) {
            problems += problem.describe() + "\n";
        }
        return problems;
    }

    static std::string with(std::string text, const std::string& old, const std::string& now) {
        const std::size_t at = text.find(old);
        EXPECT_NE(at, std::string::npos) << old;
        return at == std::string::npos ? text : text.replace(at, old.size(), now);
    }

    static HttpAnswer post(const std::string& path, const std::string& body) {
        return call(path, "caller:c", {"-H", "Content-Type: application/json", "-d", body});
    }
};

TEST_F(ModelsTest, TwoVersionsAreServedAtOnce) {
    const HttpAnswer second = call("/buyer@v2?id=1");
    ASSERT_EQ(second.status, 200) << second.body;
    EXPECT_EQ(
        second.asJson()["items"],
        json::parse(
            R"([{"id": "1", "full_name": "Ada", "email": "ada@example.org", "initial": "A", "purchases": null}])"));
    EXPECT_EQ(
        call("/buyer@v1?name=Bob").asJson()["items"],
        json::parse(R"([{"id": "2", "name": "Bob", "initial": "B", "fax": "none any more", "purchases": null}])"));
    EXPECT_EQ(call("/buyer@v1?full_name=Bob").status, 400);
    EXPECT_THAT(idsOf(call("/buyer@v2?sort=-full_name&limit=1").asJson()), ElementsAre("2"));
}

TEST_F(ModelsTest, RelationshipsAreNested) {
    const HttpAnswer nested = call("/buyer@v2?id=1&include=purchases.items");
    ASSERT_EQ(nested.status, 200) << nested.body;
    EXPECT_EQ(nested.asJson()["items"][0]["purchases"],
              json::parse(R"([{"id": "10", "total": "1.50", "items": [{"name": "ink"}, {"name": "pen"}]},
                              {"id": "11", "total": "9007199254740993", "items": []}])"));
    EXPECT_EQ(call("/buyer@v2?id=1&include=purchases").asJson()["items"][0]["purchases"][0],
              json::parse(R"({"id": "10", "total": "1.50"})"));
    EXPECT_EQ(call("/buyer@v2?id=2&include=purchases").asJson()["items"][0]["purchases"], json::array());
    EXPECT_EQ(call("/buyer@v2?id=1&include=purchases.buyer").status, 400);
}

TEST_F(ModelsTest, RowsAreWrittenAndJudged) {
    EXPECT_EQ(post("/buyer@v2-insert", R"({"id": 7})").asJson()["parameter"], "full_name");
    EXPECT_EQ(post("/buyer@v2-insert", R"({"id": 7, "full_name": "A name that is far too long"})").status, 400);
    EXPECT_EQ(post("/buyer@v2-insert", R"({"id": 7, "full_name": "Eve", "initial": "X"})").status, 400);
    const HttpAnswer made = post("/buyer@v2-insert", R"({"id": 7, "full_name": "Eve", "email": "e@example.org"})");
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(made.asJson()["items"][0]["initial"], "E");
    EXPECT_EQ(post("/buyer@v2-insert", R"({"id": 7, "full_name": "Eve"})").status, 409);
    EXPECT_EQ(post("/buyer@v1-update", R"({"id": 7, "name": "Eva"})").asJson()["items"][0]["name"], "Eva");
    const json cleared = post("/buyer@v2-update", R"({"id": 7, "clear": ["email"]})").asJson()["items"][0];
    EXPECT_EQ(cleared["full_name"], "Eva");
    EXPECT_EQ(cleared["email"], nullptr);
    EXPECT_EQ(post("/buyer@v2-update", R"({"id": 7, "clear": ["full_name"]})").status, 400);
    EXPECT_EQ(post("/buyer@v2-delete", R"({"id": 7})").asJson()["items"].size(), 1U);
    EXPECT_EQ(post("/buyer@v2-delete", R"({"id": 7})").asJson()["items"].size(), 0U);
    EXPECT_EQ(call("/buyer@v2-delete?id=1").status, 405);
}

TEST_F(ModelsTest, WhatDoesNotFitTheTableIsRefused) {
    EXPECT_THAT(
        appliedModels({with(kItem, "type: text", "type: integer")}),
        AllOf(HasSubstr("m0.yaml"), HasSubstr("item@v1"), HasSubstr("text = integer"), HasSubstr("not its column's")));
    EXPECT_THAT(applied("/* {endpoint: typed, types: {a: integer}} */ SELECT 'x'::text AS a"),
                HasSubstr("'a' is said to be of the type integer, and is of text"));
    EXPECT_THAT(appliedModels({with(kItem, "key: [name]", "key: [title]")}), HasSubstr("has no field 'title'"));
    EXPECT_THAT(appliedModels({with(kItem, "{name: name", "{column: nothing, name: name")}),
                HasSubstr("column t.nothing does not exist"));
}

/// A version goes only when that is said, and who still uses it is told.
TEST_F(ModelsTest, AVersionInUseIsNotLostByMistake) {
    ASSERT_EQ(call("/buyer@v1").status, 200);
    const std::string whole = kBuyer;
    const std::string without_first = whole.substr(0, whole.find("older:"));
    EXPECT_THAT(appliedModels({without_first, kPurchase, kItem}),
                AllOf(HasSubstr("'buyer@v1' is served"), HasSubstr("'retired'")));
    const std::string retired = without_first + "retired: [1]\n";
    EXPECT_THAT(appliedModels({retired, kPurchase, kItem}),
                AllOf(HasSubstr("served no more; called "), HasSubstr("caller")));
    EXPECT_EQ(call("/buyer@v1").status, 200);
    // A field that is taken from the newest version, and not given back to the older one.
    EXPECT_THAT(appliedModels({with(kBuyer, "      - {restore: fax, value: none any more}\n", ""), kPurchase, kItem}),
                HasSubstr("the field 'fax' is gone"));
    EXPECT_THAT(node_->httpGet("/metrics"), HasSubstr("tessera_endpoint_calls_total{endpoint=\"buyer@v1\"}"));
    ASSERT_EQ(appliedModels({retired, kPurchase, kItem}, true), "");
    EXPECT_EQ(call("/buyer@v1").status, 404);
    EXPECT_EQ(call("/buyer@v1-insert").status, 404);
    ASSERT_EQ(appliedModels({kBuyer, kPurchase, kItem}), "");
    EXPECT_EQ(call("/buyer@v1").status, 200);
}

/// Whoever can change the store's tables brings no SQL into an endpoint.
TEST_F(EndpointsTest, AVersionThatWasTamperedWithIsNotServed) {
    auto node = TemporaryNode::start(
        {.name = "other", .yaml = "endpoints: {authors: [tester]}\nstore: {administrators: [tester]}\n"});
    ASSERT_TRUE(node) << node.error().describe();
    const client::NodeAddress address{"other", "127.0.0.1:" + std::to_string(node->port()), TemporaryNode::kUser,
                                      TemporaryNode::kPassword};
    const auto endpoints = *client::EndpointsClient::create(address);
    ASSERT_TRUE(endpoints->apply({{"x.sql", "/* {endpoint: one} */ SELECT 'as published' AS a"}}, false, false));
    const auto ask = [&] {
        return runCurl("http://127.0.0.1:" + std::to_string(node->port()) + "/api/v1/endpoints/one",
                       "user = \"" + testerLogin() + "\"\n");
    };
    EXPECT_THAT(ask().body, HasSubstr("as published"));
    // By SQL nobody comes so far; in the member's file, somebody with the machine does.
    const auto by_sql =
        (*client::StoreClient::create(address))->execute({{"UPDATE endpoint_version SET source = 'x'"}}, kPatience);
    ASSERT_FALSE(by_sql);
    EXPECT_THAT(by_sql.error().message, HasSubstr("'tessera endpoint'"));
    node->stop();
    const auto tampered =
        runChecked({.arguments = {"sqlite3", (node->dataDirectory() / "store" / "data.db").string(),
                                  "DROP TRIGGER endpoint_version_stays; "
                                  "UPDATE endpoint_version SET source = replace(source, 'published', 'tampered!')"}},
                   kPatience);
    ASSERT_TRUE(tampered) << tampered.error().describe();
    ASSERT_TRUE(node->launch());
    HttpAnswer answer;
    EXPECT_TRUE(waitUntil(
        [&] {
            answer = ask();
            return answer.status == 500;
        },
        kPatience))
        << answer.body;
    EXPECT_THAT(answer.body, AllOf(HasSubstr("not what the node 'other' signed"), Not(HasSubstr("tampered!"))));
    EXPECT_THAT(node->log(), HasSubstr("endpoints.refused"));
    // Nor after a start; and published again, it is served.
    node->stop();
    ASSERT_TRUE(node->launch());
    EXPECT_EQ(ask().status, 500);
    const auto again = endpoints->apply({{"x.sql", "/* {endpoint: one} */ SELECT 'as published' AS a"}}, false, false);
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_THAT(ask().body, HasSubstr("as published"));
}

}  // namespace
}  // namespace tessera
