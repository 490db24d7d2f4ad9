#pragma once

/// A run of random operations and random faults, all of it decided by one number.

#include "nodeservice/store/raft/guard.h"
#include "tests/fault/cluster.h"
#include "tests/fault/history.h"

#include <optional>
#include <string>

namespace tessera::fault {

struct WorkloadOptions {
    std::uint64_t seed = 1;
    /// Virtual time in which faults happen.
    Millis duration = 4000;
    /// In memory, unless given.
    std::function<std::unique_ptr<store::Storage>(NodeId)> storage = nullptr;
};

struct WorkloadReport {
    std::uint64_t seed = 0;
    /// What was wrong; nothing if all was as it should be.
    std::optional<std::string> fault;
    std::uint64_t steps = 0;
    std::uint64_t trace_hash = 0;
    std::size_t operations = 0;
    std::size_t answered = 0;
    /// Keys whose history was too long to be judged.
    int undecided = 0;
    /// How often each kind of fault was made, for who asks whether it was made at all.
    std::map<std::string, int> faults;
};

WorkloadReport runWorkload(const WorkloadOptions& options);

}  // namespace tessera::fault
