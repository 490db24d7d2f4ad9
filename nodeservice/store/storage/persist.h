#pragma once

/// Makes Readys durable.

#include "nodeservice/store/storage/storage.h"

#include <set>
#include <span>

namespace tessera::store {

struct Persisted {
    /// The Readys whose `install` arrived damaged: to be told to the core before Core::persisted().
    std::set<std::uint64_t> failed_installs;
};

/// All of them in as few writes as possible (group commit), in their order. An error is the storage's, and ends the
/// node's part in the cluster until it is started again. A crash at any point leaves what a start can go on from: the
/// snapshot is durable before the log refers to it.
Result<Persisted> persist(Storage& storage, std::span<const raft::Ready> readys);

}  // namespace tessera::store
