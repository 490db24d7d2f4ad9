#include "nodeservice/client/jobs_client.h"

#include "nodeservice/client/call.h"
#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/jobs.grpc.pb.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <utility>

namespace tessera::client {

namespace {

constexpr std::chrono::seconds kCallTime{20};

JobRun toRun(const v1::JobRun& in) {
    JobRun run;
    run.id = in.id();
    run.job = in.job();
    run.version = in.version();
    run.cause = in.cause();
    run.state = in.state();
    run.date = in.date();
    run.node = in.node();
    run.asked_by = in.asked_by();
    run.error = in.error();
    run.is_cancelled = in.cancelled();
    for (const v1::JobParameter& parameter : in.parameters()) {
        run.parameters.emplace_back(parameter.name(), parameter.value());
    }
    run.scheduled_ms = in.scheduled_ms();
    run.created_ms = in.created_ms();
    run.started_ms = in.started_ms();
    run.ended_ms = in.ended_ms();
    return run;
}

JobStepRun toStep(const v1::JobStepRun& in) {
    JobStepRun step;
    step.name = in.name();
    step.kind = in.kind();
    step.state = in.state();
    step.after.assign(in.after().begin(), in.after().end());
    step.attempt = in.attempt();
    step.failures = in.failures();
    step.interruptions = in.interruptions();
    step.started_ms = in.started_ms();
    step.ended_ms = in.ended_ms();
    step.rows = in.rows();
    step.bytes = in.bytes();
    step.error = in.error();
    return step;
}

JobInfo toJob(const v1::Job& in) {
    JobInfo job;
    job.name = in.name();
    job.documentation = in.documentation();
    job.owner = in.owner();
    job.run_as = in.run_as();
    job.version = in.version();
    job.is_paused = in.paused();
    job.triggers.assign(in.triggers().begin(), in.triggers().end());
    job.next_ms = in.next_ms();
    job.active_runs = in.active_runs();
    if (in.has_last_run()) {
        job.last_run = toRun(in.last_run());
    }
    job.problem = in.problem();
    return job;
}

JobVersionInfo toVersion(const v1::JobVersion& in) {
    return {in.version(), in.author(), in.at_ms()};
}

void fill(v1::JobFile& out, const JobFile& file) {
    out.set_origin(file.origin);
    out.set_text(file.text);
    if (file.based_on) {
        out.set_based_on(*file.based_on);
    }
}

std::vector<Error> toProblems(const google::protobuf::RepeatedPtrField<v1::JobProblem>& in) {
    std::vector<Error> problems;
    for (const v1::JobProblem& problem : in) {
        problems.push_back(fail(ErrorCode::kInvalidArgument, problem.message(), problem.hint()));
    }
    return problems;
}

template <class Request>
void addParameters(Request& request, const JobParameters& parameters) {
    for (const auto& [name, value] : parameters) {
        v1::JobParameter& parameter = *request.add_parameters();
        parameter.set_name(name);
        parameter.set_value(value);
    }
}

class GrpcJobsClient final : public JobsClient {
  public:
    explicit GrpcJobsClient(std::shared_ptr<const Endpoint> endpoint)
        : endpoint_(std::move(endpoint)), stub_(v1::Jobs::NewStub(endpoint_->channel)) {}

    Result<std::vector<JobInfo>> list() override {
        v1::ListJobsResponse answer;
        TSR_TRY(call(&Stub::ListJobs, v1::ListJobsRequest(), answer));
        std::vector<JobInfo> jobs;
        for (const v1::Job& job : answer.jobs()) {
            jobs.push_back(toJob(job));
        }
        return jobs;
    }

    Result<JobDetails> get(const std::string& job, std::int64_t version) override {
        v1::GetJobRequest request;
        request.set_job(job);
        request.set_version(version);
        v1::GetJobResponse answer;
        TSR_TRY(call(&Stub::GetJob, request, answer));
        JobDetails details{toJob(answer.job()), toVersion(answer.version()), answer.text(), {}};
        for (const v1::JobVersion& one : answer.versions()) {
            details.versions.push_back(toVersion(one));
        }
        return details;
    }

    Result<std::vector<JobRun>> runs(const JobRunFilter& filter) override {
        v1::ListRunsRequest request;
        request.set_job(filter.job);
        request.set_state(filter.state);
        request.set_before(filter.before);
        request.set_limit(filter.limit);
        v1::ListRunsResponse answer;
        TSR_TRY(call(&Stub::ListRuns, request, answer));
        std::vector<JobRun> runs;
        for (const v1::JobRun& run : answer.runs()) {
            runs.push_back(toRun(run));
        }
        return runs;
    }

    Result<JobRunDetails> run(std::int64_t id) override {
        v1::GetRunRequest request;
        request.set_run(id);
        v1::GetRunResponse answer;
        TSR_TRY(call(&Stub::GetRun, request, answer));
        JobRunDetails details{toRun(answer.run()), {}};
        for (const v1::JobStepRun& step : answer.steps()) {
            details.steps.push_back(toStep(step));
        }
        return details;
    }

    Result<> log(std::int64_t run, std::int64_t after, bool follow,
                 const std::function<bool(const JobLogLine&)>& sink) override {
        v1::RunLogRequest request;
        request.set_run(run);
        request.set_after(after);
        request.set_follow(follow);
        grpc::ClientContext context;
        addCredentials(context, *endpoint_);
        const auto reader = stub_->RunLog(&context, request);
        v1::RunLogLines lines;
        while (reader->Read(&lines)) {
            for (const v1::RunLogLine& line : lines.lines()) {
                if (!sink({line.line(), line.at_ms(), line.step(), line.attempt(), line.text()})) {
                    context.TryCancel();
                    static_cast<void>(reader->Finish());
                    return {};
                }
            }
        }
        return ended(reader->Finish());
    }

