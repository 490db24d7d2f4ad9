/// Models that make their tables on a real node: columns, keys, relationships, rights; nothing is ever taken away.

#include "tests/integration/endpoints_fixture.h"

namespace tessera {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kPerson = R"(model: person
version: 1
table: shop.people
create: true
key: [id]
writes: [insert, update, delete]
roles: [caller]
fields:
  - {name: id, type: uuid}
  - {name: name, type: text, not_null: true, required: true}
relationships:
  - {name: baskets, model: basket@v1, column: id, other_column: person_id}
)";
constexpr const char* kBasket = R"(model: basket
version: 1
table: shop.baskets
create: true
key: [id]
writes: [insert, delete]
roles: [caller]
fields:
  - {name: id, type: bigint, read_only: true}
  - {name: person_id, type: uuid, not_null: true, required: true}
  - {name: made_at, type: timestamptz, not_null: true, read_only: true, default: now()}
relationships:
  - {name: products, model: product@v1, column: id, other_column: code,
     through: shop.basket_products, through_column: basket, through_other_column: product}
)";
constexpr const char* kProduct = R"(model: product
version: 1
table: shop.products
create: true
key: [code]
writes: [insert, delete]
roles: [caller]
fields:
  - {name: code, type: text, required: true}
  - {name: price, type: numeric}
)";

class ModelTablesTest : public EndpointsTest {
  protected:
    static void SetUpTestSuite() {
        EndpointsTest::SetUpTestSuite();
        administer("CREATE SCHEMA shop AUTHORIZATION tester; GRANT USAGE ON SCHEMA shop TO caller");
    }

    static client::EndpointApplication apply(const std::vector<std::string>& texts, bool is_dry = false,
                                             bool allows_breaking = false) {
        std::vector<client::EndpointFile> files;
        for (const std::string& text : texts) {
            files.push_back({"m" + std::to_string(files.size()) + ".yaml", text});
        }
        auto done = author()->apply(files, is_dry, allows_breaking);
        EXPECT_TRUE(done) << done.error().describe();
        return done.value_or(client::EndpointApplication());
    }

    static std::string problemsOf(const std::vector<std::string>& texts) { return wordsOf(apply(texts)); }

    static std::string wordsOf(const client::EndpointApplication& application) {
        std::string all;
        for (const Error& problem : application.problems) {
            all += problem.describe() + "\n";
        }
        return all;
    }

    static HttpAnswer post(const std::string& path, const json& body) {
        return call(path, "caller:c", {"-H", "Content-Type: application/json", "-d", body.dump()});
    }

    static std::string value(const std::string& sql) {
        auto connection = node_->connect();
        EXPECT_TRUE(connection);
        const auto found = connection->queryValue(sql);
        EXPECT_TRUE(found) << found.error().describe();
        return found ? found->value_or("NULL") : "";
    }

    static std::string tablesThere() {
        return value(
            "SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class WHERE relkind = 'r' AND "
            "relnamespace = 'shop'::regnamespace");
    }
};

