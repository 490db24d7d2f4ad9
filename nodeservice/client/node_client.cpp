#include "nodeservice/client/node_client.h"

#include "nodeservice/client/call.h"
#include "nodeservice/client/convert.h"
#include "nodeservice/client/names_statement.h"
#include "nodeservice/client/node_session.h"
#include "nodeservice/client/query_call.h"
#include "nodeservice/proto/catalog.grpc.pb.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <mutex>
#include <utility>

namespace tessera::client {

namespace {

// Small, because reading names makes way for others between two of them.
constexpr std::uint32_t kNamesBatchBytes = 32 << 10;
constexpr int kNamesInFlight = 1;
// A node that says nothing is told as one that is slow, so that its health is known soon.
constexpr std::chrono::seconds kFactsDeadline{20};
// A schema's tables may be a megabyte, and the link may carry 10 kB in a second.
constexpr std::chrono::seconds kListDeadline{120};

template <class Response, class T>
class UnaryCall final : public std::enable_shared_from_this<UnaryCall<Response, T>> {
  public:
    UnaryCall(std::shared_ptr<const Endpoint> endpoint, std::chrono::seconds deadline, Callback<T> done)
        : endpoint_(std::move(endpoint)), done_(std::move(done)) {
        addCredentials(context, *endpoint_);
        context.set_deadline(std::chrono::system_clock::now() + deadline);
    }

    void finish(const grpc::Status& status, T (*convert)(const Response&)) {
        const std::lock_guard lock(mutex_);
        if (!done_) {
            return;
        }
        const Callback<T> done = std::exchange(done_, nullptr);
        if (status.ok()) {
            done(convert(response));
        } else {
            done(callError(status, *endpoint_));
        }
    }

    void abandon() {
        {
            // First: the cancel ends the call, which would call back from another thread.
            const std::lock_guard lock(mutex_);
            done_ = nullptr;
        }
        context.TryCancel();
    }

    grpc::ClientContext context;
    Response response;

  private:
    const std::shared_ptr<const Endpoint> endpoint_;
    // Held during the callback: abandon() from another thread waits for it, and from inside the callback it does not
    // block.
    std::recursive_mutex mutex_;
    Callback<T> done_;
};

template <class Call>
class UnaryHandle final : public PendingCall {
  public:
    explicit UnaryHandle(std::shared_ptr<Call> call) : call_(std::move(call)) {}

    ~UnaryHandle() override { call_->abandon(); }

  private:
    const std::shared_ptr<Call> call_;
};

class GrpcNodeClient final : public NodeClient {
  public:
    explicit GrpcNodeClient(std::shared_ptr<const Endpoint> endpoint)
        : endpoint_(std::move(endpoint)),
          background_(inBackground(*endpoint_)),
          catalog_(v1::Catalog::NewStub(endpoint_->channel)) {}

    const NodeAddress& address() const override { return endpoint_->address; }

    std::unique_ptr<RunningQuery> execute(QueryRequest request, std::shared_ptr<QueryObserver> observer) override {
        return startQuery(endpoint_, std::move(request), std::move(observer));
    }

    std::shared_ptr<NodeSession> openSession(std::shared_ptr<SessionObserver> observer) override {
        return startSession(endpoint_, std::move(observer));
    }

    std::unique_ptr<RunningQuery> readNames(std::shared_ptr<QueryObserver> observer) override {
        QueryRequest request;
        request.sql = kNamesStatement;
        request.batch_bytes = kNamesBatchBytes;
        return startQuery(background_, std::move(request), std::move(observer), {}, kNamesInFlight);
    }

    std::unique_ptr<PendingCall> describeNode(Callback<NodeInfo> done) override {
        return call<v1::NodeDescription>(&Async::DescribeNode, v1::DescribeNodeRequest(), kFactsDeadline,
                                         std::move(done), &toNodeInfo);
    }

    std::unique_ptr<PendingCall> listSchemas(Callback<std::vector<SchemaInfo>> done) override {
        return call<v1::ListSchemasResponse>(&Async::ListSchemas, v1::ListSchemasRequest(), kListDeadline,
                                             std::move(done), &toSchemas);
    }

    std::unique_ptr<PendingCall> listTables(std::string schema, Callback<std::vector<TableInfo>> done) override {
        v1::ListTablesRequest request;
        request.set_schema(std::move(schema));
        return call<v1::ListTablesResponse>(&Async::ListTables, request, kListDeadline, std::move(done), &toTables);
    }

    std::unique_ptr<PendingCall> describeTable(std::string schema, std::string table,
                                               Callback<TableDetails> done) override {
        v1::DescribeTableRequest request;
        request.set_schema(std::move(schema));
        request.set_table(std::move(table));
        return call<v1::TableDescription>(&Async::DescribeTable, request, kListDeadline, std::move(done),
                                          &toTableDetails);
    }

  private:
    using Async = v1::Catalog::StubInterface::async_interface;

    template <class Response, class Request, class T>
    std::unique_ptr<PendingCall> call(void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                                                            std::function<void(grpc::Status)>),
                                      const Request& request, std::chrono::seconds deadline, Callback<T> done,
                                      T (*convert)(const Response&)) {
        using Call = UnaryCall<Response, T>;
        auto state = std::make_shared<Call>(endpoint_, deadline, std::move(done));
        auto kept_request = std::make_shared<Request>(request);
        Async* async = catalog_->async();
        (async->*method)(
            &state->context, kept_request.get(), &state->response,
            [state, kept_request, convert](const grpc::Status& status) { state->finish(status, convert); });
        return std::make_unique<UnaryHandle<Call>>(std::move(state));
    }

    const std::shared_ptr<const Endpoint> endpoint_;
    const std::shared_ptr<const Endpoint> background_;
    const std::unique_ptr<v1::Catalog::StubInterface> catalog_;
};

}  // namespace

Result<std::shared_ptr<NodeClient>> NodeClient::create(NodeAddress address) {
    return std::shared_ptr<NodeClient>(std::make_shared<GrpcNodeClient>(TSR_TRY(openEndpoint(std::move(address)))));
}

}  // namespace tessera::client
