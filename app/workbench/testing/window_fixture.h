// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The whole window over two fake nodes, "operations" and "lake", in a profile of its own; for tests that drive it by
/// keys and clicks.

#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_endpoints_client.h"
#include "app/core/testing/fake_jobs_client.h"
#include "app/core/testing/fake_node_client.h"
#include "app/core/testing/fake_store_client.h"
#include "app/workbench/catalog/catalog_panel.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/shell/main_window.h"
#include "app/workbench/testing/screenshots.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QFile>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

namespace tessera::workbench {

using app::processEventsUntil;

class MainWindowTest : public testing::Test {
  protected:
    void SetUp() override {
        QFile mesh(directory_.filePath(QStringLiteral("mesh.yaml")));
        ASSERT_TRUE(mesh.open(QIODevice::WriteOnly));
        mesh.write(
            "mesh: demo\nnodes:\n"
            "  - {name: operations, address: '127.0.0.1:1', user: analyst, password: x}\n"
            "  - {name: lake, address: '127.0.0.1:2', user: analyst, password: x}\n");
        mesh.close();
        start();
    }

    void start() {
        WorkbenchOptions options;
        options.mesh_file = mesh_file_.isEmpty() ? directory_.filePath(QStringLiteral("mesh.yaml")).toStdString()
                                                 : mesh_file_.toStdString();
        options.profile_directory = directory_.filePath(QStringLiteral("profile"));
        options.client_factory =
            [this](const client::NodeAddress& address) -> Result<std::shared_ptr<client::NodeClient>> {
            return std::shared_ptr<client::NodeClient>(address.name == "lake" ? lake_ : operations_);
        };
        options.jobs_factory = [this](const client::NodeAddress&) -> Result<std::shared_ptr<client::JobsClient>> {
            return std::shared_ptr<client::JobsClient>(jobs_);
        };
        options.endpoints_factory =
            [this](const client::NodeAddress&) -> Result<std::shared_ptr<client::EndpointsClient>> {
            return std::shared_ptr<client::EndpointsClient>(endpoints_);
        };
        options.store = [this](const client::NodeAddress& address) -> Result<std::shared_ptr<client::StoreClient>> {
            return std::shared_ptr<client::StoreClient>(address.name == "lake" ? lake_store_ : operations_store_);
        };
        options.agent = agentConnector();
        options.notices = noticeSource();
        window_ = std::make_unique<MainWindow>(std::move(options));
        const QSignalSpy loaded(window_.get(), &MainWindow::meshLoaded);
        window_->show();
        ASSERT_TRUE(processEventsUntil([&] { return !loaded.isEmpty(); }));
        // Keys go to a window that is active, which one may become late on a busy machine, and a second one not by
        // itself.
        window_->activateWindow();
        ASSERT_TRUE(processEventsUntil([&] { return window_->isActiveWindow(); }));
    }

    /// Called on other threads, perhaps after the test. None runs unless a test has one.
    virtual app::AgentConnector agentConnector() {
        return [] { return Result<std::unique_ptr<client::AgentClient>>(fail(ErrorCode::kNotFound, "no agent runs")); };
    }

    /// Called on another thread. Nothing is told unless a test has something.
    virtual app::NoticeSource noticeSource() {
        return [](const auto&, const auto&) { return Result<>(fail(ErrorCode::kNotFound, "no agent runs")); };
    }

    /// Answers the question the tree asks next; it may still have to be laid out before it asks.
    template <class T>
    static void answer(std::vector<client::Callback<T>>& waiting, Result<T> with) {
        ASSERT_TRUE(processEventsUntil([&] { return !waiting.empty(); }));
        const client::Callback<T> done = waiting.back();
        waiting.clear();
        done(std::move(with));
        app::processPendingEvents();
    }

    QueryTab& tab() { return *window_->currentTab(); }

    ResultGrid& grid() { return tab().results().grid(); }

    void typeAndRun(const char* sql) {
        tab().editor().setText(QString::fromUtf8(sql));
        window_->findChild<QAction*>(QStringLiteral("runAction"))->trigger();
    }

    void fillCatalog() {
        CatalogPanel& catalog = window_->catalog();
        const QModelIndex mesh = catalog.model().index(0, 0);
        catalog.tree().expand(catalog.model().index(0, 0, mesh));
        answer(operations_->waiting_schemas,
               Result<std::vector<client::SchemaInfo>>(fail(ErrorCode::kUnavailable,
                                                            "node 'operations' cannot be reached at 127.0.0.1:7410",
                                                            "start it with './dev demo', then retry")));
        const QModelIndex lake = catalog.model().index(1, 0, mesh);
        catalog.tree().expand(lake);
        answer(lake_->waiting_schemas, Result<std::vector<client::SchemaInfo>>(std::vector<client::SchemaInfo>{
                                           {"files", "", "flights"}, {"public", "", ""}, {"weather", "", "sqlite"}}));
        const QModelIndex files = catalog.model().index(0, 0, catalog.model().index(0, 0, lake));
        catalog.tree().expand(files);
        answer(lake_->waiting_tables, Result<std::vector<client::TableInfo>>(std::vector<client::TableInfo>{
                                          {"files", "earthquakes", client::TableKind::kForeignTable, "", 1703.0},
                                          {"files", "flights", client::TableKind::kForeignTable, "", 3e6},
                                          {"files", "late_flights", client::TableKind::kView, "", std::nullopt}}));
        app::processPendingEvents();
        catalog.tree().expand(catalog.model().index(1, 0, files));
        client::TableDetails details;
        details.columns = {{"id", "bigint", true, "", "", 1},
                           {"date", "timestamp without time zone", false, "", "", 0},
                           {"delay", "integer", false, "", "", 0}};
        answer(lake_->waiting_details, Result<client::TableDetails>(details));
        app::processPendingEvents();
        catalog.tree().setCurrentIndex(catalog.model().index(1, 0, files));
    }

    /// In both themes, for whoever looks at them; here that something was drawn and no text is cut off.
    void saveScreenshots(const char* name) {
        for (const char* theme : {"light", "dark"}) {
            app::processPendingEvents();
            EXPECT_TRUE(isDrawn(window_->grab().toImage()));
            saveScreenshot(*window_, std::string(name) + "-" + theme);
            window_->findChild<QAction*>(QStringLiteral("darkThemeAction"))->trigger();
        }
    }

    /// Of a dialog, as it is.
    static void saveWidget(QWidget& widget, const char* name) {
        app::processPendingEvents();
        saveScreenshot(widget, name);
    }

    QTemporaryDir directory_;
    QString mesh_file_;
    std::shared_ptr<app::FakeNodeClient> operations_ = std::make_shared<app::FakeNodeClient>("operations");
    std::shared_ptr<app::FakeNodeClient> lake_ = std::make_shared<app::FakeNodeClient>("lake");
    std::shared_ptr<app::FakeEndpointsClient> endpoints_ = std::make_shared<app::FakeEndpointsClient>();
    std::shared_ptr<app::FakeJobsClient> jobs_ = std::make_shared<app::FakeJobsClient>();
    std::shared_ptr<app::FakeStoreClient> operations_store_ = std::make_shared<app::FakeStoreClient>("operations");
    std::shared_ptr<app::FakeStoreClient> lake_store_ = std::make_shared<app::FakeStoreClient>("lake");
    std::unique_ptr<MainWindow> window_;
};

}  // namespace tessera::workbench
