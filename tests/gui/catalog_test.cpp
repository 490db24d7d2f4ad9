// Goal: what the mesh's and the catalog's pages ask is what nodes answer. Method: two real nodes, one a peer of the
// other; the workbench's own readers ask them, and a session of ours is found, read of and cancelled.

#include "app/core/activity/mesh_watch.h"
#include "app/core/catalog/lineage.h"
#include "app/core/catalog/names_reader.h"
#include "app/core/catalog/new_source.h"
#include "app/core/catalog/table_facts.h"
#include "app/core/edit/edit_target.h"
#include "app/core/edit/row_changes.h"
#include "app/core/testing/event_loop.h"
#include "tests/support/temporary_node.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <thread>

namespace tessera::workbench {
namespace {

using app::processEventsUntil;

constexpr int kDeadline_ms = 60'000;

class CatalogTest : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto prepared = TemporaryNode::prepare(
            {.name = "lake",
             .yaml = "audit: {statements: true}\ninit: @FOLDER@/init\nsources:\n  - name: toys\n    connector: memory\n"
                     "    options: {tables: '{\"t\": {\"columns\": [{\"name\": \"id\", \"type\": \"integer\"}], "
                     "\"rows\": 1}}'}\n"});
        ASSERT_TRUE(prepared) << prepared.error().describe();
        lake = std::make_unique<TemporaryNode>(std::move(*prepared));
        std::filesystem::create_directories(lake->folder() / "init");
        writeFile(lake->folder() / "init" / "1.sql",
                  "GRANT USAGE ON FOREIGN DATA WRAPPER tessera_fdw TO tester;\n"
                  "GRANT CREATE ON DATABASE tessera TO tester;\n");
        const auto launched = lake->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
        auto session = lake->connect();
        ASSERT_TRUE(session) << session.error().describe();
        run(*session, "CREATE TABLE public.flights (id bigint PRIMARY KEY, delay integer)");
        run(*session, "INSERT INTO public.flights SELECT n, n % 60 FROM generate_series(1, 100) n");
        auto peer = TemporaryNode::prepare(
            {.name = "operations",
             .yaml = "init: @FOLDER@/init\npeers:\n  - {name: lake, address: '127.0.0.1:" +
                     std::to_string(lake->port()) + "', user: tester, password: " + TemporaryNode::kPassword +
                     ", import: [{schema: public, into: lake}]}\n"});
        ASSERT_TRUE(peer) << peer.error().describe();
        operations = std::make_unique<TemporaryNode>(std::move(*peer));
        std::filesystem::create_directories(operations->folder() / "init");
        writeFile(operations->folder() / "init" / "1.sql", "GRANT UPDATE ON lake.flights TO tester;\n");
        const auto started = operations->launch();
        ASSERT_TRUE(started) << started.error().describe();
        auto other = operations->connect();
        ASSERT_TRUE(other) << other.error().describe();
        run(*other, "CREATE VIEW public.late AS SELECT * FROM lake.flights WHERE delay > 15");
        run(*other, "CREATE VIEW public.very_late AS SELECT * FROM public.late WHERE delay > 45");
    }

    static void TearDownTestSuite() {
        operations.reset();
        lake.reset();
    }

    static void run(postgres::Connection& session, const std::string& sql) {
        const auto done = session.query(sql);
        ASSERT_TRUE(done) << done.error().describe();
    }

    void SetUp() override {
        ASSERT_NE(operations, nullptr);
        auto mesh = std::make_shared<app::Mesh>();
        mesh->nodes.push_back({"operations", "", TemporaryNode::kUser, operations->client(), {}});
        mesh->nodes.push_back({"lake", "", TemporaryNode::kUser, lake->client(), {}});
        mesh_ = mesh;
    }

    static QString q(const char* text) { return QString::fromUtf8(text); }

    static inline std::unique_ptr<TemporaryNode> lake;
    static inline std::unique_ptr<TemporaryNode> operations;
    std::shared_ptr<const app::Mesh> mesh_;
};

