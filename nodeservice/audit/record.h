#pragma once

/// One statement of somebody's, as the extension tells it (fdw/pg/audit.c). Pure; any thread.

#include "common/result.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace tessera::audit {

/// Views of the message that it was read from.
struct Record {
    int pid = 0;
    /// Microseconds since 1970, and how long it took.
    std::int64_t began_us = 0;
    std::int64_t took_us = 0;
    std::uint64_t rows = 0;
    /// How many statements before it the session could not tell.
    std::uint64_t untold = 0;
    /// "00000" when all was well.
    std::string_view sqlstate;
    /// PostgreSQL's query identifier in hexadecimal digits; zeros where there is none.
    std::string_view fingerprint;
    std::string_view role;
    /// SELECT, INSERT, …; empty of a statement that failed.
    std::string_view command;
    std::vector<std::string_view> sources;
    std::string_view text;
    /// Of the person; empty when the session is known by its role alone.
    std::string_view context;
};

/// kInvalidArgument when it is none.
Result<Record> parseRecord(std::string_view message);

}  // namespace tessera::audit
