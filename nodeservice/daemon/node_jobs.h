#pragma once

/// A node's jobs, put together: what is asked of them, and its part in running them. The store's node, the sessions and
/// PostgreSQL outlive it. start() and stop() belong to one thread.

#include "nodeservice/daemon/node_config.h"
#include "nodeservice/gateway/metrics_text.h"
#include "nodeservice/identity/session_pool.h"
#include "nodeservice/jobs/service/grants.h"
#include "nodeservice/jobs/service/jobs.h"
#include "nodeservice/jobs/service/notices.h"
#include "nodeservice/jobs/service/service.h"
#include "nodeservice/server/store_node.h"

#include <memory>
#include <string>

namespace tessera::node {

/// Whom jobs run as; all of it outlives them.
struct JobsPeople {
    identity::SessionPool& sessions;
    /// Null: no identity provider is trusted.
    identity::TokenAuthenticator* tokens;
    const identity::DenyList& denied;
    /// Those that tokens open.
    std::vector<std::string> roles;
};

class NodeJobs {
  public:
    /// `config`: its grants' key is taken. `superuser`: of the node's database, to prepare it. `duckdb`: its library.
    static Result<std::unique_ptr<NodeJobs>> start(const std::string& node, JobsConfig& config,
                                                   const postgres::ConnectionSettings& superuser,
                                                   const std::filesystem::path& duckdb, const JobsPeople& people,
                                                   server::StoreNode& store);

    /// While the store still takes part.
    void stop() { service_->stop(); }

    jobs::Jobs& jobs() { return *jobs_; }

    jobs::Grants& grants() { return *grants_; }

    jobs::Notices& notices() { return *notices_; }

    void addMetrics(gateway::MetricsText& text) const;

  private:
    NodeJobs() = default;

    std::unique_ptr<jobs::JobStore> store_;
    std::unique_ptr<jobs::Jobs> jobs_;
    std::unique_ptr<jobs::Notices> notices_;
    std::unique_ptr<jobs::Grants> grants_;
    std::unique_ptr<jobs::Service> service_;
};

}  // namespace tessera::node
