#pragma once

/// A node's jobs for tests without a node: answers at once with what the test has put in, and remembers what was asked
/// for. Any thread.

#include "nodeservice/client/jobs_client.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tessera::app {

class FakeJobsClient final : public client::JobsClient {
  public:
    struct Content {
        std::vector<client::JobInfo> jobs;
        /// The newest first.
        std::vector<client::JobRun> runs;
        std::map<std::int64_t, std::vector<client::JobStepRun>> steps;
        std::map<std::int64_t, std::vector<client::JobLogLine>> logs;
        /// Files by their jobs' names; others have one that says nothing.
        std::map<std::string, std::string> files;
        std::vector<client::JobGrant> grants;
        /// What checkGrant() answers, unless it is for too many days.
        std::optional<Error> grant_refused;
        std::int64_t most_grant_days = 90;
        /// Texts of older versions, of every job.
        std::map<std::int64_t, std::string> older;
        /// In place of every answer.
        std::optional<Error> error;
        /// What start(), cancel(), runAgain() and pause() answer.
        std::optional<Error> action_error;
        /// What apply() and test() find wrong.
        std::vector<Error> problems;
        /// The file that was applied or tested last.
        std::string applied;
        /// What was to be done, in words, oldest first.
        std::vector<std::string> done;
    };

    /// `change(Content&)` while nobody asks.
    template <class Change>
    auto with(Change change) {
        const std::lock_guard lock(mutex_);
        return change(content_);
    }

    std::vector<std::string> done() {
        return with([](const Content& content) { return content.done; });
    }

    Result<std::vector<client::JobInfo>> list() override {
        return answer([](const Content& content) { return content.jobs; });
    }

    Result<client::JobDetails> get(const std::string& job, std::int64_t version) override {
        return answer([&](const Content& content) {
            client::JobDetails details;
            for (const client::JobInfo& known : content.jobs) {
                details.job = known.name == job ? known : details.job;
            }
            details.version.version = version == 0 ? details.job.version : version;
            details.versions.push_back({details.job.version, "etl", 1});
            for (auto older = content.older.rbegin(); older != content.older.rend(); ++older) {
                details.versions.push_back({older->first, "etl", 1});
            }
            if (const auto older = content.older.find(version); older != content.older.end()) {
                details.text = older->second;
                return details;
            }
            const auto file = content.files.find(job);
            details.text = file != content.files.end()
                               ? file->second
                               : "job: " + job + "\nowner: etl\nsteps: [{name: a, sql: SELECT 1}]\n";
            return details;
        });
    }

    Result<std::vector<client::JobRun>> runs(const client::JobRunFilter& filter) override {
        return answer([&](const Content& content) {
            std::vector<client::JobRun> runs;
            for (const client::JobRun& run : content.runs) {
                if (filter.job.empty() || run.job == filter.job) {
                    runs.push_back(run);
                }
            }
            return runs;
        });
    }

    Result<client::JobRunDetails> run(std::int64_t id) override {
        const std::lock_guard lock(mutex_);
        for (const client::JobRun& run : content_.runs) {
            if (run.id == id) {
                return client::JobRunDetails{run, content_.steps[id]};
            }
        }
        return fail(ErrorCode::kNotFound, "there is no run " + std::to_string(id));
    }

    Result<> log(std::int64_t run, std::int64_t after, bool,
                 const std::function<bool(const client::JobLogLine&)>& sink) override {
        const auto lines = with([&](Content& content) { return content.logs[run]; });
        for (const client::JobLogLine& line : lines) {
            if (line.line > after && !sink(line)) {
                break;
            }
        }
        return {};
    }

    Result<std::int64_t> start(const std::string& job, const client::JobParameters& parameters,
                               const std::string& key) override {
        TSR_TRY(act("start " + job + words(parameters)));
        const std::lock_guard lock(mutex_);
        if (const auto found = started_.find(key); found != started_.end()) {
            return found->second;
        }
        client::JobRun run;
        run.id = content_.runs.empty() ? 1 : content_.runs.front().id + 1;
        run.job = job;
        run.cause = "hand";
        run.state = "waiting";
        run.created_ms = 1;
        content_.runs.insert(content_.runs.begin(), run);
        started_[key] = run.id;
        return run.id;
    }

