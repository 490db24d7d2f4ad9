#include "nodeservice/client/grpc_status.h"
#include "nodeservice/jobs/service/jobs.h"
#include "nodeservice/proto/jobs.grpc.pb.h"
#include "nodeservice/server/call_credentials.h"
#include "nodeservice/server/event_stream.h"
#include "nodeservice/server/services.h"

#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <utility>

namespace tessera::server {

namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;
using LogStream = EventStream<v1::RunLogLines>;

constexpr std::int64_t kUsualRuns = 100;
constexpr std::int64_t kUsualGrantDays = 30;
constexpr std::int64_t kMostRuns = 10'000;
constexpr std::int64_t kLinesAtOnce = 1000;
constexpr std::size_t kThreads = 16;
constexpr std::size_t kMostCalls = 1024;
/// Logs that are followed at once hold a thread each.
constexpr std::size_t kMostFollowers = 64;
constexpr std::chrono::milliseconds kLook{100};

void fill(v1::JobRun& out, const jobs::RunSummary& run) {
    out.set_id(run.id);
    out.set_job(run.job);
    out.set_version(run.version);
    out.set_cause(run.cause);
    out.set_state(run.state);
    out.set_date(run.date);
    out.set_node(run.node);
    out.set_asked_by(run.asked_by);
    out.set_error(run.error);
    out.set_cancelled(run.is_cancelled);
    for (const auto& [name, value] : run.parameters) {
        v1::JobParameter& parameter = *out.add_parameters();
        parameter.set_name(name);
        parameter.set_value(value);
    }
    out.set_scheduled_ms(run.scheduled_ms);
    out.set_created_ms(run.created_ms);
    out.set_started_ms(run.started_ms);
    out.set_ended_ms(run.ended_ms);
}

void fill(v1::JobStepRun& out, const jobs::StepSummary& step) {
    out.set_name(step.name);
    out.set_state(step.state);
    out.set_attempt(step.attempt);
    out.set_failures(step.failures);
    out.set_interruptions(step.interruptions);
    out.set_started_ms(step.started_ms);
    out.set_ended_ms(step.ended_ms);
    out.set_rows(step.rows);
    out.set_bytes(step.bytes);
    out.set_error(step.error);
    out.mutable_after()->Add(step.after.begin(), step.after.end());
    out.set_kind(step.kind);
}

void fill(v1::Job& out, const jobs::JobSummary& job) {
    out.set_name(job.name);
    out.set_documentation(job.documentation);
    out.set_owner(job.owner);
    out.set_run_as(job.run_as);
    out.set_version(job.version);
    out.set_paused(job.is_paused);
    out.mutable_triggers()->Add(job.triggers.begin(), job.triggers.end());
    out.set_next_ms(job.next_ms);
    out.set_active_runs(job.active_runs);
    if (job.last_run) {
        fill(*out.mutable_last_run(), *job.last_run);
    }
    out.set_problem(job.problem);
}

void fill(v1::JobVersion& out, const jobs::JobVersion& version) {
    out.set_version(version.version);
    out.set_author(version.author);
    out.set_at_ms(version.at_ms);
}

void fill(v1::JobGrant& out, const jobs::GrantRecord& grant) {
    out.set_job(grant.job);
    out.set_person(grant.person);
    out.set_role(grant.role);
    out.set_given_ms(grant.given_ms);
    out.set_until_ms(grant.until_ms);
    out.set_used_ms(grant.used_ms);
    out.set_ended(grant.ended);
}

jobs::TextPairs toPairs(const google::protobuf::RepeatedPtrField<v1::JobParameter>& in) {
    jobs::TextPairs pairs;
    for (const v1::JobParameter& parameter : in) {
        pairs.emplace_back(parameter.name(), parameter.value());
    }
    return pairs;
}

void fill(google::protobuf::RepeatedPtrField<v1::JobProblem>& out, const std::vector<Error>& problems) {
    for (const Error& problem : problems) {
        v1::JobProblem& added = *out.Add();
        added.set_message(problem.message);
        added.set_hint(problem.hint);
    }
}

jobs::JobFile toFile(const v1::JobFile& in) {
    return {in.origin(), in.text(), in.has_based_on() ? std::optional(in.based_on()) : std::nullopt};
}

jobs::Instant toInstant(std::int64_t ms) {
    return jobs::Instant(std::chrono::seconds(ms / 1000));
}

std::string newKey() {
    std::random_device random;
    return std::to_string((std::uint64_t{random()} << 32U) | random());
}

class JobsService final : public v1::Jobs::CallbackService {
  public:
    explicit JobsService(JobsContext context)
        : context_(std::move(context)),
          workers_("jobs", kThreads, kMostCalls),
          followers_("job-log", kMostFollowers, 0) {}

