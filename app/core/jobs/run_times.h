#pragma once

/// When things of a run, and runs of a mesh, happened: a chart of a run's steps, a calendar of jobs and days. Pure but
/// for the models, which belong to the GUI thread.

#include "nodeservice/client/jobs_client.h"

#include <QAbstractTableModel>
#include <QDate>
#include <QString>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tessera::app {

/// A step's row in a chart of a run. Times are milliseconds since 1970.
struct StepBar {
    QString name;
    std::string state;
    /// When all that it waits for was done: until it began it waited for a node, or for its next attempt.
    std::int64_t ready_ms = 0;
    /// The last attempt; 0: it has not begun.
    std::int64_t started_ms = 0;
    /// Now for what is under way.
    std::int64_t ended_ms = 0;
    /// More than one: what is before started_ms are earlier attempts and the waits between.
    std::int64_t attempts = 0;
};

struct StepChart {
    std::vector<StepBar> bars;
    std::int64_t begin_ms = 0;
    std::int64_t end_ms = 0;
};

StepChart stepChart(const client::JobRunDetails& run, std::int64_t now_ms);

/// How many jobs' runs of each day ended how: a row for each job, a column for each day, the newest at the right. Roles
/// as of job_models.h.
class RunCalendarModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    using QAbstractTableModel::QAbstractTableModel;

    static constexpr int kDays = 14;

    /// `runs` may be of any days.
    void setRuns(const std::vector<client::JobInfo>& jobs, const std::vector<client::JobRun>& runs,
                 const QDate& last_day);

    const std::string& jobOf(int row) const { return jobs_.at(static_cast<std::size_t>(row)); }

    QDate dayOf(int column) const { return last_day_.addDays(column - kDays); }

    /// The run that a cell stands for: one that failed, else the newest; 0: none.
    std::int64_t runOf(const QModelIndex& index) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    struct Day {
        int runs = 0;
        int failed = 0;
        /// The one that matters most.
        std::string state;
        std::int64_t run = 0;
    };

    const Day* dayAt(const QModelIndex& index) const;

    QDate last_day_;
    std::vector<std::string> jobs_;
    std::map<std::pair<std::string, QDate>, Day> days_;
};

}  // namespace tessera::app
