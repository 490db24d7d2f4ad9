#include "app/core/jobs/jobs_watch.h"

#include <QUuid>
#include <utility>

namespace tessera::app {

JobsWatch::JobsWatch(QObject* parent) : QObject(parent), reading_(this), acting_(this) {
    timer_.setSingleShot(true);
    timer_.setInterval(kInterval_ms);
    connect(&timer_, &QTimer::timeout, this, &JobsWatch::refresh);
}

void JobsWatch::setNodes(std::shared_ptr<JobNodes> nodes) {
    reading_.cancel();
    acting_.cancel();
    nodes_ = std::move(nodes);
    is_known_ = false;
    jobs_.clear();
    error_.reset();
    chooseJob({});
    Q_EMIT changed();
    if (is_running_) {
        refresh();
    }
}

void JobsWatch::start() {
    if (!is_running_) {
        is_running_ = true;
        refresh();
    }
}

void JobsWatch::stop() {
    is_running_ = false;
    timer_.stop();
}

void JobsWatch::refresh() {
    if (!nodes_) {
        return;
    }
    timer_.stop();
    reading_.start([nodes = nodes_, job = job_.toStdString(), run = run_id_,
                    after = log_after_](const TaskControl&) { return ask(*nodes, job, run, after); },
                   [this](Round round) { take(std::move(round)); });
}

JobsWatch::Round JobsWatch::ask(JobNodes& nodes, const std::string& job, std::int64_t run, std::int64_t log_after) {
    Round round;
    const auto get = [&](auto& into, auto call) {
        if (round.error) {
            return;
        }
        auto answer = nodes.ask(call);
        if (answer) {
            into = std::move(*answer);
        } else {
            round.error = answer.error();
        }
    };
    get(round.jobs, [](client::JobsClient& node) { return node.list(); });
    if (!job.empty()) {
        get(round.runs, [&](client::JobsClient& node) { return node.runs({.job = job}); });
    }
    if (run != 0) {
        get(round.run, [&](client::JobsClient& node) { return node.run(run); });
        get(round.log, [&](client::JobsClient& node) -> Result<std::vector<client::JobLogLine>> {
            std::vector<client::JobLogLine> lines;
            TSR_TRY(node.log(run, log_after, false, [&](const client::JobLogLine& line) {
                lines.push_back(line);
                return lines.size() < kLogLinesMax;
            }));
            return lines;
        });
    }
    return round;
}

void JobsWatch::take(Round round) {
    error_ = std::move(round.error);
    if (!error_) {
        is_known_ = true;
        jobs_ = std::move(round.jobs);
        runs_ = std::move(round.runs);
        run_ = std::move(round.run);
        if (!round.log.empty()) {
            log_after_ = round.log.back().line;
            Q_EMIT logAdded(round.log);
        }
    }
    // Before the signal: who hears it may choose another run, which asks at once.
    if (is_running_) {
        timer_.start();
    }
    Q_EMIT changed();
}

void JobsWatch::chooseJob(const QString& job) {
    if (job == job_) {
        return;
    }
    job_ = job;
    runs_.clear();
    chooseRun(0);
    // What was asked for the one before is not to be heard any more.
    reading_.cancel();
    if (is_running_) {
        refresh();
    }
}

void JobsWatch::chooseRun(std::int64_t run) {
    if (run == run_id_) {
        return;
    }
    run_id_ = run;
    log_after_ = 0;
    run_.reset();
    Q_EMIT logCleared();
    reading_.cancel();
    if (is_running_) {
        refresh();
    }
}

template <class Work>
void JobsWatch::act(const QString& done, Work work) {
    if (!nodes_ || isActing()) {
        return;
    }
    acting_.start([nodes = nodes_, work](const TaskControl&) -> Result<std::int64_t> { return work(*nodes); },
                  [this, done, job = job_](const Result<std::int64_t>& run) {
                      if (run && *run != 0 && job == job_) {
                          chooseRun(*run);
                      }
                      const QString problem = run ? QString() : QString::fromStdString(run.error().describe());
                      Q_EMIT actionEnded(run ? done : QString(), problem);
                      refresh();
                  });
    Q_EMIT actionStarted();
}

void JobsWatch::runNow(const QString& job) {
    // With a key, so that a node asked in place of another that did not answer starts no second run.
    const std::string key = QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
    act(tr("Started %1").arg(job), [name = job.toStdString(), key](JobNodes& nodes) {
        return nodes.ask([&](client::JobsClient& node) { return node.start(name, {}, key); });
    });
}

void JobsWatch::cancelRun(std::int64_t run) {
    act(tr("Run %1 is being cancelled").arg(run), [run](JobNodes& nodes) -> Result<std::int64_t> {
        TSR_TRY(nodes.ask([&](client::JobsClient& node) { return node.cancel(run); }));
        return 0;
    });
}

void JobsWatch::runAgain(std::int64_t run) {
    act(tr("Run %1 goes on").arg(run), [run](JobNodes& nodes) -> Result<std::int64_t> {
        TSR_TRY(nodes.ask([&](client::JobsClient& node) { return node.runAgain(run, {}); }));
        return 0;
    });
}

void JobsWatch::setPaused(const QString& job, bool is_paused) {
    act(is_paused ? tr("%1 is paused").arg(job) : tr("%1 goes on by its schedule").arg(job),
        [name = job.toStdString(), is_paused](JobNodes& nodes) -> Result<std::int64_t> {
            TSR_TRY(nodes.ask([&](client::JobsClient& node) { return node.pause(name, is_paused); }));
            return 0;
        });
}

}  // namespace tessera::app
