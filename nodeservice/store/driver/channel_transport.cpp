#include "nodeservice/store/driver/channel_transport.h"

#include <utility>

namespace tessera::store {

void ChannelHub::connect(raft::NodeId node, Receive receive) {
    const std::lock_guard lock(mutex_);
    receivers_[node] = std::move(receive);
}

void ChannelHub::disconnect(raft::NodeId node) {
    const std::lock_guard lock(mutex_);
    receivers_.erase(node);
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
    const std::lock_guard lock(mutex_);
    const auto receiver = receivers_.find(message.to);
    if (receiver != receivers_.end() && !isolated_.contains(message.from) && !isolated_.contains(message.to)) {
        receiver->second(std::move(message));
    }
}

}  // namespace tessera::store
