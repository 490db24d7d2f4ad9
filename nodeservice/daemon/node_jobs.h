#pragma once

/// A node's jobs, put together: what is asked of them, and its part in running them. The store's node, the sessions and
/// PostgreSQL outlive it. start() and stop() belong to one thread.

#include "nodeservice/daemon/node_config.h"
#include "nodeservice/gateway/metrics_text.h"
#include "nodeservice/identity/session_pool.h"
#include "nodeservice/jobs/service/jobs.h"
#include "nodeservice/jobs/service/service.h"
#include "nodeservice/server/store_node.h"

#include <memory>
#include <string>

namespace tessera::node {

class NodeJobs {
  public:
    /// `superuser`: of the node's database, to prepare it. `duckdb`: its library.
    static Result<std::unique_ptr<NodeJobs>> start(const std::string& node, const JobsConfig& config,
                                                   const postgres::ConnectionSettings& superuser,
                                                   const std::filesystem::path& duckdb, identity::SessionPool& sessions,
                                                   server::StoreNode& store);

    /// While the store still takes part.
    void stop() { service_->stop(); }

    jobs::Jobs& jobs() { return *jobs_; }

    void addMetrics(gateway::MetricsText& text) const;

  private:
    NodeJobs() = default;

    std::unique_ptr<jobs::JobStore> store_;
    std::unique_ptr<jobs::Jobs> jobs_;
    std::unique_ptr<jobs::Service> service_;
};

}  // namespace tessera::node
