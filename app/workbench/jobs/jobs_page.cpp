// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/jobs_page.h"

#include "app/workbench/jobs/grant_dialog.h"
#include "app/workbench/jobs/identity_bar.h"
#include "app/workbench/jobs/run_dialog.h"
#include "app/workbench/jobs/run_view.h"
#include "app/workbench/jobs/toned_rows.h"
#include "app/workbench/ui/empty_state.h"
#include "app/workbench/ui/facts_table.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/note_label.h"

#include <QAction>
#include <QDateTime>
#include <QEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QToolButton>
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

JobsPage::JobsPage(std::shared_ptr<app::JobNodes> nodes, app::JobGranter granter, QWidget* parent)
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
    setNodes(std::move(nodes), std::move(granter));
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
    new_ = makeButton("newJobButton", tr("New job"));
    edit_ = makeButton("editJobButton", tr("Edit"));
    pause_ = makeButton("pauseJobButton", tr("Pause"));
    backfill_ = makeButton("backfillJobButton", tr("Make up for…"));
    backfill_->setToolTip(tr("Runs for the times of a range of days that have had none"));
    run_now_ = new QPushButton(tr("Run now"));
    run_now_->setObjectName(QStringLiteral("runJobButton"));
    note_ = new NoteLabel(QStringLiteral("jobsNote"));
    note_->setContentsMargins(12, 6, 12, 8);
    auto* part = new QWidget;
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    views_ = new QTabBar;
    views_->setObjectName(QStringLiteral("jobViews"));
    views_->setDrawBase(false);
    views_->addTab(tr("List"));
    views_->addTab(tr("Calendar"));
    lists_ = new QStackedWidget;
    lists_->addWidget(jobs_table_);
    lists_->addWidget(buildCalendar());
    layout->addLayout(makeBar({filter_, views_, new_, edit_, pause_, backfill_, run_now_}));
    layout->addWidget(lists_, 1);
    layout->addWidget(note_);
    return part;
}

QWidget* JobsPage::buildCalendar() {
    toned_calendar_ = new TonedRows(&calendar_, this);
    calendar_table_ = makeTable("runCalendar", tr("Runs of each day"), toned_calendar_, {180});
    calendar_table_->setSelectionBehavior(QAbstractItemView::SelectItems);
    calendar_days_ = new QLabel;
    calendar_days_->setObjectName(QStringLiteral("calendarDays"));
    const auto makeStep = [this](const char* object_name, const QString& text, int weeks) {
        QPushButton* button = makeButton(object_name, text);
        connect(button, &QPushButton::clicked, this, [this, weeks] {
            weeks_back_ = std::max(0, weeks_back_ + weeks);
            showCalendar();
        });
        return button;
    };
    auto* part = new QWidget;
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(makeBar(
        {calendar_days_, makeStep("calendarBack", tr("Earlier"), 1), makeStep("calendarForth", tr("Later"), -1)}));
    layout->addWidget(calendar_table_, 1);
    return part;
}

