#pragma once

/// Who may change the shard map, by role. Everybody sees it; who may read a table of it is said by the table.

#include "common/result.h"

#include <set>
#include <string>

namespace tessera::mesh {

struct Rights {
    /// For messages.
    std::string node;
    std::set<std::string> administrators;
    /// The node's own.
    std::string superuser;

    Result<> checkChange(const std::string& role) const {
        if (role == superuser || administrators.contains(role)) {
            return {};
        }
        return fail(ErrorCode::kPermissionDenied, "the role '" + role + "' may not change the shard map",
                    "mesh.administrators in the configuration of node '" + node + "' names who may");
    }
};

}  // namespace tessera::mesh
