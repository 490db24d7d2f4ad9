/// Endpoints on a real node: published with the command line, called with curl as several people, with everything that
/// is wrong and everything that tries to be SQL. No time is asserted.

#include "tests/integration/endpoints_fixture.h"

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
/// What DuckDB reads of such files is in parquet_writer_test.cpp.
TEST_F(EndpointsTest, AnswersAreParquetFilesWhereAsked) {
    ASSERT_EQ(applied("/* {endpoint: numbers, parameters: [{name: n, type: integer, required: true}]} */ "
                      "SELECT i, repeat('x', 40) AS x FROM generate_series(1, :n) i"),
              "");
    // In one piece, and in parts.
    for (const int rows : {3, 200'000}) {
        const HttpAnswer answer = call("/numbers?format=parquet&n=" + std::to_string(rows));
        ASSERT_EQ(answer.status, 200) << answer.body.substr(0, 300);
        EXPECT_EQ(answer.exit_code, 0);
        EXPECT_EQ(answer.header("Content-Type"), "application/vnd.apache.parquet");
        EXPECT_EQ(answer.body.substr(0, 4), "PAR1");
        EXPECT_EQ(answer.body.substr(answer.body.size() - 4), "PAR1");
        EXPECT_GE(answer.body.size(), static_cast<std::size_t>(rows) * 48);
    }
    const HttpAnswer by_header =
        call("/orders-by-country?country=France&limit=2", "caller:c", {"-H", "Accept: application/vnd.apache.parquet"});
    EXPECT_EQ(by_header.body.substr(0, 4), "PAR1");
    EXPECT_NE(by_header.header("Tessera-Cursor"), "");
}

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
    const HttpAnswer after = call("/count-of-buyers");
    EXPECT_NE(after.body, before.body);
    // The node sees in the store what it has said itself.
    ASSERT_EQ(applied("/* {endpoint: something-else} */ SELECT 1 AS a"), "");
    EXPECT_EQ(call("/count-of-buyers").body, after.body) << "it is kept again";
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

/// Of policies, masks and rights, before whoever changes them is told.
TEST_F(EndpointsTest, KeptAnswersEndWithWhatPeopleMaySee) {
    ASSERT_EQ(
        applied("/* {endpoint: kept-buyers, cache: {seconds: 3600}} */ SELECT (SELECT count(*) FROM sales.buyers) "
                "AS count, gen_random_uuid() AS id, pg_advisory_xact_lock(4711)::text AS waited"),
        "");
    const auto count = [] { return call("/kept-buyers").asJson()["items"][0]["count"].get<std::string>(); };
    const HttpAnswer first = call("/kept-buyers");
    ASSERT_EQ(first.status, 200) << first.body;
    EXPECT_EQ(count(), "2");
    change(
        "BEGIN; SELECT sales.administer($$SELECT tessera.create_policy('sales.buyers', 'one', 'id = 1')$$); ROLLBACK");
    EXPECT_EQ(call("/kept-buyers").body, first.body) << "nothing has changed";
    administer("SELECT tessera.create_policy('sales.buyers', 'one', 'id = 1')");
    EXPECT_EQ(count(), "1");
    administer("SELECT tessera.create_policy('sales.buyers', 'one', 'false')");
    EXPECT_EQ(count(), "0");
    administer("SELECT tessera.drop_policy('sales.buyers', 'one')");
    EXPECT_EQ(count(), "2");
    administer("REVOKE SELECT ON sales.buyers FROM caller");
    EXPECT_EQ(call("/kept-buyers").status, 403);
    administer("GRANT SELECT ON sales.buyers TO caller");

    // While an answer is on its way that is not the right one any more.
    auto holding = node_->connect();
    ASSERT_TRUE(holding) << holding.error().describe();
    ASSERT_TRUE(holding->execute("SELECT pg_advisory_lock(4711)"));
    HttpAnswer late;
    std::thread calling([&] { late = call("/kept-buyers"); });
    EXPECT_TRUE(waitUntil(
        [&] {
            const auto waits = holding->queryValue(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = "
                "'advisory' AND objid = 4711");
            return waits && *waits == "1";
        },
        kPatience));
    administer("REVOKE SELECT ON sales.buyers FROM caller");
    ASSERT_TRUE(holding->execute("SELECT pg_advisory_unlock(4711)"));
    calling.join();
    EXPECT_EQ(late.status, 200) << "it was asked before: " << late.body;
    EXPECT_EQ(call("/kept-buyers").status, 403);
    administer("GRANT ALL ON sales.buyers TO caller");
}

/// What was answered before stands in, and says so, while the statement takes too long.
TEST_F(EndpointsTest, AStaleAnswerStandsInWhereNoOtherCanBeHad) {
    change(
        "CREATE TABLE public.pause(seconds float8 NOT NULL); INSERT INTO public.pause VALUES (0); GRANT SELECT ON "
        "public.pause TO caller");
    ASSERT_EQ(applied("/* {endpoint: paused, timeout_ms: 5000, cache: {seconds: 1, stale_seconds: 3600}} */ SELECT "
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
    administer("SELECT tessera.create_policy('public.pause', 'all', 'true')");
    EXPECT_EQ(call("/paused").status, 504) << "it may not be seen any more";
    change("UPDATE public.pause SET seconds = 0");
    const HttpAnswer back = call("/paused");
    EXPECT_EQ(back.header("Tessera-Fallback"), "");
    EXPECT_NE(back.body, first.body);
    administer("SELECT tessera.drop_policy('public.pause', 'all')");
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
    EXPECT_THAT(tessera({"rollback", "from-file"}).error, HasSubstr("'from-file' has no version before 1"));
    writeFile(folder.path() / "endpoints" / "a.sql", "/* {endpoint: from-file} */\nSELECT 2 AS a, 3 AS b\n");
    EXPECT_EQ(tessera({"apply", files}).output, "from-file: changed, version 2\n");
    EXPECT_EQ(call("/from-file").asJson()["items"][0]["a"], 2);
    const auto back = tessera({"rollback", "from-file"});
    EXPECT_EQ(back.output, "from-file: changed, version 3\n");
    EXPECT_THAT(back.error, HasSubstr("callers may fail: the field 'b' is gone"));
    EXPECT_EQ(call("/from-file").asJson()["items"][0].dump(), "{\"a\":1}");
    EXPECT_EQ(tessera({"rollback", "from-file", "--version", "2"}).output, "from-file: changed, version 4\n");
    EXPECT_EQ(tessera({"rollback", "from-file", "--version", "9"}).status.exit_code, 1);
    EXPECT_EQ(tessera({"rollback", "from-file", "--version", "1"}).output, "from-file: changed, version 5\n");
    writeFile(folder.path() / "endpoints" / "b.sql", "/* {endpoint: broken} */\nSELECT 1 AS a FROM nowhere\n");
    const auto refused = tessera({"apply", files});
    EXPECT_EQ(refused.status.exit_code, 1);
    EXPECT_THAT(refused.error, AllOf(HasSubstr("b.sql:2: "), HasSubstr("nothing is applied")));
    EXPECT_EQ(tessera({"remove", "from-file"}).status.exit_code, 0);
    EXPECT_EQ(call("/from-file").status, 404);
}

}  // namespace
}  // namespace tessera
