#include "nodeservice/gateway/cancel_registry.h"

#include "nodeservice/identity/scram.h"

#include <cstring>

namespace tessera::gateway {

CancelRegistry::Entry::~Entry() {
    if (registry_ != nullptr) {
        const std::lock_guard lock(registry_->mutex_);
        registry_->backends_.erase(key_);
    }
}

CancelRegistry::Entry CancelRegistry::add(CancelKey backend) {
    CancelKey key{backend.pid, 0};
    const std::string random = identity::randomBytes(sizeof key.secret);
    std::memcpy(&key.secret, random.data(), sizeof key.secret);
    const std::lock_guard lock(mutex_);
    // A session that has just ended may still have its entry under this process id; with 2^32 secrets it is another.
    while (!backends_.emplace(key, backend).second) {
        ++key.secret;
    }
    return {*this, key};
}

std::optional<CancelKey> CancelRegistry::find(CancelKey key) const {
    const std::lock_guard lock(mutex_);
    const auto found = backends_.find(key);
    return found == backends_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace tessera::gateway
