#include "app/core/catalog/catalog_model.h"

#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_node_client.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

class CatalogModelTest : public testing::Test {
  protected:
    CatalogModelTest() {
        Mesh mesh;
        mesh.name = "demo";
        mesh.nodes.push_back({"lake", "127.0.0.1:1", "ann", lake_, {}});
        mesh.nodes.push_back(
            {"far", "10.0.0.1:1", "ann", nullptr, Error::make(ErrorCode::kInvalidArgument, "not loopback")});
        model_.setMesh(mesh);
        lake_index_ = child(child({}, 0), 0);
    }

    QModelIndex child(const QModelIndex& parent, int row) const { return model_.index(row, 0, parent); }

    std::string textOf(const QModelIndex& index) const { return index.data().toString().toStdString(); }

    void openSchemas() {
        model_.fetchMore(lake_index_);
        lake_->waiting_schemas.back()(
            std::vector<client::SchemaInfo>{{"files", "Parquet and CSV", "flights"}, {"public", "", ""}});
        processPendingEvents();
    }

    std::shared_ptr<FakeNodeClient> lake_ = std::make_shared<FakeNodeClient>("lake");
    CatalogModel model_;
    QModelIndex lake_index_;
};

TEST_F(CatalogModelTest, AsksForALevelWhenItIsShownAndSaysSo) {
    EXPECT_EQ(textOf(child({}, 0)), "demo");
    EXPECT_TRUE(model_.hasChildren(lake_index_));
    EXPECT_EQ(lake_->waiting_schemas.size(), 0U);
    ASSERT_TRUE(model_.canFetchMore(lake_index_));
    model_.fetchMore(lake_index_);
    EXPECT_EQ(model_.kindOf(child(lake_index_, 0)), CatalogKind::kLoading);
    EXPECT_FALSE(model_.canFetchMore(lake_index_));
}

TEST_F(CatalogModelTest, TellsWhichNodesAnswersAreWaitedFor) {
    std::vector<std::pair<std::string, bool>> told;
    QObject::connect(&model_, &CatalogModel::waitingChanged, &model_,
                     [&](const QString& node, bool is_waiting) { told.emplace_back(node.toStdString(), is_waiting); });
    model_.fetchMore(lake_index_);
    // Asked again before there was an answer: it still waits.
    model_.refresh(lake_index_);
    ASSERT_EQ(told, (std::vector<std::pair<std::string, bool>>{{"lake", true}}));
    lake_->waiting_schemas.back()(Error::make(ErrorCode::kDeadlineExceeded, "slow"));
    processPendingEvents();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_FALSE(told[1].second);
    model_.retry(lake_index_);
    model_.setMesh({});
    ASSERT_EQ(told.size(), 4U);
    EXPECT_FALSE(told[3].second);
}

TEST_F(CatalogModelTest, ARowThatWaitsLongSaysForHowLong) {
    model_.fetchMore(lake_index_);
    EXPECT_EQ(textOf(child(lake_index_, 0)), "Loading…");
    CatalogModel impatient(nullptr, std::chrono::milliseconds(0));
    Mesh mesh;
    mesh.nodes.push_back({"lake", "127.0.0.1:1", "ann", lake_, {}});
    impatient.setMesh(mesh);
    const QModelIndex lake = impatient.index(0, 0, impatient.index(0, 0));
    int told = 0;
    QObject::connect(&impatient, &QAbstractItemModel::dataChanged, &impatient, [&] { ++told; });
    impatient.fetchMore(lake);
    EXPECT_EQ(textOf(impatient.index(0, 0, lake)), "Loading for 0 s…");
    EXPECT_TRUE(processEventsUntil([&] { return told > 0; }));
}

