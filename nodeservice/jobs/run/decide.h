#pragma once

/// What is to be done next in a run: a function of its definition and its records alone. Pure; any thread.

#include "nodeservice/jobs/definition/definition.h"
#include "nodeservice/jobs/run/records.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::jobs {

struct Decision {
    /// Steps whose time has come.
    std::vector<std::string> start;
    /// Steps that cannot be run any more.
    std::vector<std::string> block;
    /// No step is under way or to come.
    bool is_over = false;
};

Decision decide(const Definition& definition, const RunState& state, std::int64_t now_ms);

}  // namespace tessera::jobs
