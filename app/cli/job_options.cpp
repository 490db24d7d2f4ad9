#include "app/cli/job_options.h"

#include <CLI/CLI.hpp>

#include <charconv>
#include <chrono>

namespace tessera::cli {

namespace {

using Action = JobOptions::Action;

/// 2026-11-22, or 2026-11-22T02:30 and 2026-11-22T02:30:00, all UTC; in milliseconds.
std::optional<std::int64_t> parseTime(const std::string& text) {
    const auto number = [&](std::size_t at, std::size_t length) -> int {
        int value = -1;
        if (text.size() >= at + length) {
            const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + length, value);
            if (error != std::errc() || end != text.data() + at + length) {
                return -1;
            }
        }
        return value;
    };
    const bool has_time = text.size() == 16 || text.size() == 19;
    const bool has_seconds = text.size() == 19;
    if ((text.size() != 10 && !has_time) || text[4] != '-' || text[7] != '-' ||
        (has_time && (text[10] != 'T' || text[13] != ':')) || (has_seconds && text[16] != ':')) {
        return std::nullopt;
    }
    const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                          std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                          std::chrono::day(static_cast<unsigned>(number(8, 2)))};
    const int hour = has_time ? number(11, 2) : 0;
    const int minute = has_time ? number(14, 2) : 0;
    const int second = has_seconds ? number(17, 2) : 0;
    if (!day.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
        return std::nullopt;
    }
    const auto seconds = std::chrono::sys_days(day).time_since_epoch() + std::chrono::hours(hour) +
                         std::chrono::minutes(minute) + std::chrono::seconds(second);
    return std::chrono::duration_cast<std::chrono::milliseconds>(seconds).count();
}

class JobCommands {
  public:
    JobCommands(CLI::App& command, JobOptions& job, RawJobOptions& raw) : command_(command), job_(job), raw_(raw) {}

    void addAll() {
        addListing("list", "The jobs: when they run next, and how the last run ended", Action::kList);
        CLI::App* show = addNamed("show", "A job's file, its versions, and when it runs next", Action::kShow);
        show->add_option("--version", job_.version, "An older version (default: the newest)")->type_name("NUMBER");
        addFiles(*add("apply", "Make the jobs of files the jobs of the mesh: all of them or none", Action::kApply))
            ->add_flag("--dry-run", job_.is_dry, "Only say what would change");
        addFiles(*add("diff", "What 'apply' would change; exit code 1 if anything", Action::kDiff));
        CLI::App* out = add("export", "Write jobs to files, one each, as 'apply' reads them", Action::kExport);
        out->add_option("job", job_.job, "Only this one")->type_name("JOB");
        out->add_option("-o,--output", job_.folder, "The folder (default: jobs)")->type_name("FOLDER");
        addNamed("remove", "Remove a job; its runs stay in the history", Action::kRemove);
        addNamed("pause", "No run starts by itself until 'resume'", Action::kPause);
        addNamed("resume", "Times that have passed meanwhile are not caught up", Action::kResume);
        addRunning();
        addHistory();
        addGrants();
    }

  private:
    CLI::App* add(const char* name, const char* help, Action action) {
        CLI::App* sub = command_.add_subcommand(name, help);
        sub->callback([&job = job_, action] { job.action = action; });
        sub->add_option("-n,--node", job_.mesh.node, "The node to ask (default: the first that answers)")
            ->type_name("NAME");
        sub->add_option("-m,--mesh", raw_.mesh_file, "The mesh file")->type_name("FILE");
        sub->add_option("--profile", job_.mesh.profile, "A profile of the agent, instead of a mesh file")
            ->type_name("NAME");
        return sub;
    }

    CLI::App* addNamed(const char* name, const char* help, Action action) {
        CLI::App* sub = add(name, help, action);
        sub->add_option("job", job_.job, "Its name")->required()->type_name("JOB");
        return sub;
    }

    CLI::App* addOfRun(const char* name, const char* help, Action action) {
        CLI::App* sub = add(name, help, action);
        sub->add_option("run", job_.run, "The run's number, as 'tessera job history' shows it")
            ->required()
            ->check(CLI::PositiveNumber)
            ->type_name("RUN");
        return sub;
    }

    CLI::App* addListing(const char* name, const char* help, Action action) {
        CLI::App* sub = add(name, help, action);
        sub->add_option("-f,--format", job_.format, "How rows are written: table, csv, json or ndjson (default: table)")
            ->transform(CLI::CheckedTransformer(outputFormats(), CLI::ignore_case).description(""))
            ->type_name("FORMAT");
        return sub;
    }

    CLI::App* addFiles(CLI::App& sub) {
        sub.add_option("files", job_.files, "YAML files, and folders of them")->required()->type_name("FILE…");
        return &sub;
    }

    void addParameters(CLI::App& sub) {
        sub.add_option("-p,--param", raw_.parameters, "A value for a parameter of the job; may be repeated")
            ->type_name("NAME=VALUE")
            ->expected(1)
            ->allow_extra_args(false)
            ->take_all();
    }

