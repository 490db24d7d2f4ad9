#pragma once

/// One running statement on the client's side: the reactor that reads its stream no faster than batches are released.

#include "nodeservice/client/call.h"

#include <memory>

namespace tessera::client {

std::unique_ptr<RunningQuery> startQuery(std::shared_ptr<const Endpoint> endpoint, QueryRequest request,
                                         std::shared_ptr<QueryObserver> observer);

}  // namespace tessera::client
