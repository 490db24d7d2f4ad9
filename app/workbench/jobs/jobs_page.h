// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The mesh's scheduled jobs, in a tab: the jobs, the chosen one's runs, the chosen run's steps and log. Asks the nodes
/// while it is looked at, and only then. GUI thread.

#include "app/core/jobs/job_identity.h"
#include "app/core/jobs/job_models.h"
#include "app/core/jobs/jobs_watch.h"
#include "app/core/jobs/run_times.h"

#include <QWidget>
#include <memory>

class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTabBar;
class QTreeView;

namespace tessera::workbench {

class EmptyState;
class IdentityBar;
class NoteLabel;
class RunView;
class TonedRows;

class JobsPage : public QWidget {
    Q_OBJECT

  public:
    JobsPage(std::shared_ptr<app::JobNodes> nodes, app::JobGranter granter, QWidget* parent = nullptr);

    void setNodes(std::shared_ptr<app::JobNodes> nodes, app::JobGranter granter);

    app::JobsWatch& watch() { return watch_; }

    QTreeView& list() { return *jobs_table_; }

    /// One of the chosen job's, once it is there.
    void showRun(std::int64_t run);

    /// Names of the jobs there are.
    QStringList jobNames() const;

  Q_SIGNALS:
    void newRequested();
    /// `as_copy`: a new one that is like it.
    void editRequested(const client::JobDetails& details, bool as_copy);

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    QWidget* buildJobs();
    QWidget* buildRuns();
    QWidget* buildCalendar();
    void showCalendar();
    void openCell(const QModelIndex& index);
    void askToRemove();
    void askForGrant();
    void askToRevoke();
    void connectActions();
    void showAll();
    void updateState();
    void updateButtons();
    void askAndRun();
    void askAndBackfill();
    void onActionEnded(const QString& done, const QString& problem);
    const client::JobInfo* currentJob() const;
    const client::JobRun* currentRun() const;

    std::shared_ptr<app::JobNodes> nodes_;
    app::JobGranter granter_;
    app::JobListModel jobs_;
    app::JobRunsModel runs_;
    app::RunCalendarModel calendar_;
    app::JobsWatch watch_;

    QStackedWidget* stack_;
    EmptyState* empty_;
    QTreeView* jobs_table_ = nullptr;
    TonedRows* sorted_jobs_ = nullptr;
    QTabBar* views_ = nullptr;
    QStackedWidget* lists_ = nullptr;
    QTreeView* calendar_table_ = nullptr;
    TonedRows* toned_calendar_ = nullptr;
    QLabel* calendar_days_ = nullptr;
    int weeks_back_ = 0;
    /// Asked for, to be shown once its job's runs are there; 0: none.
    std::int64_t run_to_show_ = 0;
    QLineEdit* filter_ = nullptr;
    QPushButton* new_ = nullptr;
    QPushButton* edit_ = nullptr;
    QPushButton* run_now_ = nullptr;
    QPushButton* backfill_ = nullptr;
    QPushButton* pause_ = nullptr;
    NoteLabel* note_ = nullptr;
    QString action_note_;
    bool is_action_note_bad_ = false;
    IdentityBar* identity_ = nullptr;
    QTreeView* runs_table_ = nullptr;
    TonedRows* sorted_runs_ = nullptr;
    QPushButton* cancel_ = nullptr;
    QPushButton* run_again_ = nullptr;
    RunView* run_view_ = nullptr;
};

}  // namespace tessera::workbench
