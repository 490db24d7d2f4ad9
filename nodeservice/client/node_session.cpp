#include "nodeservice/client/node_session.h"

#include "nodeservice/client/convert.h"
#include "nodeservice/client/query_call.h"
#include "nodeservice/proto/query.grpc.pb.h"

#include <grpcpp/alarm.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace tessera::client {

namespace {

Error closedHere() {
    return fail(ErrorCode::kCancelled, "the session was closed");
}

/// A statement that waits for its session; any thread.
class WaitingQuery {
  public:
    WaitingQuery(QueryRequest request, std::shared_ptr<QueryObserver> observer)
        : request_(std::move(request)), observer_(std::move(observer)) {}

    using Starter = std::function<std::unique_ptr<RunningQuery>(QueryRequest, std::shared_ptr<QueryObserver>)>;

    void start(const Starter& starter) {
        const std::shared_ptr<QueryObserver> observer = takeObserver();
        if (!observer) {
            return;
        }
        // May call back at once: not under the lock.
        std::shared_ptr<RunningQuery> running = starter(std::move(request_), observer);
        bool is_cancelled = false;
        {
            const std::lock_guard lock(mutex_);
            running_ = running;
            is_cancelled = is_cancelled_;
        }
        if (is_cancelled) {
            running->cancel();
        }
    }

    /// Told from a thread of gRPC, as all else: whoever asks may hold what the answer needs.
    void fail(const Error& error) {
        if (std::shared_ptr<QueryObserver> observer = takeObserver()) {
            auto alarm = std::make_shared<grpc::Alarm>();
            grpc::Alarm& set = *alarm;
            set.Set(std::chrono::system_clock::now(),
                    [alarm = std::move(alarm), observer = std::move(observer), error](bool) mutable {
                        observer->onDone(Result<Completion>(error));
                        observer.reset();
                        alarm.reset();
                    });
        }
    }

    void cancel() {
        std::shared_ptr<RunningQuery> running;
        {
            const std::lock_guard lock(mutex_);
            is_cancelled_ = true;
            running = running_;
        }
        if (running) {
            running->cancel();
        } else {
            fail(client::closedHere());
        }
    }

    void release() {
        std::shared_ptr<RunningQuery> running;
        {
            const std::lock_guard lock(mutex_);
            running = running_;
        }
        if (running) {
            running->release();
        }
    }

  private:
    std::shared_ptr<QueryObserver> takeObserver() {
        const std::lock_guard lock(mutex_);
        return std::exchange(observer_, nullptr);
    }

    std::mutex mutex_;
    QueryRequest request_;
    std::shared_ptr<QueryObserver> observer_;  // guarded by mutex_; null once it was started or has failed
    std::shared_ptr<RunningQuery> running_;    // guarded by mutex_
    bool is_cancelled_ = false;                // guarded by mutex_
};

class WaitingHandle final : public RunningQuery {
  public:
    explicit WaitingHandle(std::shared_ptr<WaitingQuery> query) : query_(std::move(query)) {}

    ~WaitingHandle() override { query_->cancel(); }

    void cancel() override { query_->cancel(); }

    void release() override { query_->release(); }