    void addRunning() {
        CLI::App* run = addNamed("run", "Start a run now, and follow its log until it has ended", Action::kRun);
        addParameters(*run);
        run->add_flag("--detach", job_.is_detached, "Only start it");
        run->add_option("--key", job_.key, "A name of your own: the same one again leads to the same run")
            ->type_name("KEY");
        CLI::App* back = addNamed("backfill", "Runs for the times of a schedule in a range; those that ran are left",
                                  Action::kBackfill);
        back->add_option("--from", raw_.from, "The first time (UTC)")->required()->type_name("YYYY-MM-DD[THH:MM]");
        back->add_option("--until", raw_.until, "Up to this, which is not run for (UTC)")
            ->required()
            ->type_name("YYYY-MM-DD[THH:MM]");
        back->add_option("--trigger", job_.trigger, "Which of the job's triggers, from 1 (default: 1)")
            ->check(CLI::PositiveNumber)
            ->type_name("NUMBER");
        addParameters(*back);
        addOfRun("cancel", "Stop a run, wherever it is", Action::kCancel);
        CLI::App* again =
            addOfRun("retry", "Go on with a run that failed: what succeeded is not repeated", Action::kRetry);
        again->add_option("--from", job_.step, "Do this step again, and all that come after it")->type_name("STEP");
    }

    void addHistory() {
        CLI::App* history = addListing("history", "Runs, the newest first", Action::kHistory);
        history->add_option("job", job_.job, "Of this job only")->type_name("JOB");
        history->add_option("--state", job_.state, "Only those that are waiting, running, succeeded, failed, …")
            ->check(CLI::IsMember({"waiting", "running", "succeeded", "failed", "cancelled", "skipped"}))
            ->type_name("STATE");
        history->add_option("--limit", job_.limit, "How many (default: 20)")->check(CLI::PositiveNumber);
        CLI::App* steps = addOfRun("steps", "The steps of a run: states, times, rows, bytes", Action::kSteps);
        steps->add_option("-f,--format", job_.format, "table, csv, json or ndjson (default: table)")
            ->transform(CLI::CheckedTransformer(outputFormats(), CLI::ignore_case).description(""))
            ->type_name("FORMAT");
        addOfRun("log", "What a run has told", Action::kLog)
            ->add_flag("--follow", job_.follow, "Go on until the run has ended");
    }

    void addGrants() {
        CLI::App* grant =
            addNamed("grant", "Let a job of yours, as it stands, run as you while you are away", Action::kGrant);
        grant->add_option("--days", job_.days, "For how long (default: 30)")->check(CLI::PositiveNumber);
        grant->add_flag("--device", job_.by_device, "Show a code to enter on another device");
        grant->add_flag("--no-browser", job_.no_browser, "Only say which page to open");
        addNamed("revoke", "End a grant, and the runs that go on by it", Action::kRevoke);
        addListing("grants", "Which jobs run as their owners, and until when", Action::kGrants);
    }

    CLI::App& command_;
    JobOptions& job_;
    RawJobOptions& raw_;
};

}  // namespace

void addJob(CLI::App& app, JobOptions& job, RawJobOptions& raw) {
    CLI::App* command = app.add_subcommand("job", "Scheduled jobs: apply them from files, run them, see what they did");
    command->require_subcommand(1);
    command->footer(R"(
A job is a YAML file that can live in git; docs/jobs.md says what is in it.

Examples:
  tessera job diff jobs/                       what differs from the mesh
  tessera job apply jobs/*.yaml
  tessera job run nightly-export -p day=2026-11-22
  tessera job history nightly-export --state failed
  tessera job log 4711
  tessera job retry 4711                       goes on where it failed
  tessera job backfill nightly-export --from 2026-11-01 --until 2026-11-22
  tessera job grant nightly-export --days 60   it runs as you while you are away

'run' and 'log --follow' return 1 if the run did not succeed. Ctrl+C stops following; 'tessera job cancel' stops the run.)");
    JobCommands(*command, job, raw).addAll();
}

Result<JobOptions> finishJob(JobOptions job, const RawJobOptions& raw) {
    if (!raw.mesh_file.empty()) {
        job.mesh.mesh_file = raw.mesh_file;
    }
    for (const std::string& parameter : raw.parameters) {
        const std::size_t equals = parameter.find('=');
        if (equals == std::string::npos || equals == 0) {
            return fail(ErrorCode::kInvalidArgument, "'" + parameter + "' gives no parameter a value",
                        "write --param NAME=VALUE");
        }
        job.parameters.emplace_back(parameter.substr(0, equals), parameter.substr(equals + 1));
    }
    for (const auto& [text, value] : {std::pair(&raw.from, &job.from_ms), std::pair(&raw.until, &job.until_ms)}) {
        if (text->empty()) {
            continue;
        }
        const auto time = parseTime(*text);
        if (!time) {
            return fail(ErrorCode::kInvalidArgument, "'" + *text + "' is no date",
                        "write 2026-11-22 or 2026-11-22T02:30");
        }
        *value = *time;
    }
    if (job.action == Action::kBackfill && job.until_ms <= job.from_ms) {
        return fail(ErrorCode::kInvalidArgument, "the range ends before it begins", "--until must be after --from");
    }
    return job;
}

}  // namespace tessera::cli
