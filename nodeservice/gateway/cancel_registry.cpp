#include "nodeservice/gateway/cancel_registry.h"

#include "nodeservice/identity/scram.h"

#include <cstring>

namespace tessera::gateway {

CancelRegistry::Entry::~Entry() {
    end();
}

bool CancelRegistry::Entry::end() {
    bool is_used = false;
    if (registry_ != nullptr) {
        const std::lock_guard lock(registry_->mutex_);
        is_used = registry_->backends_[key_].is_used;
        registry_->backends_.erase(key_);
    }
    registry_ = nullptr;
    return is_used;
}

CancelRegistry::Entry CancelRegistry::add(CancelKey backend) {
    CancelKey key{backend.pid, 0};
    const std::string random = identity::randomBytes(sizeof key.secret);
    std::memcpy(&key.secret, random.data(), sizeof key.secret);
    const std::lock_guard lock(mutex_);
    // A session that has just ended may still have its entry under this process id; with 2^32 secrets it is another.
    while (!backends_.emplace(key, Backend{backend}).second) {
        ++key.secret;
    }
    return {*this, key};
}

std::optional<CancelKey> CancelRegistry::use(CancelKey key) {
    const std::lock_guard lock(mutex_);
    const auto found = backends_.find(key);
    if (found == backends_.end()) {
        return std::nullopt;
    }
    found->second.is_used = true;
    return found->second.key;
}

}  // namespace tessera::gateway
