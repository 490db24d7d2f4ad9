#include "nodeservice/server/store_service.h"

#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/store.grpc.pb.h"
#include "nodeservice/server/call_credentials.h"
#include "nodeservice/server/store_values.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

namespace tessera::server {

namespace {

using std::chrono::milliseconds;
using store::Execution;
using store::raft::NodeId;

constexpr milliseconds kUsualTime{10'000};
constexpr std::size_t kRowsBytes = std::size_t{64} << 10U;

milliseconds timeOf(std::uint32_t asked_ms) {
    return asked_ms == 0 ? kUsualTime : milliseconds(asked_ms);
}

Error tooBusy() {
    return fail(ErrorCode::kResourceExhausted, "the node has too many requests for the store", "try again later");
}

store::Command toCommand(const v1::StoreExecuteRequest& request) {
    store::Command command;
    command.client = request.client();
    command.sequence = request.sequence();
    for (const v1::StoreStatement& statement : request.statements()) {
        command.statements.push_back(toStatement(statement));
    }
    return command;
}

std::size_t weightOf(const store::sqlite::Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return text->size() + 8;
    }
    const auto* blob = std::get_if<store::sqlite::Blob>(&value);
    return 8 + (blob == nullptr ? 0 : blob->bytes.size());
}

/// One Query call: a worker writes, one event at a time, and waits for the reader. Deletes itself in OnDone, which
/// comes after end().
class QueryStream final : public grpc::ServerWriteReactor<v1::StoreQueryEvent> {
  public:
    /// False: nobody reads any more.
    bool write(v1::StoreQueryEvent event) {
        std::unique_lock lock(mutex_);
        written_.wait(lock, [this] { return !is_writing_; });
        if (is_broken_) {
            return false;
        }
        event_ = std::move(event);
        is_writing_ = true;
        StartWrite(&event_);
        return true;
    }

    /// Nothing of this object may be used afterwards.
    void end(const grpc::Status& status) {
        {
            std::unique_lock lock(mutex_);
            written_.wait(lock, [this] { return !is_writing_; });
        }
        Finish(status);
    }

    void OnWriteDone(bool ok) override {
        const std::lock_guard lock(mutex_);
        is_writing_ = false;
        is_broken_ = is_broken_ || !ok;
        written_.notify_all();
    }

    void OnCancel() override {
        const std::lock_guard lock(mutex_);
        is_broken_ = true;
    }

    void OnDone() override { delete this; }

  private:
    std::mutex mutex_;
    std::condition_variable written_;
    v1::StoreQueryEvent event_;
    bool is_writing_ = false;
    bool is_broken_ = false;
};

/// Puts rows together to events of a good size.
class RowWriter {
  public:
    explicit RowWriter(QueryStream& stream) : stream_(stream) {}

    store::RowSink sink() {
        return {[this](const std::vector<std::string>& columns, store::raft::Index index) -> Result<> {
                    v1::StoreQueryEvent event;
                    for (const std::string& column : columns) {
                        event.mutable_begin()->add_columns(column);
                    }
                    event.mutable_begin()->set_index(index);
                    return send(std::move(event));
                },
                [this](std::vector<store::sqlite::Value> row) -> Result<> {
                    v1::StoreRow& added = *rows_.mutable_rows()->add_rows();
                    for (store::sqlite::Value& value : row) {
                        bytes_ += weightOf(value);
                        fill(*added.add_values(), std::move(value));
                    }
                    return bytes_ < kRowsBytes ? Result<>() : flush();
                }};
    }

    Result<> flush() {
        if (!rows_.has_rows()) {
            return {};
        }
        bytes_ = 0;
        return send(std::exchange(rows_, {}));
    }

  private:
    Result<> send(v1::StoreQueryEvent event) {
        if (!stream_.write(std::move(event))) {
            return fail(ErrorCode::kCancelled, "the query was cancelled");
        }
        return {};
    }

    QueryStream& stream_;
    v1::StoreQueryEvent rows_;
    std::size_t bytes_ = 0;
};

class StoreService final : public v1::Store::CallbackService {
  public:
    explicit StoreService(StoreContext context) : context_(std::move(context)) {}

    grpc::ServerUnaryReactor* Execute(grpc::CallbackServerContext* call, const v1::StoreExecuteRequest* request,
                                      v1::StoreExecuteResponse* answer) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        admitted(
            call, [this, call, request, answer, reactor] { execute(*call, *request, *answer, *reactor); },
            [reactor](const Error& error) { reactor->Finish(client::toStatus(error)); });
        return reactor;
    }

    grpc::ServerWriteReactor<v1::StoreQueryEvent>* Query(grpc::CallbackServerContext* call,
                                                         const v1::StoreQueryRequest* request) override {
        auto* stream = new QueryStream;
        admitted(
            call, [this, request, stream] { query(*request, *stream); },
            [stream](const Error& error) { stream->end(client::toStatus(error)); });
        return stream;
    }

    grpc::ServerUnaryReactor* Status(grpc::CallbackServerContext* call, const v1::StoreStatusRequest* /*request*/,
                                     v1::StoreStatusResponse* answer) override {
        grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
        admitted(
            call,
            [this, answer, reactor] {
                fill(*answer, context_.replica.status(), context_.address_of);
                reactor->Finish(grpc::Status::OK);
            },
            [reactor](const Error& error) { reactor->Finish(client::toStatus(error)); });
        return reactor;
    }

