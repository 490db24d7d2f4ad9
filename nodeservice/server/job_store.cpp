#include "nodeservice/server/job_store.h"

#include "nodeservice/proto/store.pb.h"
#include "nodeservice/server/store_values.h"
#include "nodeservice/server/store_writes.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace tessera::server {

namespace {

/// Shorter than a lease: who waits for the store must not lose it without noticing.
constexpr std::chrono::milliseconds kMostTime{4000};

/// Waits until so many answers have come.
class Countdown {
  public:
    explicit Countdown(std::size_t left) : left_(left) {}

    void one() {
        const std::lock_guard lock(mutex_);
        if (--left_ == 0) {
            done_.notify_all();
        }
    }

    void wait() {
        std::unique_lock lock(mutex_);
        done_.wait(lock, [this] { return left_ == 0; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable done_;
    std::size_t left_;
};

Result<bool> toResult(const v1::StoreExecuteResponse& answer) {
    if (answer.fate() == v1::STORE_FATE_APPLIED && answer.error().empty()) {
        return true;
    }
    if (answer.fate() != v1::STORE_FATE_UNKNOWN && answer.error().find(jobs::kExpectationFailed) != std::string::npos) {
        return false;
    }
    return fail(static_cast<ErrorCode>(answer.error_code()), answer.error(), answer.hint());
}

class NodeJobStore final : public jobs::JobStore {
  public:
    explicit NodeJobStore(StoreContext context) : context_(std::move(context)), writes_(context_) {}

    Result<bool> apply(const jobs::Batch& batch) override { return std::move(applyAll({batch}).front()); }

    std::vector<Result<bool>> applyAll(const std::vector<jobs::Batch>& batches) override {
        struct Call {
            v1::StoreExecuteRequest request;
            v1::StoreExecuteResponse answer;
        };

        // All are on their way before the first is waited for: the store writes them together.
        std::deque<Call> calls;
        if (batches.empty()) {
            return {};
        }
        Countdown answers(batches.size());
        for (const jobs::Batch& batch : batches) {
            Call& call = calls.emplace_back();
            for (const store::SqlStatement& statement : batch) {
                v1::StoreStatement& added = *call.request.add_statements();
                added.set_sql(statement.sql);
                for (const store::sqlite::Value& value : statement.parameters) {
                    fill(*added.add_parameters(), value);
                }
            }
            call.request.set_is_control_plane(true);
            call.request.set_timeout_ms(static_cast<std::uint32_t>(kMostTime.count()));
            writes_.execute(call.request, call.answer, true, [&answers] { answers.one(); });
        }
        answers.wait();
        std::vector<Result<bool>> applied;
        for (const Call& call : calls) {
            applied.push_back(toResult(call.answer));
        }
        return applied;
    }

    Result<std::vector<jobs::Row>> query(const store::SqlStatement& statement) override {
        // The leader answers by its lease; another member asks it up to where it has to be.
        const bool leads = context_.replica.status().role == store::raft::Role::kLeader;
        auto rows = read(statement, leads ? store::Consistency::kLeader : store::Consistency::kLinearizable);
        if (!rows && leads && rows.error().code == ErrorCode::kUnavailable) {
            rows = read(statement, store::Consistency::kLinearizable);
        }
        return rows;
    }

  private:
    Result<std::vector<jobs::Row>> read(const store::SqlStatement& statement, store::Consistency consistency) {
        std::vector<jobs::Row> rows;
        TSR_TRY(context_.replica.query(statement, consistency, kMostTime,
                                       {[](const std::vector<std::string>&, store::raft::Index) { return Result<>(); },
                                        [&rows](std::vector<store::sqlite::Value> row) -> Result<> {
                                            rows.push_back(std::move(row));
                                            return {};
                                        }}));
        return rows;
    }

    const StoreContext context_;
    StoreWrites writes_;
};

}  // namespace

std::unique_ptr<jobs::JobStore> makeJobStore(StoreContext context) {
    return std::make_unique<NodeJobStore>(std::move(context));
}

}  // namespace tessera::server
