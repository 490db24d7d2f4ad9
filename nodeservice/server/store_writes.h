#pragma once

/// Writes to the store for whoever is let in: done here if this member leads, else at the leader.

#include "nodeservice/server/store_service.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace tessera::v1 {
class StoreExecuteRequest;
class StoreExecuteResponse;
}  // namespace tessera::v1

namespace tessera::server {

class StoreStubs;

/// What a request with no time of its own is given.
std::chrono::milliseconds storeTimeOf(std::uint32_t asked_ms);

Error storeIsBusy();

class StoreWrites {
  public:
    /// `context` outlives it.
    explicit StoreWrites(const StoreContext& context);
    ~StoreWrites();

    /// Fills in the answer, which like the request is there until `done` has been called. With `may_forward` it is sent
    /// to the leader, and tried again, until its time is over, as long as that cannot do it twice: when it was refused
    /// because there was no leader, or when its number makes it safe.
    void execute(const v1::StoreExecuteRequest& request, v1::StoreExecuteResponse& answer, bool may_forward,
                 std::function<void()> done);

  private:
    struct Write;

    void attempt(const std::shared_ptr<Write>& write);
    void ended(const std::shared_ptr<Write>& write, const store::Execution& execution);
    void forward(const std::shared_ptr<Write>& write, store::raft::NodeId leader, const std::string& address);
    void finish(const std::shared_ptr<Write>& write);

    const StoreContext& context_;
    const std::unique_ptr<StoreStubs> stubs_;
};

}  // namespace tessera::server
