#pragma once

/// A program's way to one member of the replicated store. Its calls wait, at most as long as they are told: not on a
/// GUI thread. Any thread; several calls at once.

#include "common/result.h"
#include "nodeservice/client/node_client.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tessera::client {

struct StoreBlob {
    std::string bytes;
};

/// SQLite's types; the first is NULL.
using StoreValue = std::variant<std::monostate, std::int64_t, double, std::string, StoreBlob>;

struct StoreStatement {
    std::string sql;
    std::vector<StoreValue> parameters = {};
};

struct StoreMember {
    std::uint64_t id = 0;
    /// The node's name and "host:port"; empty where the member that was asked does not know them.
    std::string node = {};
    std::string address = {};
};

/// A write that was done.
struct StoreWritten {
    struct Statement {
        std::int64_t changes = 0;
        std::int64_t last_rowid = 0;
        /// Of a request.
        std::vector<std::string> columns = {};
        std::vector<std::vector<StoreValue>> rows = {};
    };

    /// Of its entry in the log.
    std::uint64_t index = 0;
    std::vector<Statement> statements;
};

enum class StoreConsistency { kLinearizable, kNone, kWeak, kLeader, kFreshness, kAtIndex, kAtTime };

/// Which state is read.
struct StoreReadPoint {
    // Most say nothing else.
    StoreReadPoint(StoreConsistency of = StoreConsistency::kLinearizable)  // NOLINT(google-explicit-constructor)
        : consistency(of) {}

    StoreConsistency consistency;
    std::chrono::milliseconds max_age{0};
    std::uint64_t index = 0;
    /// Since 1970.
    std::int64_t time_ms = 0;
};

/// One statement on several members, and another over all the rows: see StoreMapReduceRequest in store.proto.
struct StoreMapReduce {
    StoreStatement map;
    /// Empty: all rows of the map statement.
    StoreStatement reduce = {};
    /// By number; empty: all.
    std::vector<std::uint64_t> members = {};
    /// Ranges of this table's column (empty: rowid) are the map statement's first two parameters. Empty: no ranges.
    std::string split_table = {};
    std::string split_column = {};
    std::uint32_t parts = 0;
    /// 0: the newest.
    std::uint64_t at_index = 0;
};

/// A part of a database that is to take the place of all data, or the end that puts it there.
struct StoreRestoreStep {
    std::uint64_t offset = 0;
    std::string_view bytes = {};
    bool is_last = false;
    /// With the end: of the whole.
    std::uint64_t size = 0;
    std::uint64_t checksum = 0;
    /// With the end: jobs, endpoints and denials, too. Otherwise they stay as they are.
    bool with_control_plane = false;
};

/// Of the bytes so far, to go on with; 64 bits of FNV-1a.
std::uint64_t storeChecksum(std::string_view bytes, std::uint64_t before = 0xCBF29CE484222325ULL);

/// Of which entries: behind `after` up to `until` (0: to the newest), or from now on.
struct StoreChangesRequest {
    std::uint64_t after = 0;
    std::uint64_t until = 0;
    bool from_now = false;
    /// What comes later, too.
    bool follows = false;
    /// Together, as the difference of two states.
    bool as_one = false;
    /// None: all.
    std::vector<std::string> tables = {};
};

/// A row's values before (none: it was inserted) and after (none: deleted), in the order of the table's columns. Of one
/// that was changed only its key, before, and the columns that have another value are told.
struct StoreRowChange {
    using Values = std::vector<std::optional<StoreValue>>;

    Values before = {};
    Values after = {};
};

struct StoreTableChanges {
    std::string table;
    std::vector<std::string> columns = {};
    std::vector<bool> is_key = {};
    std::vector<StoreRowChange> rows = {};
};

/// Of one entry, or a part of them. Nothing but the index: up to there nothing else was changed.
struct StoreChanges {
    std::uint64_t index = 0;
    std::int64_t time_ms = 0;
    std::vector<StoreTableChanges> tables = {};
    /// Changed tables whose rows cannot be told: without a primary key, virtual, or with other columns than before.
    std::vector<std::string> untold = {};
    bool is_schema_changed = false;
    bool is_replaced = false;
    /// More of the same entry follows.
    bool has_more = false;
};