TEST_F(ModelTablesTest, ThreeModelsMakeTheirTablesAndAreUsed) {
    // Looked at first: nothing is left of it.
    const auto looked = apply({kPerson, kBasket, kProduct}, true);
    EXPECT_EQ(wordsOf(looked), "");
    EXPECT_THAT(looked.table_changes.at(0), AllOf(HasSubstr("CREATE TABLE shop.people"), HasSubstr("PRIMARY KEY")));
    EXPECT_EQ(tablesThere(), "");

    const auto made = apply({kPerson, kBasket, kProduct});
    ASSERT_EQ(wordsOf(made), "");
    EXPECT_EQ(made.table_changes, looked.table_changes);
    EXPECT_EQ(tablesThere(), "basket_products baskets people products");
    EXPECT_EQ(value("SELECT string_agg(conrelid::regclass || ' ' || pg_get_constraintdef(oid), '; ' ORDER BY "
                    "conrelid::regclass::text, conkey) FROM pg_constraint WHERE contype = 'f' AND connamespace = "
                    "'shop'::regnamespace"),
              "shop.basket_products FOREIGN KEY (basket) REFERENCES shop.baskets(id); shop.basket_products FOREIGN KEY "
              "(product) REFERENCES shop.products(code); shop.baskets FOREIGN KEY (person_id) REFERENCES "
              "shop.people(id)");

    const std::string ada = post("/person@v1-insert", {{"name", "Ada"}}).asJson()["items"][0]["id"];
    for (const char* code : {"ink", "pen"}) {
        EXPECT_EQ(post("/product@v1-insert", {{"code", code}, {"price", "1.50"}}).status, 200);
    }
    const HttpAnswer basket = post("/basket@v1-insert", {{"person_id", ada}});
    ASSERT_EQ(basket.status, 200) << basket.body;
    EXPECT_EQ(basket.asJson()["items"][0]["id"], "1") << "numbered by the table";
    EXPECT_EQ(post("/basket@v1-products-insert", {{"basket", "1"}, {"product", "pen"}}).status, 200);
    EXPECT_EQ(post("/basket@v1-products-insert", {{"basket", "1"}, {"product", "ink"}}).status, 200);
    EXPECT_EQ(post("/basket@v1-products-insert", {{"basket", "1"}, {"product", "ink"}}).status, 409);
    EXPECT_EQ(post("/basket@v1-products-insert", {{"basket", "1"}, {"product", "cow"}}).status, 409) << "no such one";
    EXPECT_EQ(post("/basket@v1-insert", {{"person_id", "0190b5a0-0000-7000-8000-000000000001"}}).status, 409);
    EXPECT_EQ(post("/person@v1-delete", {{"id", ada}}).status, 409) << "there are baskets of it";

    const HttpAnswer nested = call("/person@v1?include=baskets.products");
    ASSERT_EQ(nested.status, 200) << nested.body;
    const json products = nested.asJson()["items"][0]["baskets"][0]["products"];
    EXPECT_EQ(products, json::parse(R"([{"code": "ink", "price": "1.50"}, {"code": "pen", "price": "1.50"}])"));
    EXPECT_EQ(post("/basket@v1-products-delete", {{"basket", "1"}, {"product", "ink"}}).asJson()["items"].size(), 1U);
    EXPECT_EQ(call("/basket@v1?include=products").asJson()["items"][0]["products"].size(), 1U);

    const auto again = apply({kPerson, kBasket, kProduct});
    EXPECT_EQ(wordsOf(again), "");
    EXPECT_THAT(again.table_changes, IsEmpty());
    for (const client::AppliedEndpoint& one : again.endpoints) {
        EXPECT_EQ(one.change, client::AppliedEndpoint::Change::kUnchanged) << one.name;
    }
}

/// What would be done does not look like what was done.
TEST_F(ModelTablesTest, TheCommandSaysOfStatementsWhetherTheyWereRun) {
    const TemporaryDirectory folder;
    const auto mesh =
        writeFile(folder.path() / "mesh.yaml",
                  "mesh: trial\nnodes: [{name: solo, address: '127.0.0.1:" + std::to_string(node_->port()) +
                      "', user: tester, password: '" + TemporaryNode::kPassword + "'}]\n");
    const auto file = writeFile(folder.path() / "memo.yaml",
                                "model: memo\nversion: 1\ntable: shop.memos\ncreate: true\nkey: [id]\n"
                                "roles: [caller]\nfields:\n  - {name: id, type: bigint, required: true}\n");
    const auto tessera = [&](const char* action) {
        auto done = run({.arguments = {TESSERA_BUILD_DIR "/bin/tessera", "endpoint", action, file.string()},
                         .environment = {{"TESSERA_MESH", mesh.string()}}},
                        kPatience);
        EXPECT_TRUE(done) << done.error().describe();
        return done.value_or(ProcessResult());
    };
    const ProcessResult checked = tessera("check");
    EXPECT_THAT(checked.output, AllOf(HasSubstr("right"), Not(HasSubstr("CREATE TABLE")))) << checked.error;
    EXPECT_THAT(checked.error, HasSubstr("'apply' would change tables of models, by "));
    EXPECT_THAT(tessera("diff").output, HasSubstr("-- 'apply' would run:\nCREATE TABLE shop.memos"));
    EXPECT_THAT(tablesThere(), Not(HasSubstr("memos")));
    EXPECT_THAT(tessera("apply").output, HasSubstr("done: CREATE TABLE shop.memos"));
    administer("DROP TABLE shop.memos");
}

