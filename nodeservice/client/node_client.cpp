#include "nodeservice/client/node_client.h"

#include "nodeservice/client/call.h"
#include "nodeservice/client/convert.h"
#include "nodeservice/client/names_statement.h"
#include "nodeservice/client/node_session.h"
#include "nodeservice/client/query_call.h"
#include "nodeservice/proto/catalog.grpc.pb.h"

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <map>
#include <mutex>
#include <utility>

namespace tessera::client {

namespace {

constexpr std::chrono::seconds kCallDeadline{10};
// One cell is at most this large on its way; the node refuses larger ones with an error of its own.
constexpr int kMaxMessageBytes = 128 << 20;
constexpr int kMaxMetadataBytes = 64 << 10;

template <class Response, class T>
class UnaryCall final : public std::enable_shared_from_this<UnaryCall<Response, T>> {
  public:
    UnaryCall(std::shared_ptr<const Endpoint> endpoint, Callback<T> done)
        : endpoint_(std::move(endpoint)), done_(std::move(done)) {
        addCredentials(context, *endpoint_);
        context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
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
        : endpoint_(std::move(endpoint)), catalog_(v1::Catalog::NewStub(endpoint_->channel)) {}

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
        return startQuery(endpoint_, std::move(request), std::move(observer));
    }

    std::unique_ptr<PendingCall> describeNode(Callback<NodeInfo> done) override {
        return call<v1::NodeDescription>(&Async::DescribeNode, v1::DescribeNodeRequest(), std::move(done), &toNodeInfo);
    }

    std::unique_ptr<PendingCall> listSchemas(Callback<std::vector<SchemaInfo>> done) override {
        return call<v1::ListSchemasResponse>(&Async::ListSchemas, v1::ListSchemasRequest(), std::move(done),
                                             &toSchemas);
    }

    std::unique_ptr<PendingCall> listTables(std::string schema, Callback<std::vector<TableInfo>> done) override {
        v1::ListTablesRequest request;
        request.set_schema(std::move(schema));
        return call<v1::ListTablesResponse>(&Async::ListTables, request, std::move(done), &toTables);
    }

    std::unique_ptr<PendingCall> describeTable(std::string schema, std::string table,
                                               Callback<TableDetails> done) override {
        v1::DescribeTableRequest request;
        request.set_schema(std::move(schema));
        request.set_table(std::move(table));
        return call<v1::TableDescription>(&Async::DescribeTable, request, std::move(done), &toTableDetails);
    }

  private:
    using Async = v1::Catalog::StubInterface::async_interface;

    template <class Response, class Request, class T>
    std::unique_ptr<PendingCall> call(void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                                                            std::function<void(grpc::Status)>),
                                      const Request& request, Callback<T> done, T (*convert)(const Response&)) {
        using Call = UnaryCall<Response, T>;
        auto state = std::make_shared<Call>(endpoint_, std::move(done));
        auto kept_request = std::make_shared<Request>(request);
        Async* async = catalog_->async();
        (async->*method)(
            &state->context, kept_request.get(), &state->response,
            [state, kept_request, convert](const grpc::Status& status) { state->finish(status, convert); });
        return std::make_unique<UnaryHandle<Call>>(std::move(state));
    }

    const std::shared_ptr<const Endpoint> endpoint_;
    const std::unique_ptr<v1::Catalog::StubInterface> catalog_;
};

std::shared_ptr<grpc::Channel> openChannel(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
    // A node that was restarted is found again at once, not after gRPC's default of up to two minutes.
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 200);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 3000);
    // A loopback address is never reached through a proxy of the environment.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

/// The channel to an address; one for all clients of the process, and never destroyed. gRPC 1.51 joins its callback
/// threads when the last channel goes, and the last reference may well go inside a callback: a thread would join
/// itself, and what it works on would be freed under it. A channel that nobody uses closes its connection by itself.
std::shared_ptr<grpc::Channel> sharedChannel(const std::string& address) {
    static std::mutex mutex;
    static auto& channels = *new std::map<std::string, std::shared_ptr<grpc::Channel>>;
    const std::lock_guard lock(mutex);
    std::shared_ptr<grpc::Channel>& channel = channels[address];
    if (!channel) {
        channel = openChannel(address);
    }
    // A new client does not wait for what an earlier one failed at.
    grpc::experimental::ChannelResetConnectionBackoff(channel.get());
    return channel;
}

}  // namespace

Result<std::shared_ptr<NodeClient>> NodeClient::create(NodeAddress address) {
    if (!address.agent && !isLoopback(address.address)) {
        return fail(ErrorCode::kInvalidArgument,
                    "node '" + address.name + "' at " + address.address + " is not on this machine",
                    "without TLS only loopback (127.0.0.1) is spoken to; the agent reaches other machines: see tessera "
                    "login --help");
    }
    auto endpoint = std::make_shared<Endpoint>();
    if (!address.agent) {
        endpoint->authorization =
            address.token.empty() ? basicAuthorization(address.user, address.password) : "Bearer " + address.token;
    }
    endpoint->channel = sharedChannel(address.agent ? "unix:" + address.agent->socket : address.address);
    endpoint->address = std::move(address);
    return std::shared_ptr<NodeClient>(std::make_shared<GrpcNodeClient>(std::move(endpoint)));
}

}  // namespace tessera::client
