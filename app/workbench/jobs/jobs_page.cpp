// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/jobs_page.h"

#include "app/workbench/jobs/run_dialog.h"
#include "app/workbench/jobs/run_view.h"
#include "app/workbench/jobs/toned_rows.h"
#include "app/workbench/ui/empty_state.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/theme.h"

#include <QAction>
#include <QEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>
#include <utility>

namespace tessera::workbench {

namespace {

QTreeView* makeTable(const char* object_name, const QString& accessible_name, QAbstractItemModel* model,
                     std::initializer_list<int> widths) {
    auto* table = new QTreeView;
    table->setObjectName(QLatin1String(object_name));
    table->setAccessibleName(accessible_name);
    table->setModel(model);
    styleFactsTable(table);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    int column = 0;
    for (const int width : widths) {
        table->setColumnWidth(column++, width);
    }
    return table;
}

QPushButton* makeButton(const char* object_name, const QString& text) {
    auto* button = new QPushButton(text);
    button->setObjectName(QLatin1String(object_name));
    button->setProperty("secondary", true);
    return button;
}

QHBoxLayout* makeBar(std::initializer_list<QWidget*> widgets) {
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 10, 12, 10);
    bar->setSpacing(8);
    for (QWidget* widget : widgets) {
        bar->addWidget(widget, widget == *widgets.begin() ? 1 : 0);
    }
    return bar;
}

}  // namespace

