#pragma once

/// The one place where errors become gRPC statuses and come back: the code as it is, the rest as an ErrorInfo in the
/// status's binary details. Used by the client and by nodeservice/server. Pure; any thread.

#include "common/result.h"

#include <grpcpp/support/status.h>

namespace tessera::client {

/// Texts are cut to what a call's trailing metadata can carry.
grpc::Status toStatus(const Error& error);

/// For a status that is not OK. A status that no node of ours made (a refused connection) gives its own message.
Error toError(const grpc::Status& status);

}  // namespace tessera::client
