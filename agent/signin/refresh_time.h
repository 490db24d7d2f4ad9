#pragma once

/// When an access token is refreshed: ahead of its expiry, and not when all other agents refresh theirs; and again
/// when that failed, ever less often.

#include <algorithm>
#include <chrono>

namespace tessera::agent {

/// Never sooner: a provider whose tokens live for a second or two is not asked without pause.
constexpr std::chrono::milliseconds kSoonestRefresh{500};
/// The bounds of the pause behind a failure, before each agent takes its own part of it.
constexpr std::chrono::milliseconds kFirstRetry = std::chrono::seconds(10);
constexpr std::chrono::milliseconds kLongestRetry = std::chrono::minutes(5);

/// How long to wait from now: until 60 to 80 % of the token's life have passed.
/// `left`: of its life, negative once it has ended; `chance`: in [0, 1), even, drawn anew for each token.
inline std::chrono::milliseconds untilRefresh(std::chrono::milliseconds left, std::chrono::milliseconds life,
                                              double chance) {
    const std::chrono::milliseconds fifth = life / 5;
    const auto early = fifth + std::chrono::duration_cast<std::chrono::milliseconds>(fifth * chance);
    return std::max(kSoonestRefresh, left - early);
}

/// How long to wait after so many failures one behind the other, from 1: twice as long each time, up to a bound, and of
/// that half to all, so that those whom one outage has brought together part again.
inline std::chrono::milliseconds untilRetry(int failures, double chance) {
    std::chrono::milliseconds most = kFirstRetry;
    for (int i = 1; i < failures && most < kLongestRetry; ++i) {
        most *= 2;
    }
    const std::chrono::milliseconds half = std::min(most, kLongestRetry) / 2;
    return half + std::chrono::duration_cast<std::chrono::milliseconds>(half * chance);
}

/// A moment by both clocks: the system's goes on while the machine sleeps, and may be set; the steady one is never set,
/// and stands still meanwhile.
struct Moment {
    std::chrono::system_clock::time_point system;
    std::chrono::steady_clock::time_point steady;

    static Moment now() { return {std::chrono::system_clock::now(), std::chrono::steady_clock::now()}; }

    Moment operator+(std::chrono::milliseconds time) const { return {system + time, steady + time}; }

    /// By the clock that says less: neither a sleep nor a clock that is set back makes anything last longer.
    std::chrono::milliseconds operator-(const Moment& earlier) const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            std::min<std::chrono::nanoseconds>(system - earlier.system, steady - earlier.steady));
    }
};

/// An access token's times.
class TokenLife {
  public:
    TokenLife(Moment issued, std::chrono::milliseconds life, double chance)
        : life_(life), end_(issued + life), next_(issued + untilRefresh(life, life, chance)) {}

    std::chrono::milliseconds life() const { return life_; }

    /// Negative once it has ended.
    std::chrono::milliseconds left(Moment now) const { return end_ - now; }

    std::chrono::system_clock::time_point end() const { return end_.system; }

    /// Until it is to be refreshed; not positive when it is time.
    std::chrono::milliseconds untilNext(Moment now) const { return next_ - now; }

    void refreshFailed(Moment now, double chance) { next_ = now + untilRetry(++failures_, chance); }

  private:
    std::chrono::milliseconds life_;
    Moment end_;
    Moment next_;
    int failures_ = 0;
};

}  // namespace tessera::agent