  private:
    struct ForwardedCall {
        grpc::ClientContext context;
        v1::StoreExecuteRequest request;
    };

    /// `work` in a worker's thread, if the caller may.
    void admitted(const grpc::CallbackServerContext* call, std::function<void()> work,
                  const std::function<void(const Error&)>& refuse) {
        const bool is_taken =
            context_.workers.trySubmit([this, credentials = credentialsOf(*call), work = std::move(work), refuse] {
                if (const auto may = context_.admit(credentials); !may) {
                    return refuse(may.error());
                }
                work();
            });
        if (!is_taken) {
            refuse(tooBusy());
        }
    }

    void execute(const grpc::CallbackServerContext& call, const v1::StoreExecuteRequest& request,
                 v1::StoreExecuteResponse& answer, grpc::ServerUnaryReactor& reactor) {
        const auto deadline = std::chrono::steady_clock::now() + timeOf(request.timeout_ms());
        const bool may_forward = request.routing() == v1::STORE_ROUTING_FORWARD && !request.is_forwarded();
        context_.replica.execute(
            toCommand(request), deadline,
            [this, &call, &request, &answer, &reactor, may_forward, deadline](const Execution& execution) {
                const bool is_others = execution.fate == Execution::Fate::kRefused &&
                                       execution.leader != store::raft::kNoNode &&
                                       execution.leader != context_.replica.status().id;
                const std::string address = is_others ? context_.address_of(execution.leader) : std::string();
                if (may_forward && !address.empty()) {
                    return forward(call, request, address, deadline, answer, reactor);
                }
                fill(answer, execution);
                if (is_others) {
                    answer.mutable_leader()->set_id(execution.leader);
                    answer.mutable_leader()->set_address(address);
                }
                reactor.Finish(grpc::Status::OK);
            });
    }

    void forward(const grpc::CallbackServerContext& call, const v1::StoreExecuteRequest& request,
                 const std::string& address, store::Clock::Time deadline, v1::StoreExecuteResponse& answer,
                 grpc::ServerUnaryReactor& reactor) {
        const auto forwarded = std::make_shared<ForwardedCall>();
        forwarded->request = request;
        forwarded->request.set_is_forwarded(true);
        const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
        forwarded->request.set_timeout_ms(static_cast<std::uint32_t>(std::max<std::int64_t>(1, left.count())));
        forwarded->context.set_deadline(std::chrono::system_clock::now() + left);
        for (const char* name : {"authorization", "tessera-role"}) {
            const auto [begin, end] = call.client_metadata().equal_range(name);
            for (auto one = begin; one != end; ++one) {
                forwarded->context.AddMetadata(name, {one->second.data(), one->second.size()});
            }
        }
        stubFor(address)->async()->Execute(
            &forwarded->context, &forwarded->request, &answer,
            [forwarded, &answer, &reactor](const grpc::Status& status) {
                if (!status.ok()) {
                    // It may have arrived there.
                    fill(answer, {.fate = Execution::Fate::kUnknown,
                                  .error = fail(ErrorCode::kUnknown,
                                                "whether the write was done is not known: the leader did not answer: " +
                                                    status.error_message(),
                                                "send it again with the same number to find out")});
                }
                reactor.Finish(grpc::Status::OK);
            });
    }

    void query(const v1::StoreQueryRequest& request, QueryStream& stream) {
        store::Consistency consistency = toConsistency(request.consistency());
        const bool is_leaders = consistency == store::Consistency::kWeak || consistency == store::Consistency::kLeader;
        if (is_leaders && request.routing() == v1::STORE_ROUTING_FORWARD &&
            context_.replica.status().role != store::raft::Role::kLeader) {
            // Stronger than what was asked for, and the leader need not run it.
            consistency = store::Consistency::kLinearizable;
        }
        const auto deadline = std::chrono::steady_clock::now() + timeOf(request.timeout_ms());
        context_.replica.awaitReadable(
            consistency, deadline, [this, &request, &stream](const Result<store::raft::Index>& index) {
                if (!index) {
                    return endUnread(stream, index.error());
                }
                const bool is_taken = context_.workers.trySubmit([this, &request, &stream] {
                    RowWriter rows(stream);
                    auto done = context_.replica.queryHere(toStatement(request.statement()), rows.sink());
                    if (done) {
                        done = rows.flush();
                    }
                    stream.end(done ? grpc::Status::OK : client::toStatus(done.error()));
                });
                if (!is_taken) {
                    endUnread(stream, tooBusy());
                }
            });
    }

    /// Nothing has been written yet: it does not wait.
    static void endUnread(QueryStream& stream, const Error& error) { stream.end(client::toStatus(error)); }

    std::shared_ptr<v1::Store::Stub> stubFor(const std::string& address) {
        const std::lock_guard lock(mutex_);
        std::shared_ptr<v1::Store::Stub>& stub = stubs_[address];
        if (!stub) {
            stub = v1::Store::NewStub(grpc::CreateChannel(address, context_.channel_credentials));
        }
        return stub;
    }

    const StoreContext context_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<v1::Store::Stub>> stubs_;
};

}  // namespace

std::unique_ptr<grpc::Service> makeStoreService(StoreContext context) {
    return std::make_unique<StoreService>(std::move(context));
}

}  // namespace tessera::server
