#pragma once

/// Messages between members in one process: handed over in the sender's thread, in which the receiver may do what they
/// lead to. Links can be cut, for tests.

#include "nodeservice/store/driver/transport.h"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <set>

namespace tessera::store {

class ChannelHub {
  public:
    /// Must not wait. Called until disconnect() returns, which it must not call.
    using Receive = std::function<void(raft::Message)>;

    void connect(raft::NodeId node, Receive receive);
    void disconnect(raft::NodeId node);

    /// Nothing goes from or to this node until heal().
    void isolate(raft::NodeId node);
    void heal();

    void deliver(raft::Message message);

  private:
    std::mutex mutex_;
    std::condition_variable delivered_;
    // All below: guarded by mutex_.
    std::map<raft::NodeId, Receive> receivers_;
    std::set<raft::NodeId> isolated_;
    /// Under way to each.
    std::map<raft::NodeId, std::size_t> deliveries_;
};

class ChannelTransport : public Transport {
  public:
    explicit ChannelTransport(ChannelHub& hub) : hub_(hub) {}

    void send(raft::Message message) override { hub_.deliver(std::move(message)); }

  private:
    ChannelHub& hub_;
};

}  // namespace tessera::store
