// What a node says of itself to a person: sources, schemas, tables, columns, as far as that person may see them.

#include "tests/support/temporary_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera {
namespace {

using client::callAndWait;
using testing::HasSubstr;

TEST(NodeCatalog, DescribesWhatThePersonMaySee) {
    auto node = TemporaryNode::prepare({.yaml = R"(init: init
sources:
  - name: kinds
    connector: memory
    comment: Kinds of things
    options: {tables: '{"kinds": {"comment": "a few", "columns": [{"name": "id", "type": "integer", "key": 1, "not_null": true}, {"name": "name", "type": "text"}], "rows": [[0, "none"]]}}'}
    import: [{schema: any, into: kinds}]
)"});
    ASSERT_TRUE(node) << node.error().describe();
    writeFile(node->folder() / "init/10.sql", R"(
CREATE SCHEMA IF NOT EXISTS reports;
GRANT USAGE ON SCHEMA reports TO tessera_user;
COMMENT ON SCHEMA reports IS 'What we look at';
CREATE TABLE reports.t (a int, b numeric(10,2) NOT NULL DEFAULT 1.5, c text, PRIMARY KEY (c, a));
COMMENT ON COLUMN reports.t.b IS 'the b';
INSERT INTO reports.t SELECT n, n, n FROM generate_series(1, 100) n;
ANALYZE reports.t;
CREATE VIEW reports.v AS SELECT * FROM kinds.kinds;
CREATE TABLE reports.hidden (x int);
GRANT SELECT ON reports.t, reports.v TO tessera_user;
CREATE SCHEMA secret;
)");
    const auto started = node->launch();
    ASSERT_TRUE(started) << started.error().describe();
    const auto client = node->client();

    const auto info = callAndWait<client::NodeInfo>([&](auto done) { return client->describeNode(std::move(done)); });
    ASSERT_TRUE(info) << info.error().describe();
    EXPECT_EQ(info->name, "node");
    EXPECT_FALSE(info->version.empty());
    EXPECT_THAT(info->postgres_version, HasSubstr("15."));
    EXPECT_EQ(info->sources.at(0).comment, "Kinds of things");
    EXPECT_EQ(info->sources.at(0).schemas, std::vector<std::string>{"kinds"});

    const auto schemas =
        callAndWait<std::vector<client::SchemaInfo>>([&](auto done) { return client->listSchemas(std::move(done)); });
    ASSERT_TRUE(schemas) << schemas.error().describe();
    std::string names;
    for (const auto& schema : *schemas) {
        names += schema.name + "(" + schema.source + ") ";
    }
    EXPECT_EQ(names, "kinds(kinds) public() reports() ") << node->log();

    const auto tables = callAndWait<std::vector<client::TableInfo>>(
        [&](auto done) { return client->listTables("reports", std::move(done)); });
    ASSERT_TRUE(tables) << tables.error().describe();
    ASSERT_EQ(tables->size(), 2u);
    EXPECT_EQ((*tables)[0].name, "t");
    EXPECT_EQ((*tables)[0].estimated_rows, 100);
    EXPECT_EQ((*tables)[1].kind, client::TableKind::kView);
    EXPECT_FALSE((*tables)[1].estimated_rows);

    const auto details = callAndWait<client::TableDetails>(
        [&](auto done) { return client->describeTable("reports", "t", std::move(done)); });
    ASSERT_TRUE(details) << details.error().describe();
    ASSERT_EQ(details->columns.size(), 3u);
    EXPECT_EQ(details->columns[0].key_position, 2);
    EXPECT_EQ(details->columns[1].type_name, "numeric(10,2)");
    EXPECT_TRUE(details->columns[1].not_null);
    EXPECT_EQ(details->columns[1].default_expression, "1.5");
    EXPECT_EQ(details->columns[1].comment, "the b");
    EXPECT_EQ(details->columns[2].key_position, 1);

    const auto foreign = callAndWait<client::TableDetails>(
        [&](auto done) { return client->describeTable("kinds", "kinds", std::move(done)); });
    ASSERT_TRUE(foreign) << foreign.error().describe();
    EXPECT_EQ(foreign->source, "kinds");
    EXPECT_EQ(foreign->table.kind, client::TableKind::kForeignTable);

    const auto missing = callAndWait<client::TableDetails>(
        [&](auto done) { return client->describeTable("reports", "hidden", std::move(done)); });
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
    const auto no_schema = callAndWait<std::vector<client::TableInfo>>(
        [&](auto done) { return client->listTables("reprots", std::move(done)); });
    ASSERT_FALSE(no_schema);
    EXPECT_EQ(no_schema.error().message + "; " + no_schema.error().hint,
              "there is no schema 'reprots'; did you mean 'reports'?");
}

}  // namespace
}  // namespace tessera
