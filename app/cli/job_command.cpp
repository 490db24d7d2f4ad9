#include "app/cli/job_command.h"

#include "app/cli/any_node.h"
#include "app/cli/job_files.h"
#include "app/cli/job_grants.h"
#include "app/cli/listing.h"
#include "common/strings.h"

#include <array>
#include <cstdio>
#include <random>

namespace tessera::cli {

namespace {

using client::JobsClient;
using Action = JobOptions::Action;

std::optional<std::string> durationOf(std::int64_t from_ms, std::int64_t until_ms) {
    if (from_ms == 0 || until_ms == 0) {
        return std::nullopt;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(until_ms - from_ms) / 1000.0);
    return text.data();
}

using Nodes = AnyNode<JobsClient>;

ExitCode report(const Error& error) {
    return reportError(error, exitCodeOf(error));
}

ExitCode printJobs(Nodes& nodes, const JobOptions& options) {
    const auto jobs = nodes.ask([](JobsClient& node) { return node.list(); });
    if (!jobs) {
        return report(jobs.error());
    }
    Listing listing{{"job", "version", "state", "next", "last run", "ended", "triggers", "owner"}, {}};
    for (const client::JobInfo& job : *jobs) {
        const std::string state = !job.problem.empty()  ? "unreadable"
                                  : job.is_paused       ? "paused"
                                  : job.active_runs > 0 ? "under way"
                                                        : "idle";
        listing.rows.push_back({job.name, std::to_string(job.version), state, timeText(job.next_ms),
                                job.last_run ? std::optional(job.last_run->state) : std::nullopt,
                                job.last_run ? timeText(job.last_run->ended_ms) : std::nullopt,
                                orNull(join(job.triggers, "; ")), orNull(job.owner)});
    }
    return print(listing, options.format);
}

ExitCode showJob(Nodes& nodes, const JobOptions& options) {
    const auto details = nodes.ask([&](JobsClient& node) { return node.get(options.job, options.version); });
    if (!details) {
        return report(details.error());
    }
    std::fputs(details->text.c_str(), stdout);
    for (const std::string& trigger : details->job.triggers) {
        std::fprintf(stderr, "runs %s\n", trigger.c_str());
    }
    if (details->job.is_paused) {
        std::fprintf(stderr, "it is paused\n");
    } else if (const auto next = timeText(details->job.next_ms)) {
        std::fprintf(stderr, "next at %s\n", next->c_str());
    }
    for (const client::JobVersionInfo& version : details->versions) {
        std::fprintf(stderr, "%c version %lld by %s, %s\n", version.version == details->version.version ? '*' : ' ',
                     static_cast<long long>(version.version), version.author.c_str(),
                     timeText(version.at_ms).value_or("").c_str());
    }
    return kSuccess;
}

ExitCode applyJobs(Nodes& nodes, const JobOptions& options) {
    const auto files = readJobFiles(options.files);
    if (!files) {
        return reportError(files.error(), kUsage);
    }
    const bool is_diff = options.action == Action::kDiff;
    const bool is_dry = is_diff || options.is_dry;
    const auto applied = nodes.ask([&](JobsClient& node) { return node.apply(*files, is_dry); });
    if (!applied) {
        return report(applied.error());
    }
    for (const Error& problem : applied->problems) {
        reportError(problem, kFailure);
    }
    if (!applied->problems.empty()) {
        std::fprintf(stderr, "%zu %s: nothing is applied\n", applied->problems.size(),
                     applied->problems.size() == 1 ? "error" : "errors");
        return kFailure;
    }
    bool is_different = false;
    for (const client::AppliedJob& job : applied->jobs) {
        using Change = client::AppliedJob::Change;
        is_different = is_different || job.change != Change::kUnchanged;
        if (is_dry && job.change != Change::kUnchanged) {
            std::printf("%s %s\n%s", job.change == Change::kCreated ? "new" : "changed", job.name.c_str(),
                        job.diff.c_str());
        } else if (!is_diff) {
            const char* words = job.change == Change::kCreated   ? "created"
                                : job.change == Change::kChanged ? "changed"
                                                                 : "unchanged";
            std::printf("%s: %s, version %lld\n", job.name.c_str(), words, static_cast<long long>(job.version));
        }
    }
    return is_diff && is_different ? kFailure : kSuccess;
}

ExitCode exportJobs(Nodes& nodes, const JobOptions& options) {
    std::vector<std::string> names = {options.job};
    if (options.job.empty()) {
        names.clear();
        const auto jobs = nodes.ask([](JobsClient& node) { return node.list(); });
        if (!jobs) {
            return report(jobs.error());
        }
        for (const client::JobInfo& job : *jobs) {
            names.push_back(job.name);
        }
    }
    for (const std::string& name : names) {
        const auto details = nodes.ask([&](JobsClient& node) { return node.get(name, 0); });
        if (!details) {
            return report(details.error());
        }
        const auto file = writeJobFile(options.folder, name, details->text);
        if (!file) {
            return reportError(file.error(), kFailure);
        }
        std::printf("%s\n", file->c_str());
    }
    return kSuccess;
}

void printLine(const client::JobLogLine& line) {
    const std::string step = line.step.empty() ? "" : " " + line.step;
    const std::string attempt = line.attempt > 1 ? " (attempt " + std::to_string(line.attempt) + ")" : "";
    std::printf("%s%s%s: %s\n", timeText(line.at_ms).value_or("").c_str(), step.c_str(), attempt.c_str(),
                line.text.c_str());
    std::fflush(stdout);
}

/// Goes on elsewhere when the node goes away.
ExitCode printLog(Nodes& nodes, std::int64_t run, bool follow) {
    std::int64_t after = 0;
    const auto told = nodes.ask([&](JobsClient& node) {
        return node.log(run, after, follow, [&](const client::JobLogLine& line) {
            after = line.line;
            printLine(line);
            return true;
        });
    });
    if (!told) {
        return report(told.error());
    }
    if (!follow) {
        return kSuccess;
    }
    const auto details = nodes.ask([&](JobsClient& node) { return node.run(run); });
    if (!details) {
        return report(details.error());
    }
    return details->run.state == "succeeded" ? kSuccess : kFailure;
}

ExitCode startRun(Nodes& nodes, const JobOptions& options) {
    // One of ours, so that asking another node after a lost answer does not start a second run.
    std::random_device random;
    const std::string key =
        options.key.empty() ? std::to_string(random()) + "-" + std::to_string(random()) : options.key;
    const auto run = nodes.ask([&](JobsClient& node) { return node.start(options.job, options.parameters, key); });
    if (!run) {
        return report(run.error());
    }
    std::fprintf(stderr, "run %lld\n", static_cast<long long>(*run));
    if (options.is_detached) {
        std::printf("%lld\n", static_cast<long long>(*run));
        return kSuccess;
    }
    return printLog(nodes, *run, true);
}

ExitCode backfill(Nodes& nodes, const JobOptions& options) {
    const auto runs = nodes.ask([&](JobsClient& node) {
        return node.backfill(options.job, options.trigger - 1, options.from_ms, options.until_ms, options.parameters);
    });
    if (!runs) {
        return report(runs.error());
    }
    std::printf("%llu runs\n", static_cast<unsigned long long>(*runs));
    return kSuccess;
}

ExitCode printHistory(Nodes& nodes, const JobOptions& options) {
    const auto runs = nodes.ask([&](JobsClient& node) {
        return node.runs({options.job, options.state, 0, options.limit});
    });
    if (!runs) {
        return report(runs.error());
    }
    Listing listing{{"run", "job", "state", "for", "cause", "started", "took", "node", "error"}, {}};
    for (const client::JobRun& run : *runs) {
        listing.rows.push_back({std::to_string(run.id), run.job, run.state, timeText(run.scheduled_ms),
                                run.asked_by.empty() ? run.cause : run.cause + " (" + run.asked_by + ")",
                                timeText(run.started_ms), durationOf(run.started_ms, run.ended_ms), orNull(run.node),
                                orNull(run.error)});
    }
    return print(listing, options.format);
}

ExitCode printSteps(Nodes& nodes, const JobOptions& options) {
    const auto details = nodes.ask([&](JobsClient& node) { return node.run(options.run); });
    if (!details) {
        return report(details.error());
    }
    Listing listing{{"step", "kind", "state", "attempts", "started", "took", "rows", "bytes", "error"}, {}};
    for (const client::JobStepRun& step : details->steps) {
        listing.rows.push_back({step.name, step.kind, step.state, std::to_string(step.attempt),
                                timeText(step.started_ms), durationOf(step.started_ms, step.ended_ms),
                                std::to_string(step.rows), std::to_string(step.bytes), orNull(step.error)});
    }
    return print(listing, options.format);
}

Result<> change(Nodes& nodes, const JobOptions& options) {
    return nodes.ask([&](JobsClient& node) {
        switch (options.action) {
            case Action::kRemove:
                return node.remove(options.job);
            case Action::kCancel:
                return node.cancel(options.run);
            case Action::kRetry:
                return node.runAgain(options.run, options.step);
            default:
                return node.pause(options.job, options.action == Action::kPause);
        }
    });
}

}  // namespace

ExitCode runJob(const JobOptions& options, InterruptWatch& interrupts) {
    auto nodes = Nodes::open(options.mesh);
    if (!nodes) {
        return reportError(nodes.error(), kUsage);
    }
    switch (options.action) {
        case Action::kList:
            return printJobs(*nodes, options);
        case Action::kShow:
            return showJob(*nodes, options);
        case Action::kApply:
        case Action::kDiff:
            return applyJobs(*nodes, options);
        case Action::kExport:
            return exportJobs(*nodes, options);
        case Action::kRun:
            return startRun(*nodes, options);
        case Action::kBackfill:
            return backfill(*nodes, options);
        case Action::kHistory:
            return printHistory(*nodes, options);
        case Action::kSteps:
            return printSteps(*nodes, options);
        case Action::kLog:
            return printLog(*nodes, options.run, options.follow);
        case Action::kGrant:
            return giveGrant(*nodes, options, interrupts);
        case Action::kRevoke:
            return revokeGrant(*nodes, options);
        case Action::kGrants:
            return printGrants(*nodes, options);
        default:
            break;
    }
    const auto done = change(*nodes, options);
    return done ? kSuccess : report(done.error());
}

}  // namespace tessera::cli