    ~JobsService() override { is_stopping_ = true; }

    Reactor* ListJobs(Context* call, const v1::ListJobsRequest*, v1::ListJobsResponse* answer) override {
        return answerWith(call, jobs::Right::kRead, [this, answer](const std::string&) -> Result<> {
            for (const jobs::JobSummary& job : TSR_TRY(context_.jobs.list())) {
                fill(*answer->add_jobs(), job);
            }
            return {};
        });
    }

    Reactor* GetJob(Context* call, const v1::GetJobRequest* request, v1::GetJobResponse* answer) override {
        return answerWith(call, jobs::Right::kRead, [this, request, answer](const std::string&) -> Result<> {
            fill(*answer->mutable_job(), TSR_TRY(context_.jobs.find(request->job())));
            const jobs::JobVersion version = TSR_TRY(context_.jobs.version(request->job(), request->version()));
            fill(*answer->mutable_version(), version);
            answer->set_text(version.text);
            for (const jobs::JobVersion& one : TSR_TRY(context_.jobs.versions(request->job()))) {
                fill(*answer->add_versions(), one);
            }
            return {};
        });
    }

    Reactor* ListRuns(Context* call, const v1::ListRunsRequest* request, v1::ListRunsResponse* answer) override {
        return answerWith(call, jobs::Right::kRead, [this, request, answer](const std::string&) -> Result<> {
            const std::int64_t limit = request->limit() == 0 ? kUsualRuns : std::int64_t{request->limit()};
            for (const jobs::RunSummary& run : TSR_TRY(context_.jobs.history(
                     {request->job(), request->state(), request->before(), std::min(limit, kMostRuns)}))) {
                fill(*answer->add_runs(), run);
            }
            return {};
        });
    }

    Reactor* GetRun(Context* call, const v1::GetRunRequest* request, v1::GetRunResponse* answer) override {
        return answerWith(call, jobs::Right::kRead, [this, request, answer](const std::string&) -> Result<> {
            const jobs::RunDetails details = TSR_TRY(context_.jobs.run(request->run()));
            fill(*answer->mutable_run(), details.run);
            for (const jobs::StepSummary& step : details.steps) {
                fill(*answer->add_steps(), step);
            }
            return {};
        });
    }

    grpc::ServerWriteReactor<v1::RunLogLines>* RunLog(Context* call, const v1::RunLogRequest* request) override {
        auto* stream = new LogStream;
        const bool is_taken = followers_.trySubmit([this, stream, request, credentials = credentialsOf(*call)] {
            const auto done = [&]() -> Result<> {
                TSR_TRY(admit(credentials, jobs::Right::kRead));
                return sendLog(*request, *stream);
            }();
            stream->end(done ? grpc::Status::OK : client::toStatus(done.error()));
        });
        if (!is_taken) {
            stream->end(client::toStatus(busy()));
        }
        return stream;
    }

    Reactor* StartRun(Context* call, const v1::StartRunRequest* request, v1::StartRunResponse* answer) override {
        return answerWith(call, jobs::Right::kOperate, [this, request, answer](const std::string& who) -> Result<> {
            answer->set_run(
                TSR_TRY(context_.jobs.start(request->job(), "hand", request->key().empty() ? newKey() : request->key(),
                                            toPairs(request->parameters()), who)));
            return {};
        });
    }

    Reactor* StartBackfill(Context* call, const v1::StartBackfillRequest* request,
                           v1::StartBackfillResponse* answer) override {
        return answerWith(call, jobs::Right::kOperate, [this, request, answer](const std::string& who) -> Result<> {
            answer->set_runs(TSR_TRY(
                context_.jobs.startBackfill(request->job(), request->trigger(), toInstant(request->from_ms()),
                                            toInstant(request->until_ms()), toPairs(request->parameters()), who)));
            return {};
        });
    }

