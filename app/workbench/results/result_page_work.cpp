// SPDX-License-Identifier: GPL-3.0-or-later
// ResultPage's work on many rows: arranging, summing up, copying, comparing.
#include "app/core/results/row_comparison.h"
#include "app/workbench/results/cell_text.h"
#include "app/workbench/results/find_bar.h"
#include "app/workbench/results/grid_header.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/results/result_page.h"
#include "app/workbench/results/results_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>
#include <algorithm>

namespace tessera::workbench {

namespace {

/// What a clipboard should hold.
constexpr std::size_t kCopiedBytesMax = std::size_t{256} << 20U;
/// Names of extremes in the strip.
constexpr qsizetype kShownExtreme = 40;

QString numberText(std::uint64_t number) {
    return QLocale().toString(static_cast<qulonglong>(number));
}

QString describe(const Error& error) {
    return QString::fromStdString(error.hint.empty() ? error.message : error.message + ": " + error.hint);
}

QString shortened(const std::string& text) {
    QString shown = QString::fromStdString(text).simplified();
    return shown.size() > kShownExtreme ? QString(shown.left(kShownExtreme) + QChar(0x2026)) : shown;
}

}  // namespace

void ResultPage::sortBy(int store_column, Qt::SortOrder order) {
    sort_ =
        app::RowSort{static_cast<std::size_t>(store_column),
                     order == Qt::AscendingOrder ? app::SortDirection::kAscending : app::SortDirection::kDescending};
    arrange();
}

void ResultPage::clearArrangement() {
    sort_.reset();
    const QSignalBlocker blocker(filter_field_);
    filter_field_->clear();
    arrange();
}

void ResultPage::arrange() {
    const app::ResultView view = grid_->view();
    if (!view.store || !view.store->columns()) {
        return;
    }
    Result<app::RowFilter> filter = app::RowFilter::parse(filter_field_->text().toStdString(), view.columns());
    if (!filter) {
        work_text_ = describe(filter.error());
        tick();
        return;
    }
    filter_ = std::move(*filter);
    const bool is_plain = filter_.isEmpty() && !sort_;
    const bool on_server = place_->currentIndex() == 1;
    if ((on_server || is_server_arranged_) && hasChanges()) {
        work_text_ = tr("Apply or discard the changed cells first: the server sends the rows anew.");
        tick();
        return;
    }
    if (on_server && !is_finished_ && !is_server_arranged_) {
        // Running it again would end the statement that is under way.
        work_text_ = tr("The server can arrange the rows when the statement has ended.");
        tick();
        return;
    }
    if (on_server || (is_plain && is_server_arranged_)) {
        is_server_arranged_ = !is_plain;
        Q_EMIT serverRunRequested(
            QString::fromStdString(is_plain ? sql_ : app::arrangedSql(sql_, view.columns(), filter_, sort_)));
        return;
    }
    if (is_plain) {
        arranging_.cancel();
        work_text_.clear();
        grid_->setOrder(nullptr);
        showArrangement();
        find_bar_->refresh();
        tick();
        return;
    }
    work_text_ = sort_ ? tr("Sorting…") : tr("Filtering…");
    arranging_.start([store = view.store, filter = filter_, sort = sort_](
                         app::TaskControl& control) { return app::arrangeRows(*store, filter, sort, control); },
                     [this](Result<std::shared_ptr<const app::RowOrder>> order) {
                         if (order) {
                             work_text_.clear();
                             grid_->setOrder(std::move(*order));
                             find_bar_->refresh();
                         } else {
                             work_text_ = describe(order.error());
                             sort_.reset();
                         }
                         showArrangement();
                         tick();
                     });
    tick();
}

void ResultPage::showArrangement() {
    const app::ResultView& view = grid_->view();
    const bool is_arranged = is_server_arranged_ || view.order;
    const bool has_columns = view.store && view.store->columns() && !view.columns().empty();
    grid_->header().columns().setSort(
        is_arranged && sort_ ? static_cast<int>(sort_->column) : -1,
        sort_ && sort_->direction == app::SortDirection::kDescending ? Qt::DescendingOrder : Qt::AscendingOrder);
    QStringList parts;
    if (is_arranged && sort_ && has_columns) {
        parts << tr("sorted by %1").arg(QString::fromStdString(view.columns()[sort_->column].name));
    }
    if (is_arranged && !filter_.isEmpty() && view.order) {
        parts << tr("%1 of %2").arg(numberText(view.rowCount()), rowsText(view.store->rowCount()));
    } else if (is_arranged && !filter_.isEmpty()) {
        parts << tr("filtered");
    }
    QString text = parts.join(QStringLiteral(", "));
    if (!text.isEmpty()) {
        text += is_server_arranged_ ? tr(" · on the server") : tr(" · here");
    }
    if (is_arranged && view.order && !is_finished_) {
        text += tr(" · of the rows so far");
    }
    arrangement_->setText(text);
    arrangement_->setVisible(!text.isEmpty());
}

void ResultPage::summarizeSelection() {
    const GridSelection& selection = grid_->selection();
    if (selection.isEmpty() || selection.cellCount() < 2) {
        summary_->clear();
        return;
    }
    app::CellSelection cells = selectedCells(*grid_);
    summary_->setText(tr("Summing up %1 cells…").arg(numberText(static_cast<std::uint64_t>(selection.cellCount()))));
    summing_.start([view = grid_->view(), cells = std::move(cells)](
                       app::TaskControl& control) { return app::summarizeCells(view, cells, control); },
                   [this](const Result<app::CellSummary>& summary) { showSummary({}, summary); });
}

void ResultPage::showStatistics(int store_column) {
    app::CellSelection cells = app::CellSelection::everything(grid_->view());
    cells.columns = {store_column};
    const QString name = QString::fromStdString(grid_->view().columns()[static_cast<std::size_t>(store_column)].name);
    selection_pause_.stop();
    summary_->setText(tr("%1: summing up…").arg(name));
    summing_.start([view = grid_->view(), cells = std::move(cells)](
                       app::TaskControl& control) { return app::summarizeCells(view, cells, control); },
                   [this, name](const Result<app::CellSummary>& summary) { showSummary(name, summary); });
}

void ResultPage::showSummary(const QString& of, const Result<app::CellSummary>& summary) {
    if (!summary) {
        summary_->setText(describe(summary.error()));
        return;
    }
    QStringList parts;
    parts << tr("Count %1").arg(numberText(summary->cells - summary->nulls));
    if (summary->nulls > 0) {
        parts << tr("NULL %1").arg(numberText(summary->nulls));
    }
    if (summary->numbers > 0) {
        parts << (summary->is_sum_rounded ? tr("Sum ≈ %1").arg(summary->rounded_sum, 0, 'g', 12)
                                          : tr("Sum %1").arg(QString::fromStdString(summary->sum)));
        parts << tr("Average %1").arg(summary->average, 0, 'g', 10);
    }
    if (summary->smallest) {
        parts << tr("Min %1").arg(shortened(*summary->smallest)) << tr("Max %1").arg(shortened(*summary->largest));
    }
    parts << (summary->has_more_distinct ? tr("Distinct > %1") : tr("Distinct %1")).arg(numberText(summary->distinct));
    const QString line = parts.join(QStringLiteral("   "));
    summary_->setText(of.isEmpty() ? line : QStringLiteral("%1:   %2").arg(of, line));
}

void ResultPage::fillCopyMenu(QMenu& menu) {
    using app::ExportFormat;
    const auto add = [&](const QString& text, app::ExportOptions options) {
        menu.addAction(text, this, [this, options] { copyAs(options); });
    };
    add(tr("Tab-separated text"), {ExportFormat::kTsv, {}, false});
    add(tr("Tab-separated text with names"), {ExportFormat::kTsv, {}, true});
    add(tr("CSV"), {ExportFormat::kCsv});
    add(tr("JSON"), {ExportFormat::kJson});
    add(tr("Markdown"), {ExportFormat::kMarkdown});
    add(tr("INSERT statements"), {ExportFormat::kInsert, "table_name"});
    add(tr("List for IN (…)"), {ExportFormat::kInList});
}

void ResultPage::copyAs(app::ExportOptions options) {
    if (grid_->selection().isEmpty() || !grid_->view().store) {
        return;
    }
    app::CellSelection cells = selectedCells(*grid_);
    const std::uint64_t count = cells.rowCount() * cells.columns.size();
    work_text_ = tr("Copying %1 cells…").arg(numberText(count));
    working_.start(
        [view = grid_->view(), cells = std::move(cells), options](app::TaskControl& control) {
            return app::cellsAsText(view, cells, options, kCopiedBytesMax, control);
        },
        [this, count](Result<std::string> text) {
            if (text) {
                QApplication::clipboard()->setText(QString::fromStdString(*text));
                work_text_ = tr("Copied %1 cells").arg(numberText(count));
            } else {
                work_text_ = describe(text.error());
            }
            tick();
        });
    tick();
}

void ResultPage::tick() {
    const app::TaskControl* control = arranging_.isRunning() ? arranging_.control()
                                      : working_.isRunning() ? working_.control()
                                                             : exporting_.control();
    QString text = control != nullptr && control == exporting_.control() ? export_text_ : work_text_;
    if (control != nullptr && control->total() > 0) {
        constexpr std::uint64_t kWhole = 100;
        text += QStringLiteral(" %1 %").arg(std::min(kWhole, control->done() * kWhole / control->total()));
    } else if (control != nullptr && control->done() > 0) {
        text += QStringLiteral(" %1").arg(rowsText(control->done()));
    }
    work_->setText(text);
    cancel_->setVisible(control != nullptr);
    if (control == nullptr) {
        work_clock_.stop();
    } else if (!work_clock_.isActive()) {
        work_clock_.start();
    }
}

void ResultPage::compareWith(const app::ResultView& other, const QString& name) {
    work_text_ = tr("Comparing with %1…").arg(name);
    working_.start(
        [view = grid_->view(), other](app::TaskControl& control) { return app::compareRows(view, other, control); },
        [this, name](Result<app::RowDifferences> differences) {
            if (!differences) {
                work_text_ = describe(differences.error());
            } else if (differences->cells.empty() && differences->only_here == 0 && differences->only_there == 0) {
                work_text_ = tr("No difference from %1").arg(name);
                grid_->setDifferences({});
            } else {
                work_text_ = tr("%1 cells differ from %2; only here %3, only there %4")
                                 .arg(numberText(differences->cell_count), name, rowsText(differences->only_here),
                                      rowsText(differences->only_there));
                grid_->setDifferences(std::move(*differences));
            }
            tick();
        });
    tick();
}

}  // namespace tessera::workbench
