/// Models on a real node: entities in several versions at once, with relationships, read and written over HTTP.

#include "tests/integration/endpoints_fixture.h"

#include <set>

namespace tessera {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

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

/// RFC 9562: 48 bits of milliseconds, version 7, variant 10; so they come in the order of their time.
TEST_F(ModelsTest, IdsMakeThemselves) {
    const std::string visit =
        "model: visit\nversion: 1\ntable: sales.visits\nkey: [id]\nwrites: [insert]\nfields:\n"
        "  - {name: id, type: uuid, not_null: true}\n  - {name: place, type: text}\n";
    ASSERT_EQ(appliedModels({visit}), "");
    const auto milliseconds = [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    };
    const auto before = milliseconds();
    std::vector<std::string> ids;
    for (const char* place : {"Rome", "Oslo", "Lima"}) {
        const HttpAnswer made = post("/visit@v1-insert", json{{"place", place}}.dump());
        ASSERT_EQ(made.status, 200) << made.body;
        EXPECT_EQ(made.asJson()["items"][0]["place"], place);
        ids.push_back(made.asJson()["items"][0]["id"]);
        EXPECT_THAT(ids.back(),
                    testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
        const long long at = std::stoll(ids.back().substr(0, 8) + ids.back().substr(9, 4), nullptr, 16);
        EXPECT_GE(at, before);
        EXPECT_LE(at, milliseconds());
        EXPECT_EQ(call("/visit@v1?id=" + ids.back()).asJson()["items"].size(), 1U);
    }
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 3U);
    const std::string given = R"({"place": "Bonn", "id": "0190b5a0-0000-7000-8000-000000000001"})";
    const HttpAnswer refused = post("/visit@v1-insert", given);
    EXPECT_EQ(refused.status, 400) << refused.body;
    EXPECT_EQ(refused.asJson()["parameter"], "id");
    const json parameters =
        call("/openapi.json").asJson()["components"]["schemas"]["VisitV1InsertParameters"]["properties"];
    EXPECT_TRUE(parameters.contains("place"));
    EXPECT_FALSE(parameters.contains("id")) << parameters;
    // Where the model allows it.
    ASSERT_EQ(appliedModels({with(visit, "type: uuid", "type: uuid, given: true")}), "");
    EXPECT_EQ(post("/visit@v1-insert", given).asJson()["items"][0]["id"], "0190b5a0-0000-7000-8000-000000000001");
    EXPECT_EQ(post("/visit@v1-insert", given).status, 409);
    EXPECT_EQ(post("/visit@v1-insert", R"({"place": "Bonn"})").asJson()["items"][0]["id"].get<std::string>()[14], '7');
    EXPECT_EQ(post("/visit@v1-insert", R"({"place": "Bonn", "id": "1"})").status, 400);
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

}  // namespace
}  // namespace tessera
