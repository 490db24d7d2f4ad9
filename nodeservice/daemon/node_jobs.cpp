#include "nodeservice/daemon/node_jobs.h"

#include "nodeservice/jobs/service/carrier.h"
#include "nodeservice/jobs/steps/sql_steps.h"

namespace tessera::node {

Result<std::unique_ptr<NodeJobs>> NodeJobs::start(const std::string& node, JobsConfig& config,
                                                  const postgres::ConnectionSettings& superuser,
                                                  const std::filesystem::path& duckdb, const JobsPeople& people,
                                                  server::StoreNode& store) {
    std::vector<std::string> roles(config.run_as.begin(), config.run_as.end());
    if (!config.grants.key.empty()) {
        roles.insert(roles.end(), people.roles.begin(), people.roles.end());
    }
    if (!roles.empty()) {
        auto connection = TSR_TRY(postgres::Connection::open(superuser));
        TSR_TRY(jobs::prepareEffects(connection, roles));
    }
    // What a process that was killed has left there.
    std::error_code ignored;
    std::filesystem::remove_all(config.scratch, ignored);
    std::unique_ptr<NodeJobs> made(new NodeJobs);
    made->store_ = store.makeJobStore();
    made->jobs_ = std::make_unique<jobs::Jobs>(*made->store_);
    made->notices_ = std::make_unique<jobs::Notices>(*made->store_);
    made->grants_ =
        std::make_unique<jobs::Grants>(std::move(config.grants), *made->store_, people.tokens, people.denied);
    made->service_ = std::make_unique<jobs::Service>(
        jobs::ServiceOptions{
            .node = node, .carries_out = config.carries_out, .lease = config.lease, .most_runs = config.most_runs},
        *made->store_, jobs::StoreWatch{[&store] { return store.leads(); }, store.appliedIndex()},
        jobs::Carrier({.node = node,
                       .run_as = config.run_as,
                       .exports = {config.export_folders, duckdb, config.buckets, config.scratch},
                       .http = config.http},
                      people.sessions, *made->store_, *made->grants_),
        jobs::AlertOptions{node, config.http, config.mail});
    made->service_->start();
    return made;
}

void NodeJobs::addMetrics(gateway::MetricsText& text) const {
    const jobs::ServiceCounters& counters = service_->counters();
    const auto number = [&text](const char* name, const char* type, const char* help, auto value) {
        text.metric(name, type, help);
        text.sample(static_cast<double>(value));
    };
    number("tessera_jobs_schedules", "gauge", "1 on the node that starts runs: the store's leader.",
           counters.schedules ? 1 : 0);
    number("tessera_jobs_runs_started_total", "counter", "Runs that this node started by their triggers.",
           counters.runs_started.load());
    number("tessera_jobs_runs_held", "gauge", "Runs that this node carries out now.", counters.runs_held.load());
    number("tessera_jobs_steps_active", "gauge", "Steps that run here now.", service_->stepsUnderWay());
    number("tessera_jobs_steps_done_total", "counter", "Steps that this node has done.", counters.steps_done.load());
    number("tessera_jobs_steps_failed_total", "counter", "Attempts at steps that failed here.",
           counters.steps_failed.load());
}

}  // namespace tessera::node
