#include "app/core/jobs/job_models.h"

#include "app/core/activity/activity.h"

#include <QDateTime>
#include <QLocale>
#include <QStringList>
#include <algorithm>

namespace tessera::app {

namespace {

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(Jobs)
};

QString qt(const std::string& text) {
    return QString::fromStdString(text);
}

QVariant heading(const QStringList& headings, int section, Qt::Orientation orientation, int role) {
    return role == Qt::DisplayRole && orientation == Qt::Horizontal ? QVariant(headings.value(section)) : QVariant();
}

QString stateOf(const client::JobInfo& job) {
    if (!job.problem.empty()) {
        return JobListModel::tr("cannot be read");
    }
    if (job.active_runs > 0) {
        return job.is_paused ? JobListModel::tr("running, then paused") : JobListModel::tr("running");
    }
    return job.is_paused ? JobListModel::tr("paused") : JobListModel::tr("ready");
}

JobTone toneOf(const client::JobInfo& job) {
    if (!job.problem.empty()) {
        return JobTone::kBad;
    }
    return job.active_runs > 0 ? JobTone::kActive : job.is_paused ? JobTone::kWaiting : JobTone::kCalm;
}

QString lastRunOf(const client::JobInfo& job) {
    if (!job.last_run) {
        return JobListModel::tr("never ran");
    }
    const client::JobRun& run = *job.last_run;
    return QStringList{jobStateText(run.state), jobTimeText(std::max({run.created_ms, run.started_ms, run.ended_ms}))}
        .join(QStringLiteral(" · "));
}

QString textOf(const client::JobInfo& job, int column) {
    switch (column) {
        case JobListModel::kName:
            return qt(job.name);
        case JobListModel::kState:
            return stateOf(job);
        case JobListModel::kLastRun:
            return lastRunOf(job);
        case JobListModel::kNextRun:
            return job.is_paused ? QString() : jobTimeText(job.next_ms);
        case JobListModel::kTriggers: {
            QStringList triggers;
            for (const std::string& trigger : job.triggers) {
                triggers += qt(trigger);
            }
            return triggers.isEmpty() ? JobListModel::tr("by hand") : triggers.join(QStringLiteral("; "));
        }
        case JobListModel::kOwner:
            return qt(job.owner);
        default:
            return {};
    }
}

QVariant sortOf(const client::JobInfo& job, int column) {
    switch (column) {
        case JobListModel::kLastRun:
            return qlonglong{job.last_run ? job.last_run->created_ms : 0};
        case JobListModel::kNextRun:
            return qlonglong{job.next_ms};
        default:
            return textOf(job, column);
    }
}

QString textOf(const client::JobRun& run, int column) {
    switch (column) {
        case JobRunsModel::kRun:
            return QString::number(run.id);
        case JobRunsModel::kState:
            return run.is_cancelled && !run.hasEnded() ? JobRunsModel::tr("being cancelled") : jobStateText(run.state);
        case JobRunsModel::kStarted:
            return jobTimeText(run.started_ms);
        case JobRunsModel::kDuration:
            return jobDurationText(run.started_ms, run.ended_ms);
        case JobRunsModel::kCause:
            return jobCauseText(run);
        case JobRunsModel::kNode:
            return qt(run.node);
        default:
            return {};
    }
}

QString textOf(const client::JobStepRun& step, int column) {
    switch (column) {
        case JobStepsModel::kStep:
            return qt(step.name);
        case JobStepsModel::kKind:
            return qt(step.kind);
        case JobStepsModel::kState:
            return jobStateText(step.state);
        case JobStepsModel::kDuration:
            return jobDurationText(step.started_ms, step.ended_ms);
        case JobStepsModel::kRows:
            return step.rows > 0 ? QLocale().toString(qlonglong{step.rows}) : QString();
        case JobStepsModel::kAttempts:
            return step.attempt > 1 ? QString::number(step.attempt) : QString();
        case JobStepsModel::kProblem:
            return qt(step.error).simplified();
        default:
            return {};
    }
}

}  // namespace

QString jobStateText(const std::string& state) {
    if (state == "waiting" || state == "pending") {
        return Texts::tr("waiting");
    }
    if (state == "running") {
        return Texts::tr("running");
    }
    if (state == "succeeded") {
        return Texts::tr("succeeded");
    }
    if (state == "failed") {
        return Texts::tr("failed");
    }
    if (state == "cancelled") {
        return Texts::tr("cancelled");
    }
    if (state == "skipped") {
        return Texts::tr("left out");
    }
    // Of a later version's states the name is all that is known.
    return state == "blocked" ? Texts::tr("blocked by a failed step") : qt(state);
}

