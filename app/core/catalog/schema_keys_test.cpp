// Goal: a schema's keys, declared and supposed. Method: names by hand.
#include "app/core/catalog/schema_keys.h"

#include "app/core/catalog/supposed_key.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

NameIndex sample() {
    NameIndexBuilder builder;
    builder.addTable("crm", "customers", RelationKind::kTable, "");
    builder.addColumn("id", "bigint", true, 1, "");
    builder.addColumn("country", "text", false, 0, "");
    builder.addTable("crm", "orders", RelationKind::kTable, "");
    builder.addColumn("id", "bigint", true, 1, "");
    builder.addColumn("customer_id", "bigint", true, 0, "");
    builder.addColumn("placed_at", "date", true, 0, "");
    builder.addTable("crm", "visits", RelationKind::kForeignTable, "");
    builder.addColumn("customer_id", "bigint", true, 0, "");
    builder.addColumn("country", "text", true, 0, "");
    builder.addTable("crm", "recent_orders", RelationKind::kView, "");
    builder.addColumn("customer_id", "bigint", false, 0, "");
    builder.addTable("lists", "countries", RelationKind::kTable, "");
    builder.addColumn("country", "text", true, 1, "");
    builder.addTable("other", "unrelated", RelationKind::kTable, "");
    builder.addForeignKey({"crm", "orders"}, {"crm", "customers"}, {{"customer_id", "id"}});
    builder.addForeignKey({"crm", "customers"}, {"lists", "countries"}, {{"country", "country"}});
    return builder.finish();
}

TEST(SchemaKeys, ShowsDeclaredAndSupposedReferences) {
    const NameIndex names = sample();
    const SchemaKeys keys = schemaKeys(names, "crm", SchemaColumns::kKeys);
    ASSERT_EQ(keys.tables.size(), 5U);  // four of its own and the one a key leads to
    EXPECT_EQ(keys.tables[0].name, "customers");
    EXPECT_EQ(keys.tables[4].schema, "lists");
    ASSERT_EQ(keys.tables[1].name, "orders");
    ASSERT_EQ(keys.tables[1].columns.size(), 2U);
    EXPECT_TRUE(keys.tables[1].columns[0].is_key);
    EXPECT_TRUE(keys.tables[1].columns[1].is_reference);
    EXPECT_EQ(keys.tables[1].column_count, 3U);

    ASSERT_EQ(keys.references.size(), 3U);
    EXPECT_EQ(keys.references[0].columns, "country → country");
    EXPECT_EQ(keys.references[1].columns, "customer_id → id");
    EXPECT_FALSE(keys.references[1].is_supposed);
    EXPECT_TRUE(keys.references[2].is_supposed);
    EXPECT_EQ(keys.tables[static_cast<std::size_t>(keys.references[2].from)].name, "visits");
}

TEST(SchemaKeys, AllColumnsOrTheFirstTables) {
    const NameIndex names = sample();
    EXPECT_EQ(schemaKeys(names, "crm", SchemaColumns::kAll).tables[1].columns.size(), 3U);
    const SchemaKeys cut = schemaKeys(names, "crm", SchemaColumns::kKeys, 1);
    EXPECT_TRUE(cut.is_cut);
    EXPECT_TRUE(schemaKeys(names, "nothing", SchemaColumns::kKeys).tables.empty());
}

TEST(SupposedKey, IsByTheNames) {
    const std::vector<KeyColumn> orders{{"id", true}, {"customer_id", false}, {"city_code", false}};
    const std::vector<KeyColumn> customers{{"name", false}, {"id", true}};
    EXPECT_EQ(supposedKey(orders, "customers", customers), std::pair(std::size_t{1}, std::size_t{1}));
    const std::vector<KeyColumn> cities{{"city_code", true}};
    EXPECT_EQ(supposedKey(orders, "towns", cities), std::pair(std::size_t{2}, std::size_t{0}));
    EXPECT_FALSE(supposedKey(customers, "orders", orders));
}

}  // namespace
}  // namespace tessera::app
