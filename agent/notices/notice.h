#pragma once

/// How a run of a job ended, for a person who is to know.

#include <cstdint>
#include <string>

namespace tessera::agent {

struct Notice {
    std::string profile;
    /// That told of it, and its number there.
    std::string node;
    std::int64_t id = 0;
    /// The same from every node of a mesh, and of no other.
    std::string key;
    /// Whom the job's alert names.
    std::string person;
    std::int64_t run = 0;
    std::string job;
    /// failed, succeeded, cancelled
    std::string state;
    std::string error;
    /// That carried the run out.
    std::string run_node;
    std::int64_t at_ms = 0;
};

}  // namespace tessera::agent
