#pragma once

/// How each kind of step is carried out on this node. Its function is called from many threads, and waits.

#include "nodeservice/identity/session_pool.h"
#include "nodeservice/jobs/run/job_store.h"
#include "nodeservice/jobs/service/grants.h"
#include "nodeservice/jobs/steps/export_step.h"
#include "nodeservice/jobs/steps/http_step.h"

#include <memory>
#include <set>
#include <string>

namespace tessera::jobs {

struct CarrierOptions {
    std::string node;
    /// Users that jobs may run as on this node.
    std::set<std::string> run_as;
    ExportOptions exports;
    std::shared_ptr<const HttpOptions> http;
};

class Carrier {
  public:
    /// All of them outlive it.
    Carrier(CarrierOptions options, identity::SessionPool& sessions, JobStore& store, Grants& grants)
        : options_(std::move(options)), sessions_(sessions), store_(store), grants_(grants) {}

    Result<StepResult> operator()(StepAttempt& attempt) const;

  private:
    /// Whom the step acts for.
    Result<identity::Principal> principalOf(StepAttempt& attempt) const;
    Result<StepResult> runInPostgres(StepAttempt& attempt) const;
    Result<StepResult> runJob(StepAttempt& attempt, const JobStep& step) const;

    const CarrierOptions options_;
    identity::SessionPool& sessions_;
    JobStore& store_;
    Grants& grants_;
};

}  // namespace tessera::jobs
