#pragma once

/// A member of a replicated store for tests without one: those who watch hear what the test says. Any thread.

#include "nodeservice/client/store_client.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace tessera::app {

class FakeStoreClient final : public client::StoreClient {
  public:
    explicit FakeStoreClient(std::string name) : address_{std::move(name), "127.0.0.1:1", "ann", ""} {}

    /// To who watches now, and to who comes later.
    void tell(Result<client::StoreStatus> news) {
        const std::lock_guard lock(mutex_);
        news_ = std::move(news);
        ++count_;
        wake_.notify_all();
    }

    int watchers() const {
        const std::lock_guard lock(mutex_);
        return watchers_;
    }

    const client::NodeAddress& address() const override { return address_; }

    Result<> watch(Time /*interval*/, const std::function<Result<>(const client::StoreStatus&)>& sink,
                   const std::stop_token& stop) override {
        std::unique_lock lock(mutex_);
        ++watchers_;
        const Result<> ended = tellUntilItEnds(lock, sink, stop);
        --watchers_;
        return ended;
    }

    Result<client::StoreWritten> execute(const std::vector<client::StoreStatement>& /*statements*/, Time /*most*/,
                                         std::uint64_t /*client*/, std::uint64_t /*sequence*/) override {
        return unused();
    }

    Result<> query(const client::StoreStatement& /*statement*/, const client::StoreReadPoint& /*point*/, Time /*most*/,
                   const RowSink& /*sink*/) override {
        return unused();
    }

    Result<client::StoreWritten> request(const std::vector<client::StoreStatement>& /*statements*/,
                                         const client::StoreReadPoint& /*point*/, Time /*most*/,
                                         std::uint64_t /*client*/, std::uint64_t /*sequence*/) override {
        return unused();
    }

    Result<> changes(const client::StoreChangesRequest& /*what*/,
                     const std::function<Result<>(client::StoreChanges)>& /*sink*/,
                     const std::stop_token& /*stop*/) override {
        return unused();
    }

    Result<> mapReduce(const client::StoreMapReduce& /*job*/, Time /*most*/, const RowSink& /*sink*/) override {
        return unused();
    }

    Result<client::StoreWritten> restore(const client::StoreRestoreStep& /*step*/, Time /*most*/,
                                         std::uint64_t /*client*/, std::uint64_t /*sequence*/) override {
        return unused();
    }

    Result<client::StoreStatus> status() override { return unused(); }

    Result<client::StoreMember> transferLeadership(std::uint64_t /*to*/) override { return unused(); }

    Result<> changeMember(std::uint64_t /*id*/, client::StoreChange /*change*/) override { return unused(); }

    Result<> snapshot() override { return unused(); }

    Result<std::uint64_t> backUp(const std::function<Result<>(std::string_view bytes)>& /*sink*/) override {
        return unused();
    }

  private:
    static Error unused() { return fail(ErrorCode::kUnimplemented, "the fake store is watched only"); }

    Result<> tellUntilItEnds(std::unique_lock<std::mutex>& lock,
                             const std::function<Result<>(const client::StoreStatus&)>& sink,
                             const std::stop_token& stop) {
        std::uint64_t seen = 0;
        while (wake_.wait(lock, stop, [&] { return count_ > seen; })) {
            seen = count_;
            if (!*news_) {
                return news_->error();
            }
            const client::StoreStatus status = **news_;
            lock.unlock();
            const Result<> taken = sink(status);
            lock.lock();
            if (!taken) {
                return taken;
            }
        }
        return fail(ErrorCode::kCancelled, "cancelled");
    }

    const client::NodeAddress address_;
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    std::optional<Result<client::StoreStatus>> news_;  // guarded by mutex_, as the rest
    std::uint64_t count_ = 0;
    int watchers_ = 0;
};

}  // namespace tessera::app
