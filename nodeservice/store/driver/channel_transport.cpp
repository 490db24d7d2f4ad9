#include "nodeservice/store/driver/channel_transport.h"

#include <utility>

namespace tessera::store {

void ChannelHub::connect(raft::NodeId node, Receive receive) {
    const std::lock_guard lock(mutex_);
    receivers_[node] = std::move(receive);
}

void ChannelHub::disconnect(raft::NodeId node) {
    std::unique_lock lock(mutex_);
    receivers_.erase(node);
    delivered_.wait(lock, [&] { return deliveries_[node] == 0; });
}

void ChannelHub::isolate(raft::NodeId node) {
    const std::lock_guard lock(mutex_);
    isolated_.insert(node);
}

void ChannelHub::heal() {
    const std::lock_guard lock(mutex_);
    isolated_.clear();
}

void ChannelHub::deliver(raft::Message message) {
    const raft::NodeId to = message.to;
    Receive receive;
    {
        const std::lock_guard lock(mutex_);
        const auto receiver = receivers_.find(to);
        if (receiver == receivers_.end() || isolated_.contains(message.from) || isolated_.contains(to)) {
            return;
        }
        receive = receiver->second;
        ++deliveries_[to];
    }
    receive(std::move(message));
    const std::lock_guard lock(mutex_);
    if (--deliveries_[to] == 0) {
        delivered_.notify_all();
    }
}

}  // namespace tessera::store
