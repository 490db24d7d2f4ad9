#pragma once

/// Rows that may be older than what there is: an answer says so in the header Tessera-Fallback.

#include "nodeservice/query/statement.h"

namespace tessera::rest {

inline constexpr const char* kFallbackHeader = "Tessera-Fallback";

/// Does the notice tell that a copy of a shard was read, whose node can't be reached (fdw/pg/replica.c)?
inline bool tellsOfReplica(const query::Notice& notice) {
    return notice.sqlstate == "01T01";
}

}  // namespace tessera::rest
