#include "app/core/jobs/jobs_watch.h"

#include "nodeservice/jobs/definition/read.h"

#include <QUuid>
#include <algorithm>
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
    const Question question{job_.toStdString(), details_ ? details_->job.version : kUnknown, run_id_, log_after_,
                            wants_history_};
    reading_.start([nodes = nodes_, question](const TaskControl&) { return ask(*nodes, question); },
                   [this](Round round) { take(std::move(round)); });
}

JobsWatch::Round JobsWatch::ask(JobNodes& nodes, const Question& question) {
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
    if (!question.job.empty()) {
        get(round.runs, [&](client::JobsClient& node) { return node.runs({.job = question.job}); });
    }
    const auto chosen = std::find_if(round.jobs.begin(), round.jobs.end(),
                                     [&](const client::JobInfo& one) { return one.name == question.job; });
    if (chosen != round.jobs.end() && chosen->version != question.version) {
        get(round.details, [&](client::JobsClient& node) { return node.get(question.job, 0); });
    }
    if (question.wants_history) {
        get(round.history, [](client::JobsClient& node) { return node.runs({.limit = kHistoryMax}); });
    }
    if (question.run != 0) {
        get(round.run, [&](client::JobsClient& node) { return node.run(question.run); });
        get(round.log, [&](client::JobsClient& node) -> Result<std::vector<client::JobLogLine>> {
            std::vector<client::JobLogLine> lines;
            TSR_TRY(node.log(question.run, question.log_after, false, [&](const client::JobLogLine& line) {
                lines.push_back(line);
                return lines.size() < kLogLinesMax;
            }));
            return lines;
        });
    }
    // A node that does not tell of grants is asked for all the rest nevertheless.
    if (!round.error) {
        if (auto grants = nodes.ask([](client::JobsClient& node) { return node.grants(); })) {
            round.grants = std::move(*grants);
        }
    }
    return round;
}

void JobsWatch::take(Round round) {
    error_ = std::move(round.error);
    if (!error_) {
        is_known_ = true;
        jobs_ = std::move(round.jobs);
        runs_ = std::move(round.runs);
        history_ = std::move(round.history);
        run_ = std::move(round.run);
        grants_ = std::move(round.grants);
        if (round.details) {
            auto read = jobs::readDefinition(round.details->text, round.details->job.name);
            definition_ = read.errors.empty() ? std::optional(std::move(read.definition)) : std::nullopt;
            details_ = std::move(round.details);
        }
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

void JobsWatch::wantHistory(bool is_wanted) {
    if (is_wanted == wants_history_) {
        return;
    }
    wants_history_ = is_wanted;
    reading_.cancel();
    if (is_running_) {
        refresh();
    }
}

void JobsWatch::chooseJob(const QString& job) {
    if (job == job_) {
        return;
    }
    job_ = job;
    runs_.clear();
    details_.reset();
    definition_.reset();
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
void JobsWatch::act(Work work) {
    if (!nodes_ || isActing()) {
        return;
    }
    acting_.start([nodes = nodes_, work](const TaskControl&) -> Result<Done> { return work(*nodes); },
                  [this, job = job_](const Result<Done>& done) {
                      if (done && done->run != 0 && job == job_) {
                          chooseRun(done->run);
                      }
                      const QString problem = done ? QString() : QString::fromStdString(done.error().describe());
                      Q_EMIT actionEnded(done ? done->words : QString(), problem);
                      refresh();
                  });
    Q_EMIT actionStarted();
}

void JobsWatch::runNow(const QString& job, const client::JobParameters& parameters) {
    // With a key, so that a node asked in place of another that did not answer starts no second run.
    const std::string key = QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
    act([words = tr("Started %1").arg(job), name = job.toStdString(), parameters,
         key](JobNodes& nodes) -> Result<Done> {
        return Done{words,
                    TSR_TRY(nodes.ask([&](client::JobsClient& node) { return node.start(name, parameters, key); }))};
    });
}

void JobsWatch::backfill(const QString& job, std::uint32_t trigger, std::int64_t from_ms, std::int64_t until_ms,
                         const client::JobParameters& parameters) {
    act([=, name = job.toStdString()](JobNodes& nodes) -> Result<Done> {
        const std::uint64_t runs = TSR_TRY(nodes.ask(
            [&](client::JobsClient& node) { return node.backfill(name, trigger, from_ms, until_ms, parameters); }));
        return Done{runs == 0 ? tr("All these times of %1 have had their runs").arg(job)
                              : tr("%n runs of %1 are to come", nullptr, static_cast<int>(runs)).arg(job)};
    });
}

void JobsWatch::cancelRun(std::int64_t run) {
    act([words = tr("Run %1 is being cancelled").arg(run), run](JobNodes& nodes) -> Result<Done> {
        TSR_TRY(nodes.ask([&](client::JobsClient& node) { return node.cancel(run); }));
        return Done{words};
    });
}

void JobsWatch::runAgain(std::int64_t run, const QString& from_step) {
    const QString words =
        from_step.isEmpty() ? tr("Run %1 goes on").arg(run) : tr("Run %1 goes on from %2").arg(run).arg(from_step);
    act([words, run, step = from_step.toStdString()](JobNodes& nodes) -> Result<Done> {
        TSR_TRY(nodes.ask([&](client::JobsClient& node) { return node.runAgain(run, step); }));
        return Done{words};
    });
}

void JobsWatch::remove(const QString& job) {
    act([words = tr("%1 is removed").arg(job), name = job.toStdString()](JobNodes& nodes) -> Result<Done> {
        TSR_TRY(nodes.ask([&](client::JobsClient& node) { return node.remove(name); }));
        return Done{words};
    });
}

void JobsWatch::setPaused(const QString& job, bool is_paused) {
    act([words = is_paused ? tr("%1 is paused").arg(job) : tr("%1 goes on by its schedule").arg(job),
         name = job.toStdString(), is_paused](JobNodes& nodes) -> Result<Done> {
        TSR_TRY(nodes.ask([&](client::JobsClient& node) { return node.pause(name, is_paused); }));
        return Done{words};
    });
}

void JobsWatch::revokeGrant(const QString& job) {
    act([words = tr("%1 no longer runs as its owner").arg(job),
         name = job.toStdString()](JobNodes& nodes) -> Result<Done> {
        const std::string note = TSR_TRY(nodes.ask([&](client::JobsClient& node) { return node.revokeGrant(name); }));
        return Done{note.empty() ? words : words + QStringLiteral(" (%1)").arg(QString::fromStdString(note))};
    });
}

}  // namespace tessera::app
