#include "nodeservice/server/store_faults.h"

#include "common/log.h"
#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/store_faults.grpc.pb.h"
#include "nodeservice/server/call_credentials.h"
#include "nodeservice/server/store_writes.h"

#include <grpcpp/support/server_callback.h>

#include <string>
#include <utility>

namespace tessera::server {

namespace {

void fill(v1::StoreFaultsState& out, const StoreFaults::State& state) {
    out.set_is_isolated(state.links.is_isolated);
    for (const store::raft::NodeId id : state.links.cut) {
        out.add_cut(id);
    }
    out.set_lost_percent(state.links.lost_percent);
    out.set_delay_ms(static_cast<std::uint32_t>(state.links.delay.count()));
    out.set_is_paused(state.is_paused);
    out.mutable_counts()->set_lost(state.counts.lost);
    out.mutable_counts()->set_cut(state.counts.cut);
    out.mutable_counts()->set_late(state.counts.late);
}

Result<StoreFaults::State> toState(const v1::StoreFaultsState& in, const StoreContext& context) {
    constexpr std::uint32_t kLongestDelayMs = 60'000;
    const store::ReplicaStatus status = context.replica.status();
    StoreFaults::State state;
    state.links.is_isolated = in.is_isolated();
    for (const std::uint64_t id : in.cut()) {
        if (id == status.id || !status.membership.contains(id)) {
            return fail(
                ErrorCode::kInvalidArgument,
                "the link to member " + std::to_string(id) + " cannot be cut: it is no other member of the store",
                "'tessera store members list' shows their numbers");
        }
        state.links.cut.insert(id);
    }
    if (in.lost_percent() > 100) {
        return fail(ErrorCode::kInvalidArgument, std::to_string(in.lost_percent()) + " of 100 messages cannot be lost",
                    "say 0 to 100");
    }
    state.links.lost_percent = in.lost_percent();
    if (in.delay_ms() > kLongestDelayMs) {
        return fail(ErrorCode::kInvalidArgument, "a message cannot be " + std::to_string(in.delay_ms()) + " ms late",
                    "say at most one minute");
    }
    state.links.delay = std::chrono::milliseconds(in.delay_ms());
    state.is_paused = in.is_paused();
    return state;
}

class StoreFaultsService final : public v1::StoreFaults::CallbackService {
  public:
    StoreFaultsService(StoreContext context, StoreFaults& faults) : context_(std::move(context)), faults_(faults) {}

    grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* call, const v1::StoreFaultsRequest* /*request*/,
                                  v1::StoreFaultsState* answer) override {
        return admitted(*call, [this, answer]() -> Result<> {
            fill(*answer, faults_.state());
            return {};
        });
    }

    grpc::ServerUnaryReactor* Set(grpc::CallbackServerContext* call, const v1::StoreFaultsState* request,
                                  v1::StoreFaultsState* answer) override {
        return admitted(*call, [this, request, answer]() -> Result<> {
            faults_.set(TSR_TRY(toState(*request, context_)));
            fill(*answer, faults_.state());
            return {};
        });
    }

    grpc::ServerUnaryReactor* Elect(grpc::CallbackServerContext* call, const v1::StoreElectRequest* /*request*/,
                                    v1::StoreElectResponse* /*answer*/) override {
        return admitted(*call, [this]() -> Result<> {
            faults_.elect();
            return {};
        });
    }

  private:
    grpc::ServerUnaryReactor* admitted(grpc::CallbackServerContext& call, std::function<Result<>()> work) {
        grpc::ServerUnaryReactor* reactor = call.DefaultReactor();
        const bool is_taken =
            context_.workers.trySubmit([this, credentials = credentialsOf(call), reactor, work = std::move(work)] {
                auto done = context_.admit(credentials, StoreRight::kAdminister);
                if (done) {
                    done = work();
                }
                reactor->Finish(done ? grpc::Status::OK : client::toStatus(done.error()));
            });
        if (!is_taken) {
            reactor->Finish(client::toStatus(storeIsBusy()));
        }
        return reactor;
    }

    const StoreContext context_;
    StoreFaults& faults_;
};

}  // namespace

StoreFaults::State StoreFaults::state() const {
    const std::lock_guard lock(mutex_);
    return {transport_.faults(), is_paused_, transport_.counts()};
}

void StoreFaults::set(const State& state) {
    const std::lock_guard lock(mutex_);
    if (has_ended_) {
        return;
    }
    log::warn("store.faults", {{"isolated", state.links.is_isolated},
                               {"cut", state.links.cut.size()},
                               {"lost_percent", state.links.lost_percent},
                               {"delay_ms", state.links.delay.count()},
                               {"paused", state.is_paused}});
    transport_.set(state.links);
    is_paused_ = state.is_paused;
    changed_.notify_all();
    if (is_paused_ && !stands_still_) {
        stands_still_ = replica_.standStill([this] { standStill(); });
    }
}

/// In the member's turn, which nobody else gets meanwhile.
void StoreFaults::standStill() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !is_paused_; });
    stands_still_ = false;
}

void StoreFaults::elect() {
    log::warn("store.faults", {{"elect", true}});
    if (replica_.leads()) {
        replica_.transferLeadership(store::raft::kNoNode, [](const Result<store::raft::NodeId>&) {});
    } else {
        replica_.timeOut();
    }
}

void StoreFaults::end() {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
    transport_.set({});
    is_paused_ = false;
    changed_.notify_all();
}

std::unique_ptr<grpc::Service> makeStoreFaultsService(StoreContext context, StoreFaults& faults) {
    return std::make_unique<StoreFaultsService>(std::move(context), faults);
}

}  // namespace tessera::server
