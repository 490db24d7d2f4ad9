// What a node says of itself to a person: sources, schemas, tables, columns, as far as that person may see them.

#include "nodeservice/client/names_statement.h"
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
CREATE TABLE reports.w (t_c text, t_a int, FOREIGN KEY (t_c, t_a) REFERENCES reports.t (c, a));
CREATE TABLE reports.hidden (x int);
CREATE FUNCTION reports.tax(amount numeric, rate numeric DEFAULT 0.2) RETURNS numeric LANGUAGE sql
  BEGIN ATOMIC SELECT amount * rate; END;
COMMENT ON FUNCTION reports.tax IS 'what the state takes';
GRANT SELECT ON reports.t, reports.w, reports.v TO tessera_user;
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
    ASSERT_EQ(tables->size(), 3u);
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

    const auto all_names = runQuery(*client, client::kNamesStatement);
    ASSERT_TRUE(all_names) << all_names.error().describe();
    std::string own;
    for (const auto& row : all_names->rows) {
        std::string line;
        for (const auto& field : row) {
            line += (line.empty() ? "" : "|") + field.value_or("NULL");
        }
        if (line.find("pg_catalog") == std::string::npos) {
            own += line + "\n";
        }
    }
    EXPECT_EQ(own,
              "p||public|||\n"
              "s||information_schema|||\ns||kinds|||\ns||public|||standard public schema\n"
              "s||reports|||What we look at\n"
              "t|kinds|kinds|f||a few\nc||id|integer|0n|\nc||name|text|0|\n"
              "t|reports|t|r||\nc||a|integer|2n|\nc||b|numeric(10,2)|0n|the b\nc||c|text|1n|\n"
              "t|reports|v|v||\nc||id|integer|0|\nc||name|text|0|\n"
              "t|reports|w|r||\nc||t_c|text|0|\nc||t_a|integer|0|\n"
              "k|reports|w|reports\x1ft|t_c\x1f"
              "c\x1ft_a\x1f"
              "a|\n"
              "f|reports|tax|amount numeric, rate numeric DEFAULT 0.2|numeric|what the state takes\n");
    EXPECT_GT(all_names->rows.size(), 1000u);  // with PostgreSQL's functions
}

}  // namespace
}  // namespace tessera
