// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/catalog/statistics_view.h"

#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"

#include <QAction>
#include <QEvent>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QStandardItemModel>
#include <QTreeView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace tessera::workbench {

namespace {

QString percent(double share) {
    const double value = 100 * share;
    // So little is not nothing.
    return value > 0 && value < 0.1
               ? StatisticsView::tr("< 0.1 %")
               : StatisticsView::tr("%1 %").arg(QLocale().toString(value, 'f', value < 10 ? 1 : 0));
}

QString distinctText(const app::ColumnStatistics& column) {
    if (!column.distinct) {
        return {};
    }
    return *column.distinct == -1  ? StatisticsView::tr("unique")
           : *column.distinct >= 0 ? QLocale().toString(static_cast<qint64>(*column.distinct))
                                   : StatisticsView::tr("%1 of rows").arg(percent(-*column.distinct));
}

QString commonText(const app::ColumnStatistics& column) {
    QStringList values;
    for (const app::ColumnStatistics::Common& common : column.common) {
        values += QStringLiteral("%1 (%2)").arg(common.value, percent(common.share));
    }
    return values.join(QStringLiteral(", "));
}

QString sentence(const Error& error) {
    const QString text = QString::fromStdString(error.message);
    return text.left(1).toUpper() + text.mid(1);
}

}  // namespace

StatisticsView::StatisticsView(Client client, QWidget* parent)
    : QWidget(parent),
      client_(std::move(client)),
      note_(new NoteLabel(QStringLiteral("statisticsNote"))),
      progress_(new QProgressBar),
      count_(new QPushButton(tr("Count now"))),
      stop_(new QPushButton(tr("Stop"))),
      table_(
          makeFactsTable("columnStatistics", tr("What the columns hold"),
                         {tr("Column"), tr("NULL"), tr("Distinct"), tr("Least"), tr("Greatest"), tr("Most common")})) {
    setObjectName(QStringLiteral("statisticsView"));
    count_->setObjectName(QStringLiteral("countStatisticsButton"));
    count_->setProperty("secondary", true);
    count_->setToolTip(tr("Reads the table, where its rows are"));
    stop_->setObjectName(QStringLiteral("stopStatisticsButton"));
    stop_->setProperty("secondary", true);
    stop_->hide();
    progress_->setObjectName(QStringLiteral("statisticsProgress"));
    progress_->setAccessibleName(tr("Progress"));
    progress_->setTextVisible(false);
    progress_->hide();
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 8, 12, 8);
    bar->setSpacing(8);
    bar->addWidget(note_, 1);
    bar->addWidget(progress_);
    bar->addStretch();
    bar->addWidget(count_);
    bar->addWidget(stop_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(table_, 1);
    setFocusProxy(table_);
    connect(count_, &QPushButton::clicked, this, &StatisticsView::count);
    connect(stop_, &QPushButton::clicked, this, &StatisticsView::stop);
    auto* escape = new QAction(stop_->text(), this);
    escape->setShortcut(QKeySequence(Qt::Key_Escape));
    escape->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(escape, &QAction::triggered, this, &StatisticsView::stop);
    addAction(escape);
}

void StatisticsView::setFacts(const app::TableFacts& facts) {
    counting_.cancel();
    finish({}, false);
    facts_ = facts;
    is_kept_read_ = false;
    shown_.clear();
    if (isVisible()) {
        readKept();
    }
}

void StatisticsView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (facts_ && !is_kept_read_) {
        readKept();
    }
}

void StatisticsView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        showAll();
    }
    QWidget::changeEvent(event);
}

