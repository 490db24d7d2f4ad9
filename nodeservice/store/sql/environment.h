#pragma once

/// What a statement can see besides the data: a clock and random numbers that come from the log entry, and a list of
/// what it may do. With the same data and environment a statement does the same on every machine; what would not is
/// refused.

#include "common/result.h"
#include "nodeservice/store/sqlite/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tessera::store {

/// Why a statement is refused that makes or changes what begins with _tessera_.
inline constexpr const char* kReservedNames = "names that begin with _tessera_ are the store's own";

class Environment {
  public:
    Environment() = default;
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

    /// The name of the VFS whose clock is pinned: databases with an environment are opened with it.
    static const char* vfs();

    /// Functions, authorizer, limits. The connection must not outlive this object. Fails where local time is not UTC.
    Result<> install(sqlite3* connection);

    /// Until release(), this thread's statements see this time, and numbers from this seed.
    void pin(std::int64_t now_ms, std::uint64_t seed);
    void release();

    std::uint64_t random();

    /// Statements of a user from here on: the list holds, and steps are counted.
    void guardUser(bool is_user);

    /// While a user's statement runs: what is prepared then is SQLite's own.
    void beginSteps() { is_stepping_ = true; }

    void endSteps() { is_stepping_ = false; }

    /// Statements stop after so many thousand steps of SQLite's machine, until it is told nothing; and whether one has.
    void limitSteps(std::optional<int> thousands) {
        thousands_left_ = thousands;
        has_run_out_ = false;
    }

    bool hasRunOut() const { return has_run_out_; }

    /// Why a statement of the entry was stopped by us, if it was: always the same on every node.
    const std::string& refusal() const { return refusal_; }

    /// Which of the control plane's names are kept from users' statements; 0: the statements are the control plane's
    /// own. When they are only tried, what they make must be named in control_plane.cpp.
    void guardNames(std::uint64_t names, bool is_tried);

    /// Since it was last asked: has a statement been prepared whose effect on names, references and counters SQLite
    /// does not say beforehand?
    bool takeAltering() { return std::exchange(is_altering_, false); }

    /// Since pin(): has a statement been prepared that changes definitions, or what SQLite plans by? What was prepared
    /// before such a one, or beside it, may be another statement afterwards.
    bool isDefining() const { return is_defining_; }

    void refuse(std::string why) { refusal_ = std::move(why); }

    /// Steps of SQLite's machine for one entry, by thousands.
    static constexpr int kMostThousandSteps = 200'000;

  private:
    std::string reasonAgainst(int action, const char* first, const char* second);

    friend int authorize(void* environment, int action, const char* first, const char* second, const char* database,
                         const char* trigger);
    friend int countSteps(void* environment);

    bool is_user_ = false;
    bool is_stepping_ = false;
    bool is_altering_ = false;
    bool is_defining_ = false;
    std::uint64_t guarded_names_ = 0;
    bool is_tried_ = false;
    std::uint64_t random_state_ = 0;
    int thousand_steps_ = 0;
    std::optional<int> thousands_left_;
    bool has_run_out_ = false;
    std::string refusal_;
};

}  // namespace tessera::store
