#pragma once

/// The command line of `tessera`, read into plain structs. Pure but for help and version, which are returned as text.

#include "app/core/output/row_writer.h"
#include "common/result.h"
#include "nodeservice/client/jobs_client.h"
#include "nodeservice/client/store_client.h"
#include "nodeservice/client/store_faults_client.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace CLI {
class App;
}

namespace tessera::cli {

struct MeshOptions {
    std::optional<std::filesystem::path> mesh_file;
    /// Of the agent.
    std::string profile;
    /// Empty: the mesh's only node, or for catalog and nodes all of them.
    std::string node;
};

struct QueryOptions {
    MeshOptions mesh;
    /// The SQL itself; "-" is standard input.
    std::string sql;
    std::optional<std::filesystem::path> sql_file;
    app::OutputFormat format = app::OutputFormat::kTable;
    std::optional<std::filesystem::path> output_file;
    bool is_transaction = false;
    std::vector<std::optional<std::string>> parameters;
    std::uint32_t timeout_ms = 0;
    app::TableStyle style;
    bool is_quiet = false;
    /// The values of the one column are written as they are.
    bool is_text = false;
};

struct CatalogOptions {
    MeshOptions mesh;
    /// Empty: all schemas.
    std::string schema;
    /// Empty: the schema's tables.
    std::string table;
    app::OutputFormat format = app::OutputFormat::kTable;
};

struct NodesOptions {
    MeshOptions mesh;
    app::OutputFormat format = app::OutputFormat::kTable;
};

struct LoginOptions {
    std::string profile;
    bool by_device = false;
    /// Only say which page to open.
    bool no_browser = false;
};

struct LogoutOptions {
    std::string profile;
};

struct StatusOptions {
    app::OutputFormat format = app::OutputFormat::kTable;
};

struct WhoamiOptions {
    std::string profile;
    app::OutputFormat format = app::OutputFormat::kTable;
};

struct PortOptions {
    enum class Action { kList, kOpen, kClose, kShow };

    Action action = Action::kList;
    std::string profile;
    std::string node;
    std::string database;
    std::uint16_t port = 0;
    app::OutputFormat format = app::OutputFormat::kTable;
};

struct StoreOptions {
    enum class Action {
        kSql,
        kStatus,
        kMembers,
        kAdd,
        kPromote,
        kDemote,
        kRemove,
        kTransfer,
        kSnapshot,
        kBackup,
        kRestore,
        kMapReduce,
        kFaultList,
        kFaultSet,
        kFaultHeal,
        kFaultElect,
        kChanges,
        kDiff
    };

    Action action = Action::kStatus;
    MeshOptions mesh;
    /// The SQL itself; "-" is standard input, empty a shell.
    std::string sql;
    client::StoreReadPoint point{};
    /// All statements at once: all or none.
    bool is_atomic = false;
    app::OutputFormat format = app::OutputFormat::kTable;
    app::TableStyle style;
    bool is_quiet = false;
    std::uint32_t timeout_ms = 0;
    /// Its number; 0: whoever suits.
    std::uint64_t member = 0;
    std::filesystem::path file;
    /// Nobody is asked.
    bool is_sure = false;
    bool with_control_plane = false;
    client::StoreMapReduce map_reduce{};
    client::StoreFaults faults{};
    /// Of changes and diff: an entry of the log or a time in UTC, as they were written; empty: not said.
    std::string since;
    std::string until;
    client::StoreChangesRequest changes{};
    bool is_json = false;
};

struct JobOptions {
    enum class Action {
        kList,
        kShow,
        kApply,
        kDiff,
        kExport,
        kRemove,
        kPause,
        kResume,
        kRun,
        kBackfill,
        kCancel,
        kRetry,
        kHistory,
        kSteps,
        kLog,
        kGrant,
        kRevoke,
        kGrants
    };

    Action action = Action::kList;
    MeshOptions mesh;
    std::string job;
    /// 0: the newest.
    std::int64_t version = 0;
    /// Files and folders of files.
    std::vector<std::filesystem::path> files;
    std::filesystem::path folder = "jobs";
    bool is_dry = false;
    std::int64_t run = 0;
    client::JobParameters parameters;
    std::string key;
    bool is_detached = false;
    bool follow = false;
    std::string step;
    std::string state;
    std::uint32_t limit = 20;
    /// From 1.
    std::uint32_t trigger = 1;
    std::int64_t from_ms = 0;
    std::int64_t until_ms = 0;
    /// Of a grant; 0: what is usual at the node.
    std::int64_t days = 0;
    bool by_device = false;
    bool no_browser = false;
    app::OutputFormat format = app::OutputFormat::kTable;
};

struct EndpointOptions {
    enum class Action { kList, kShow, kHistory, kApply, kCheck, kDiff, kRollback, kRemove, kInvalidate, kTypes };

    Action action = Action::kList;
    MeshOptions mesh;
    std::string endpoint;
    /// Of `invalidate`.
    std::string tag;
    /// 0: the one that is served.
    std::int64_t version = 0;
    /// Files and folders of files.
    std::vector<std::filesystem::path> files;
    bool is_dry = false;
    bool allows_breaking = false;
    /// Of `types`: openapi, json-schema, ts, jsdoc, python, go.
    std::string language = "ts";
    app::OutputFormat format = app::OutputFormat::kTable;
};

/// Text to print on standard output instead of doing something: --help, --version.
struct ShowText {
    std::string text;
};

using Command = std::variant<ShowText, QueryOptions, CatalogOptions, NodesOptions, LoginOptions, LogoutOptions,
                             StatusOptions, WhoamiOptions, PortOptions, StoreOptions, JobOptions, EndpointOptions>;

/// The error's message and hint are for a person who mistyped.
Result<Command> parseCommandLine(int argc, const char* const* argv);

/// --format of a command.
void addFormat(CLI::App& command, app::OutputFormat& format);

/// By the names that people write.
const std::map<std::string, app::OutputFormat>& outputFormats();
const std::map<std::string, client::StoreConsistency>& storeConsistencies();

/// "500ms", "30s" or "30", "5m", "1h" in milliseconds.
Result<std::uint32_t> parseDuration(const std::string& text);

/// "2026-11-22 05:30:00" or "2026-11-22T05:30:00.250Z", in UTC, as milliseconds since 1970.
Result<std::int64_t> parseUtcTime(const std::string& text);

/// "schema" or "schema.table", with parts in double quotes where they hold a dot or a quote.
Result<std::vector<std::string>> parseQualifiedName(const std::string& text);

}  // namespace tessera::cli
