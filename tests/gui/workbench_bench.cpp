// The workbench with a large result: 10 M rows × 10 columns streamed into the store of a session by a thread of its
// own, as the transport does it, while the grid is scrolled. What is measured stands in docs/benchmarks/workbench.md.

#include "app/core/results/cell_summary.h"
#include "app/core/results/row_arranger.h"
#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_node_client.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/results_panel.h"
#include "app/workbench/ui/theme.h"
#include "tests/bench/process_usage.h"
#include "tests/bench/report.h"

#include <unistd.h>

#include <QApplication>
#include <QElapsedTimer>
#include <QScrollBar>
#include <QThreadPool>
#include <algorithm>
#include <cstdio>
#include <random>
#include <thread>

namespace tessera::bench {
namespace {

using app::FakeNodeClient;

constexpr std::size_t kBatchRows = 2000;
constexpr std::size_t kKinds = 64;
constexpr std::uint64_t kRows = 10'000'000;
constexpr double kMicrosecond = 1e-3;

/// Five numbers and five short texts a row, about 100 bytes: the batches that a node would send.
std::vector<client::ResultBatch> makeBatches() {
    std::mt19937_64 random(1);
    std::vector<client::ResultBatch> batches;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        std::vector<client::ResultBatch::Column> columns;
        for (int column = 0; column < 5; ++column) {
            std::vector<std::optional<std::int64_t>> values;
            for (std::size_t row = 0; row < kBatchRows; ++row) {
                values.emplace_back(static_cast<std::int64_t>(random() % 10'000'000));
            }
            columns.push_back(app::integerColumn(values));
        }
        for (int column = 0; column < 5; ++column) {
            app::TextRow values;
            for (std::size_t row = 0; row < kBatchRows; ++row) {
                values.emplace_back("value " + std::to_string(random() % 1'000'000));
            }
            columns.push_back(app::textColumn(values));
        }
        batches.emplace_back(kBatchRows, std::move(columns));
    }
    return batches;
}

std::vector<client::ResultColumn> makeColumns() {
    std::vector<client::ResultColumn> columns;
    for (int i = 0; i < 10; ++i) {
        const bool is_number = i < 5;
        columns.push_back({(is_number ? "number " : "text ") + std::to_string(i), is_number ? "bigint" : "text",
                           is_number ? 20U : 25U,
                           is_number ? client::ColumnEncoding::kInt64 : client::ColumnEncoding::kText});
    }
    return columns;
}

double percentile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

double residentMb() {
    return memoryOf(::getpid(), "VmRSS").value_or(0);
}

using workbench::ResultGrid;

class Bench {
  public:
    Bench() {
        panel_->resize(1280, 700);
        panel_->show();
        app::processPendingEvents();
    }

    Result<> run() {
        add("base", "resident memory before the result", residentMb(), "MB");
        stream();
        jump();
        arrange();
        close();
        return report("workbench", rows_);
    }

  private:
    void add(const std::string& id, const std::string& what, double value, const std::string& unit) {
        std::printf("%-20s %-64s %10.2f %s\n", id.c_str(), what.c_str(), value, unit.c_str());
        std::fflush(stdout);
        rows_.push_back({.id = id, .what = what, .value = value, .unit = unit, .peer = {}});
    }

    ResultGrid& grid() { return panel_->grid(); }

    double frame() {
        const QElapsedTimer clock = started();
        grid().viewport()->repaint();
        return static_cast<double>(clock.nsecsElapsed()) * kMicrosecond * kMicrosecond;
    }

    static QElapsedTimer started() {
        QElapsedTimer clock;
        clock.start();
        return clock;
    }

    static double milliseconds(const QElapsedTimer& clock) {
        return static_cast<double>(clock.nsecsElapsed()) * kMicrosecond * kMicrosecond;
    }

    /// As the transport: a copy of what arrives, and no more than kMaxBatchesInFlight ahead of what was released.
    void transport(app::FakeStatement& statement) {
        const std::vector<client::ResultBatch> batches = makeBatches();
        statement.observer->onColumns(makeColumns());
        const QElapsedTimer clock = started();
        std::uint64_t sent = 0;
        for (std::size_t i = 0; sent < kRows; ++i, sent += kBatchRows) {
            statement.observer->onBatch(std::make_shared<const client::ResultBatch>(batches[i % kKinds]));
            while (static_cast<int>(i) - statement.released >= client::RunningQuery::kMaxBatchesInFlight) {
                std::this_thread::yield();
            }
        }
        streamed_s_ = milliseconds(clock) / 1000;
        statement.complete("SELECT 10000000", kRows);
    }

