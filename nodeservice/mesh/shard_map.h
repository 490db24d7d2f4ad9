#pragma once

/// The shard map: which tables of the mesh are cut into shards, and where each shard lies. Values, as the store keeps
/// them and every node serves them.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tessera::mesh {

enum class ShardMethod {
    kHash,
    kRange,
    kList,
    /// One shard has all rows; nodes that have a replica of it read that.
    kReference
};

/// A table of a node, by the names that it has there.
struct Place {
    std::string node;
    std::string schema;
    std::string table;

    /// "node/schema.table".
    std::string text() const { return node + "/" + schema + "." + table; }

    bool operator==(const Place&) const = default;
};

/// Which rows belong to a shard. Of kHash: those whose hash has `remainder` by `modulus`, as PostgreSQL's hash
/// partitions have it. Values are texts that PostgreSQL reads as the columns' types.
struct ShardBound {
    /// Of kRange, a value for each column; empty: from the least, to beyond the greatest.
    std::vector<std::string> from = {};
    std::vector<std::string> to = {};
    /// Of kList. Rows with NULL belong to the default alone.
    std::vector<std::string> values = {};
    /// Of kRange and kList: what no other shard has.
    bool is_default = false;
    /// Of kHash. 0: the number of shards, and the remainder is the shard's number.
    std::int64_t modulus = 0;
    std::int64_t remainder = 0;

    bool operator==(const ShardBound&) const = default;
};

enum class MoveState {
    /// For its turn: a node takes part in one move at a time.
    kWaiting,
    kCopying,
    /// Writes are refused until it is there.
    kSwitching,
};

/// What becomes a shard of its own when one is split.
struct ShardPart {
    Place to;
    ShardBound bound;

    bool operator==(const ShardPart&) const = default;
};

/// A shard on its way to another place, which that place's node carries out (mover.h).
struct ShardMove {
    Place to;
    MoveState state = MoveState::kCopying;
    /// Copied so far.
    std::int64_t rows = 0;
    /// 0: as fast as it goes.
    std::int64_t rows_per_second = 0;
    /// Why it was begun anew, or does not go on.
    std::string problem = {};
    /// Do the rows at the old place stay there?
    bool keeps_old = false;
    /// Are the tables made that are not there yet?
    bool makes_places = false;
    /// Of a split: what the rows are shared out to, places of one node, `to` the first. Empty: all of them go there.
    std::vector<ShardPart> parts = {};

    bool operator==(const ShardMove&) const = default;
};

/// About.
struct ShardSize {
    std::int64_t rows = 0;
    std::int64_t bytes = 0;

    bool operator==(const ShardSize&) const = default;
};

/// A copy of a shard at another node, which that node keeps (replicator.h), for reading alone.
struct Replica {
    Place at;
    /// The map's version that has found it whole; part of the name by which it is read. 0: its rows are not all there.
    std::int64_t epoch = 0;
    /// Copied so far, while it is not whole.
    std::int64_t rows = 0;
    /// When it last had all changes, and since when it has not; Unix time in milliseconds, 0: never, and it has.
    std::int64_t in_step_at = 0;
    std::int64_t behind_since = 0;
    /// Why it is behind.
    std::string problem = {};
    /// Up to which transaction it needs no notes of changed keys any more, of the server that was started then.
    std::int64_t seen = 0;
    std::string seen_of = {};

    bool operator==(const Replica&) const = default;
};

struct Shard {
    std::int64_t number = 0;
    /// The map's version that brought it where it is. Part of the names by which nodes reach it, so that one that knows
    /// an older version reaches nothing.
    std::int64_t epoch = 0;
    ShardBound bound;
    /// Its rows are there; all writes go there.
    Place primary;
    std::optional<ShardMove> move = {};
    /// As its node has told last.
    std::optional<ShardSize> size = {};
    /// In the order in which they are asked when the node of `primary` can't be.
    std::vector<Replica> replicas = {};

    bool operator==(const Shard&) const = default;
};

struct ShardColumn {
    std::string name;
    /// As format_type() writes it.
    std::string type;
    bool is_not_null = false;

    bool operator==(const ShardColumn&) const = default;
};

struct ShardedTable {
    /// Never given twice.
    std::int64_t id = 0;
    /// The map's version that made it what it is.
    std::int64_t version = 0;
    std::string schema;
    std::string name;
    ShardMethod method = ShardMethod::kHash;
    /// The columns that decide a row's shard.
    std::vector<std::string> shard_by;
    /// The columns that identify a row, among them those of shard_by; none: rows can not be told apart.
    std::vector<std::string> key;
    std::vector<ShardColumn> columns;
    /// Roles. None: whoever may read what a node imports.
    std::optional<std::vector<std::string>> readers;
    std::vector<std::string> writers;
    /// Those that its shards and their replicas are kept to, as declared: names, and labels ("zone=eu") that a node has
    /// one of; empty: any.
    std::set<std::string> nodes;
    /// The names of those nodes now (keepToNodes()).
    std::set<std::string> kept_to = {};
    std::vector<Shard> shards;

    /// "schema.name".
    std::string text() const { return schema + "." + name; }

    bool isKeptFrom(const std::string& node) const { return !kept_to.empty() && !kept_to.contains(node); }

    bool operator==(const ShardedTable&) const = default;
};

/// A place where no shard lies any more, whose rows its node deletes (sweeper.h). Nothing is put there before.
struct OldPlace {
    Place place;
    /// "schema.name" of the sharded table, and the shard's number, when it left.
    std::string table;
    std::int64_t shard = 0;
    std::vector<std::string> key;
    /// The relation by which the mesh read it: while the place's node has it, somebody may read there. Empty: nobody.
    std::string gate;
    /// Deleted so far.
    std::int64_t rows = 0;
    /// 0: about half of the time.
    std::int64_t rows_per_second = 0;
    /// Somebody has said that what is left stays: nothing is deleted any more as soon as the node knows it.
    bool is_kept = false;
    std::string problem = {};

    bool operator==(const OldPlace&) const = default;
};

struct ShardMap {
    /// Grows with every change.
    std::int64_t version = 0;
    std::vector<ShardedTable> tables;
    std::vector<OldPlace> old_places = {};
    /// Nodes that get no shards.
    std::set<std::string> drained = {};
    /// Rows a second, by the node, of the last move that it has carried out as fast as it goes.
    std::map<std::string, std::int64_t> speeds = {};
    /// What nodes say of themselves: "zone=eu".
    std::map<std::string, std::set<std::string>> labels = {};
};

const char* nameOf(ShardMethod method);
/// "waiting", "copying" or "switching".
const char* nameOf(MoveState state);

}  // namespace tessera::mesh