JobsPage::JobsPage(std::shared_ptr<app::JobNodes> nodes, QWidget* parent)
    : QWidget(parent), stack_(new QStackedWidget), empty_(new EmptyState) {
    setObjectName(QStringLiteral("jobsPage"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    empty_->setObjectName(QStringLiteral("jobsState"));
    auto* parts = new QSplitter(Qt::Vertical);
    parts->setHandleWidth(1);
    parts->addWidget(buildJobs());
    parts->addWidget(buildRuns());
    parts->setChildrenCollapsible(false);
    constexpr int kJobsPart = 280;
    constexpr int kRunsPart = 420;
    parts->setSizes({kJobsPart, kRunsPart});
    stack_->addWidget(parts);
    stack_->addWidget(empty_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(stack_);
    connectActions();
    setNodes(std::move(nodes));
}

QWidget* JobsPage::buildJobs() {
    sorted_jobs_ = new TonedRows(&jobs_, this);
    jobs_table_ = makeTable("jobsTable", tr("Jobs"), sorted_jobs_, {180, 150, 200, 130, 260, 140});
    jobs_table_->setSortingEnabled(true);
    jobs_table_->sortByColumn(app::JobListModel::kName, Qt::AscendingOrder);
    filter_ = new QLineEdit;
    filter_->setObjectName(QStringLiteral("jobsFilter"));
    filter_->setPlaceholderText(tr("Filter by name, state, schedule or owner"));
    filter_->setAccessibleName(tr("Filter"));
    filter_->setClearButtonEnabled(true);
    pause_ = makeButton("pauseJobButton", tr("Pause"));
    backfill_ = makeButton("backfillJobButton", tr("Make up for…"));
    backfill_->setToolTip(tr("Runs for the times of a range of days that have had none"));
    run_now_ = new QPushButton(tr("Run now"));
    run_now_->setObjectName(QStringLiteral("runJobButton"));
    note_ = new QLabel;
    note_->setObjectName(QStringLiteral("jobsNote"));
    note_->setContentsMargins(12, 6, 12, 8);
    note_->setWordWrap(true);
    note_->setTextFormat(Qt::PlainText);
    note_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* part = new QWidget;
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(makeBar({filter_, pause_, backfill_, run_now_}));
    layout->addWidget(jobs_table_, 1);
    layout->addWidget(note_);
    return part;
}

QWidget* JobsPage::buildRuns() {
    sorted_runs_ = new TonedRows(&runs_, this);
    runs_table_ = makeTable("runsTable", tr("Runs of the job"), sorted_runs_, {60, 120, 130, 70, 120, 100});
    auto* title = new QLabel(tr("Runs"));
    cancel_ = makeButton("cancelRunButton", tr("Cancel run"));
    run_again_ = makeButton("runAgainButton", tr("Run again"));
    run_again_->setToolTip(tr("What succeeded is not repeated"));
    auto* list = new QWidget;
    auto* layout = new QVBoxLayout(list);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(makeBar({title, run_again_, cancel_}));
    layout->addWidget(runs_table_, 1);
    run_view_ = new RunView;
    auto* parts = new QSplitter(Qt::Horizontal);
    parts->setHandleWidth(1);
    parts->addWidget(list);
    parts->addWidget(run_view_);
    parts->setChildrenCollapsible(false);
    constexpr int kHalf = 500;
    parts->setSizes({kHalf, kHalf});
    return parts;
}

void JobsPage::connectActions() {
    connect(&watch_, &app::JobsWatch::changed, this, &JobsPage::showAll);
    connect(&watch_, &app::JobsWatch::logCleared, run_view_, &RunView::clearLog);
    connect(&watch_, &app::JobsWatch::logAdded, run_view_, &RunView::addToLog);
    connect(&watch_, &app::JobsWatch::actionStarted, this, &JobsPage::updateButtons);
    connect(&watch_, &app::JobsWatch::actionEnded, this, &JobsPage::onActionEnded);
    connect(empty_, &EmptyState::actionTriggered, &watch_, &app::JobsWatch::refresh);
    connect(filter_, &QLineEdit::textChanged, sorted_jobs_, &QSortFilterProxyModel::setFilterFixedString);
    // Queued: a row may also cease to be the current one while the model is being changed.
    connect(
        jobs_table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this] {
            const client::JobInfo* job = currentJob();
            watch_.chooseJob(job != nullptr ? QString::fromStdString(job->name) : QString());
            showAll();
        },
        Qt::QueuedConnection);
    connect(
        runs_table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this] {
            if (const client::JobRun* run = currentRun()) {
                watch_.chooseRun(run->id);
            }
            showAll();
        },
        Qt::QueuedConnection);
    // What is done is done to the rows that are marked: the watch hears of them a turn of the event loop later.
    connect(run_now_, &QPushButton::clicked, this, &JobsPage::askAndRun);
    connect(backfill_, &QPushButton::clicked, this, &JobsPage::askAndBackfill);
    connect(pause_, &QPushButton::clicked, this, [this] {
        if (const client::JobInfo* job = currentJob()) {
            watch_.setPaused(QString::fromStdString(job->name), !job->is_paused);
        }
    });
    connect(cancel_, &QPushButton::clicked, this, [this] {
        if (const client::JobRun* run = currentRun()) {
            watch_.cancelRun(run->id);
        }
    });
    connect(run_again_, &QPushButton::clicked, this, [this] {
        if (const client::JobRun* run = currentRun()) {
            watch_.runAgain(run->id, {});
        }
    });
    connect(jobs_table_, &QTreeView::activated, runs_table_, [this] { runs_table_->setFocus(); });
    auto* cancel_key = new QAction(cancel_->text(), runs_table_);
    cancel_key->setShortcut(QKeySequence::Delete);
    cancel_key->setShortcutContext(Qt::WidgetShortcut);
    runs_table_->addAction(cancel_key);
    connect(cancel_key, &QAction::triggered, cancel_, &QPushButton::click);
    auto* again = new QAction(tr("Refresh"), this);
    again->setShortcut(QKeySequence(Qt::Key_F5));
    again->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(again, &QAction::triggered, &watch_, &app::JobsWatch::refresh);
    addAction(again);
}

void JobsPage::setNodes(std::shared_ptr<app::JobNodes> nodes) {
    action_note_.clear();
    watch_.setNodes(std::move(nodes));
}

void JobsPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    watch_.start();
}

void JobsPage::hideEvent(QHideEvent* event) {
    watch_.stop();
    QWidget::hideEvent(event);
}

void JobsPage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && run_view_ != nullptr) {
        showAll();
    }
    QWidget::changeEvent(event);
}

void JobsPage::showAll() {
    jobs_.setRows(watch_.jobs());
    runs_.setRows(watch_.runs());
    if (currentJob() == nullptr && sorted_jobs_->rowCount() > 0) {
        jobs_table_->setCurrentIndex(sorted_jobs_->index(0, 0));
    }
    // The newest, unless one is chosen; one just started may be told a round later than its number.
    const std::int64_t chosen =
        watch_.runId() == 0 && !watch_.runs().empty() ? watch_.runs().front().id : watch_.runId();
    for (int row = 0; row < runs_.rowCount(); ++row) {
        const bool is_current = currentRun() != nullptr && currentRun()->id == chosen;
        if (!is_current && runs_.rows()[static_cast<std::size_t>(row)].id == chosen) {
            runs_table_->setCurrentIndex(sorted_runs_->mapFromSource(runs_.index(row, 0)));
        }
    }
    run_view_->setRun(watch_.run() ? &*watch_.run() : nullptr);
    updateState();
    updateButtons();
}