    Result<std::uint64_t> backfill(const std::string& job, std::uint32_t trigger, std::int64_t from_ms,
                                   std::int64_t until_ms, const client::JobParameters& parameters) override {
        TSR_TRY(act("backfill " + job + " " + std::to_string(trigger) + " " + std::to_string(from_ms) + " " +
                    std::to_string(until_ms) + words(parameters)));
        return std::uint64_t{3};
    }

    Result<> cancel(std::int64_t run) override { return act("cancel " + std::to_string(run)); }

    Result<> runAgain(std::int64_t run, const std::string& from_step) override {
        return act("again " + std::to_string(run) + (from_step.empty() ? "" : " from " + from_step));
    }

    Result<> pause(const std::string& job, bool is_paused) override {
        TSR_TRY(act((is_paused ? "pause " : "resume ") + job));
        with([&](Content& content) {
            for (client::JobInfo& one : content.jobs) {
                one.is_paused = one.name == job ? is_paused : one.is_paused;
            }
        });
        return {};
    }

    /// Problems as they are told; else the file becomes the job's next version.
    Result<client::JobApplication> apply(const std::vector<client::JobFile>& files, bool is_dry) override {
        TSR_TRY(act(std::string(is_dry ? "check " : "apply ") + std::to_string(files.at(0).based_on.value_or(-1))));
        return with([&](Content& content) {
            client::JobApplication said;
            said.problems = content.problems;
            if (content.problems.empty()) {
                content.applied = is_dry ? content.applied : files.at(0).text;
                said.jobs.push_back({"", client::AppliedJob::Change::kChanged, files.at(0).based_on.value_or(0) + 1,
                                     "-a: old\n+a: new\n"});
            }
            return said;
        });
    }

    Result<client::StartedJobTest> test(const client::JobFile& file, const client::JobParameters& parameters,
                                        const std::string&) override {
        TSR_TRY(act("test" + words(parameters)));
        return with([&](Content& content) {
            content.applied = file.text;
            client::JobRun run;
            run.id = 77;
            run.cause = "test";
            run.state = "running";
            run.started_ms = 1;
            content.runs.insert(content.runs.begin(), run);
            return client::StartedJobTest{77, content.problems};
        });
    }

    Result<> remove(const std::string& job) override { return act("remove " + job); }

    Result<std::vector<client::JobGrant>> grants() override {
        return answer([](const Content& content) { return content.grants; });
    }

    Result<std::int64_t> checkGrant(const std::string&, std::int64_t days) override {
        return with([days](const Content& content) -> Result<std::int64_t> {
            if (content.grant_refused) {
                return *content.grant_refused;
            }
            if (days > content.most_grant_days) {
                return fail(ErrorCode::kInvalidArgument,
                            "a grant is for 1 to " + std::to_string(content.most_grant_days) + " days here");
            }
            return content.most_grant_days;
        });
    }

    Result<std::string> revokeGrant(const std::string& job) override {
        TSR_TRY(act("revoke " + job));
        with([&](Content& content) {
            std::erase_if(content.grants, [&](const client::JobGrant& one) { return one.job == job; });
        });
        return std::string();
    }

  private:
    static std::string words(const client::JobParameters& parameters) {
        std::string words;
        for (const auto& [name, value] : parameters) {
            words.append(" ").append(name).append("=").append(value);
        }
        return words;
    }

    template <class Read>
    auto answer(Read read) -> Result<decltype(read(std::declval<const Content&>()))> {
        const std::lock_guard lock(mutex_);
        if (content_.error) {
            return *content_.error;
        }
        return read(content_);
    }

    Result<> act(std::string what) {
        const std::lock_guard lock(mutex_);
        content_.done.push_back(std::move(what));
        if (content_.action_error) {
            return *content_.action_error;
        }
        return {};
    }

    std::mutex mutex_;
    Content content_;                              // guarded by mutex_
    std::map<std::string, std::int64_t> started_;  // guarded by mutex_; runs by key
};

}  // namespace tessera::app
