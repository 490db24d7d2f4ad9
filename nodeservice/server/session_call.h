#pragma once

/// An OpenSession call: what lasts as long as the session does.

#include "nodeservice/identity/authenticator.h"
#include "nodeservice/query/executor.h"

#include <grpcpp/support/server_callback.h>

namespace tessera::v1 {
class SessionEvent;
class TransactionState;
}  // namespace tessera::v1

namespace tessera::server {

void fillTransaction(v1::TransactionState& message, query::TransactionState state);

/// The call's reactor, which owns itself. The executor outlives the call.
grpc::ServerWriteReactor<v1::SessionEvent>* startSessionCall(query::Executor& executor,
                                                             identity::CallCredentials credentials);

}  // namespace tessera::server