TEST_F(CatalogTest, LineageCrossesNodesBothWays) {
    app::LineageReader reader;
    const auto names = [&](const std::vector<int>& items) {
        std::set<std::string> found;
        for (const int item : items) {
            const auto& place = reader.lineage().items[static_cast<std::size_t>(item)].place;
            found.insert(place.node.toStdString() + "/" + app::qualifiedName(place.schema, place.table).toStdString());
        }
        return found;
    };
    // Down, from the peer's table.
    reader.read(mesh_, {q("lake"), q("public"), q("flights")});
    ASSERT_TRUE(processEventsUntil([&] { return !reader.isReading(); }, kDeadline_ms));
    EXPECT_TRUE(reader.lineage().problems.isEmpty()) << reader.lineage().problems.join(u'|').toStdString();
    EXPECT_EQ(
        names(reader.lineage().usersOf(reader.lineage().start)),
        (std::set<std::string>{"operations/lake.flights", "operations/public.late", "operations/public.very_late"}));
    // Up, from the last view.
    reader.read(mesh_, {q("operations"), q("public"), q("very_late")});
    ASSERT_TRUE(processEventsUntil([&] { return !reader.isReading(); }, kDeadline_ms));
    std::vector<int> all;
    for (std::size_t i = 0; i < reader.lineage().items.size(); ++i) {
        all.push_back(static_cast<int>(i));
    }
    EXPECT_EQ(names(all), (std::set<std::string>{"operations/public.very_late", "operations/public.late",
                                                 "operations/lake.flights", "lake/public.flights"}));
    EXPECT_EQ(reader.lineage().edges.size(), 3U);
}

TEST_F(CatalogTest, WhatRunsIsSeenWithItsSourcesAndCancelled) {
    app::MeshWatch watch;
    watch.setMesh(mesh_);
    Error ended;
    std::thread other([&ended] {
        auto session = operations->connect();
        const auto done = session->query("SELECT count(*) + length(pg_sleep(300)::text) FROM lake.flights");
        ended = done ? Error{} : done.error();
    });
    watch.start();
    const app::RunningStatement* seen = nullptr;
    const bool is_seen = processEventsUntil(
        [&] {
            watch.refresh();
            for (const app::RunningStatement& statement : watch.nodes()[0].activity.statements) {
                seen = statement.text.contains(QLatin1String("pg_sleep(300)")) && !statement.sources.isEmpty()
                           ? &statement
                           : nullptr;
                if (seen != nullptr) {
                    return true;
                }
            }
            return false;
        },
        kDeadline_ms);
    EXPECT_TRUE(is_seen);
    const app::NodeState& state = watch.nodes()[0];
    if (is_seen) {
        EXPECT_EQ(seen->sources, QStringList{q("lake")});
        EXPECT_EQ(seen->role, q(TemporaryNode::kUser));
        EXPECT_TRUE(seen->may_cancel);
        EXPECT_TRUE(seen->elapsed_ms);
        QSignalSpy cancelled(&watch, &app::MeshWatch::cancelEnded);
        watch.cancel(q("operations"), seen->pid);
        EXPECT_TRUE(processEventsUntil([&] { return cancelled.count() == 1; }, kDeadline_ms));
        EXPECT_EQ(cancelled[0][2].toString(), QString());
    } else {
        operations->kill();
    }
    other.join();
    EXPECT_EQ(ended.sqlstate, "57014") << ended.describe();
    EXPECT_EQ(state.health, app::NodeState::Health::kUp);
    ASSERT_EQ(state.activity.servers.size(), 1U);
    EXPECT_EQ(state.activity.servers[0].peer, q("lake"));
    // Whoever was not granted the trail does not see it.
    EXPECT_FALSE(watch.nodes()[1].activity.may_read_audit);
}

