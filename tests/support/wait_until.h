#pragma once

/// Waiting in tests: for a condition, with a deadline, never for a fixed time.

#include <chrono>
#include <thread>

namespace tessera {

/// Asks `condition` every few milliseconds until it holds; false when it does not within `timeout`.
template <class Condition>
bool waitUntil(Condition condition, std::chrono::milliseconds timeout = std::chrono::seconds(90)) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
    return true;
}

}  // namespace tessera