TEST_F(CatalogModelTest, ReachesTablesAndColumns) {
    openSchemas();
    ASSERT_EQ(model_.rowCount(lake_index_), 2);
    const QModelIndex source = child(lake_index_, 0);
    EXPECT_EQ(model_.kindOf(source), CatalogKind::kSource);
    EXPECT_EQ(textOf(source), "flights");
    EXPECT_EQ(textOf(child(lake_index_, 1)), "In this node");
    EXPECT_FALSE(model_.canFetchMore(source));
    const QModelIndex schema = child(source, 0);
    EXPECT_EQ(textOf(schema), "files");
    model_.fetchMore(schema);
    EXPECT_EQ(lake_->asked.back(), "files");
    lake_->waiting_tables.back()(
        std::vector<client::TableInfo>{{"files", "delays", client::TableKind::kForeignTable, "", 3'000'000.0}});
    processPendingEvents();
    const QModelIndex table = child(schema, 0);
    EXPECT_EQ(table.data(CatalogModel::kDetailRole).toString().toStdString(), "3.0 M");
    model_.fetchMore(table);
    EXPECT_EQ(lake_->asked.back(), "files.delays");
    client::TableDetails details;
    details.columns.push_back({"id", "bigint", true, "", "", 1});
    lake_->waiting_details.back()(details);
    processPendingEvents();
    const QModelIndex column = child(table, 0);
    EXPECT_TRUE(column.data(CatalogModel::kIsKeyRole).toBool());
    const auto place = model_.tablePlaceOf(column);
    ASSERT_TRUE(place);
    EXPECT_EQ(place->node, QStringLiteral("lake"));
    EXPECT_EQ(place->schema, QStringLiteral("files"));
    EXPECT_EQ(place->table, QStringLiteral("delays"));
    EXPECT_EQ(model_.parent(column), table);
}

TEST_F(CatalogModelTest, KeysAndStatisticsStandBelowATableAndAreAskedForWhenOpened) {
    openSchemas();
    const QModelIndex schema = child(child(lake_index_, 0), 0);
    model_.fetchMore(schema);
    lake_->waiting_tables.back()(
        std::vector<client::TableInfo>{{"files", "delays", client::TableKind::kForeignTable, "", 3'000'000.0}});
    processPendingEvents();
    const QModelIndex table = child(schema, 0);
    model_.fetchMore(table);
    client::TableDetails details;
    details.columns.push_back({"id", "bigint", true, "", "", 1});
    lake_->waiting_details.back()(details);
    processPendingEvents();
    ASSERT_EQ(model_.rowCount(table), 3);
    EXPECT_TRUE(lake_->statements.empty()) << "nothing is asked before it is opened";
    const std::optional<std::string> none;
    const auto answer = [&] {
        lake_->statement().sendColumns({"kind", "name", "a", "b", "c", "d", "e"});
        lake_->statement().sendRows(7, {{"f", "kind", "f", none, none, none, none},
                                        {"f", "rows", "3000000", none, none, none, none},
                                        {"f", "bytes", "2000000", none, none, none, none},
                                        {"f", "analyzed", "1700000000000", none, none, none, none},
                                        {"c", "id", "bigint", "1n\x1f-1", none, none, none},
                                        {"k", "pk", "p", "PRIMARY KEY (id)", none, none, none}});
        lake_->statement().complete("SELECT 6", 6);
    };
    const QModelIndex keys = child(table, 1);
    EXPECT_EQ(model_.kindOf(keys), CatalogKind::kKeys);
    EXPECT_EQ(model_.tablePlaceOf(keys)->table, QStringLiteral("delays"));
    model_.fetchMore(keys);
    EXPECT_EQ(model_.kindOf(child(keys, 0)), CatalogKind::kLoading);
    answer();
    ASSERT_TRUE(processEventsUntil([&] { return model_.kindOf(child(keys, 0)) == CatalogKind::kKey; }));
    EXPECT_EQ(textOf(child(keys, 0)), "pk");
    EXPECT_EQ(child(keys, 0).data(Qt::ToolTipRole).toString(), QStringLiteral("PRIMARY KEY (id)"));
    const QModelIndex statistics = child(table, 2);
    model_.fetchMore(statistics);
    answer();
    ASSERT_TRUE(processEventsUntil([&] { return model_.kindOf(child(statistics, 0)) == CatalogKind::kStatistic; }));
    ASSERT_EQ(model_.rowCount(statistics), 4);
    EXPECT_EQ(child(statistics, 0).data(CatalogModel::kDetailRole).toString(), QStringLiteral("3.0 M"));
    EXPECT_EQ(textOf(child(statistics, 3)), "id");
    EXPECT_EQ(child(statistics, 3).data(CatalogModel::kDetailRole).toString(), QStringLiteral("3.0 M different"));
    // What cannot be had says why, and can be asked for again; a row that goes ends its question.
    model_.refresh(keys);
    lake_->statement().failWith(fail(ErrorCode::kPermissionDenied, "permission denied"));
    ASSERT_TRUE(processEventsUntil([&] { return model_.kindOf(child(keys, 0)) == CatalogKind::kFailure; }));
    model_.retry(child(keys, 0));
    model_.refresh(child(lake_index_, 0));
    EXPECT_TRUE(lake_->statement().is_cancelled || lake_->statement().is_destroyed);
    EXPECT_EQ(model_.kindOf(child(lake_index_, 0)), CatalogKind::kLoading) << "a source is asked for with its node";
}

