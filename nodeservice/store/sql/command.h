#pragma once

/// What stands in a log entry: statements with their typed parameters, and the environment they run in on every node.

#include "common/result.h"
#include "nodeservice/store/sql/control_plane.h"
#include "nodeservice/store/sqlite/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::store {

/// Every member keeps them, and the client's answer with them.
inline constexpr std::size_t kMostRowBytes = std::size_t{1} << 20U;

struct SqlStatement {
    std::string sql;
    std::vector<sqlite::Value> parameters;

    bool operator==(const SqlStatement&) const = default;
};

/// A step of putting another database in the place of all data: a part of its file.
struct RestoreStep {
    /// 0 begins anew; else what came before ends here.
    std::uint64_t offset = 0;
    std::string bytes{};
    /// The data is replaced if the whole has this size and checksum.
    bool is_last = false;
    std::uint64_t size = 0;
    std::uint64_t checksum = 0;
    /// Of the last: jobs, endpoints and denials stay as they are, whatever the file has of them.
    bool keeps_control_plane = true;

    bool operator==(const RestoreStep&) const = default;
};

struct Command {
    /// Who asks, and their count of requests: one that comes again is answered as before and not repeated. 0: nobody
    /// asks again.
    std::uint64_t client = 0;
    std::uint64_t sequence = 0;
    /// The leader's clock, in milliseconds since 1970.
    std::int64_t now_ms = 0;
    /// Of random() and randomblob().
    std::uint64_t seed = 0;
    std::vector<SqlStatement> statements;
    /// The rows of each statement are a part of the outcome: at most kMostRowBytes.
    bool keeps_rows = false;
    /// Instead of statements.
    std::optional<RestoreStep> restore{};
    /// Which of the control plane's names are kept from the statements (control_plane.h). 0: they are its own.
    std::uint64_t guarded_names = kControlPlaneNames;

    bool operator==(const Command&) const = default;

    std::string encode() const;
    static Result<Command> decode(std::string_view bytes);
};

/// What one statement did: all of it is the same on every node.
struct StatementOutcome {
    /// Rows it inserted, updated or deleted; 0 for DDL.
    std::int64_t changes = 0;
    std::int64_t last_rowid = 0;
    /// Of a command that keeps them.
    std::vector<std::string> columns{};
    std::vector<std::vector<sqlite::Value>> rows{};

    bool operator==(const StatementOutcome&) const = default;
};

/// The outcome of a command: all of its statements, or the error of one and no effect.
struct Outcome {
    std::vector<StatementOutcome> statements;
    /// Empty: it went well.
    std::string error;
    /// Which statement the error is of, from 0.
    std::uint64_t failed = 0;

    bool operator==(const Outcome&) const = default;

    std::string encode() const;
    static Result<Outcome> decode(std::string_view bytes);
};

}  // namespace tessera::store
