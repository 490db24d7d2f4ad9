#pragma once

/// Who may publish endpoints, and who may see their files, by role. Who may call one is said by the endpoint.

#include "common/result.h"

#include <set>
#include <string>

namespace tessera::endpoints {

struct Rights {
    /// For messages.
    std::string node;
    std::set<std::string> readers;
    std::set<std::string> authors;

    Result<> checkRead(const std::string& role) const {
        return readers.contains(role) || authors.contains(role) ? Result<>()
                                                                : refuse(role, "see the files of", "readers");
    }

    Result<> checkPublish(const std::string& role) const {
        return authors.contains(role) ? Result<>() : refuse(role, "publish", "authors");
    }

  private:
    Result<> refuse(const std::string& role, const std::string& what, const std::string& list) const {
        return fail(ErrorCode::kPermissionDenied, "the role '" + role + "' may not " + what + " endpoints",
                    "endpoints." + list + " in the configuration of node '" + node + "' names who may");
    }
};

}  // namespace tessera::endpoints