    void stream() {
        session_->run(node_, {});
        app::FakeStatement& statement = node_->statement();
        std::vector<double> frames;
        std::vector<double> turns;
        double peak = 0;
        std::jthread thread([&] { transport(statement); });
        std::mt19937_64 random(2);
        while (session_->isRunning()) {
            const QElapsedTimer turn = started();
            app::processPendingEvents();
            if (grid().rowCount() > 1000) {
                grid().verticalScrollBar()->setValue(
                    static_cast<int>(random() % static_cast<std::uint64_t>(grid().rowCount())));
                frames.push_back(frame());
            }
            turns.push_back(milliseconds(turn));
            peak = std::max(peak, residentMb());
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        add("stream", "10 M rows × 10 columns into the store, scrolled meanwhile",
            static_cast<double>(kRows) / 1e6 / streamed_s_, "M rows/s");
        add("stream-memory", "resident memory at most while streaming", peak, "MB");
        add("stream-frame-p99", "frame while streaming, at random places, p99", percentile(frames, 0.99), "ms");
        add("stream-turn-max", "longest turn of the event loop while streaming", percentile(turns, 1), "ms");
        add("spilled", "of the result in the temporary file", static_cast<double>(session_->store()->fileBytes()) / 1e6,
            "MB");
    }

    void jump() {
        const QElapsedTimer to_end = started();
        grid().setCurrentCell({static_cast<std::int64_t>(kRows) - 1, 0});
        frame();
        add("jump", "to the last row: frame", milliseconds(to_end), "ms");
        app::VisibleRows rows;
        const QElapsedTimer there = started();
        rows.setView(grid().view());
        rows.show(kRows - 30, kRows - 1);
        app::processEventsUntil([&] { return rows.row(kRows - 1) != nullptr; });
        add("jump-rows", "to the last row: its rows read back", milliseconds(there), "ms");
        const QElapsedTimer all = started();
        grid().selectAll();
        frame();
        add("select-all", "select all and draw", milliseconds(all), "ms");
        std::vector<double> frames;
        std::mt19937_64 random(3);
        for (int i = 0; i < 500; ++i) {
            grid().verticalScrollBar()->setValue(static_cast<int>(random() % kRows));
            frames.push_back(frame());
            app::processPendingEvents();
        }
        add("frame-p99", "frame at random places, p99", percentile(frames, 0.99), "ms");
    }

    void arrange() {
        const app::ResultStore& store = *session_->store();
        app::TaskControl control;
        const auto measure = [&](const char* id, const char* what, const char* filter,
                                 std::optional<app::RowSort> sort) {
            const auto parsed = app::RowFilter::parse(filter, *store.columns());
            const QElapsedTimer clock = started();
            const auto order = app::arrangeRows(store, *parsed, sort, control);
            add(id, order ? what : order.error().message, milliseconds(clock), "ms");
        };
        measure("sort-int", "sort 10 M integers", "", app::RowSort{0});
        measure("sort-text", "sort 10 M texts", "", app::RowSort{5});
        measure("filter-int", "filter 10 M integers", "\"number 0\" > 5000000", std::nullopt);
        measure("filter-text", "filter 10 M texts of one column", "\"text 5\" contains '4711'", std::nullopt);
        const app::ResultView view{session_->store(), nullptr};
        app::CellSelection column = app::CellSelection::everything(view);
        column.columns = {0};
        const QElapsedTimer clock = started();
        const auto summary = app::summarizeCells(view, column, control);
        add("summary", summary ? "count, sum, average, extremes, distinct of 10 M integers" : "failed",
            milliseconds(clock), "ms");
    }

    void close() {
        const QElapsedTimer clock = started();
        panel_.reset();
        session_.reset();
        add("close", "close the tab: GUI thread", milliseconds(clock), "ms");
        // The fake remembers what was asked, and with it who was answered.
        node_->statements.clear();
        QThreadPool::globalInstance()->waitForDone();
        add("closed-memory", "resident memory after the tab was closed", residentMb(), "MB");
    }

    std::vector<Row> rows_;
    double streamed_s_ = 0;
    std::shared_ptr<FakeNodeClient> node_ = std::make_shared<FakeNodeClient>("lake");
    std::unique_ptr<app::QuerySession> session_ = std::make_unique<app::QuerySession>();
    std::unique_ptr<workbench::ResultsPanel> panel_ = std::make_unique<workbench::ResultsPanel>(*session_, nullptr);
};

}  // namespace
}  // namespace tessera::bench

int main(int argc, char** argv) {
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM") && !qEnvironmentVariableIsSet("DISPLAY")) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    QApplication application(argc, argv);
    tessera::workbench::applyTheme(application, tessera::workbench::ThemeName::kLight);
    const tessera::Result<> run = tessera::bench::Bench().run();
    if (!run) {
        std::fprintf(stderr, "%s\n", run.error().describe().c_str());
    }
    return run ? 0 : 1;
}
