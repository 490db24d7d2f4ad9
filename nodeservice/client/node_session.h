#pragma once

/// One open session on the client's side: the reactor that hears of it, and the statements that wait for it.

#include "nodeservice/client/call.h"

#include <memory>

namespace tessera::client {

std::shared_ptr<NodeSession> startSession(std::shared_ptr<const Endpoint> endpoint,
                                          std::shared_ptr<SessionObserver> observer);

}  // namespace tessera::client