void StatisticsView::readKept() {
    const auto node = client_();
    if (!node) {
        return;
    }
    is_kept_read_ = true;
    note_->setNote(tr("Reading the node's statistics…"));
    kept_.run(
        node, app::keptStatisticsRequest({facts_->node, facts_->schema, facts_->name}),
        [this](const Result<app::RowsQuery::Rows>& rows) {
            // Whoever has asked to count has better ones.
            if (counting_.isRunning() || !shown_.empty()) {
                return;
            }
            if (!rows) {
                finish(sentence(rows.error()), true);
                return;
            }
            const std::vector<app::ColumnStatistics> read = app::readKeptStatistics(*rows);
            // In the table's order, with those of which nothing is known.
            for (const app::TableFacts::Column& column : facts_->columns) {
                const auto found = std::find_if(read.begin(), read.end(), [&](const app::ColumnStatistics& one) {
                    return one.column == column.name;
                });
                shown_.push_back(found == read.end() ? app::ColumnStatistics{column.name, {}, {}, {}, {}, {}} : *found);
            }
            showAll();
            finish(read.empty() ? tr("The node has no statistics of it. To count reads the table once for each "
                                     "column.")
                                : keptNote(),
                   false);
        });
}

QString StatisticsView::keptNote() const {
    return facts_->analyzed.isValid()
               ? tr("By the node's statistics of %1").arg(QLocale().toString(facts_->analyzed, QLocale::ShortFormat))
               : tr("By the node's statistics, which are estimates");
}

void StatisticsView::count() {
    const auto node = client_();
    if (!facts_ || !node || facts_->columns.empty()) {
        return;
    }
    kept_.cancel();
    count_->hide();
    stop_->show();
    progress_->setRange(0, 0);
    progress_->show();
    note_->setNote(tr("Counting…"));
    counting_.run(node, app::countedStatisticsRequest(*facts_),
                  [this](const Result<app::RowsQuery::Rows>& rows) { onCounted(rows); });
}

void StatisticsView::onCounted(const Result<app::RowsQuery::Rows>& rows) {
    if (!rows) {
        finish(sentence(rows.error()), true);
        return;
    }
    auto counted = app::readCountedStatistics(*facts_, *rows);
    if (!counted) {
        finish(tr("The table has other columns by now: refresh the page"), true);
        return;
    }
    shown_ = std::move(counted->columns);
    rows_ = counted->rows;
    showAll();
    countCommon(0);
}

void StatisticsView::countCommon(std::size_t column) {
    while (column < shown_.size() && !app::isOrdered(facts_->columns[column].type)) {
        ++column;
    }
    const auto node = client_();
    if (column >= shown_.size() || !node) {
        finish(tr("Counted now: %1 rows").arg(QLocale().toString(static_cast<qint64>(rows_))), false);
        return;
    }
    progress_->setRange(0, static_cast<int>(shown_.size()));
    progress_->setValue(static_cast<int>(column));
    note_->setNote(tr("Looking for the most common values of %1…").arg(shown_[column].column));
    counting_.run(node, app::commonValuesRequest(*facts_, shown_[column].column),
                  [this, column](const Result<app::RowsQuery::Rows>& rows) {
                      if (!rows) {
                          finish(sentence(rows.error()), true);
                          return;
                      }
                      shown_[column].common = app::readCommonValues(*rows, rows_);
                      showAll();
                      countCommon(column + 1);
                  });
}

void StatisticsView::stop() {
    if (counting_.isRunning()) {
        counting_.cancel();
        finish(tr("Stopped. What was counted until then is shown."), false);
    }
}

void StatisticsView::finish(const QString& note, bool is_problem) {
    progress_->hide();
    stop_->hide();
    count_->show();
    note_->setNote(note, is_problem ? NoteLabel::Tone::kError : NoteLabel::Tone::kMuted);
}

void StatisticsView::showAll() {
    QList<QStringList> rows;
    for (const app::ColumnStatistics& column : shown_) {
        rows += QStringList{column.column,        column.null_share ? percent(*column.null_share) : QString(),
                            distinctText(column), column.least,
                            column.greatest,      commonText(column)};
    }
    fillFactsTable(table_, rows);
    auto* model = qobject_cast<QStandardItemModel*>(table_->model());
    for (int row = 0; row < model->rowCount(); ++row) {
        for (int column = 1; column < model->columnCount(); ++column) {
            model->item(row, column)->setForeground(currentTheme().muted_text);
        }
    }
}

}  // namespace tessera::workbench