    Result<std::int64_t> start(const std::string& job, const JobParameters& parameters,
                               const std::string& key) override {
        v1::StartRunRequest request;
        request.set_job(job);
        addParameters(request, parameters);
        request.set_key(key);
        v1::StartRunResponse answer;
        TSR_TRY(call(&Stub::StartRun, request, answer));
        return answer.run();
    }

    Result<std::uint64_t> backfill(const std::string& job, std::uint32_t trigger, std::int64_t from_ms,
                                   std::int64_t until_ms, const JobParameters& parameters) override {
        v1::StartBackfillRequest request;
        request.set_job(job);
        request.set_trigger(trigger);
        request.set_from_ms(from_ms);
        request.set_until_ms(until_ms);
        addParameters(request, parameters);
        v1::StartBackfillResponse answer;
        TSR_TRY(call(&Stub::StartBackfill, request, answer));
        return answer.runs();
    }

    Result<> cancel(std::int64_t run) override {
        v1::CancelRunRequest request;
        request.set_run(run);
        v1::CancelRunResponse answer;
        return call(&Stub::CancelRun, request, answer);
    }

    Result<> runAgain(std::int64_t run, const std::string& from_step) override {
        v1::RunAgainRequest request;
        request.set_run(run);
        request.set_from_step(from_step);
        v1::RunAgainResponse answer;
        return call(&Stub::RunAgain, request, answer);
    }

    Result<> pause(const std::string& job, bool is_paused) override {
        v1::PauseJobRequest request;
        request.set_job(job);
        request.set_paused(is_paused);
        v1::PauseJobResponse answer;
        return call(&Stub::PauseJob, request, answer);
    }

    Result<JobApplication> apply(const std::vector<JobFile>& files, bool is_dry) override {
        v1::ApplyJobsRequest request;
        for (const JobFile& file : files) {
            fill(*request.add_files(), file);
        }
        request.set_dry_run(is_dry);
        v1::ApplyJobsResponse answer;
        TSR_TRY(call(&Stub::ApplyJobs, request, answer));
        JobApplication application;
        for (const v1::AppliedJob& job : answer.jobs()) {
            const auto change = job.change() == v1::JOB_CHANGE_CREATED   ? AppliedJob::Change::kCreated
                                : job.change() == v1::JOB_CHANGE_CHANGED ? AppliedJob::Change::kChanged
                                                                         : AppliedJob::Change::kUnchanged;
            application.jobs.push_back({job.name(), change, job.version(), job.diff()});
        }
        application.problems = toProblems(answer.problems());
        return application;
    }

    Result<StartedJobTest> test(const JobFile& file, const JobParameters& parameters, const std::string& key) override {
        v1::TestJobRequest request;
        fill(*request.mutable_file(), file);
        addParameters(request, parameters);
        request.set_key(key);
        v1::TestJobResponse answer;
        TSR_TRY(call(&Stub::TestJob, request, answer));
        return StartedJobTest{answer.run(), toProblems(answer.problems())};
    }

    Result<> remove(const std::string& job) override {
        v1::RemoveJobRequest request;
        request.set_job(job);
        v1::RemoveJobResponse answer;
        return call(&Stub::RemoveJob, request, answer);
    }

    Result<std::vector<JobGrant>> grants() override {
        v1::ListGrantsResponse answer;
        TSR_TRY(call(&Stub::ListGrants, v1::ListGrantsRequest(), answer));
        std::vector<JobGrant> grants;
        for (const v1::JobGrant& grant : answer.grants()) {
            grants.push_back({grant.job(), grant.person(), grant.role(), grant.given_ms(), grant.until_ms(),
                              grant.used_ms(), grant.ended()});
        }
        return grants;
    }

    Result<std::int64_t> checkGrant(const std::string& job, std::int64_t days) override {
        v1::GiveGrantRequest request;
        request.set_job(job);
        request.set_days(days);
        v1::GiveGrantResponse answer;
        TSR_TRY(call(&Stub::GiveGrant, request, answer));
        return answer.most_days();
    }

    Result<std::string> revokeGrant(const std::string& job) override {
        v1::RevokeGrantRequest request;
        request.set_job(job);
        v1::RevokeGrantResponse answer;
        TSR_TRY(call(&Stub::RevokeGrant, request, answer));
        return answer.note();
    }

  private:
    using Stub = v1::Jobs::StubInterface;

    template <class Request, class Answer>
    Result<> call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Answer*), const Request& request,
                  Answer& answer) {
        grpc::ClientContext context;
        addCredentials(context, *endpoint_);
        context.set_deadline(std::chrono::system_clock::now() + kCallTime);
        return ended(((*stub_).*method)(&context, request, &answer));
    }

    Result<> ended(const grpc::Status& status) const {
        return status.ok() ? Result<>() : Result<>(callError(status, *endpoint_));
    }

    const std::shared_ptr<const Endpoint> endpoint_;
    const std::unique_ptr<Stub> stub_;
};

}  // namespace

Result<std::shared_ptr<JobsClient>> JobsClient::create(NodeAddress address) {
    return std::shared_ptr<JobsClient>(std::make_shared<GrpcJobsClient>(TSR_TRY(openEndpoint(std::move(address)))));
}

}  // namespace tessera::client
