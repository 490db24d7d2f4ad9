// Goal: lineage is followed through views, foreign tables and the nodes behind them, and says what it could not ask.
// Method: fake nodes that answer as real ones do.
#include "app/core/catalog/lineage.h"

#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_node_client.h"

#include <gtest/gtest.h>

#include <QSignalSpy>

namespace tessera::app {
namespace {

const std::optional<std::string> kNone;

class LineageTest : public testing::Test {
  protected:
    LineageTest() {
        auto mesh = std::make_shared<Mesh>();
        mesh->nodes.push_back({"operations", "127.0.0.1:1", "ann", operations_, {}});
        mesh->nodes.push_back({"lake", "127.0.0.1:2", "ann", lake_, {}});
        mesh_ = mesh;
    }

    static TextRow table(const char* oid, const char* schema, const char* name, const char* kind, const char* mark,
                         std::optional<std::string> server = kNone, std::optional<std::string> peer = kNone,
                         std::optional<std::string> there_schema = kNone,
                         std::optional<std::string> there_table = kNone) {
        return {"t",
                oid,
                schema,
                name,
                kind,
                mark,
                std::move(server),
                std::move(peer),
                std::move(there_schema),
                std::move(there_table)};
    }

    static TextRow edge(const char* read, const char* reader) {
        return {"e", read, reader, kNone, kNone, kNone, kNone, kNone, kNone, kNone};
    }

    static std::shared_ptr<FakeStatement> nextOf(FakeNodeClient& node) {
        EXPECT_TRUE(processEventsUntil([&] { return !node.statements.empty(); }));
        const auto asked = node.statements.back();
        node.statements.clear();
        return asked;
    }

    static void answer(FakeNodeClient& node, const std::vector<TextRow>& rows, std::size_t width = 10) {
        const auto asked = nextOf(node);
        asked->sendColumns(std::vector<std::string>(width, "x"));
        if (!rows.empty()) {
            asked->sendRows(width, rows);
        }
        asked->complete("SELECT", rows.size());
    }

    QString nameOf(int item) const {
        const Lineage::Item& found = reader_.lineage().items[static_cast<std::size_t>(item)];
        return found.place.node + QLatin1Char('/') + found.source + QLatin1Char('/') + found.place.schema +
               QLatin1Char('.') + found.place.table;
    }

    std::set<std::string> edges() const {
        std::set<std::string> texts;
        for (const auto& [from, to] : reader_.lineage().edges) {
            texts.insert(nameOf(from).toStdString() + " > " + nameOf(to).toStdString());
        }
        return texts;
    }

    std::shared_ptr<FakeNodeClient> operations_ = std::make_shared<FakeNodeClient>("operations");
    std::shared_ptr<FakeNodeClient> lake_ = std::make_shared<FakeNodeClient>("lake");
    std::shared_ptr<const Mesh> mesh_;
    LineageReader reader_;
};

TEST_F(LineageTest, GoesThroughViewsAndNodes) {
    reader_.read(mesh_, {QStringLiteral("operations"), QStringLiteral("lake"), QStringLiteral("late")});
    // A view over a foreign table of the peer; another view reads it.
    answer(*operations_, {table("1", "lake", "late", "v", "b"),
                          table("2", "lake", "flights", "f", "u", "lake", "lake", "files", "flights"),
                          table("3", "public", "report", "v", "d"), edge("2", "1"), edge("1", "3")});
    // What the peer knows of it: a file.
    answer(*lake_, {table("9", "files", "flights", "f", "u", "parquet", kNone, kNone, "flights-3m.parquet")});
    // Does the other node show the view or what reads it? It does, in a table that a view reads there.
    const auto copies = nextOf(*lake_);
    EXPECT_EQ(copies->request.parameters[0].text, "operations");
    EXPECT_EQ(copies->request.parameters[1].text, R"({"lake","public"})");
    copies->sendColumns({"schema", "table", "place"});
    copies->sendRows(3, {{"ops", "report", "2"}});
    copies->complete("SELECT 1", 1);
    answer(*lake_, {table("11", "ops", "report", "f", "d", "ops", "operations", "public", "report"),
                    table("12", "ops", "summary", "m", "d"), edge("11", "12")});
    // And operations once more: does it show those?
    answer(*operations_, {}, 3);
    ASSERT_TRUE(processEventsUntil([&] { return !reader_.isReading(); }));
    EXPECT_EQ(
        edges(),
        (std::set<std::string>{
            "lake/parquet/.flights-3m.parquet > lake//files.flights", "lake//files.flights > operations//lake.flights",
            "operations//lake.flights > operations//lake.late", "operations//lake.late > operations//public.report",
            "operations//public.report > lake//ops.report", "lake//ops.report > lake//ops.summary"}));
    EXPECT_EQ(reader_.lineage().usersOf(reader_.lineage().start).size(), 3U);
    EXPECT_EQ(reader_.lineage().items[0].kind, CatalogKind::kView);
    EXPECT_TRUE(reader_.lineage().problems.isEmpty());
    EXPECT_FALSE(reader_.lineage().is_cut);
}

TEST_F(LineageTest, SaysWhatCouldNotBeAskedAndGoesOn) {
    reader_.read(mesh_, {QStringLiteral("operations"), QStringLiteral("crm"), QStringLiteral("orders")});
    answer(*operations_, {table("1", "crm", "orders", "f", "b", "crm", kNone, "public", "orders")});
    nextOf(*lake_)->failWith(fail(ErrorCode::kUnavailable, "node 'lake' cannot be reached"));
    ASSERT_TRUE(processEventsUntil([&] { return !reader_.isReading(); }));
    EXPECT_EQ(edges(), (std::set<std::string>{"operations/crm/public.orders > operations//crm.orders"}));
    EXPECT_EQ(reader_.lineage().problems, QStringList{QStringLiteral("lake: node 'lake' cannot be reached")});
}

TEST_F(LineageTest, AnotherTableTakesThePlaceOfTheOneBefore) {
    reader_.read(mesh_, {QStringLiteral("operations"), QStringLiteral("crm"), QStringLiteral("orders")});
    const auto first = nextOf(*operations_);
    reader_.read(mesh_, {QStringLiteral("lake"), QStringLiteral("files"), QStringLiteral("flights")});
    EXPECT_TRUE(first->is_cancelled || first->is_destroyed);
    first->sendColumns(std::vector<std::string>(10, "x"));
    first->complete("SELECT 0", 0);
    answer(*lake_, {table("9", "files", "flights", "r", "b")});
    answer(*operations_, {}, 3);
    ASSERT_TRUE(processEventsUntil([&] { return !reader_.isReading(); }));
    ASSERT_EQ(reader_.lineage().items.size(), 1U);
    EXPECT_EQ(nameOf(0), QStringLiteral("lake//files.flights"));
}

}  // namespace
}  // namespace tessera::app
