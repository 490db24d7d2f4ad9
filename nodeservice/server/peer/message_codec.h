#pragma once

/// Raft's messages in the form in which they are sent.

#include "common/result.h"
#include "nodeservice/store/raft/types.h"

namespace tessera::v1 {
class RaftMessage;
}

namespace tessera::store {

void encode(const raft::Message& message, v1::RaftMessage& out);

/// What no member sends is kInvalidArgument.
Result<raft::Message> decode(v1::RaftMessage&& in);

}  // namespace tessera::store