/// Which of the page's faces is shown: the jobs, or why there are none.
void JobsPage::updateState() {
    const std::optional<Error>& error = watch_.error();
    const bool has_jobs = jobs_.rowCount() > 0;
    stack_->setCurrentIndex(has_jobs ? 0 : 1);
    empty_->setAction(error ? tr("Try again") : QString());
    if (error && error->code == ErrorCode::kUnimplemented) {
        empty_->setMessage("waiting", tr("No node of this mesh keeps jobs"),
                           tr("Jobs come with the replicated store, which each node can hold: docs/jobs.md says how to "
                              "set it up."));
    } else if (error) {
        empty_->setMessage("error", QString::fromStdString(error->message), QString::fromStdString(error->hint),
                           EmptyState::Tone::kError);
    } else if (watch_.isKnown()) {
        empty_->setMessage("waiting", tr("There are no jobs yet"),
                           tr("Describe one in a file and apply it: tessera job apply nightly.yaml. docs/jobs.md "
                              "shows what is in it."));
    } else {
        empty_->setMessage("waiting", tr("Asking the mesh for its jobs…"));
    }
    const QString problem = error ? tr("Not up to date: %1").arg(QString::fromStdString(error->message)) : QString();
    const bool is_bad = !problem.isEmpty() || is_action_note_bad_;
    note_->setText(problem.isEmpty() ? action_note_ : problem);
    note_->setStyleSheet(
        QStringLiteral("color: %1;").arg((is_bad ? currentTheme().error : currentTheme().muted_text).name()));
    note_->setVisible(!note_->text().isEmpty());
}

/// A job without parameters starts at once.
void JobsPage::askAndRun() {
    const std::optional<jobs::Definition>& definition = watch_.definition();
    if (!definition) {
        return;
    }
    const QString job = QString::fromStdString(definition->name);
    if (definition->parameters.empty()) {
        watch_.runNow(job, {});
        return;
    }
    auto* dialog = new RunDialog(*definition, RunDialog::What::kRun, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, job] { watch_.runNow(job, dialog->parameters()); });
    dialog->open();
}

void JobsPage::askAndBackfill() {
    const std::optional<jobs::Definition>& definition = watch_.definition();
    if (!definition || app::timedTriggers(*definition).empty()) {
        return;
    }
    auto* dialog = new RunDialog(*definition, RunDialog::What::kBackfill, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, job = QString::fromStdString(definition->name)] {
        const app::MissedTimes times = dialog->times();
        watch_.backfill(job, dialog->trigger(), times.from_ms, times.until_ms, dialog->parameters());
    });
    dialog->open();
}

void JobsPage::updateButtons() {
    const client::JobInfo* job = currentJob();
    const client::JobRun* run = currentRun();
    const bool can_act = !watch_.isActing();
    const std::optional<jobs::Definition>& definition = watch_.definition();
    const bool is_known = job != nullptr && definition && definition->name == job->name;
    run_now_->setEnabled(can_act && is_known && job->problem.empty());
    backfill_->setEnabled(run_now_->isEnabled() && !app::timedTriggers(*definition).empty());
    pause_->setEnabled(can_act && job != nullptr);
    pause_->setText(job != nullptr && job->is_paused ? tr("Resume") : tr("Pause"));
    cancel_->setEnabled(can_act && run != nullptr && !run->hasEnded() && !run->is_cancelled);
    run_again_->setEnabled(can_act && run != nullptr && (run->state == "failed" || run->state == "cancelled"));
}

void JobsPage::onActionEnded(const QString& done, const QString& problem) {
    is_action_note_bad_ = !problem.isEmpty();
    action_note_ = problem.isEmpty() ? done + QLatin1Char('.') : problem;
    updateState();
    updateButtons();
}

const client::JobInfo* JobsPage::currentJob() const {
    return jobs_.rowOf(sorted_jobs_->mapToSource(jobs_table_->currentIndex()));
}

const client::JobRun* JobsPage::currentRun() const {
    return runs_.rowOf(sorted_runs_->mapToSource(runs_table_->currentIndex()));
}

}  // namespace tessera::workbench
