#include "nodeservice/mesh/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tessera::mesh {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The messages and hints of all that is wrong, a line each.
std::string wrongWith(const std::string& text) {
    std::string all;
    for (const Error& error : readDeclarations(text, "mesh.yaml").errors) {
        all += error.message + " | " + error.hint + "\n";
    }
    return all;
}

TEST(MeshDefinition, ReadsTablesByHashRangeAndList) {
    const Declarations read = readDeclarations(R"(
tables:
  - name: sales.orders
    shard_by: hash (customer, region)
    key: [customer, region, id]
    writers: [etl]
    shards: [{at: a/crm.orders}, {at: b/crm.orders}]
  - name: public.users
    shard_by: RANGE(country)
    readers: []
    check_rows: false
    columns: [{name: country, type: text, not_null: true}, {name: id, type: bigint}]
    shards:
      - {at: a/files.users_a_to_l, to: [M]}
      - {at: b/files.users_m_to_z, from: [M]}
  - name: public.sites
    shard_by: list (region)
    shards: [{at: a/crm.eu, values: [DE, FR]}, {at: b/crm.rest, default: true}]
)",
                                               "mesh.yaml");
    ASSERT_TRUE(read.errors.empty()) << read.errors.front().describe();
    ASSERT_EQ(read.tables.size(), 3U);
    const ShardedTable& orders = read.tables[0].table;
    EXPECT_EQ(orders.text(), "sales.orders");
    EXPECT_EQ(orders.method, ShardMethod::kHash);
    EXPECT_THAT(orders.shard_by, ElementsAre("customer", "region"));
    EXPECT_FALSE(orders.readers);
    EXPECT_THAT(orders.writers, ElementsAre("etl"));
    EXPECT_EQ(orders.shards[1].primary, (Place{"b", "crm", "orders"}));
    EXPECT_TRUE(read.tables[0].checks_rows);
    const ShardedTable& users = read.tables[1].table;
    EXPECT_EQ(users.method, ShardMethod::kRange);
    EXPECT_EQ(users.readers, std::vector<std::string>());
    EXPECT_TRUE(users.columns[0].is_not_null);
    EXPECT_THAT(users.shards[0].bound.to, ElementsAre("M"));
    EXPECT_TRUE(users.shards[0].bound.from.empty());
    EXPECT_FALSE(read.tables[1].checks_rows);
    EXPECT_THAT(read.tables[2].table.shards[0].bound.values, ElementsAre("DE", "FR"));
    EXPECT_TRUE(read.tables[2].table.shards[1].bound.is_default);
}

TEST(MeshDefinition, JsonIsReadToo) {
    const Declarations read = readDeclarations(
        R"json({"tables": [{"name": "s.t", "shard_by": "range (id)", "key": [], "shards": [{"at": "a/s.t", "to": [10]}]}]})json",
        "mesh");
    ASSERT_TRUE(read.errors.empty()) << read.errors.front().describe();
    EXPECT_THAT(read.tables.at(0).table.shards.at(0).bound.to, ElementsAre("10"));
}

TEST(MeshDefinition, SaysWhatIsWrongAndWhere) {
    const auto with = [](const std::string& lines) { return wrongWith("tables:\n  - name: s.t\n    " + lines + "\n"); };
    EXPECT_THAT(wrongWith("tables: [{name: t, shard_by: hash (a), shards: [{at: a/s.t}]}]"),
                HasSubstr("'t' is not a table's name | write schema and name: sales.orders"));
    EXPECT_THAT(with("shard_by: modulo (a)\n    shards: [{at: a/s.t}]"),
                HasSubstr("mesh.yaml:3:15: 'modulo (a)' does not say how rows are shared out"));
    EXPECT_THAT(with("shard_by: hash ()\n    shards: [{at: a/s.t}]"), HasSubstr("names no column"));
    EXPECT_THAT(with("shard_by: list (a, b)\n    shards: [{at: a/s.t, values: [1]}]"),
                HasSubstr("a list is of one column, not 2"));
    EXPECT_THAT(with("shard_by: hash (a)\n    shards: [{at: crm.t}]"), HasSubstr("'crm.t' is not a place"));
    EXPECT_THAT(with("shard_by: hash (a)\n    shards: []"), HasSubstr("1 to 1024 shards, not 0"));
    EXPECT_THAT(with("shard_by: hash (a)\n    shards: [{at: a/s.t}, {at: a/s.t}]"),
                HasSubstr("the table a/s.t is of shard 0 and of shard 1"));
    EXPECT_THAT(with("shard_by: hash (a)\n    shards: [{at: a/s.t, values: [1]}]"),
                HasSubstr("a bound that 'hash' does not know"));
    EXPECT_THAT(with("shard_by: list (a)\n    shards: [{at: a/s.t, values: [1]}, {at: b/s.t, values: [2, 1]}]"),
                HasSubstr("the value '1' is of shard 0 and of shard 1"));
    EXPECT_THAT(with("shard_by: list (a)\n    shards: [{at: a/s.t}]"), HasSubstr("this shard has no values"));
    EXPECT_THAT(with("shard_by: list (a)\n    shards: [{at: a/s.t, default: true}, {at: b/s.t, default: true}]"),
                HasSubstr("shards 0 and 1 are both the default"));
    EXPECT_THAT(with("shard_by: range (a, b)\n    shards: [{at: a/s.t, from: [1]}]"),
                HasSubstr("it has 1 values for 2 columns"));
    EXPECT_THAT(with("shard_by: hash (a)\n    key: [b]\n    shards: [{at: a/s.t}]"),
                HasSubstr("the key lacks 'a', by which the table is sharded"));
    EXPECT_THAT(with("shard_by: hash (count)\n    columns: [{name: country, type: text}]\n    shards: [{at: a/s.t}]"),
                HasSubstr("there is no column 'count'"));
    EXPECT_THAT(with("shard_by: hash (a)\n    shard: []"), HasSubstr("unknown key 'shard'"));
    EXPECT_THAT(wrongWith("tables: [{name: s.t, shard_by: hash (a), shards: [{at: a/s.t}]}, {name: s.t, shard_by: hash "
                          "(a), shards: [{at: a/s.u}]}]"),
                HasSubstr("the table 's.t' stands here twice"));
}

}  // namespace
}  // namespace tessera::mesh
