#include "app/core/jobs/run_times.h"

#include "app/core/jobs/job_models.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>

namespace tessera::app {

namespace {

/// What somebody who looks at a day wants to know first.
int weightOf(const std::string& state) {
    return state == "failed" ? 5 : state == "running" ? 4 : state == "waiting" ? 3 : state == "cancelled" ? 2 : 1;
}

}  // namespace

StepChart stepChart(const client::JobRunDetails& run, std::int64_t now_ms) {
    StepChart chart;
    chart.begin_ms = run.run.started_ms != 0 ? run.run.started_ms : run.run.created_ms;
    chart.end_ms = run.run.hasEnded() ? run.run.ended_ms : now_ms;
    std::map<std::string, std::int64_t> ends;
    for (const client::JobStepRun& step : run.steps) {
        StepBar bar;
        bar.name = QString::fromStdString(step.name);
        bar.state = step.state;
        bar.attempts = step.attempt;
        bar.ready_ms = chart.begin_ms;
        for (const std::string& before : step.after) {
            // One that has not ended has nothing begin behind it yet.
            const auto end = ends.find(before);
            bar.ready_ms = std::max(bar.ready_ms, end == ends.end() ? chart.begin_ms : end->second);
        }
        bar.started_ms = step.started_ms;
        bar.ended_ms = step.ended_ms != 0 ? step.ended_ms : step.started_ms != 0 ? chart.end_ms : 0;
        // What was done again from a step on began later than what came before it had ended then.
        bar.ready_ms = bar.started_ms != 0 ? std::min(bar.ready_ms, bar.started_ms) : bar.ready_ms;
        ends[step.name] = bar.ended_ms != 0 ? bar.ended_ms : chart.end_ms;
        chart.end_ms = std::max(chart.end_ms, bar.ended_ms);
        chart.bars.push_back(std::move(bar));
    }
    chart.end_ms = std::max(chart.end_ms, chart.begin_ms + 1);
    return chart;
}

void RunCalendarModel::setRuns(const std::vector<client::JobInfo>& jobs, const std::vector<client::JobRun>& runs,
                               const QDate& last_day) {
    std::vector<std::string> names;
    for (const client::JobInfo& job : jobs) {
        names.push_back(job.name);
    }
    std::map<std::pair<std::string, QDate>, Day> days;
    for (const client::JobRun& run : runs) {
        const std::int64_t at = run.started_ms != 0 ? run.started_ms : run.created_ms;
        Day& day = days[{run.job, QDateTime::fromMSecsSinceEpoch(at).date()}];
        ++day.runs;
        day.failed += run.state == "failed" ? 1 : 0;
        // The newest come first: of two that matter as much it is the newer one.
        if (day.run == 0 || weightOf(run.state) > weightOf(day.state)) {
            day.state = run.state;
            day.run = run.id;
        }
    }
    const bool is_same_shape = names == jobs_ && last_day == last_day_;
    if (!is_same_shape) {
        beginResetModel();
    }
    jobs_ = std::move(names);
    last_day_ = last_day;
    days_ = std::move(days);
    if (!is_same_shape) {
        endResetModel();
    } else if (!jobs_.empty()) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kDays));
    }
}

const RunCalendarModel::Day* RunCalendarModel::dayAt(const QModelIndex& index) const {
    if (!index.isValid() || index.column() == 0) {
        return nullptr;
    }
    const auto found = days_.find({jobOf(index.row()), dayOf(index.column())});
    return found == days_.end() ? nullptr : &found->second;
}

std::int64_t RunCalendarModel::runOf(const QModelIndex& index) const {
    const Day* day = dayAt(index);
    return day == nullptr ? 0 : day->run;
}

int RunCalendarModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(jobs_.size());
}

int RunCalendarModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kDays + 1;
}

QVariant RunCalendarModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    if (index.column() == 0) {
        return role == Qt::DisplayRole || role == Qt::ToolTipRole ? QVariant(QString::fromStdString(jobOf(index.row())))
                                                                  : QVariant();
    }
    const Day* day = dayAt(index);
    if (day == nullptr) {
        return {};
    }
    switch (role) {
        case Qt::DisplayRole:
            return day->failed > 0 && day->failed < day->runs ? QStringLiteral("%1/%2").arg(day->failed).arg(day->runs)
                                                              : QString::number(day->runs);
        case Qt::ToolTipRole:
        case Qt::AccessibleTextRole:
            return tr("%1, %2: %n runs, of which %3 failed; the one that matters: %4", nullptr, day->runs)
                .arg(QString::fromStdString(jobOf(index.row())),
                     QLocale().toString(dayOf(index.column()), QLocale::ShortFormat))
                .arg(day->failed)
                .arg(jobStateText(day->state));
        case kJobToneRole:
            return static_cast<int>(jobStateTone(day->state));
        default:
            return {};
    }
}

QVariant RunCalendarModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    return section == 0 ? tr("Job") : QLocale().toString(dayOf(section), QStringLiteral("ddd d"));
}

}  // namespace tessera::app