JobTone jobStateTone(const std::string& state) {
    return state == "running"     ? JobTone::kActive
           : state == "succeeded" ? JobTone::kGood
           : state == "failed"    ? JobTone::kBad
           : state == "waiting"   ? JobTone::kWaiting
                                  : JobTone::kCalm;
}

QString jobTimeText(std::int64_t ms) {
    if (ms == 0) {
        return {};
    }
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(ms);
    return QLocale().toString(
        time, time.date() == QDate::currentDate() ? QStringLiteral("HH:mm:ss") : QStringLiteral("yyyy-MM-dd HH:mm"));
}

QString jobDurationText(std::int64_t started_ms, std::int64_t ended_ms) {
    if (started_ms == 0) {
        return {};
    }
    const std::int64_t until = ended_ms != 0 ? ended_ms : QDateTime::currentMSecsSinceEpoch();
    return durationText(std::max<std::int64_t>(0, until - started_ms));
}

QString jobCauseText(const client::JobRun& run) {
    if (run.cause == "time") {
        return Texts::tr("schedule");
    }
    if (run.cause == "after" || run.cause == "job") {
        return Texts::tr("another job");
    }
    if (run.cause == "backfill") {
        return Texts::tr("backfill");
    }
    return run.asked_by.empty() ? Texts::tr("by hand") : Texts::tr("by %1").arg(qt(run.asked_by));
}

int JobListModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumnCount;
}

QVariant JobListModel::data(const QModelIndex& index, int role) const {
    const client::JobInfo* job = rowOf(index);
    if (job == nullptr) {
        return {};
    }
    switch (role) {
        case Qt::DisplayRole:
            return textOf(*job, index.column());
        case Qt::ToolTipRole:
            return !job->problem.empty()                         ? qt(job->problem)
                   : index.column() == kLastRun && job->last_run ? qt(job->last_run->error)
                   : index.column() == kName                     ? qt(job->documentation)
                                                                 : textOf(*job, index.column());
        case kJobSortRole:
            return sortOf(*job, index.column());
        case kJobToneRole:
            if (index.column() == kState) {
                return static_cast<int>(toneOf(*job));
            }
            return index.column() == kLastRun && job->last_run
                       ? QVariant(static_cast<int>(jobStateTone(job->last_run->state)))
                       : QVariant();
        default:
            return {};
    }
}

QVariant JobListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    return heading({tr("Job"), tr("State"), tr("Last run"), tr("Next run"), tr("Runs when"), tr("Owner")}, section,
                   orientation, role);
}

int JobRunsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumnCount;
}

QVariant JobRunsModel::data(const QModelIndex& index, int role) const {
    const client::JobRun* run = rowOf(index);
    if (run == nullptr) {
        return {};
    }
    switch (role) {
        case Qt::DisplayRole:
            return textOf(*run, index.column());
        case Qt::ToolTipRole:
            return run->error.empty() ? textOf(*run, index.column()) : qt(run->error);
        case kJobToneRole:
            return index.column() == kState ? QVariant(static_cast<int>(jobStateTone(run->state))) : QVariant();
        default:
            return {};
    }
}

QVariant JobRunsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    return heading({tr("Run"), tr("State"), tr("Started"), tr("Took"), tr("Started by"), tr("Node")}, section,
                   orientation, role);
}

int JobStepsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumnCount;
}

QVariant JobStepsModel::data(const QModelIndex& index, int role) const {
    const client::JobStepRun* step = rowOf(index);
    if (step == nullptr) {
        return {};
    }
    switch (role) {
        case Qt::DisplayRole:
            return textOf(*step, index.column());
        case Qt::ToolTipRole:
            return step->error.empty() ? textOf(*step, index.column()) : qt(step->error);
        case kJobToneRole:
            return index.column() == kState ? QVariant(static_cast<int>(jobStateTone(step->state))) : QVariant();
        default:
            return {};
    }
}

QVariant JobStepsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    return heading({tr("Step"), tr("Kind"), tr("State"), tr("Took"), tr("Rows"), tr("Attempts"), tr("Problem")},
                   section, orientation, role);
}

}  // namespace tessera::app