TEST_F(CatalogModelTest, AFailureIsARowUntilItIsRetried) {
    model_.fetchMore(lake_index_);
    lake_->waiting_schemas.back()(fail(ErrorCode::kUnavailable, "node 'lake' cannot be reached", "start it"));
    processPendingEvents();
    const QModelIndex failure = child(lake_index_, 0);
    EXPECT_EQ(model_.kindOf(failure), CatalogKind::kFailure);
    EXPECT_EQ(textOf(failure), "node 'lake' cannot be reached");
    EXPECT_EQ(failure.data(CatalogModel::kHintRole).toString().toStdString(), "start it");
    model_.retry(failure);
    EXPECT_EQ(lake_->waiting_schemas.size(), 2U);
    lake_->waiting_schemas.back()(std::vector<client::SchemaInfo>{{"public", "", ""}});
    processPendingEvents();
    EXPECT_EQ(textOf(child(lake_index_, 0)), "public");
}

TEST_F(CatalogModelTest, ANodeWithoutAClientSaysWhy) {
    const QModelIndex far = child(child({}, 0), 1);
    model_.fetchMore(far);
    EXPECT_EQ(textOf(child(far, 0)), "not loopback");
    EXPECT_EQ(model_.nodeNameOf(child(far, 0)), QStringLiteral("far"));
}

TEST_F(CatalogModelTest, AnswersToRowsThatHaveGoneAreDropped) {
    openSchemas();
    const QModelIndex schema = child(child(lake_index_, 0), 0);
    model_.fetchMore(schema);
    const auto late = lake_->waiting_tables.back();
    model_.refresh(lake_index_);
    late(std::vector<client::TableInfo>{{"files", "ghost", client::TableKind::kTable, "", std::nullopt}});
    processPendingEvents();
    EXPECT_EQ(model_.kindOf(child(lake_index_, 0)), CatalogKind::kLoading);
    model_.setMesh(Mesh{"other", {}});
    lake_->waiting_schemas.back()(std::vector<client::SchemaInfo>{{"ghost", "", ""}});
    processPendingEvents();
    EXPECT_EQ(model_.rowCount(child({}, 0)), 0);
}

TEST_F(CatalogModelTest, AnEmptySchemaSaysSo) {
    openSchemas();
    const QModelIndex schema = child(child(lake_index_, 1), 0);
    model_.fetchMore(schema);
    lake_->waiting_tables.back()(std::vector<client::TableInfo>{});
    processPendingEvents();
    EXPECT_EQ(model_.kindOf(child(schema, 0)), CatalogKind::kNothing);
}

TEST(CompactCount, FitsATree) {
    EXPECT_EQ(compactCount(0), QStringLiteral("0"));
    EXPECT_EQ(compactCount(999), QStringLiteral("999"));
    EXPECT_EQ(compactCount(1234), QStringLiteral("1.2 k"));
    EXPECT_EQ(compactCount(12'345), QStringLiteral("12 k"));
    EXPECT_EQ(compactCount(999'999), QStringLiteral("1.0 M"));
    EXPECT_EQ(compactCount(2.5e9), QStringLiteral("2.5 G"));
}

}  // namespace
}  // namespace tessera::app
