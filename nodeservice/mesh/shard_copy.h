#pragma once

/// The rows of a shard that moves, brought from where they are to this node's table: all of them, those of changed
/// keys, and a comparison. SQL at this node's PostgreSQL, whose foreign tables are both sides. One thread.

#include "common/result.h"
#include "nodeservice/mesh/shard_map.h"
#include "nodeservice/postgres/connection.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tessera::mesh {

class ShardCopy {
  public:
    /// The shard must have a move to `node`, this one. The session is the superuser's.
    ShardCopy(postgres::Connection& connection, const ShardedTable& table, const Shard& shard, const std::string& node);
    /// To the table `to` of this node, by tables whose names begin with `name`.
    ShardCopy(postgres::Connection& connection, const ShardedTable& table, const Shard& shard, const std::string& node,
              Place to, const std::string& name);

    /// Foreign tables of the target, and of the keys that the other node notes.
    Result<> prepare();
    /// Removes them, and what else prepare() made; the rows stay.
    Result<> cleanUp();

    /// Empties the target, and copies all rows in parts. `progress` is told how many there are so far after each;
    /// false ends it with kCancelled.
    Result<> copyAll(const std::function<bool(std::int64_t rows)>& progress);
    Result<> empty();
    /// Brings the rows of all keys that were noted since the last time to what they are now; returns how many keys.
    Result<std::int64_t> catchUp();
    /// Instead of copyAll(), where they are there as they were once: only what changes from now on is noted. To be
    /// followed by compareAll().
    Result<> goOn();
    /// What compareChanged() would compare is of no interest.
    Result<> forgetChanged();

    /// Notes of transactions before it are not needed any more; of the server that was started then.
    std::int64_t seen() const { return seen_; }

    const std::string& seenOf() const { return started_; }

    /// Compares all rows; keys of those that differ are brought over with the next catchUp(). Returns how many.
    Result<std::int64_t> compareAll();
    /// Compares the rows of the keys that were brought over since all were compared, so that compareChanged() need not;
    /// keys of those that differ are brought over with the next catchUp(). Returns how many keys there were.
    Result<std::int64_t> recheckChanged();
    /// Of the keys that were brought over since compareAll() or recheckChanged(), those whose rows differ.
    Result<std::int64_t> compareChanged();

  private:
    /// Up to where its notes are complete, and since when its server runs.
    struct Horizon {
        std::int64_t transaction = 0;
        std::string started;
    };

    Result<Horizon> horizon();
    Result<> makeTarget();
    Result<> makeTables();
    /// `behind`: a condition on the rows that are left; `last`: the part's last key.
    Result<std::int64_t> copyPart(const std::string& behind, std::vector<std::optional<std::string>>& last);
    Result<> bringOver();
    std::string keys(const std::string& alias) const;
    std::string sameKeys(const std::string& a, const std::string& b) const;
    std::string columns(const std::string& alias) const;
    std::string keyOfNote(const std::string& note) const;
    std::string eitherKey() const;
    const std::string& typeOfKey(std::size_t number) const;
    /// Gives the keys in that temporary table, each once and so many at a time that a statement can name them. Within a
    /// transaction.
    Result<> forKeys(const std::string& table, const std::function<Result<>(const postgres::Rows& keys)>& take);
    /// A condition that both sides can evaluate by themselves: keys that went there row by row took an exchange each.
    std::string hasKeyOf(const std::string& alias, const postgres::Rows& keys) const;
    /// The rows of both sides, s and t, that have these keys and differ.
    std::string different(const postgres::Rows& keys) const;

    postgres::Connection& connection_;
    const ShardedTable& table_;
    const Shard& shard_;
    /// Both places are of this node.
    const bool is_local_;
    const Place to_;
    const std::string incoming_;
    std::string server_;
    std::string source_;
    const bool is_split_;
    std::string target_;
    std::string notes_;
    /// Notes of transactions before it have been seen.
    std::int64_t seen_ = 0;
    /// Of the other node's PostgreSQL: another one may have lost notes.
    std::string started_;
};

}  // namespace tessera::mesh
