#pragma once

/// One statement of somebody's, as the extension tells it (fdw/pg/audit.c) and as it is written down. Pure; any thread.

#include "common/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::audit {

struct Record {
    int pid = 0;
    /// Microseconds since 1970, and how long it took.
    std::int64_t began_us = 0;
    std::int64_t took_us = 0;
    std::uint64_t rows = 0;
    /// "00000" when all was well.
    std::string sqlstate;
    /// PostgreSQL's query identifier in hexadecimal digits; zeros where there is none.
    std::string fingerprint;
    std::string role;
    /// SELECT, INSERT, …; empty of a statement that failed.
    std::string command;
    std::vector<std::string> sources;
    std::string text;
    /// Of the person; empty when the session is known by its role alone.
    std::string context;
};

/// kInvalidArgument when it is none.
Result<Record> parseRecord(std::string_view datagram);

/// "2026-11-21T08:00:00.123456Z"
std::string timeText(std::int64_t since_1970_us);

}  // namespace tessera::audit
