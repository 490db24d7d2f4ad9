#include "nodeservice/identity/sign_in_throttle.h"

#include <algorithm>

namespace tessera::identity {

namespace {

using std::chrono::milliseconds;

constexpr int kFreeFailures = 3;
constexpr int kMostDoublings = 8;
constexpr milliseconds kFirstDelay{250};
constexpr milliseconds kLongestDelay{4000};
constexpr std::chrono::seconds kForgetAfter{60};

std::string keyOf(const std::string& address, const std::string& user) {
    return address + ' ' + user;
}

}  // namespace

milliseconds SignInThrottle::delay(const std::string& address, const std::string& user) const {
    const std::lock_guard lock(mutex_);
    const auto found = failures_.find(keyOf(address, user));
    return found == failures_.end() ? milliseconds(0) : delayOf(found->second);
}

milliseconds SignInThrottle::delayLeft(const std::string& address, const std::string& user) const {
    const std::lock_guard lock(mutex_);
    const auto found = failures_.find(keyOf(address, user));
    if (found == failures_.end()) {
        return milliseconds(0);
    }
    const auto passed = std::chrono::duration_cast<milliseconds>(Clock::now() - found->second.last);
    return std::max(delayOf(found->second) - passed, milliseconds(0));
}

milliseconds SignInThrottle::delayOf(const Failures& failures) {
    if (failures.count <= kFreeFailures || Clock::now() - failures.last > kForgetAfter) {
        return milliseconds(0);
    }
    const int doublings = std::min(failures.count - kFreeFailures - 1, kMostDoublings);
    return std::min(kFirstDelay * (1 << doublings), kLongestDelay);
}

void SignInThrottle::failed(const std::string& address, const std::string& user) {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    if (failures_.size() >= kMostRemembered) {
        std::erase_if(failures_, [now](const auto& entry) { return now - entry.second.last > kForgetAfter; });
    }
    // The rest of an attack shares the fate of those that are kept.
    if (failures_.size() >= kMostRemembered) {
        failures_.erase(failures_.begin());
    }
    Failures& failures = failures_[keyOf(address, user)];
    failures.count = now - failures.last > kForgetAfter ? 1 : failures.count + 1;
    failures.last = now;
}

void SignInThrottle::succeeded(const std::string& address, const std::string& user) {
    const std::lock_guard lock(mutex_);
    failures_.erase(keyOf(address, user));
}

std::size_t SignInThrottle::size() const {
    const std::lock_guard lock(mutex_);
    return failures_.size();
}

}  // namespace tessera::identity
