#pragma once

/// One SQL statement of a person and what comes of it, as plain values: the query module knows no gRPC.

#include "common/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera::query {

/// A value in PostgreSQL's text form; no text is NULL, no type name lets PostgreSQL infer it.
struct Parameter {
    std::optional<std::string> text;
    std::string type_name;
};

struct Statement {
    std::string sql;
    std::vector<Parameter> parameters;
    /// 0: the node chooses.
    std::uint32_t batch_bytes = 0;
    /// 0: no limit but the role's own.
    std::uint32_t timeout_ms = 0;
    std::string request_id;
    /// Of OpenSessions; empty: one of its own.
    std::string session;
    /// Begins a transaction unless one is open. Only with a session.
    bool in_transaction = false;
    /// Not the caller's text, but one that was published for them to call.
    bool is_of_endpoint = false;
    /// In a transaction in which nothing can be changed. Not with a session.
    bool is_read_only = false;
    /// Shards that can't be read are left out, which notices say. Only if read-only.
    bool skips_missing_shards = false;
    /// The same text comes again and again, and is kept prepared in sessions for calls. Only if read-only, and without
    /// types of parameters.
    bool is_prepared = false;
    /// Of a prepared one's result, as format_type() spells them.
    std::vector<std::string> column_types = {};
};

enum class TransactionStatus { kNone, kOpen, kFailed };

/// What the last statement of a session left; the state with the higher revision is the later.
struct TransactionState {
    TransactionStatus status = TransactionStatus::kNone;
    std::uint64_t revision = 0;
};

/// See ColumnEncoding in nodeservice/proto/query.proto.
enum class Encoding { kText, kBool, kInt64, kFloat64, kFloat32 };

struct Column {
    std::string name;
    /// As format_type() spells it.
    std::string type_name;
    std::uint32_t type_oid = 0;
    Encoding encoding = Encoding::kText;
};

struct ColumnData {
    std::string validity;
    std::string values;
    std::string offsets;
};

struct Batch {
    std::uint32_t row_count = 0;
    std::vector<ColumnData> columns;
    std::size_t byte_size = 0;
};

struct Notice {
    std::string severity;
    std::string message;
    std::string detail;
    std::string hint;
    std::string sqlstate;
};

struct Completion {
    std::string command_tag;
    std::uint64_t row_count = 0;
    std::chrono::milliseconds elapsed{0};
};

/// Where a statement's events go. Called from the statement's thread, one at a time. batch() and notice() wait while
/// the receiver is behind: that is what slows the statement down to its reader.
class Sink {
  public:
    using Deadline = std::chrono::steady_clock::time_point;

    virtual ~Sink() = default;
    virtual void started(int backend_pid) = 0;
    virtual void columns(const std::vector<Column>& columns) = 0;
    /// Returns early, without having taken it, when the statement is interrupted or the deadline passes.
    virtual void batch(Batch batch, Deadline deadline) = 0;
    virtual void notice(Notice notice, Deadline deadline) = 0;
    /// May be dropped when the receiver is behind.
    virtual void progress(std::uint64_t rows, std::chrono::milliseconds elapsed) = 0;

    /// Of a statement on an open session, before finished().
    virtual void transaction(TransactionState state) { (void)state; }

    /// The last call.
    virtual void finished(const Result<Completion>& result) = 0;
};

}  // namespace tessera::query