  private:
    const std::shared_ptr<WaitingQuery> query_;
};

/// Owns itself from start() until gRPC's OnDone.
class SessionCall final : public grpc::ClientReadReactor<v1::SessionEvent>,
                          public std::enable_shared_from_this<SessionCall> {
  public:
    SessionCall(std::shared_ptr<const Endpoint> endpoint, std::shared_ptr<SessionObserver> observer)
        : endpoint_(std::move(endpoint)), observer_(std::move(observer)) {}

    void start() {
        self_ = shared_from_this();
        addCredentials(context_, *endpoint_);
        stub_ = v1::Query::NewStub(endpoint_->channel);
        stub_->async()->OpenSession(&context_, &request_, this);
        StartRead(&event_);
        StartCall();
    }

    void close() {
        {
            const std::lock_guard lock(mutex_);
            is_closed_ = true;
        }
        context_.TryCancel();
    }

    std::unique_ptr<RunningQuery> execute(QueryRequest request, std::shared_ptr<QueryObserver> observer) {
        auto query = std::make_shared<WaitingQuery>(std::move(request), std::move(observer));
        std::optional<Error> end;
        std::string id;
        {
            const std::lock_guard lock(mutex_);
            end = end_;
            id = id_;
            if (!end && id.empty()) {
                waiting_.push_back(query);
            }
        }
        if (end) {
            query->fail(*end);
        } else if (!id.empty()) {
            query->start(starter(id));
        }
        return std::make_unique<WaitingHandle>(std::move(query));
    }

    void OnReadDone(bool ok) override {
        if (!ok) {
            return;
        }
        if (event_.has_opened()) {
            open(event_.opened().session());
        } else if (event_.has_transaction()) {
            tell(toTransaction(event_.transaction()));
        }
        StartRead(&event_);
    }

    void OnDone(const grpc::Status& status) override {
        const Error error = status.ok() ? fail(ErrorCode::kUnavailable, "the session has ended", "open a new one")
                                        : callError(status, *endpoint_);
        std::vector<std::shared_ptr<WaitingQuery>> waiting;
        bool was_closed = false;
        {
            const std::lock_guard lock(mutex_);
            was_closed = is_closed_;
            end_ = was_closed ? closedHere() : error;
            waiting.swap(waiting_);
        }
        for (const std::shared_ptr<WaitingQuery>& query : waiting) {
            query->fail(was_closed ? closedHere() : error);
        }
        if (!was_closed) {
            observer_->onClosed(error);
        }
        // The last reference may be this one: nothing of the object is used behind this line.
        const std::shared_ptr<SessionCall> last = std::move(self_);
    }

  private:
    WaitingQuery::Starter starter(const std::string& id) {
        return [call = shared_from_this(), id](QueryRequest request, std::shared_ptr<QueryObserver> observer) {
            return startQuery(call->endpoint_, std::move(request), std::move(observer),
                              {id, [call](TransactionState state) { call->tell(state); }});
        };
    }

    void open(const std::string& id) {
        std::vector<std::shared_ptr<WaitingQuery>> waiting;
        {
            const std::lock_guard lock(mutex_);
            id_ = id;
            waiting.swap(waiting_);
        }
        for (const std::shared_ptr<WaitingQuery>& query : waiting) {
            query->start(starter(id));
        }
    }

    /// The state comes on two ways, on each in order.
    void tell(TransactionState state) {
        const std::lock_guard telling(telling_);
        if (state.revision > revision_) {
            revision_ = state.revision;
            observer_->onTransaction(state);
        }
    }

    const std::shared_ptr<const Endpoint> endpoint_;
    const std::shared_ptr<SessionObserver> observer_;
    std::unique_ptr<v1::Query::Stub> stub_;
    grpc::ClientContext context_;
    v1::OpenSessionRequest request_;
    v1::SessionEvent event_;
    std::shared_ptr<SessionCall> self_;

    /// Held while the observer hears of a state, so that states come in order.
    std::mutex telling_;
    std::uint64_t revision_ = 0;  // guarded by telling_

    std::mutex mutex_;
    // All below: guarded by mutex_.
    std::string id_;
    std::vector<std::shared_ptr<WaitingQuery>> waiting_;
    std::optional<Error> end_;
    bool is_closed_ = false;
};

class GrpcNodeSession final : public NodeSession {
  public:
    explicit GrpcNodeSession(std::shared_ptr<SessionCall> call) : call_(std::move(call)) {}

    ~GrpcNodeSession() override { call_->close(); }

    void close() override { call_->close(); }

    std::unique_ptr<RunningQuery> execute(QueryRequest request, std::shared_ptr<QueryObserver> observer) override {
        return call_->execute(std::move(request), std::move(observer));
    }

  private:
    const std::shared_ptr<SessionCall> call_;
};

}  // namespace

std::shared_ptr<NodeSession> startSession(std::shared_ptr<const Endpoint> endpoint,
                                          std::shared_ptr<SessionObserver> observer) {
    auto call = std::make_shared<SessionCall>(std::move(endpoint), std::move(observer));
    call->start();
    return std::make_shared<GrpcNodeSession>(std::move(call));
}

}  // namespace tessera::client
