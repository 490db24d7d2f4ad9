#include "nodeservice/store/driver/fault_transport.h"

#include <utility>

namespace tessera::store {

FaultTransport::FaultTransport(Transport& inner, std::uint64_t seed)
    : inner_(inner), chance_(seed), thread_([this] { sendLate(); }) {}

FaultTransport::~FaultTransport() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void FaultTransport::set(LinkFaults faults) {
    const std::lock_guard lock(mutex_);
    faults_ = std::move(faults);
    has_faults_ = faults_ != LinkFaults{};
}

LinkFaults FaultTransport::faults() const {
    const std::lock_guard lock(mutex_);
    return faults_;
}

LinkFaultCounts FaultTransport::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

bool FaultTransport::isCut(raft::NodeId other) {
    const bool is_cut = faults_.is_isolated || faults_.cut.contains(other);
    counts_.cut += is_cut ? 1 : 0;
    return is_cut;
}

bool FaultTransport::isLost(raft::NodeId other) {
    if (isCut(other)) {
        return true;
    }
    const bool is_lost = chance_() % 100 < faults_.lost_percent;
    counts_.lost += is_lost ? 1 : 0;
    return is_lost;
}

void FaultTransport::send(raft::Message message) {
    if (has_faults_) {
        const std::lock_guard lock(mutex_);
        if (isLost(message.to)) {
            return;
        }
        if (faults_.delay.count() > 0) {
            ++counts_.late;
            late_.emplace(Clock::now() + faults_.delay, std::move(message));
            changed_.notify_one();
            return;
        }
    }
    inner_.send(std::move(message));
}

bool FaultTransport::hears(raft::NodeId from) {
    if (!has_faults_) {
        return true;
    }
    const std::lock_guard lock(mutex_);
    return !isLost(from);
}

/// A thread of its own.
void FaultTransport::sendLate() {
    std::unique_lock lock(mutex_);
    while (!is_stopping_) {
        if (late_.empty()) {
            changed_.wait(lock);
            continue;
        }
        if (const auto due = late_.begin()->first; Clock::now() < due) {
            changed_.wait_until(lock, due);
            continue;
        }
        raft::Message message = std::move(late_.begin()->second);
        late_.erase(late_.begin());
        const bool is_cut = isCut(message.to);
        lock.unlock();
        if (!is_cut) {
            inner_.send(std::move(message));
        }
        lock.lock();
    }
}

}  // namespace tessera::store
