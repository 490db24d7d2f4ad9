#pragma once

/// The step that calls an address. Every attempt carries the same Idempotency-Key, by which the other side can tell
/// that it has been called before.

#include "common/secret.h"
#include "nodeservice/jobs/steps/step_pool.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tessera::jobs {

struct HttpOptions {
    /// Hosts that may be called: "hooks.example.org", "*.example.org".
    std::vector<std::string> hosts;
    /// Values of the Authorization header, by the names that jobs know them by.
    std::map<std::string, Secret> credentials;
    /// A file of PEM certificates that servers' must come from; the system's when empty.
    std::string authorities;
};

/// kInvalidArgument: a job may not call it.
Result<> checkHost(const std::string& url, const HttpOptions& options);

/// Waits for the answer. A status of 200 to 299 is success; of 400 to 499 kInvalidArgument, which is not tried again
/// (but 408, 425 and 429 are); all else kUnavailable.
Result<StepResult> runHttp(StepAttempt& attempt, const HttpStep& step, const HttpOptions& options);

}  // namespace tessera::jobs
