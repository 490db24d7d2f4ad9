#pragma once

/// What a job is: as in a file jobs/NAME.yaml (docs/jobs.md). Plain data; any thread may own one.

#include "nodeservice/jobs/definition/template.h"
#include "nodeservice/jobs/schedule/schedule.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tessera::jobs {

/// Where something was read, "jobs/x.yaml:3:5", for messages. Equal to any other: no part of what a job is.
struct Place {
    std::string text;

    bool operator==(const Place& /*other*/) const { return true; }
};

using TextPairs = std::vector<std::pair<std::string, std::string>>;

struct Parameter {
    std::string name;
    ParameterType type = ParameterType::kText;
    std::string documentation;
    /// May hold ${run.…}. None: it must be given.
    std::optional<std::string> default_value;
    Place place{};

    bool operator==(const Parameter&) const = default;
};

enum class RunEnd : std::uint8_t { kSuccess, kFailure, kAny };

/// Another job's run has ended so.
struct AfterJob {
    std::string job;
    RunEnd end = RunEnd::kSuccess;

    bool operator==(const AfterJob&) const = default;
};

struct Trigger {
    std::variant<Cron, Interval, AfterJob> when;
    std::chrono::seconds jitter{0};
    MissedRuns missed = MissedRuns::kLast;
    /// A time that is older when somebody looks is missed.
    std::chrono::seconds grace{300};
    TextPairs parameters{};
    Place place{};

    /// None: it waits for another job.
    std::optional<Schedule> schedule() const;

    bool operator==(const Trigger&) const = default;
};

struct Retries {
    /// After the first attempt.
    int count = 0;
    std::chrono::seconds wait{30};
    /// Each wait is so many times the one before, up to `longest_wait`.
    int factor = 2;
    std::chrono::seconds longest_wait{3600};

    /// Before the attempt after `failed` failed ones.
    std::chrono::seconds waitAfter(int failed) const;

    bool operator==(const Retries&) const = default;
};

struct SqlStep {
    std::string sql;

    bool operator==(const SqlStep&) const = default;
};

enum class ExportFormat : std::uint8_t { kParquet, kCsv, kJson, kXlsx };

struct ExportStep {
    std::string query;
    /// A path or s3:// address; a folder if there are partitions.
    std::string to;
    ExportFormat format = ExportFormat::kParquet;
    std::vector<std::string> partition_by;

    bool operator==(const ExportStep&) const = default;
};

enum class CopyMode : std::uint8_t { kAppend, kReplace, kUpsert, kIncremental };

struct CopyStep {
    std::string query;
    std::string into;
    CopyMode mode = CopyMode::kAppend;
    /// Of kUpsert.
    std::vector<std::string> key{};
    /// Of kIncremental: a column that only grows.
    std::string watermark{};

    bool operator==(const CopyStep&) const = default;
};

struct RefreshStep {
    std::string view;

    bool operator==(const RefreshStep&) const = default;
};

struct HttpStep {
    std::string url;
    std::string method = "POST";
    TextPairs headers;
    std::string body;
    /// A name in the node's configuration; the secret itself never stands in a job.
    std::string credential;

    bool operator==(const HttpStep&) const = default;
};

struct JobStep {
    std::string job;
    TextPairs parameters{};

    bool operator==(const JobStep&) const = default;
};

struct Step {
    std::string name;
    /// All of them must have succeeded.
    std::vector<std::string> after;
    std::variant<SqlStep, ExportStep, CopyStep, RefreshStep, HttpStep, JobStep> action;
    std::chrono::seconds timeout{0};
    /// None: the job's.
    std::optional<Retries> retries;
    Place place{};

    bool operator==(const Step&) const = default;
};

/// When a run is to start while another one of the job is under way.
enum class Concurrency : std::uint8_t {
    kQueue,    ///< It waits.
    kSkip,     ///< It is not run, and its record says so.
    kReplace,  ///< The other is cancelled.
    kAllow,    ///< They run side by side.
};

struct Alert {
    RunEnd on = RunEnd::kFailure;
    enum class Channel : std::uint8_t { kWebhook, kEmail, kDesktop } channel = Channel::kWebhook;
    /// An address, or a person.
    std::string to;

    bool operator==(const Alert&) const = default;
};

struct Definition {
    std::string name;
    std::string documentation;
    std::string owner;
    /// A service user; empty: as the owner, by the grant they gave.
    std::string run_as;
    /// That may run it; empty: any.
    std::vector<std::string> nodes;
    std::vector<Parameter> parameters;
    std::vector<Trigger> triggers;
    std::vector<Step> steps;
    std::chrono::seconds timeout{86400};
    Retries retries;
    Concurrency concurrency = Concurrency::kQueue;
    std::vector<Alert> alerts;
    /// For how long its runs are kept.
    std::chrono::seconds keep{std::chrono::hours(24 * 90)};
    Place place{};

    const Step* step(std::string_view step_name) const;

    const Retries& retriesOf(const Step& step) const { return step.retries ? *step.retries : retries; }

    bool operator==(const Definition&) const = default;
};

/// Names that every text may use besides the parameters: run.id, run.job, run.date, run.time.
const std::vector<std::string>& runValueNames();

/// The parameters of a run: those given, then the trigger's, then defaults, checked by type.
Result<Values> runValues(const Definition& definition, const TextPairs& given, const Values& of_the_run);

}  // namespace tessera::jobs
