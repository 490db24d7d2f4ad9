#pragma once

/// How the parts that carry calls and sessions to nodes get at a node's address and the token for it.

#include "agent/profile/profiles.h"
#include "common/result.h"
#include "common/secret.h"

#include <functional>
#include <string>

namespace tessera::agent {

struct NodeAccess {
    ProfileNode node;
    Secret token;
};

class Access {
  public:
    virtual ~Access() = default;

    /// Any thread. `done` is called once, on the main thread: hand it on, and return at once.
    virtual void find(std::string profile, std::string node, std::function<void(Result<NodeAccess>)> done) = 0;
};

}  // namespace tessera::agent
