#pragma once

/// What carries messages between the members of a store.

#include "nodeservice/store/raft/types.h"

namespace tessera::store {

class Transport {
  public:
    virtual ~Transport() = default;

    /// Never waits. A message may be lost, delayed, doubled or overtaken: Raft asks for no more. Any thread.
    virtual void send(raft::Message message) = 0;
};

}  // namespace tessera::store
