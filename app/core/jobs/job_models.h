#pragma once

/// Jobs, their runs and a run's steps as tables in words. GUI thread.

#include "app/core/jobs/rows_model.h"
#include "nodeservice/client/jobs_client.h"

#include <QCoreApplication>
#include <QString>
#include <cstdint>
#include <string>

namespace tessera::app {

enum JobRole {
    /// What to sort by.
    kJobSortRole = Qt::UserRole,
    /// A JobTone as int: how the row's state is to be felt.
    kJobToneRole,
};

enum class JobTone { kCalm, kActive, kGood, kBad, kWaiting };

/// Of runs and steps: "succeeded", "running", … in the person's language.
QString jobStateText(const std::string& state);
JobTone jobStateTone(const std::string& state);

/// Today's times without the day; empty for 0.
QString jobTimeText(std::int64_t ms);

/// Until now when `ended_ms` is 0; empty when not begun.
QString jobDurationText(std::int64_t started_ms, std::int64_t ended_ms);

/// What led to the run: "schedule", "by ann", …
QString jobCauseText(const client::JobRun& run);

class JobListModel : public RowsModel<client::JobInfo, &client::JobInfo::name> {
    Q_DECLARE_TR_FUNCTIONS(JobListModel)

  public:
    enum Column { kName, kState, kLastRun, kNextRun, kTriggers, kOwner, kColumnCount };

    using RowsModel::RowsModel;

    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
};

class JobRunsModel : public RowsModel<client::JobRun, &client::JobRun::id> {
    Q_DECLARE_TR_FUNCTIONS(JobRunsModel)

  public:
    enum Column { kRun, kState, kStarted, kDuration, kCause, kNode, kColumnCount };

    using RowsModel::RowsModel;

    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
};

class JobStepsModel : public RowsModel<client::JobStepRun, &client::JobStepRun::name> {
    Q_DECLARE_TR_FUNCTIONS(JobStepsModel)

  public:
    enum Column { kStep, kKind, kState, kDuration, kRows, kAttempts, kProblem, kColumnCount };

    using RowsModel::RowsModel;

    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
};

}  // namespace tessera::app
