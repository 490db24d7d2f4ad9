#pragma once

/// The shard map as records of the store: its tables, and every change of it as one batch that names the version that
/// it changes. Pure but for migrate(); any thread.

#include "nodeservice/mesh/map_store.h"
#include "nodeservice/mesh/shard_map.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tessera::mesh {

/// Brings the tables to this program's version: any number of nodes may do so at once.
Result<> migrate(MapStore& store);

/// MapStore::query, or queryHere.
using Ask = std::function<Result<std::vector<Row>>(const store::SqlStatement&)>;

/// Version 0 without tables while nobody has declared any.
Result<ShardMap> readMap(const Ask& ask);

// Changes. Each makes the next version of the map, if it has the expected one.

/// Its number, its versions and its shards' epochs are given here.
Batch addTable(const ShardedTable& table, std::int64_t expected);
/// Who may read and write it, and the nodes that it is kept to.
Batch changeTable(const ShardedTable& table, std::int64_t expected);
Batch removeTable(std::int64_t id, std::int64_t expected);

// Moves. A batch of them also fails when the move is not as it was: gone, or in another state.

Batch startMove(const ShardedTable& table, std::int64_t shard, const ShardMove& move, std::int64_t expected);
/// From the other state.
Batch changeMove(const ShardedTable& table, std::int64_t shard, MoveState state, std::int64_t expected);
/// The shard is where it was going, and what was split off it is a shard, too; `table` is that of the expected version.
/// Unless the move says that they stay, the rows at its old place are to be deleted.
Batch finishMove(const ShardedTable& table, const Shard& shard, std::int64_t expected);
/// It stays; what has been copied is to be deleted.
Batch cancelMove(const ShardedTable& table, const Shard& shard, std::int64_t expected);
/// From waiting, if neither the shard's node nor the one it goes to takes part in another move.
Batch beginMove(const ShardedTable& table, const Shard& shard, std::int64_t expected);
/// Back to waiting, so that others have their turn.
Batch postponeMove(const ShardedTable& table, const Shard& shard, std::int64_t expected);

/// Whether the node gets shards from now on.
Batch setDrained(const std::string& node, bool is_drained, std::int64_t expected);
/// How far it is, and that nothing is wrong with it any more. Not a change of the map, nor are the next.
Batch noteMove(const ShardedTable& table, std::int64_t shard, std::int64_t rows);
/// From its next part on; 0: as fast as it goes.
Batch throttleMove(const ShardedTable& table, std::int64_t shard, std::int64_t rows_per_second);
Batch noteProblem(const ShardedTable& table, std::int64_t shard, const std::string& problem);

// What is known of it. None of these is a change of the map.

Batch noteSize(const ShardedTable& table, std::int64_t shard, const ShardSize& size);
/// Of a node that moves shards to itself.
Batch noteSpeed(const std::string& node, std::int64_t rows_per_second);

// Old places. None of these is a change of the map.

Batch noteOldPlace(const Place& place, std::int64_t rows, const std::string& problem);
/// From its next part on; 0: as fast as it goes.
Batch throttleOldPlace(const Place& place, std::int64_t rows_per_second);
/// What is left there stays.
Batch keepOldPlace(const Place& place);
/// Its node has nothing more to do with it.
Batch forgetOldPlace(const Place& place);

// Replicas. A batch of them also fails when there is no such replica.

Batch addReplica(const ShardedTable& table, std::int64_t shard, const Place& at, std::int64_t expected);
Batch dropReplica(const ShardedTable& table, std::int64_t shard, const Place& at, std::int64_t expected);
/// All rows are there: it may be read from now on.
Batch finishReplica(const ShardedTable& table, std::int64_t shard, const Place& at, std::int64_t expected);
/// How far it is. Not a change of the map.
Batch noteReplica(std::int64_t table, std::int64_t shard, const Replica& replica);

/// What a node has of the map.
struct NodeState {
    std::string node;
    /// The newest that it serves.
    std::int64_t version = 0;
    /// Why it does not serve all of it; empty: it does.
    std::string problem;

    bool operator==(const NodeState&) const = default;
};

/// Not a change of the map.
Batch noteState(const NodeState& state);
Result<std::vector<NodeState>> readStates(const Ask& ask);

}  // namespace tessera::mesh
