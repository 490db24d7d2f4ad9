#pragma once

/// How often what people may see has changed: policies, masks, rights. PostgreSQL's sessions count in a file that both
/// map, after a change is committed and before whoever makes it is told (fdw/pg/policy_clock.c). What was computed
/// after a count was read is right for as long as it stays. Any thread.

#include "common/result.h"

#include <cstdint>
#include <filesystem>

namespace tessera::node {

class PolicyClock {
  public:
    /// Makes the file if it is missing. Belongs to the user of the process, which must be PostgreSQL's.
    static Result<PolicyClock> open(const std::filesystem::path& path);

    PolicyClock(PolicyClock&& other) noexcept;
    PolicyClock& operator=(PolicyClock&&) = delete;
    ~PolicyClock();

    std::uint64_t now() const;
    /// PostgreSQL ended without being asked to: a session may have committed and not counted.
    void advance();

  private:
    explicit PolicyClock(std::uint64_t* changes) : changes_(changes) {}

    std::uint64_t* changes_;
};

}  // namespace tessera::node
