#include "nodeservice/mesh/export.h"

#include "nodeservice/mesh/definition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace tessera::mesh {
namespace {

ShardedTable tableOf(std::string name, ShardMethod method, std::vector<std::string> by,
                     std::vector<ShardColumn> columns, std::vector<Shard> shards) {
    ShardedTable table;
    table.schema = "s";
    table.name = std::move(name);
    table.method = method;
    table.shard_by = std::move(by);
    table.columns = std::move(columns);
    table.shards = std::move(shards);
    return table;
}

std::vector<ShardedTable> hostileTables() {
    ShardedTable split = tableOf("split", ShardMethod::kHash, {"id"}, {{"id", "bigint", true}, {"on", "text", false}},
                                 {Shard{0, 7, {.modulus = 4, .remainder = 0}, {"a", "crm", "t"}},
                                  Shard{1, 7, {.modulus = 2, .remainder = 1}, {"b", "crm", "t"}},
                                  Shard{2, 9, {.modulus = 4, .remainder = 2}, {"null", "no: [1]", "it's \"x\" # y"}}});
    split.key = {"id", "on"};
    split.readers = std::vector<std::string>{};
    split.writers = {"1", "e-t-l", "true"};
    ShardedTable range =
        tableOf("a", ShardMethod::kRange, {"day", "weird { column"},
                {{"day", "timestamp(3) with time zone", false}, {"weird { column", "numeric(12,2)", true}},
                {Shard{0, 1, {.to = {"2026-01-01", "-1"}}, {"a", "x", "y"}},
                 Shard{1, 1, {.from = {"2026-01-01", "-1"}, .to = {"~", ""}}, {"b", "x", "y"}},
                 Shard{2, 1, {.is_default = true}, {"c", "x", "y"}}});
    ShardedTable list = tableOf("b", ShardMethod::kList, {"land"}, {{"land", "character varying(2)", false}},
                                {Shard{0, 1, {.values = {"NO", "DE", "1e3", "a\nb\\", "ß", " "}}, {"a", "x", "z"}},
                                 Shard{1, 1, {.is_default = true}, {"b", "x", "z"}}});
    list.key = {"land"};
    list.shards[0].replicas = {Replica{.at = {"b", "x", "copy"}}, Replica{.at = {"c", "x", "copy"}}};
    ShardedTable reference =
        tableOf("c", ShardMethod::kReference, {}, {{"code", "text", true}}, {Shard{0, 1, {}, {"a", "x", "c"}}});
    reference.key = {"code"};
    reference.readers = std::vector<std::string>{"analyst"};
    reference.nodes = {"a", "null"};
    return {split, range, list, reference};
}

TEST(MeshExport, IsReadAsTheSameTables) {
    const std::string text = exportYaml(hostileTables());
    const Declarations read = readDeclarations(text, "export");
    ASSERT_TRUE(read.errors.empty()) << read.errors.front().describe() << "\n" << text;
    std::vector<ShardedTable> tables;
    for (const Declaration& declaration : read.tables) {
        tables.push_back(declaration.table);
    }
    ASSERT_EQ(tables.size(), 4U);
    for (ShardedTable expected : hostileTables()) {
        for (Shard& shard : expected.shards) {
            shard.epoch = 0;
        }
        EXPECT_EQ(std::count(tables.begin(), tables.end(), expected), 1) << expected.text() << "\n" << text;
    }
    EXPECT_EQ(exportYaml(tables), text);
}

TEST(MeshExport, IsTheSameTextForTheSameTables) {
    std::vector<ShardedTable> tables = hostileTables();
    const std::string text = exportYaml(tables);
    std::reverse(tables.begin(), tables.end());
    std::reverse(tables.front().shards.begin(), tables.front().shards.end());
    tables.front().version = 99;
    EXPECT_EQ(exportYaml(tables), text);
    EXPECT_EQ(exportYaml({}), "# Sharded tables, for 'tessera mesh apply'.\ntables: []\n");
}

}  // namespace
}  // namespace tessera::mesh