TEST_F(CatalogTest, TheAuditTrailIsReadByWhomItWasGrantedTo) {
    // Granted when its table is there, as whoever runs the node does.
    writeFile(
        lake->folder() / "init" / "1.sql",
        "GRANT USAGE ON FOREIGN DATA WRAPPER tessera_fdw TO tester;\nGRANT CREATE ON DATABASE tessera TO tester;\n"
        "CREATE SCHEMA IF NOT EXISTS tessera_audit;\n"
        "GRANT USAGE ON SCHEMA tessera_audit TO tester;\n"
        "GRANT SELECT ON ALL TABLES IN SCHEMA tessera_audit TO tester;\n");
    lake->stop();
    const auto launched = lake->launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    auto mesh = std::make_shared<app::Mesh>();
    mesh->nodes.push_back({"lake", "", TemporaryNode::kUser, lake->client(), {}});
    {
        auto session = lake->connect();
        ASSERT_TRUE(session);
        EXPECT_FALSE(session->query("SELECT 100% AS looked_for_below FROM nowhere_at_all"));
    }
    app::MeshWatch watch;
    watch.setMesh(mesh);
    ASSERT_TRUE(processEventsUntil(
        [&] {
            watch.refresh();
            return watch.nodes()[0].activity.may_read_audit;
        },
        kDeadline_ms))
        << watch.nodes()[0].error.describe();
    app::RowsQuery query;
    std::vector<app::AuditEntry> entries;
    // Rows come to the table a second after the statement.
    ASSERT_TRUE(processEventsUntil(
        [&] {
            if (!query.isRunning()) {
                query.run(mesh->nodes[0].client, app::auditRequest({q("LOOKED_for nowhere"), true, 10}),
                          [&](const Result<app::RowsQuery::Rows>& rows) {
                              EXPECT_TRUE(rows) << rows.error().describe();
                              entries = rows ? app::readAudit(*rows) : entries;
                          });
            }
            return !entries.empty();
        },
        kDeadline_ms));
    EXPECT_EQ(entries[0].role, q(TemporaryNode::kUser));
    EXPECT_NE(entries[0].sqlstate, q("00000"));
    bool has_traffic = false;
    query.run(mesh->nodes[0].client, app::trafficRequest(), [&](const Result<app::RowsQuery::Rows>& rows) {
        EXPECT_TRUE(rows) << rows.error().describe();
        has_traffic = true;
    });
    EXPECT_TRUE(processEventsUntil([&] { return has_traffic; }, kDeadline_ms));
}

TEST_F(CatalogTest, ASourceIsTriedOutAndAdded) {
    // SQLite's file of the node's own making is not there: the error is the source's.
    app::NewSource source;
    source.name = q("again");
    source.connector = q("node");
    source.comment = q("The node itself, it's a peer of its own");
    source.options = {{q("host"), q("127.0.0.1")},
                      {q("port"), QString::number(lake->port())},
                      {q("dbname"), q("tessera")},
                      {q("node"), q("lake")}};
    source.credentials = {{q("user"), q(TemporaryNode::kUser)}, {q("password"), q("wrong")}};
    source.remote_schema = q("public");
    source.local_schema = q("again");
    app::QuerySession session;
    std::vector<app::PreviewedTable> tables;
    QObject::connect(&session, &app::QuerySession::noticeReceived, &session, [&](const client::Notice& notice) {
        if (auto found = app::readPreview(notice)) {
            tables = std::move(*found);
        }
    });
    const auto run_it = [&](client::QueryRequest request) {
        session.run(lake->client(), std::move(request));
        EXPECT_TRUE(processEventsUntil([&] { return !session.isRunning(); }, kDeadline_ms));
    };
    run_it(app::previewRequest(source));
    EXPECT_EQ(session.state(), app::QuerySession::State::kFailed);
    EXPECT_NE(session.error().sqlstate, app::kPreviewSqlState) << "a wrong password is an error";

    source.credentials[1].second = q(TemporaryNode::kPassword);
    run_it(app::previewRequest(source));
    EXPECT_EQ(session.error().sqlstate, app::kPreviewSqlState) << session.error().describe();
    ASSERT_EQ(tables.size(), 1U);
    EXPECT_EQ(tables[0].name, q("flights"));
    EXPECT_EQ(tables[0].columns, (QStringList{q("id bigint"), q("delay integer")}));
    auto other = lake->connect();
    ASSERT_TRUE(other);
    EXPECT_EQ(other->queryValue("SELECT string_agg(srvname, ' ') FROM pg_foreign_server").value().value_or(""), "toys")
        << "nothing is kept";

    run_it(app::createRequest(source));
    EXPECT_EQ(session.state(), app::QuerySession::State::kSucceeded) << session.error().describe();
    EXPECT_EQ(other->queryValue("SELECT count(*) FROM again.flights").value().value_or(""), "100");
}