    Reactor* CancelRun(Context* call, const v1::CancelRunRequest* request, v1::CancelRunResponse*) override {
        return answerWith(call, jobs::Right::kOperate, [this, request](const std::string& who) {
            return context_.jobs.cancelRun(request->run(), who);
        });
    }

    Reactor* RunAgain(Context* call, const v1::RunAgainRequest* request, v1::RunAgainResponse*) override {
        return answerWith(call, jobs::Right::kOperate, [this, request](const std::string& who) {
            return context_.jobs.runAgain(request->run(), request->from_step(), who);
        });
    }

    Reactor* PauseJob(Context* call, const v1::PauseJobRequest* request, v1::PauseJobResponse*) override {
        return answerWith(call, jobs::Right::kOperate, [this, request](const std::string&) {
            return context_.jobs.pause(request->job(), request->paused());
        });
    }

    Reactor* ApplyJobs(Context* call, const v1::ApplyJobsRequest* request, v1::ApplyJobsResponse* answer) override {
        return answerWith(call, jobs::Right::kAuthor,
                          [this, request, answer](const identity::Principal& who) -> Result<> {
                              std::vector<jobs::JobFile> files;
                              for (const v1::JobFile& file : request->files()) {
                                  files.push_back(toFile(file));
                              }
                              const jobs::Application application =
                                  TSR_TRY(context_.jobs.apply(files, who.role, mayRunAs(who), request->dry_run()));
                              for (const jobs::AppliedJob& job : application.jobs) {
                                  v1::AppliedJob& added = *answer->add_jobs();
                                  added.set_name(job.name);
                                  added.set_change(static_cast<v1::JobChange>(job.change));
                                  added.set_version(job.version);
                                  added.set_diff(job.diff);
                              }
                              fill(*answer->mutable_problems(), application.problems);
                              return {};
                          });
    }

    Reactor* TestJob(Context* call, const v1::TestJobRequest* request, v1::TestJobResponse* answer) override {
        return answerWith(
            call, jobs::Right::kAuthor, [this, request, answer](const identity::Principal& who) -> Result<> {
                const jobs::StartedTest started = TSR_TRY(
                    context_.jobs.startTest(toFile(request->file()), request->key().empty() ? newKey() : request->key(),
                                            toPairs(request->parameters()), who.role, mayRunAs(who)));
                answer->set_run(started.run);
                fill(*answer->mutable_problems(), started.problems);
                return {};
            });
    }

    Reactor* RemoveJob(Context* call, const v1::RemoveJobRequest* request, v1::RemoveJobResponse*) override {
        return answerWith(call, jobs::Right::kAuthor, [this, request](const identity::Principal& who) -> Result<> {
            TSR_TRY(context_.jobs.remove(request->job(), mayRunAs(who)));
            context_.grants.forget(request->job());
            return {};
        });
    }

    Reactor* ListGrants(Context* call, const v1::ListGrantsRequest*, v1::ListGrantsResponse* answer) override {
        return answerWith(call, jobs::Right::kRead, [this, answer](const identity::Principal&) -> Result<> {
            for (const jobs::GrantRecord& grant : TSR_TRY(context_.grants.list())) {
                fill(*answer->add_grants(), grant);
            }
            return {};
        });
    }

    Reactor* GiveGrant(Context* call, const v1::GiveGrantRequest* request, v1::GiveGrantResponse* answer) override {
        return answerWith(call, jobs::Right::kRead,
                          [this, request, answer](const identity::Principal& who) -> Result<> {
                              const auto definition = TSR_TRY(context_.jobs.definition(request->job()));
                              const std::int64_t usual = std::min(kUsualGrantDays, context_.grants.mostDays());
                              const std::int64_t days = request->days() == 0 ? usual : request->days();
                              answer->set_most_days(context_.grants.mostDays());
                              if (request->refresh_token().empty()) {
                                  return context_.grants.check(*definition, days, who);
                              }
                              const jobs::Grants::Given given{request->client(), request->audience(),
                                                              Secret(request->refresh_token()), days};
                              fill(*answer->mutable_grant(), TSR_TRY(context_.grants.give(*definition, given, who)));
                              return {};
                          });
    }

