#pragma once

/// One running statement on the client's side: the reactor that reads its stream no faster than batches are released.

#include "nodeservice/client/call.h"

#include <functional>
#include <memory>
#include <string>

namespace tessera::client {

/// An open session to run on, and who hears what the statement left of its transaction. None: a session of its own.
struct OnSession {
    std::string id;
    std::function<void(TransactionState)> tell;
};

/// With `most_in_flight` batches that were not released no more is read.
std::unique_ptr<RunningQuery> startQuery(std::shared_ptr<const Endpoint> endpoint, QueryRequest request,
                                         std::shared_ptr<QueryObserver> observer, OnSession session = {},
                                         int most_in_flight = RunningQuery::kMaxBatchesInFlight);

}  // namespace tessera::client