/// A foreign table has no primary key in the catalog: the option of its columns stands for one.
TEST_F(CatalogTest, RowsOfAForeignTableAreFoundAgainByTheKeyOfItsSource) {
    std::shared_ptr<const app::NameIndex> names;
    app::NamesReader reader(operations->client());
    QObject::connect(&reader, &app::NamesReader::namesChanged, &reader, [&] { names = reader.names(); });
    reader.read();
    ASSERT_TRUE(processEventsUntil([&] { return names != nullptr; }, kDeadline_ms));
    const std::string sql = "SELECT delay, id FROM lake.flights WHERE id = 7";
    const auto target = app::editTargetOf(sql, std::vector<client::ResultColumn>(2), names.get());
    ASSERT_TRUE(target) << target.error().describe();
    EXPECT_FALSE(target->columns[0].is_key);
    EXPECT_TRUE(target->columns[1].is_key);
    app::RowChanges changes;
    changes.set(0, 0, "7", "70");
    app::QuerySession session;
    session.run(operations->client(), app::updateOf(*target, changes.rows().at(0), {"7", "7"}));
    ASSERT_TRUE(processEventsUntil([&] { return !session.isRunning(); }, kDeadline_ms));
    EXPECT_EQ(session.state(), app::QuerySession::State::kSucceeded) << session.error().describe();
    auto at_source = lake->connect();
    ASSERT_TRUE(at_source);
    EXPECT_EQ(at_source->queryValue("SELECT string_agg(delay::text, ' ') FROM public.flights WHERE id = 7").value(),
              "70");
    run(*at_source, "UPDATE public.flights SET delay = 7 WHERE id = 7");

    // Their page says so, too.
    const app::CatalogModel::TablePlace place{q("operations"), q("lake"), q("flights")};
    session.run(operations->client(), app::tableFactsRequest(place));
    ASSERT_TRUE(processEventsUntil([&] { return !session.isRunning(); }, kDeadline_ms));
    const auto facts = app::readTableFacts(place, *session.store());
    ASSERT_TRUE(facts);
    EXPECT_GT(facts->columns[0].key_position, 0);
    EXPECT_EQ(facts->columns[1].key_position, 0);
    const auto details = client::callAndWait<client::TableDetails>(
        [&](auto done) { return operations->client()->describeTable("lake", "flights", std::move(done)); });
    ASSERT_TRUE(details) << details.error().describe();
    EXPECT_GT(details->columns[0].key_position, 0);
}

TEST_F(CatalogTest, ACommentIsWrittenByTheOwner) {
    const app::CatalogModel::TablePlace place{q("lake"), q("public"), q("flights")};
    app::QuerySession session;
    const auto facts = [&] {
        session.run(lake->client(), app::tableFactsRequest(place));
        EXPECT_TRUE(processEventsUntil([&] { return !session.isRunning(); }, kDeadline_ms));
        return app::readTableFacts(place, *session.store());
    };
    const auto before = facts();
    ASSERT_TRUE(before);
    ASSERT_TRUE(before->may_comment);
    for (const auto& [column, text] :
         {std::pair(QString(), q("it's a\\b \"c\"")), std::pair(q("delay"), q("Minutes"))}) {
        client::QueryRequest request;
        request.sql = app::commentStatement(*before, column, text).toStdString();
        session.run(lake->client(), std::move(request));
        ASSERT_TRUE(processEventsUntil([&] { return !session.isRunning(); }, kDeadline_ms));
        EXPECT_EQ(session.state(), app::QuerySession::State::kSucceeded) << session.error().describe();
    }
    const auto after = facts();
    ASSERT_TRUE(after);
    EXPECT_EQ(after->comment, q("it's a\\b \"c\""));
    EXPECT_EQ(after->columns[1].comment, q("Minutes"));
}

}  // namespace
}  // namespace tessera::workbench
