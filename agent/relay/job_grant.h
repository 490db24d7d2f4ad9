#pragma once

/// Hands a grant of the person's to a node. Returns at once.

#include "agent/access.h"
#include "nodeservice/client/agent_client.h"

#include <functional>
#include <string>

namespace tessera::agent {

/// `client`: to which the identity provider gave the token. `done` is called once, on another thread.
void giveGrant(const NodeAccess& access, const std::string& client, const client::JobGrantWish& wish,
               const Secret& refresh_token, std::function<void(Result<client::JobGranted>)> done);

}  // namespace tessera::agent