struct StorePeer {
    StoreMember member;
    std::uint64_t match_index = 0;
    std::uint32_t messages_in_flight = 0;
    std::uint64_t bytes_in_flight = 0;
    bool is_active = false;
    bool is_installing = false;
    /// From a heartbeat to its answer; zero: not known yet.
    std::chrono::microseconds latency{0};
};

enum class StoreChange { kLearner, kVoter, kRemove };

struct StoreStatus {
    StoreMember member;
    /// "leader", "follower" or "candidate".
    std::string role;
    /// Of number 0 while there is none.
    StoreMember leader;
    std::uint64_t term = 0;
    std::uint64_t commit_index = 0;
    std::uint64_t durable_index = 0;
    std::uint64_t applied_index = 0;
    /// Of the data at applied_index.
    std::uint64_t hash = 0;
    std::uint64_t log_base = 0;
    std::uint64_t log_bytes = 0;
    std::uint64_t snapshot_index = 0;
    std::vector<StoreMember> voters;
    std::vector<StoreMember> learners;
    /// Voters that are on their way out.
    std::vector<StoreMember> outgoing;
    /// Why the member takes part no more, or empty.
    std::string fault;
    /// Of a leader.
    std::vector<StorePeer> peers;
    std::uint64_t unapplied_bytes = 0;
    std::uint64_t pending_writes = 0;
    /// The member's clock, since 1970.
    std::int64_t time_ms = 0;
};

class StoreClient {
  public:
    using Time = std::chrono::milliseconds;

    /// Opens a channel to the node without waiting for it. Without an agent, `address` must be loopback.
    static Result<std::shared_ptr<StoreClient>> create(NodeAddress address);

    virtual ~StoreClient() = default;

    virtual const NodeAddress& address() const = 0;

    /// All statements or none. With `client` and `sequence` (its count of requests, from 1) one that comes again is not
    /// done again; 0: it will not come again. kUnknown: it may have been done or not.
    virtual Result<StoreWritten> execute(const std::vector<StoreStatement>& statements, Time most,
                                         std::uint64_t client = 0, std::uint64_t sequence = 0) = 0;

    struct RowSink {
        /// Once, before the rows: the columns' names, and the index whose state is read.
        std::function<Result<>(const std::vector<std::string>& columns, std::uint64_t index)> begin;
        /// An error ends the query and is its result.
        std::function<Result<>(std::vector<StoreValue> row)> row;
    };

    /// `most`: until rows begin to come.
    virtual Result<> query(const StoreStatement& statement, const StoreReadPoint& point, Time most,
                           const RowSink& sink) = 0;

    /// Reads and writes in their order, with the rows of each: as execute() when one of them writes, else all of the
    /// state that `point` says.
    virtual Result<StoreWritten> request(const std::vector<StoreStatement>& statements, const StoreReadPoint& point,
                                         Time most, std::uint64_t client = 0, std::uint64_t sequence = 0) = 0;

    virtual Result<> mapReduce(const StoreMapReduce& job, Time most, const RowSink& sink) = 0;

    /// A step by step: `client` and `sequence` as for execute().
    virtual Result<StoreWritten> restore(const StoreRestoreStep& step, Time most, std::uint64_t client,
                                         std::uint64_t sequence) = 0;

    virtual Result<StoreStatus> status() = 0;

    /// Again and again, until `sink` returns an error, which is the result, the member ends it, or `stop` is requested
    /// (kCancelled, at once).
    virtual Result<> watch(Time interval, const std::function<Result<>(const StoreStatus&)>& sink,
                           const std::stop_token& stop = {}) = 0;

    /// What entries did to the rows, until `sink` returns an error, which is the result, all was told, or `stop` is
    /// requested (kCancelled).
    virtual Result<> changes(const StoreChangesRequest& what, const std::function<Result<>(StoreChanges)>& sink,
                             const std::stop_token& stop = {}) = 0;

    /// Of the leader only. `to`: 0 for whoever has most of the log.
    virtual Result<StoreMember> transferLeadership(std::uint64_t to) = 0;
    virtual Result<> changeMember(std::uint64_t id, StoreChange change) = 0;

    virtual Result<> snapshot() = 0;

    /// The member's data as the bytes of a SQLite file. Returns the index they are of.
    virtual Result<std::uint64_t> backUp(const std::function<Result<>(std::string_view bytes)>& sink) = 0;
};

}  // namespace tessera::client
