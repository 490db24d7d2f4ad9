// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/run_view.h"

#include "app/workbench/jobs/step_chart_view.h"
#include "app/workbench/jobs/toned_rows.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"

#include <QDateTime>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSplitter>
#include <QTabWidget>
#include <QTreeView>
#include <QVBoxLayout>
#include <algorithm>

namespace tessera::workbench {

namespace {

/// "12:03:01 orders: 1,200 rows"
QString lineText(const client::JobLogLine& line) {
    const QString time = QDateTime::fromMSecsSinceEpoch(line.at_ms).toString(QStringLiteral("HH:mm:ss"));
    const QString step = line.step.empty() ? QString() : QString::fromStdString(line.step) + QStringLiteral(": ");
    return time + QStringLiteral("  ") + step + QString::fromStdString(line.text);
}

}  // namespace

RunView::RunView(QWidget* parent)
    : QWidget(parent),
      sorted_steps_(new TonedRows(&steps_, this)),
      title_(new QLabel),
      problem_(new NoteLabel(QStringLiteral("runProblem"))),
      steps_table_(new QTreeView),
      chart_(new StepChartView),
      from_here_(new QPushButton(tr("Run again from here"))),
      log_(new QPlainTextEdit) {
    title_->setObjectName(QStringLiteral("runTitle"));
    title_->setTextFormat(Qt::PlainText);
    title_->setWordWrap(true);
    problem_->setContentsMargins(12, 0, 12, 8);
    log_->setObjectName(QStringLiteral("runLog"));
    log_->setAccessibleName(tr("Log of the run"));
    log_->setReadOnly(true);
    // Read by the keys, too.
    log_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    log_->setFrameShape(QFrame::NoFrame);
    log_->setFont(monospaceFont());
    constexpr int kMargin = 12;
    log_->document()->setDocumentMargin(kMargin);
    log_->setPlaceholderText(tr("The log is empty so far."));
    constexpr int kLinesMax = 20'000;
    log_->setMaximumBlockCount(kLinesMax);
    auto* parts = new QSplitter(Qt::Vertical);
    parts->setHandleWidth(1);
    parts->addWidget(buildSteps());
    parts->addWidget(log_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 10, 12, 10);
    bar->addWidget(title_, 1);
    bar->addWidget(from_here_);
    layout->addLayout(bar);
    layout->addWidget(problem_);
    layout->addWidget(parts, 1);
    setRun(nullptr);
}

QWidget* RunView::buildSteps() {
    steps_table_->setObjectName(QStringLiteral("stepsTable"));
    steps_table_->setAccessibleName(tr("Steps of the run"));
    steps_table_->setModel(sorted_steps_);
    styleFactsTable(steps_table_);
    constexpr int kWidths[] = {124, 65, 115, 60, 86, 70, 240};
    for (int column = 0; column < app::JobStepsModel::kColumnCount; ++column) {
        steps_table_->setColumnWidth(column, kWidths[column]);
    }
    from_here_->setObjectName(QStringLiteral("runFromHereButton"));
    from_here_->setProperty("secondary", true);
    from_here_->setToolTip(tr("The chosen step and all that come after it are done again"));
    auto* tabs = new QTabWidget;
    tabs->setObjectName(QStringLiteral("runTabs"));
    tabs->setDocumentMode(true);
    tabs->addTab(steps_table_, tr("Steps"));
    tabs->addTab(chart_, tr("Over time"));
    connect(steps_table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &RunView::updateButton);
    connect(chart_, &StepChartView::chosenChanged, this, &RunView::updateButton);
    connect(tabs, &QTabWidget::currentChanged, this, &RunView::updateButton);
    connect(from_here_, &QPushButton::clicked, this, [this] { Q_EMIT runAgainRequested(chosenStep()); });
    return tabs;
}

/// Of the view that is looked at.
QString RunView::chosenStep() const {
    if (chart_->isVisible()) {
        return chart_->chosen();
    }
    const client::JobStepRun* step = steps_.rowOf(sorted_steps_->mapToSource(steps_table_->currentIndex()));
    return step == nullptr ? QString() : QString::fromStdString(step->name);
}

void RunView::updateButton() {
    from_here_->setEnabled(has_ended_ && !chosenStep().isEmpty());
}

void RunView::setRun(const client::JobRunDetails* run) {
    steps_.setRows(run != nullptr ? run->steps : std::vector<client::JobStepRun>());
    const bool has_problems =
        run != nullptr && std::any_of(run->steps.begin(), run->steps.end(),
                                      [](const client::JobStepRun& step) { return !step.error.empty(); });
    steps_table_->setColumnHidden(app::JobStepsModel::kProblem, !has_problems);
    chart_->setChart(run != nullptr ? app::stepChart(*run, QDateTime::currentMSecsSinceEpoch()) : app::StepChart());
    has_ended_ = run != nullptr && run->run.hasEnded() && run->run.state != "skipped";
    updateButton();
    if (run == nullptr) {
        title_->setText(tr("No run is chosen."));
        problem_->setNote({});
        return;
    }
    QStringList parts{tr("Run %1").arg(run->run.id), app::jobStateText(run->run.state), app::jobCauseText(run->run)};
    const QString duration = app::jobDurationText(run->run.started_ms, run->run.ended_ms);
    if (!duration.isEmpty()) {
        parts += duration;
    }
    for (const auto& [name, value] : run->run.parameters) {
        parts += QString::fromStdString(name) + QStringLiteral(" = ") + QString::fromStdString(value);
    }
    title_->setText(parts.join(QStringLiteral(" · ")));
    problem_->setNote(QString::fromStdString(run->run.error), NoteLabel::Tone::kError);
}

void RunView::clearLog() {
    log_->clear();
}

void RunView::addToLog(const std::vector<client::JobLogLine>& lines) {
    QScrollBar* bar = log_->verticalScrollBar();
    const bool is_at_end = bar->value() == bar->maximum();
    QStringList texts;
    for (const client::JobLogLine& line : lines) {
        texts += lineText(line);
    }
    log_->appendPlainText(texts.join(QLatin1Char('\n')));
    if (is_at_end) {
        bar->setValue(bar->maximum());
    }
}

}  // namespace tessera::workbench
