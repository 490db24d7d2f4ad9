#pragma once

/// The replicated store as jobs see it, on any member: batches are done at the leader, reads show all that was answered
/// before they came.

#include "nodeservice/jobs/run/job_store.h"
#include "nodeservice/server/store_service.h"

#include <memory>

namespace tessera::server {

/// Any thread; its calls wait. What the context refers to outlives it.
std::unique_ptr<jobs::JobStore> makeJobStore(StoreContext context);

}  // namespace tessera::server
