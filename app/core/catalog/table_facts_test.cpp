// Goal: what comes of the facts' rows, and the statements written from them. Method: rows as a node sends them.
#include "app/core/catalog/table_facts.h"

#include "app/core/output/text_batch.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

const CatalogModel::TablePlace kPlace{QStringLiteral("lake"), QStringLiteral("files"), QStringLiteral("Big flights")};

std::optional<TableFacts> factsOf(const std::vector<TextRow>& rows) {
    ResultStore store;
    store.setColumns(textColumns({"kind", "name", "a", "b", "c", "d", "e"}));
    EXPECT_TRUE(store.append(std::make_shared<const client::ResultBatch>(textBatch(7, rows))));
    return readTableFacts(kPlace, store);
}

std::vector<TextRow> foreignTable() {
    const std::optional<std::string> none;
    return {{"f", "kind", "f", none, none, none, none},
            {"f", "owner", "ann", none, none, none, none},
            {"f", "comment", "On-time *records*", none, none, none, none},
            {"f", "server", "west", none, none, none, none},
            {"f", "rows", "3000000", none, none, none, none},
            {"f", "bytes", none, none, none, none, none},
            {"f", "analyzed", "1700000000000", none, none, none, none},
            {"o", "table_name", "it's", none, none, none, none},
            {"c", "id", "bigint", "12n\x1f-1", none, none,
             "key\x1ftrue\x1f"
             "column_name\x1fID"},
            {"c", "Delay", "integer", "0", "7", "Minutes", none},
            {"c", "made", "text", "0g", "upper('x')", none, none},
            {"k", "pk", "p", "PRIMARY KEY (id)", none, none, none},
            {"i", "by_delay", "", "CREATE INDEX …", none, none, none},
            {"g", "", "SELECT", none, none, none, none}};
}

TEST(TableFacts, AreReadFromTheirRows) {
    const auto facts = factsOf(foreignTable());
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->kind, CatalogKind::kForeignTable);
    EXPECT_EQ(facts->owner, QStringLiteral("ann"));
    EXPECT_EQ(facts->server, QStringLiteral("west"));
    EXPECT_EQ(facts->rows, 3e6);
    EXPECT_FALSE(facts->bytes);
    EXPECT_EQ(facts->analyzed.toMSecsSinceEpoch(), 1700000000000);
    ASSERT_EQ(facts->columns.size(), 3U);
    EXPECT_EQ(facts->columns[0].key_position, 12);
    EXPECT_TRUE(facts->columns[0].is_not_null);
    EXPECT_EQ(facts->columns[0].distinct, -1);
    EXPECT_EQ(facts->columns[0].options.size(), 2U);
    EXPECT_FALSE(facts->columns[1].is_not_null);
    EXPECT_EQ(facts->columns[1].default_expression, QStringLiteral("7"));
    EXPECT_TRUE(facts->columns[2].is_generated);
    ASSERT_EQ(facts->keys.size(), 2U);
    EXPECT_EQ(facts->keys[0].kind, QStringLiteral("Primary key"));
    ASSERT_EQ(facts->grants.size(), 1U);
    EXPECT_TRUE(facts->grants[0].grantee.isEmpty());
}

TEST(TableFacts, ThatAreNotThereAreNone) {
    EXPECT_FALSE(factsOf({}));
    ResultStore of_another_shape;
    of_another_shape.setColumns(textColumns({"kind"}));
    EXPECT_FALSE(readTableFacts(kPlace, of_another_shape));
}

TEST(TableFacts, BecomeStatements) {
    auto facts = factsOf(foreignTable());
    ASSERT_TRUE(facts);
    EXPECT_EQ(selectStatement(*facts),
              QStringLiteral("SELECT id, \"Delay\", made\nFROM files.\"Big flights\"\nLIMIT 100;"));
    EXPECT_EQ(insertStatement(*facts),
              QStringLiteral("INSERT INTO files.\"Big flights\" (id, \"Delay\")\nVALUES (:id, :value_2);"));
    EXPECT_EQ(foreignTableStatement(*facts),
              QStringLiteral("CREATE FOREIGN TABLE files.\"Big flights\" (\n"
                             "    id bigint OPTIONS (key 'true', column_name 'ID') NOT NULL,\n"
                             "    \"Delay\" integer,\n    made text\n) SERVER west OPTIONS (table_name 'it''s');"));
    facts->kind = CatalogKind::kTable;
    facts->columns.resize(1);
    EXPECT_EQ(foreignTableStatement(*facts),
              QStringLiteral("CREATE FOREIGN TABLE files.\"Big flights\" (\n    id bigint NOT NULL\n) SERVER lake "
                             "OPTIONS (schema_name 'files', table_name 'Big flights');"));
}

TEST(TableFacts, CommentsAreWrittenAsStatements) {
    auto facts = factsOf(foreignTable());
    ASSERT_TRUE(facts);
    EXPECT_FALSE(facts->may_comment);
    EXPECT_EQ(commentStatement(*facts, {}, QStringLiteral("it's")),
              QStringLiteral("COMMENT ON FOREIGN TABLE files.\"Big flights\" IS 'it''s'"));
    EXPECT_EQ(commentStatement(*facts, QStringLiteral("Delay"), QStringLiteral("a\\b")),
              QStringLiteral("COMMENT ON COLUMN files.\"Big flights\".\"Delay\" IS E'a\\\\b'"));
    EXPECT_EQ(commentStatement(*facts, {}, {}),
              QStringLiteral("COMMENT ON FOREIGN TABLE files.\"Big flights\" IS NULL"));
    facts->kind = CatalogKind::kMaterializedView;
    EXPECT_TRUE(commentStatement(*facts, {}, {}).startsWith(QStringLiteral("COMMENT ON MATERIALIZED VIEW ")));
    EXPECT_TRUE(
        factsOf({{"f", "kind", "r", {}, {}, {}, {}}, {"f", "may_comment", "true", {}, {}, {}, {}}})->may_comment);
}

}  // namespace
}  // namespace tessera::app
