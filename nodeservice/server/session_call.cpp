#include "nodeservice/server/session_call.h"

#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/query.pb.h"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace tessera::server {

namespace {

v1::TransactionStatus toMessage(query::TransactionStatus status) {
    switch (status) {
        case query::TransactionStatus::kNone:
            return v1::TRANSACTION_STATUS_NONE;
        case query::TransactionStatus::kOpen:
            return v1::TRANSACTION_STATUS_OPEN;
        case query::TransactionStatus::kFailed:
            return v1::TRANSACTION_STATUS_FAILED;
    }
    return v1::TRANSACTION_STATUS_UNSPECIFIED;
}

/// Owns itself until OnDone. States that a slow reader has not taken yet are replaced by newer ones.
class SessionCall final : public grpc::ServerWriteReactor<v1::SessionEvent>,
                          public query::SessionObserver,
                          public std::enable_shared_from_this<SessionCall> {
  public:
    explicit SessionCall(query::Executor& executor) : executor_(executor) {}

    void start(identity::CallCredentials credentials) {
        self_ = shared_from_this();
        const Result<> accepted =
            executor_.openSession(std::move(credentials), shared_from_this(),
                                  [call = shared_from_this()](const Result<std::string>& id) { call->answer(id); });
        if (!accepted) {
            finish(accepted.error());
        }
    }

    void opened(const std::string& id, std::chrono::seconds idle_time) override {
        v1::SessionEvent event;
        event.mutable_opened()->set_session(id);
        event.mutable_opened()->set_idle_seconds(static_cast<std::uint32_t>(idle_time.count()));
        push(std::move(event));
    }

    void changed(query::TransactionState state) override {
        v1::SessionEvent event;
        fillTransaction(*event.mutable_transaction(), state);
        push(std::move(event));
    }

    void closed(const Error& why) override { finish(why); }

    void OnWriteDone(bool ok) override {
        std::optional<grpc::Status> status;
        {
            const std::lock_guard lock(mutex_);
            events_.pop_front();
            if (!ok) {
                events_.clear();
            }
            if (!events_.empty()) {
                StartWrite(&events_.front());
            } else if (status_ && !std::exchange(is_finished_, true)) {
                status = status_;
            }
        }
        if (status) {
            Finish(*status);
        }
    }

    /// The owner closed the session, or went away.
    void OnCancel() override {
        std::string id;
        {
            const std::lock_guard lock(mutex_);
            is_cancelled_ = true;
            id = id_;
        }
        if (!id.empty()) {
            executor_.closeSession(id);
            finish(fail(ErrorCode::kCancelled, "the session was closed"));
        }
    }

    void OnDone() override {
        // The last reference may be this one: nothing of the object is used behind this line.
        const std::shared_ptr<SessionCall> last = std::move(self_);
    }

  private:
    void answer(const Result<std::string>& id) {
        if (!id) {
            finish(id.error());
            return;
        }
        bool was_cancelled = false;
        {
            const std::lock_guard lock(mutex_);
            id_ = *id;
            was_cancelled = is_cancelled_;
        }
        if (was_cancelled) {
            OnCancel();
        }
    }

    void push(v1::SessionEvent event) {
        const std::lock_guard lock(mutex_);
        if (status_) {
            return;
        }
        if (events_.size() > 1 && events_.back().has_transaction()) {
            events_.back() = std::move(event);
            return;
        }
        events_.push_back(std::move(event));
        if (events_.size() == 1) {
            StartWrite(&events_.front());
        }
    }

    void finish(const Error& why) {
        grpc::Status status;
        {
            const std::lock_guard lock(mutex_);
            if (status_) {
                return;
            }
            status = client::toStatus(why);
            status_ = status;
            if (!events_.empty()) {
                return;
            }
            is_finished_ = true;
        }
        Finish(status);
    }

    query::Executor& executor_;
    std::shared_ptr<SessionCall> self_;
    std::mutex mutex_;
    // All below: guarded by mutex_. The front event is the one being written.
    std::deque<v1::SessionEvent> events_;
    std::string id_;
    std::optional<grpc::Status> status_;
    bool is_finished_ = false;
    bool is_cancelled_ = false;
};

}  // namespace

void fillTransaction(v1::TransactionState& message, query::TransactionState state) {
    message.set_status(toMessage(state.status));
    message.set_revision(state.revision);
}

grpc::ServerWriteReactor<v1::SessionEvent>* startSessionCall(query::Executor& executor,
                                                             identity::CallCredentials credentials) {
    auto call = std::make_shared<SessionCall>(executor);
    call->start(std::move(credentials));
    return call.get();
}

}  // namespace tessera::server
