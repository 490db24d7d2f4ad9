#pragma once

/// What an answer has to say of rows that may be older than what there is, or that are missing: in the headers
/// Tessera-Fallback and Tessera-Partial. PostgreSQL tells of them by warnings (fdw/pg/replica.c, missing.c).

#include "nodeservice/query/statement.h"

#include <string>
#include <utility>
#include <vector>

namespace tessera::rest {

inline constexpr const char* kFallbackHeader = "Tessera-Fallback";
inline constexpr const char* kPartialHeader = "Tessera-Partial";

struct Fallback {
    /// A copy of a shard was read, whose node can't be reached.
    bool is_of_replica = false;
    /// "1 of sales.orders": the rows of these are missing.
    std::vector<std::string> missing_shards = {};

    void hear(const query::Notice& notice);

    bool isPartial() const { return !missing_shards.empty(); }

    void addTo(std::vector<std::pair<std::string, std::string>>& headers) const;
};

}  // namespace tessera::rest