QWidget* JobsPage::buildRuns() {
    sorted_runs_ = new TonedRows(&runs_, this);
    runs_table_ = makeTable("runsTable", tr("Runs of the job"), sorted_runs_, {60, 115, 130, 65, 105, 60});
    auto* title = new QLabel(tr("Runs"));
    cancel_ = makeButton("cancelRunButton", tr("Cancel run"));
    run_again_ = makeButton("runAgainButton", tr("Run again"));
    run_again_->setToolTip(tr("What succeeded is not repeated"));
    auto* list = new QWidget;
    auto* layout = new QVBoxLayout(list);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(makeBar({title, run_again_, cancel_}));
    identity_ = new IdentityBar;
    layout->addWidget(identity_);
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
    connect(empty_, &EmptyState::actionTriggered, this,
            [this] { watch_.error() ? watch_.refresh() : Q_EMIT newRequested(); });
    connect(run_view_, &RunView::runAgainRequested, this, [this](const QString& step) {
        if (const client::JobRun* run = currentRun()) {
            watch_.runAgain(run->id, step);
        }
    });
    connect(views_, &QTabBar::currentChanged, this, [this](int view) {
        lists_->setCurrentIndex(view);
        watch_.wantHistory(view == 1);
        showCalendar();
    });
    connect(calendar_table_, &QTreeView::clicked, this, &JobsPage::openCell);
    connect(calendar_table_, &QTreeView::activated, this, &JobsPage::openCell);
    connect(new_, &QPushButton::clicked, this, &JobsPage::newRequested);
    auto* edit_menu = new QMenu(this);
    edit_menu->setObjectName(QStringLiteral("editJobMenu"));
    const auto request = [this](bool as_copy) {
        if (watch_.details()) {
            Q_EMIT editRequested(*watch_.details(), as_copy);
        }
    };
    connect(edit_menu->addAction(tr("Edit")), &QAction::triggered, this, [request] { request(false); });
    connect(edit_menu->addAction(tr("Make a copy")), &QAction::triggered, this, [request] { request(true); });
    edit_menu->addSeparator();
    connect(edit_menu->addAction(tr("Remove…")), &QAction::triggered, this, &JobsPage::askToRemove);
    edit_->setMenu(edit_menu);
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
    connect(identity_, &IdentityBar::grantRequested, this, &JobsPage::askForGrant);
    connect(identity_, &IdentityBar::revokeRequested, this, &JobsPage::askToRevoke);
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
    connect(jobs_table_, &QTreeView::activated, this, [request] { request(false); });
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

void JobsPage::setNodes(std::shared_ptr<app::JobNodes> nodes, app::JobGranter granter) {
    action_note_.clear();
    nodes_ = std::move(nodes);
    granter_ = std::move(granter);
    watch_.setNodes(nodes_);
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
    if (run_to_show_ != 0 && std::any_of(watch_.runs().begin(), watch_.runs().end(),
                                         [this](const client::JobRun& run) { return run.id == run_to_show_; })) {
        watch_.chooseRun(std::exchange(run_to_show_, 0));
    }
    showCalendar();
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

void JobsPage::showRun(std::int64_t run) {
    views_->setCurrentIndex(0);
    run_to_show_ = run;
    showAll();
}

/// Two weeks, the newest at the right.
void JobsPage::showCalendar() {
    if (views_->currentIndex() != 1) {
        return;
    }
    constexpr int kWeek = 7;
    const QDate last = QDate::currentDate().addDays(-kWeek * weeks_back_);
    calendar_.setRuns(watch_.jobs(), watch_.history(), last);
    // All days at once, as far as there is room for them.
    constexpr int kDayLeast = 56;
    const int room = calendar_table_->viewport()->width() - calendar_table_->columnWidth(0);
    for (int column = 1; column < calendar_.columnCount(); ++column) {
        calendar_table_->setColumnWidth(column, std::max(kDayLeast, room / app::RunCalendarModel::kDays));
    }
    QString days = tr("%1 to %2")
                       .arg(QLocale().toString(calendar_.dayOf(1), QLocale::ShortFormat),
                            QLocale().toString(last, QLocale::ShortFormat));
    if (watch_.history().size() >= app::JobsWatch::kHistoryMax) {
        days += tr(" · of the last %1 runs").arg(QLocale().toString(app::JobsWatch::kHistoryMax));
    }
    calendar_days_->setText(days);
    findChild<QPushButton*>(QStringLiteral("calendarForth"))->setEnabled(weeks_back_ > 0);
}

/// Shows the run that a cell stands for.
void JobsPage::openCell(const QModelIndex& index) {
    const QModelIndex cell = toned_calendar_->mapToSource(index);
    if (!cell.isValid()) {
        return;
    }
    run_to_show_ = calendar_.runOf(cell);
    const std::string& job = calendar_.jobOf(cell.row());
    for (int row = 0; row < jobs_.rowCount(); ++row) {
        if (jobs_.rows()[static_cast<std::size_t>(row)].name == job) {
            filter_->clear();
            jobs_table_->setCurrentIndex(sorted_jobs_->mapFromSource(jobs_.index(row, 0)));
        }
    }
    showAll();
}

QStringList JobsPage::jobNames() const {
    QStringList names;
    for (const client::JobInfo& job : jobs_.rows()) {
        names += QString::fromStdString(job.name);
    }
    return names;
}

void JobsPage::askToRemove() {
    const client::JobInfo* job = currentJob();
    if (job == nullptr) {
        return;
    }
    const QString name = QString::fromStdString(job->name);
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("Remove a job"),
                                tr("“%1” and its versions are removed; its runs stay in the history.").arg(name),
                                QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("removeJobBox"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    const QPushButton* remove = box->addButton(tr("Remove"), QMessageBox::DestructiveRole);
    box->setDefaultButton(box->addButton(QMessageBox::Cancel));
    connect(box, &QMessageBox::buttonClicked, this, [this, name, remove](const QAbstractButton* button) {
        if (button == remove) {
            watch_.remove(name);
        }
    });
    box->open();
}

void JobsPage::askForGrant() {
    const client::JobInfo* job = currentJob();
    if (job == nullptr) {
        return;
    }
    auto* dialog = new GrantDialog(QString::fromStdString(job->name), nodes_, granter_, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &GrantDialog::granted, this, [this](const client::JobGranted& grant) {
        onActionEnded(tr("%1 runs as %2 until %3")
                          .arg(QString::fromStdString(grant.job), QString::fromStdString(grant.person),
                               app::jobTimeText(grant.until_ms)),
                      {});
        watch_.refresh();
    });
    dialog->open();
}

void JobsPage::askToRevoke() {
    const client::JobInfo* job = currentJob();
    if (job == nullptr) {
        return;
    }
    const QString name = QString::fromStdString(job->name);
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("End a grant"),
                                tr("“%1” no longer runs as its owner, and a run that goes on is cancelled.").arg(name),
                                QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("revokeGrantBox"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    const QPushButton* revoke = box->addButton(tr("End the grant"), QMessageBox::DestructiveRole);
    box->setDefaultButton(box->addButton(QMessageBox::Cancel));
    connect(box, &QMessageBox::buttonClicked, this, [this, name, revoke](const QAbstractButton* button) {
        if (button == revoke) {
            watch_.revokeGrant(name);
        }
    });
    box->open();
}

/// Which of the page's faces is shown: the jobs, or why there are none.
void JobsPage::updateState() {
    const std::optional<Error>& error = watch_.error();
    const bool has_jobs = jobs_.rowCount() > 0;
    stack_->setCurrentIndex(has_jobs ? 0 : 1);
    empty_->setAction(error ? tr("Try again") : watch_.isKnown() ? tr("New job") : QString());
    if (error && error->code == ErrorCode::kUnimplemented) {
        empty_->setMessage("waiting", tr("No node of this mesh keeps jobs"),
                           tr("Jobs come with the replicated store, which each node can hold: docs/jobs.md says how to "
                              "set it up."));
    } else if (error) {
        empty_->setMessage("error", QString::fromStdString(error->message), QString::fromStdString(error->hint),
                           EmptyState::Tone::kError);
    } else if (watch_.isKnown()) {
        empty_->setMessage("waiting", tr("There are no jobs yet"),
                           tr("Write one here, or describe it in a file and apply it: tessera job apply "
                              "nightly.yaml."));
    } else {
        empty_->setMessage("waiting", tr("Asking the mesh for its jobs…"));
    }
    const QString problem = error ? tr("Not up to date: %1").arg(QString::fromStdString(error->message)) : QString();
    const bool is_bad = !problem.isEmpty() || is_action_note_bad_;
    note_->setNote(problem.isEmpty() ? action_note_ : problem,
                   is_bad ? NoteLabel::Tone::kError : NoteLabel::Tone::kMuted);
    empty_->takeFocusOfHidden(*this);
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
    edit_->setEnabled(can_act && job != nullptr && watch_.details() && watch_.details()->job.name == job->name);
    backfill_->setEnabled(run_now_->isEnabled() && !app::timedTriggers(*definition).empty());
    pause_->setEnabled(can_act && job != nullptr);
    identity_->setIdentity(job == nullptr
                               ? app::JobIdentity()
                               : app::jobIdentity(*job, watch_.grants(), QDateTime::currentMSecsSinceEpoch()),
                           can_act);
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
