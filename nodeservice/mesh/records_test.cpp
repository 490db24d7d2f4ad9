#include "nodeservice/mesh/records.h"

#include "nodeservice/store/sqlite/database.h"

#include <gtest/gtest.h>

#include <utility>

namespace tessera::mesh {
namespace {

/// The store's data without the others of the mesh.
class OneMember : public MapStore {
  public:
    explicit OneMember(store::sqlite::Database database) : database_(std::move(database)) {}

    Result<bool> apply(const Batch& batch) override {
        TSR_TRY(database_.execute("BEGIN"));
        for (const store::SqlStatement& statement : batch) {
            if (const auto done = query(statement); !done) {
                TSR_TRY(database_.execute("ROLLBACK"));
                return false;
            }
        }
        TSR_TRY(database_.execute("COMMIT"));
        return true;
    }

    Result<std::vector<Row>> query(const store::SqlStatement& statement) override {
        store::sqlite::Statement prepared = TSR_TRY(database_.prepare(statement.sql));
        for (std::size_t i = 0; i < statement.parameters.size(); ++i) {
            TSR_TRY(prepared.bind(static_cast<int>(i) + 1, statement.parameters[i]));
        }
        std::vector<Row> rows;
        while (TSR_TRY(prepared.step())) {
            Row& row = rows.emplace_back();
            for (int column = 0; column < sqlite3_column_count(prepared.get()); ++column) {
                row.push_back(prepared.value(column));
            }
        }
        return rows;
    }

    Result<std::vector<Row>> queryHere(const store::SqlStatement& statement) override { return query(statement); }

    store::AppliedIndex& appliedIndex() override { return applied_; }

  private:
    store::sqlite::Database database_;
    store::AppliedIndex applied_;
};

bool isApplied(const Result<bool>& applied) {
    return applied && *applied;
}

/// A move that ends while the map is read stands there, or what it left does: whoever saw neither would take the rows
/// at the old place for somebody's.
TEST(MapRecords, AMoveThatEndsMeanwhileIsSeenOrWhatItLeft) {
    auto database = store::sqlite::Database::open(":memory:");
    ASSERT_TRUE(database);
    OneMember member(std::move(*database));
    ASSERT_TRUE(migrate(member));
    const Ask plain = [&member](const store::SqlStatement& statement) { return member.query(statement); };
    ShardedTable declared;
    declared.schema = "s";
    declared.name = "orders";
    declared.key = {"id"};
    declared.shards = {Shard{0, 0, {.modulus = 1}, {"a", "crm", "orders"}}};
    ASSERT_TRUE(isApplied(member.apply(addTable(declared, 0))));
    ShardMove move{{"b", "crm", "orders"}, MoveState::kSwitching};
    ASSERT_TRUE(isApplied(member.apply(startMove(readMap(plain)->tables.at(0), 0, move, 1))));
    const ShardedTable moving = readMap(plain)->tables.at(0);
    ASSERT_TRUE(moving.shards.at(0).move);

    bool has_ended = false;
    const auto map = readMap([&](const store::SqlStatement& statement) {
        auto rows = member.query(statement);
        if (!has_ended && statement.sql.find("mesh_old_place") != std::string::npos) {
            has_ended = true;
            EXPECT_TRUE(isApplied(member.apply(finishMove(moving, moving.shards[0], 2))));
        }
        return rows;
    });
    ASSERT_TRUE(map) << map.error().describe();
    ASSERT_TRUE(has_ended);
    EXPECT_EQ(map->version, 3);
    EXPECT_EQ(map->tables.at(0).shards.at(0).primary.node, "b");
    EXPECT_FALSE(map->tables.at(0).shards.at(0).move);
    ASSERT_EQ(map->old_places.size(), 1U);
    EXPECT_EQ(map->old_places[0].place.node, "a");
}

}  // namespace
}  // namespace tessera::mesh
