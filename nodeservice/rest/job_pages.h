#pragma once

/// Jobs and their runs over HTTP: what there is, what ran and what it told, starting a run and cancelling one. Files of
/// jobs are applied with `tessera job apply` (gRPC). Every call waits for the store; any thread.

#include "nodeservice/gateway/http_exchange.h"
#include "nodeservice/jobs/service/jobs.h"
#include "nodeservice/jobs/service/rights.h"

#include <nlohmann/json.hpp>

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace tessera::rest {

class JobPages {
  public:
    /// `jobs`: null while the node has none.
    JobPages(std::function<jobs::Jobs*()> jobs, jobs::Rights rights)
        : jobs_(std::move(jobs)), rights_(std::move(rights)) {}

    /// What can be done under a path, `parts` behind /api/v1 with "jobs" first: "GET, POST".
    static const char* methodsOf(const std::vector<std::string>& parts);

    /// `request`: with one of these methods (or HEAD); `role`: who asks.
    Result<nlohmann::ordered_json> answer(const gateway::HttpRequest& request, const std::vector<std::string>& parts,
                                          const std::string& role);

  private:
    Result<nlohmann::ordered_json> read(jobs::Jobs& jobs, const gateway::HttpRequest& request,
                                        const std::vector<std::string>& parts);

    const std::function<jobs::Jobs*()> jobs_;
    const jobs::Rights rights_;
    /// Calls that wait for the store, of which there may be only so many: others want the threads, too.
    std::atomic<int> waiting_ = 0;
};

}  // namespace tessera::rest
