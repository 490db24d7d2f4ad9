// The whole window: how soon it stands, shows a catalog of 200 sources and a first row, what it uses while nobody
// touches it, and what is left when everything was closed. Nodes are fakes that answer at once, so that what is
// measured is the workbench. Called as "tessera_bench_window --start PROFILE SINCE" it is the program whose start is
// measured.

#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_node_client.h"
#include "app/workbench/catalog/catalog_panel.h"
#include "app/workbench/editor/file_link.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/shell/main_window.h"
#include "tests/bench/process_usage.h"
#include "tests/bench/report.h"

#include <unistd.h>

#include <QAction>
#include <QApplication>
#include <QFile>
#include <QProcess>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QThreadPool>
#include <QTimer>
#include <QTreeView>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

namespace tessera::bench {
namespace {

using workbench::MainWindow;
using workbench::WorkbenchOptions;

constexpr int kTabs = 10;
constexpr int kSources = 200;
constexpr int kRuns = 5;

std::int64_t nowMicroseconds() {
    // Of the machine, not of the process: two of them are compared.
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

double millisecondsSince(std::int64_t since) {
    return static_cast<double>(nowMicroseconds() - since) / 1000;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double residentMb() {
    return memoryOf(::getpid(), "VmRSS").value_or(0);
}

void writeFile(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) {
        std::fprintf(stderr, "cannot write %s\n", path.toLocal8Bit().constData());
        std::exit(1);
    }
}

/// A window over one fake node, in a profile of its own.
class Window {
  public:
    explicit Window(const QString& profile) {
        const QString mesh = profile + QStringLiteral("/mesh.yaml");
        writeFile(mesh, "mesh: bench\nnodes:\n  - {name: lake, address: '127.0.0.1:1', user: ann, password: x}\n");
        WorkbenchOptions options;
        options.mesh_file = mesh.toStdString();
        options.profile_directory = profile;
        options.client_factory = [node = node_](const client::NodeAddress&) {
            return Result<std::shared_ptr<client::NodeClient>>(node);
        };
        window_ = std::make_unique<MainWindow>(std::move(options));
        window_->resize(1280, 800);
        const QSignalSpy loaded(window_.get(), &MainWindow::meshLoaded);
        window_->show();
        app::processEventsUntil([&] { return !loaded.isEmpty(); });
    }

    MainWindow& operator*() { return *window_; }

    MainWindow* operator->() { return window_.get(); }

    app::FakeNodeClient& node() { return *node_; }

  private:
    std::shared_ptr<app::FakeNodeClient> node_ = std::make_shared<app::FakeNodeClient>("lake");
    std::unique_ptr<MainWindow> window_;
};

/// The program whose start is measured: says when its editor takes keys, and ends.
int startOnce(const QString& profile, std::int64_t since) {
    Window window(profile);
    window->currentTab()->editor().setFocus();
    app::processPendingEvents();
    window->repaint();
    std::printf("%.3f\n", millisecondsSince(since));
    std::fflush(stdout);
    // Not the end of it: what is measured is the start.
    ::_exit(0);
}

class Bench {
  public:
    Result<> run() {
        start();
        catalog();
        firstRow();
        idle();
        closeAll();
        return report("workbench-window", rows_);
    }

  private:
    void add(const std::string& id, const std::string& what, double value, const std::string& unit) {
        rows_.push_back({.id = id, .what = what, .value = value, .unit = unit, .peer = {}});
    }

    QString profile(const char* name) {
        const QString path = directory_.filePath(QLatin1String(name));
        QDir().mkpath(path);
        return path;
    }

    void start() {
        const QString kept = profile("start");
        {
            Window window(kept);
            for (int i = 1; i < kTabs; ++i) {
                window->addTab({QStringLiteral("Query"), QString(2000, u'x'), QStringLiteral("lake")});
            }
            window->close();
        }
        std::vector<double> times;
        for (int i = 0; i < kRuns; ++i) {
            QProcess program;
            program.start(QApplication::applicationFilePath(),
                          {QStringLiteral("--start"), kept, QString::number(nowMicroseconds())});
            program.waitForFinished();
            times.push_back(program.readAllStandardOutput().trimmed().toDouble());
        }
        add("start", "from the start of the program to the editor, 10 tabs restored", median(times), "ms");
    }

    void catalog() {
        std::vector<double> times;
        for (int i = 0; i < kRuns; ++i) {
            const std::int64_t since = nowMicroseconds();
            Window window(profile("catalog"));
            QTreeView& tree = window->catalog().tree();
            const QAbstractItemModel& model = *tree.model();
            const QModelIndex lake = model.index(0, 0, model.index(0, 0));
            tree.expand(lake);
            app::processEventsUntil([&] { return !window.node().waiting_schemas.empty(); });
            std::vector<client::SchemaInfo> schemas;
            for (int source = 0; source < kSources; ++source) {
                const std::string name = "source_" + std::to_string(source);
                schemas.push_back({name, "", name});
            }
            for (const auto& done : std::exchange(window.node().waiting_schemas, {})) {
                done(schemas);
            }
            app::processEventsUntil([&] { return model.rowCount(lake) >= kSources; });
            tree.viewport()->repaint();
            times.push_back(millisecondsSince(since));
        }
        add("catalog", "from the window's making to a catalog of 200 sources", median(times), "ms");
    }

    void firstRow() {
        Window window(profile("rows"));
        std::vector<double> times;
        constexpr int kStatements = 50;
        for (int i = 0; i < kStatements; ++i) {
            workbench::QueryTab& tab = *window->currentTab();
            tab.editor().setText(QStringLiteral("select 1"));
            window->findChild<QAction*>(QStringLiteral("runAction"))->trigger();
            app::processPendingEvents();
            std::int64_t sent = 0;
            // As the transport does it: by a thread of its own.
            std::thread transport([&] {
                sent = nowMicroseconds();
                window.node().statement().sendColumns({"x"});
                window.node().statement().sendRows(1, {{std::to_string(i)}});
            });
            const QString wanted = QString::number(i);
            app::processEventsUntil(
                [&] { return tab.results().grid().rowCount() == 1 && tab.results().grid().cellText(0, 0) == wanted; });
            tab.results().grid().viewport()->repaint();
            const std::int64_t shown = nowMicroseconds();
            transport.join();
            times.push_back(static_cast<double>(shown - sent) / 1000);
            window.node().statement().complete("SELECT 1", 1);
            app::processEventsUntil([&] { return !tab.session().isRunning(); });
        }
        std::sort(times.begin(), times.end());
        add("first-row", "from the node's first row to its cell, median of 50", times[kStatements / 2], "ms");
        add("first-row-max", "the longest of them", times.back(), "ms");
    }

    void idle() {
        Window window(profile("idle"));
        for (int i = 1; i < kTabs; ++i) {
            window->addTab({QStringLiteral("Query"), QStringLiteral("select 1"), QStringLiteral("lake")});
        }
        QElapsedTimer settled;
        settled.start();
        constexpr int kSettle_ms = 3000;
        app::processEventsUntil([&] { return settled.elapsed() > kSettle_ms; }, 2 * kSettle_ms);
        const double before = processorTimeOf(::getpid()).value_or(0);
        constexpr int kIdle_s = 20;
        // The loop as the program runs it: it sleeps until something comes.
        QTimer::singleShot(kIdle_s * 1000, QApplication::instance(), &QCoreApplication::quit);
        QApplication::exec();
        const double used_us = processorTimeOf(::getpid()).value_or(0) - before;
        add("idle", "processor time while nobody touches it, of 20 s", used_us / (kIdle_s * 1e4), "%");
    }

    void closeAll() {
        Window window(profile("close"));
        app::processPendingEvents();
        const double before = residentMb();
        double most = before;
        for (int i = 0; i < kTabs; ++i) {
            window->findChild<QAction*>(QStringLiteral("newTabAction"))->trigger();
            workbench::QueryTab& tab = *window->currentTab();
            tab.editor().setText(QStringLiteral("select 1"));
            window->findChild<QAction*>(QStringLiteral("runAction"))->trigger();
            window.node().statement().sendColumns({"a", "b", "c", "d", "e"});
            constexpr int kBatches = 100;
            for (int batch = 0; batch < kBatches; ++batch) {
                window.node().statement().sendRows(
                    5, std::vector<app::TextRow>(1000, app::TextRow(5, "a value of some length")));
            }
            window.node().statement().complete("SELECT 100000", 100'000);
            app::processEventsUntil([&] { return tab.results().grid().rowCount() == 100'000; });
            most = std::max(most, residentMb());
        }
        while (window->tabs().count() > 1 || !window->currentTab()->editor().text().isEmpty()) {
            window->findChild<QAction*>(QStringLiteral("closeTabAction"))->trigger();
            app::processPendingEvents();
        }
        QThreadPool::globalInstance()->waitForDone();
        // The fake remembers what was asked, and with it who was answered.
        window.node().statements.clear();
        // What is to be deleted later, is so by a loop that runs.
        constexpr int kTurn_ms = 200;
        QTimer::singleShot(kTurn_ms, QApplication::instance(), &QCoreApplication::quit);
        QApplication::exec();
        add("memory-most", "resident memory with 10 results of 100,000 rows", most, "MB");
        add("memory-closed", "more than at first when all of them were closed", residentMb() - before, "MB");
    }

    QTemporaryDir directory_;
    std::vector<Row> rows_;
};

}  // namespace
}  // namespace tessera::bench

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    const QStringList arguments = QApplication::arguments();
    constexpr int kStartArguments = 4;
    if (arguments.size() == kStartArguments && arguments[1] == QLatin1String("--start")) {
        return tessera::bench::startOnce(arguments[2], arguments[3].toLongLong());
    }
    const tessera::Result<> run = tessera::bench::Bench().run();
    if (!run) {
        std::fprintf(stderr, "%s\n", run.error().describe().c_str());
    }
    return run ? 0 : 1;
}