/// Columns come, and none goes: who reads an older version goes on.
TEST_F(ModelTablesTest, ColumnsAreAddedAndNoneIsTaken) {
    const std::string note =
        "model: note\nversion: 1\ntable: shop.notes\ncreate: true\nkey: [id]\nwrites: [insert]\n"
        "roles: [caller]\nfields:\n  - {name: id, type: bigint, required: true}\n"
        "  - {name: words, type: text}\n";
    ASSERT_EQ(problemsOf({note}), "");
    ASSERT_EQ(post("/note@v1-insert", {{"id", "1"}, {"words", "old"}}).status, 200);
    const std::string newer = with(with(note, "version: 1", "version: 2"), "  - {name: words, type: text}\n",
                                   "  - {name: stars, type: integer, not_null: true, default: '3'}\nolder:\n"
                                   "  - {version: 1, changes: [{without: stars}, {restore: words, sql: words}]}\n");
    EXPECT_THAT(problemsOf({with(newer, ", default: '3'", "")}), HasSubstr("give the field a 'default'"));
    const auto made = apply({newer}, false, true);
    ASSERT_EQ(wordsOf(made), "");
    EXPECT_THAT(made.table_changes, ElementsAre(HasSubstr("ALTER TABLE shop.notes ADD COLUMN \"stars\" integer")));
    EXPECT_EQ(call("/note@v2").asJson()["items"], json::parse(R"([{"id": "1", "stars": 3}])"));
    EXPECT_EQ(call("/note@v1").asJson()["items"], json::parse(R"([{"id": "1", "words": "old"}])"));
}

TEST_F(ModelTablesTest, WhatCantBeMadeIsSaidAndNothingIsLeft) {
    const std::string one =
        "model: odd\nversion: 1\ntable: shop.odd\ncreate: true\nkey: [id]\nfields:\n"
        "  - {name: id, type: bigint}\n  - {name: more, type: text}\n";
    const std::string before = tablesThere();
    EXPECT_THAT(problemsOf({with(one, "shop.odd", "sales.odd")}),
                AllOf(HasSubstr("m0.yaml"), HasSubstr("permission denied for schema sales")));
    EXPECT_THAT(problemsOf({with(one, "shop.odd", "shop.odd (id int); DROP TABLE shop.x; --")}),
                HasSubstr("not a valid identifier"));
    EXPECT_THAT(problemsOf({with(one, "key:", "roles: [nobody]\nkey:")}), HasSubstr("there is no role 'nobody'"));
    EXPECT_THAT(problemsOf({with(one, "type: text", "type: text, default: nowt()")}), HasSubstr("nowt()"));
    EXPECT_THAT(problemsOf({with(one, "type: text", "type: text, read_only: true, not_null: true")}),
                HasSubstr("nothing gives 'more' a value"));
    EXPECT_THAT(problemsOf({one, with(one, "model: odd", "model: even")}), HasSubstr("two models make the table"));
    // What an endpoint beside it lacks ends all.
    EXPECT_THAT(problemsOf({one, with(with(with(one, "odd", "even"), "shop.odd", "shop.even"), "create: true\n", "")}),
                HasSubstr("shop.even"));
    change("CREATE VIEW shop.seen AS SELECT 1::bigint AS id");
    EXPECT_THAT(problemsOf({with(one, "shop.odd", "shop.seen")}),
                AllOf(HasSubstr("shop.seen is no table"), HasSubstr("lacks the column 'more'")));
    EXPECT_EQ(tablesThere(), before);
}

}  // namespace
}  // namespace tessera