    Reactor* RevokeGrant(Context* call, const v1::RevokeGrantRequest* request,
                         v1::RevokeGrantResponse* answer) override {
        return answerWith(
            call, jobs::Right::kRead, [this, request, answer](const identity::Principal& who) -> Result<> {
                answer->set_note(TSR_TRY(
                    context_.grants.revoke(request->job(), who, context_.rights.administrators.contains(who.role))));
                // What runs as them does not go on, either.
                for (const jobs::RunSummary& run : TSR_TRY(context_.jobs.history({request->job(), "running"}))) {
                    static_cast<void>(context_.jobs.cancelRun(run.id, who.role));
                }
                return {};
            });
    }

  private:
    static Error busy() {
        return fail(ErrorCode::kResourceExhausted, "the node has too many requests for jobs at once", "try again");
    }

    jobs::Jobs::MayRunAs mayRunAs(const identity::Principal& who) const {
        const auto person = identity::personOf(who);
        return [this, role = who.role, email = person ? person->email : std::string()](const std::string& user) {
            return context_.rights.checkRunAs(role, email, user);
        };
    }

    Result<identity::Principal> admit(const identity::CallCredentials& credentials, jobs::Right right) {
        identity::Principal principal = TSR_TRY(context_.authenticator.authenticate(credentials));
        TSR_TRY(context_.rights.check(principal.role, right));
        return principal;
    }

    /// Request and answer live until Finish(). `ask` takes the caller, or only their role.
    template <class Ask>
    Reactor* answerWith(Context* call, jobs::Right right, Ask ask) {
        Reactor* reactor = call->DefaultReactor();
        const bool is_taken = workers_.trySubmit([this, reactor, right, ask, credentials = credentialsOf(*call)] {
            const auto done = [&]() -> Result<> {
                const identity::Principal who = TSR_TRY(admit(credentials, right));
                if constexpr (std::is_invocable_v<Ask, const identity::Principal&>) {
                    return ask(who);
                } else {
                    return ask(who.role);
                }
            }();
            reactor->Finish(done ? grpc::Status::OK : client::toStatus(done.error()));
        });
        if (!is_taken) {
            reactor->Finish(client::toStatus(busy()));
        }
        return reactor;
    }

    Result<> sendLog(const v1::RunLogRequest& request, LogStream& stream) {
        std::int64_t after = request.after();
        while (true) {
            // Before the lines: what is told until the run ends is seen.
            const bool has_ended = TSR_TRY(context_.jobs.run(request.run())).run.ended_ms != 0;
            const auto lines = TSR_TRY(context_.jobs.log(request.run(), after, kLinesAtOnce));
            v1::RunLogLines message;
            for (const jobs::StoredLine& line : lines) {
                v1::RunLogLine& added = *message.add_lines();
                added.set_line(line.line);
                added.set_at_ms(line.told.at_ms);
                added.set_step(line.told.step);
                added.set_attempt(line.told.attempt);
                added.set_text(line.told.text);
                after = line.line;
            }
            // Also an empty one, from time to time: it finds out that nobody reads any more.
            if ((!lines.empty() || request.follow()) && !stream.write(std::move(message))) {
                return {};
            }
            const bool is_all = lines.size() < static_cast<std::size_t>(kLinesAtOnce);
            if (is_all && (has_ended || !request.follow())) {
                return {};
            }
            if (is_stopping_ || context_.is_stopping()) {
                return fail(ErrorCode::kUnavailable, "the node stops", "follow the log on another node");
            }
            if (is_all) {
                std::this_thread::sleep_for(kLook);
            }
        }
    }

    const JobsContext context_;
    std::atomic<bool> is_stopping_ = false;
    WorkerPool workers_;
    WorkerPool followers_;
};

}  // namespace

std::unique_ptr<grpc::Service> makeJobsService(JobsContext context) {
    return std::make_unique<JobsService>(std::move(context));
}

}  // namespace tessera::server
