#pragma once

/// Asks the mesh for its jobs, the chosen job's runs and the chosen run's steps and log, again and again while somebody
/// looks, and carries out what the person wants done with them. GUI thread; never waits.

#include "app/core/jobs/job_nodes.h"
#include "app/core/thread/background_task.h"
#include "nodeservice/jobs/definition/definition.h"

#include <QObject>
#include <QString>
#include <QTimer>
#include <memory>
#include <optional>
#include <vector>

namespace tessera::app {

class JobsWatch : public QObject {
    Q_OBJECT

  public:
    static constexpr int kInterval_ms = 2000;
    /// How many lines of a log one round brings at most; the next one goes on behind them.
    static constexpr std::size_t kLogLinesMax = 5000;

    explicit JobsWatch(QObject* parent = nullptr);

    /// Another mesh: nothing of the one before stays.
    void setNodes(std::shared_ptr<JobNodes> nodes);

    /// Asks now, and again and again until stop().
    void start();
    void stop();
    /// Now, in place of what is asked.
    void refresh();

    bool isRunning() const { return is_running_; }

    /// Whether the jobs were ever told; they stay while nodes are away.
    bool isKnown() const { return is_known_; }

    const std::vector<client::JobInfo>& jobs() const { return jobs_; }

    /// Of the chosen job, the newest first.
    const std::vector<client::JobRun>& runs() const { return runs_; }

    /// The chosen one; none before it was told.
    const std::optional<client::JobRunDetails>& run() const { return run_; }

    /// What the chosen job is; none before it was told, or when this program cannot read it.
    const std::optional<jobs::Definition>& definition() const { return definition_; }

    /// Its file and its versions.
    const std::optional<client::JobDetails>& details() const { return details_; }

    /// By which jobs run as their owners; null where no node tells.
    const std::vector<client::JobGrant>* grants() const { return grants_ ? &*grants_ : nullptr; }

    /// Why the last round failed.
    const std::optional<Error>& error() const { return error_; }

    /// Of all jobs, the newest first, at most kHistoryMax; asked for only while they are wanted.
    const std::vector<client::JobRun>& history() const { return history_; }

    static constexpr std::uint32_t kHistoryMax = 5000;

    void wantHistory(bool is_wanted);

    const QString& job() const { return job_; }

    std::int64_t runId() const { return run_id_; }

    /// Empty: none.
    void chooseJob(const QString& job);
    /// 0: none. One of the chosen job.
    void chooseRun(std::int64_t run);

    // One at a time; actionEnded() says how it went.
    bool isActing() const { return acting_.isRunning(); }

    void runNow(const QString& job, const client::JobParameters& parameters);
    /// A run for each time of a trigger in [from, until) that has had none.
    void backfill(const QString& job, std::uint32_t trigger, std::int64_t from_ms, std::int64_t until_ms,
                  const client::JobParameters& parameters);
    void cancelRun(std::int64_t run);
    /// From a step on; empty: what has not succeeded.
    void runAgain(std::int64_t run, const QString& from_step);
    void remove(const QString& job);
    void setPaused(const QString& job, bool is_paused);
    /// The job no longer runs as its owner.
    void revokeGrant(const QString& job);

  Q_SIGNALS:
    /// A round was answered, or it failed.
    void changed();
    /// Another run: the log is empty.
    void logCleared();
    void logAdded(const std::vector<tessera::client::JobLogLine>& lines);
    void actionStarted();
    /// `problem` is empty when all went well.
    void actionEnded(const QString& done, const QString& problem);

  private:
    struct Done {
        QString words;
        /// To be shown; 0: none.
        std::int64_t run = 0;
    };

    static constexpr std::int64_t kUnknown = -1;

    struct Question {
        std::string job;
        /// Of which the details are known.
        std::int64_t version = kUnknown;
        std::int64_t run = 0;
        std::int64_t log_after = 0;
        bool wants_history = false;
    };

    struct Round {
        std::optional<Error> error;
        std::vector<client::JobInfo> jobs;
        std::vector<client::JobRun> runs;
        std::vector<client::JobRun> history;
        std::optional<client::JobRunDetails> run;
        std::vector<client::JobLogLine> log;
        /// None: as they were.
        std::optional<client::JobDetails> details;
        std::optional<std::vector<client::JobGrant>> grants;
    };

    static Round ask(JobNodes& nodes, const Question& question);
    void take(Round round);
    /// `work(JobNodes&)` is a Result of Done.
    template <class Work>
    void act(Work work);

    std::shared_ptr<JobNodes> nodes_;
    bool is_running_ = false;
    bool is_known_ = false;
    QString job_;
    std::int64_t run_id_ = 0;
    std::int64_t log_after_ = 0;
    std::vector<client::JobInfo> jobs_;
    std::vector<client::JobRun> runs_;
    std::vector<client::JobRun> history_;
    bool wants_history_ = false;
    std::optional<client::JobRunDetails> run_;
    std::optional<client::JobDetails> details_;
    std::optional<jobs::Definition> definition_;
    std::optional<std::vector<client::JobGrant>> grants_;
    std::optional<Error> error_;
    QTimer timer_;
    BackgroundTask reading_;
    BackgroundTask acting_;
};

}  // namespace tessera::app
