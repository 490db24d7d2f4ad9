#pragma once

/// When an access token is refreshed: ahead of its expiry, and not when all other agents refresh theirs.

#include <algorithm>
#include <chrono>

namespace tessera::agent {

/// Never sooner: a provider whose tokens live for a second or two is not asked without pause.
constexpr std::chrono::milliseconds kSoonestRefresh{500};

/// How long to wait from now: until 60 to 80 % of the token's life have passed.
/// `left`: of its life, negative once it has ended; `chance`: in [0, 1), even, drawn anew for each token.
inline std::chrono::milliseconds untilRefresh(std::chrono::milliseconds left, std::chrono::milliseconds life,
                                              double chance) {
    const std::chrono::milliseconds fifth = life / 5;
    const auto early = fifth + std::chrono::duration_cast<std::chrono::milliseconds>(fifth * chance);
    return std::max(kSoonestRefresh, left - early);
}

}  // namespace tessera::agent
