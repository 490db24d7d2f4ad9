#include "nodeservice/client/query_call.h"

#include "nodeservice/client/convert.h"
#include "nodeservice/proto/query.grpc.pb.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <mutex>
#include <optional>
#include <random>
#include <utility>

namespace tessera::client {

namespace {

std::string newRequestId() {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::random_device random;
    std::string id;
    while (id.size() < 16) {
        id += kDigits[random() & 15];
    }
    return id;
}

/// Owns itself from start() until gRPC's OnDone. While it pauses for back-pressure, no read is under way and a hold
/// keeps the call open; whoever ends the pause (release() or cancel()) starts the next read.
class QueryCall final : public grpc::ClientReadReactor<v1::ExecuteEvent>,
                        public std::enable_shared_from_this<QueryCall> {
  public:
    QueryCall(std::shared_ptr<const Endpoint> endpoint, QueryRequest request, std::shared_ptr<QueryObserver> observer,
              OnSession session, int most_in_flight)
        : endpoint_(std::move(endpoint)),
          session_(std::move(session)),
          most_in_flight_(most_in_flight),
          observer_(std::move(observer)) {
        request_.set_session(session_.id);
        fillRequest(request_, std::move(request));
        request_.set_request_id(newRequestId());
    }

    void start() {
        self_ = shared_from_this();
        addCredentials(context_, *endpoint_);
        stub_ = v1::Query::NewStub(endpoint_->channel);
        stub_->async()->Execute(&context_, &request_, this);
        AddHold();
        StartRead(&event_);
        StartCall();
    }

    void cancel() {
        bool resume = false;
        {
            const std::lock_guard lock(mutex_);
            cancelled_ = true;
            resume = std::exchange(paused_, false);
        }
        context_.TryCancel();
        if (resume) {
            StartRead(&event_);
        }
    }

    void release() {
        {
            const std::lock_guard lock(mutex_);
            --in_flight_;
            if (!paused_ || in_flight_ >= most_in_flight_) {
                return;
            }
            paused_ = false;
        }
        StartRead(&event_);
    }

    void OnReadDone(bool ok) override {
        if (!ok) {
            RemoveHold();
            return;
        }
        if (!isCancelled()) {
            handleEvent();
        }
        {
            const std::lock_guard lock(mutex_);
            paused_ = !cancelled_ && in_flight_ >= most_in_flight_;
            if (paused_) {
                return;
            }
        }
        StartRead(&event_);
    }

    void OnDone(const grpc::Status& status) override {
        observer_->onDone(outcome(status));
        observer_.reset();
        // The last reference may be this one: nothing of the object is used behind this line.
        const std::shared_ptr<QueryCall> last = std::move(self_);
    }

  private:
    bool isCancelled() {
        const std::lock_guard lock(mutex_);
        return cancelled_;
    }

    void handleEvent() {
        switch (event_.event_case()) {
            case v1::ExecuteEvent::kStarted:
                observer_->onStarted();
                break;
            case v1::ExecuteEvent::kColumns:
                columns_ = toColumns(event_.columns());
                observer_->onColumns(columns_);
                break;
            case v1::ExecuteEvent::kBatch:
                handleBatch();
                break;
            case v1::ExecuteEvent::kNotice: {
                const v1::Notice& notice = event_.notice();
                observer_->onNotice(
                    {notice.severity(), notice.message(), notice.detail(), notice.hint(), notice.sqlstate()});
                break;
            }
            case v1::ExecuteEvent::kProgress:
                observer_->onProgress({event_.progress().rows(), event_.progress().elapsed_ms()});
                break;
            case v1::ExecuteEvent::kComplete: {
                const v1::Complete& complete = event_.complete();
                completion_ = Completion{complete.command_tag(), complete.row_count(), complete.elapsed_ms()};
                break;
            }
            case v1::ExecuteEvent::kTransaction:
                if (session_.tell) {
                    session_.tell(toTransaction(event_.transaction()));
                }
                break;
            case v1::ExecuteEvent::EVENT_NOT_SET:
                // A newer node's event that this client does not know.
                break;
        }
    }

    void handleBatch() {
        auto batch = toBatch(*event_.mutable_batch(), columns_);
        if (!batch) {
            failure_ = std::move(batch).error();
            cancel();
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            ++in_flight_;
        }
        observer_->onBatch(std::move(*batch));
    }

    Result<Completion> outcome(const grpc::Status& status) {
        if (failure_) {
            return *failure_;
        }
        if (isCancelled()) {
            return fail(ErrorCode::kCancelled, "the statement was cancelled");
        }
        if (!status.ok()) {
            return callError(status, *endpoint_);
        }
        if (!completion_) {
            return fail(ErrorCode::kDataLoss, "node '" + endpoint_->address.name + "' ended the answer before its end");
        }
        return std::move(*completion_);
    }

    const std::shared_ptr<const Endpoint> endpoint_;
    const OnSession session_;
    const int most_in_flight_;
    std::unique_ptr<v1::Query::Stub> stub_;
    grpc::ClientContext context_;
    v1::ExecuteRequest request_;

    // Touched by one reaction at a time.
    std::shared_ptr<QueryObserver> observer_;
    v1::ExecuteEvent event_;
    std::vector<ResultColumn> columns_;
    std::optional<Completion> completion_;
    std::optional<Error> failure_;
    std::shared_ptr<QueryCall> self_;

    std::mutex mutex_;
    int in_flight_ = 0;       // guarded by mutex_
    bool paused_ = false;     // guarded by mutex_
    bool cancelled_ = false;  // guarded by mutex_
};

class QueryHandle final : public RunningQuery {
  public:
    explicit QueryHandle(std::shared_ptr<QueryCall> call) : call_(std::move(call)) {}

    ~QueryHandle() override { call_->cancel(); }

    void cancel() override { call_->cancel(); }

    void release() override { call_->release(); }

  private:
    const std::shared_ptr<QueryCall> call_;
};

}  // namespace

std::unique_ptr<RunningQuery> startQuery(std::shared_ptr<const Endpoint> endpoint, QueryRequest request,
                                         std::shared_ptr<QueryObserver> observer, OnSession session,
                                         int most_in_flight) {
    auto call = std::make_shared<QueryCall>(std::move(endpoint), std::move(request), std::move(observer),
                                            std::move(session), most_in_flight);
    auto handle = std::make_unique<QueryHandle>(call);
    call->start();
    return handle;
}

}  // namespace tessera::client
