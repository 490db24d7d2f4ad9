#pragma once

/// What jobs have told the person, as their agent has it.

#include "common/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace tessera::client {

struct AgentNotice {
    enum class Event {
        /// It was shown before, or on the desktop.
        kKept,
        /// Nobody has shown it.
        kNew,
        /// The person has clicked it on the desktop.
        kOpened,
    };

    Event event = Event::kKept;
    std::string profile;
    std::int64_t run = 0;
    std::string job;
    /// failed, succeeded, cancelled
    std::string state;
    std::string error;
    /// That carried the run out.
    std::string node;
    /// Milliseconds since 1970.
    std::int64_t at_ms = 0;
};

/// The last ones, then each that comes, until `stop` or the agent ends it. Waits; any thread. The agent is not started
/// for it: kNotFound when none runs.
Result<> followNotices(const std::function<void(const AgentNotice&)>& sink, const std::stop_token& stop);
/// Of the agent that listens there.
Result<> followNoticesAt(const std::filesystem::path& socket, const std::function<void(const AgentNotice&)>& sink,
                         const std::stop_token& stop);

}  // namespace tessera::client
