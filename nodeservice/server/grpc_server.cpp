#include "nodeservice/server/grpc_server.h"

#include <absl/synchronization/mutex.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <utility>

namespace tessera::server {

namespace {

constexpr int kMaxRequestBytes = 32 << 20;
constexpr int kMaxMetadataBytes = 64 << 10;
constexpr int kMaxStreamsPerConnection = 200;

/// Who links the library of the reflection service has it in every builder: taken out again where it is not wanted.
class WithoutReflection final : public grpc::ServerBuilderOption {
  public:
    void UpdateArguments(grpc::ChannelArguments*) override {}

    void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
        std::erase_if(*plugins, [](const auto& plugin) { return plugin->name() == "proto_server_reflection"; });
    }
};

}  // namespace

GrpcServer::GrpcServer() = default;

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(const ServiceContext& context, const GrpcOptions& options) {
    // Debian's build of gRPC keeps a graph of which of its locks are held in which order, for its developers.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    std::unique_ptr<GrpcServer> made(new GrpcServer);
    made->services_.push_back(makeCatalogService(context));
    made->services_.push_back(makeQueryService(context));
    made->services_.push_back(makeJobsService(context.jobs));
    made->services_.push_back(makeNoticesService(context.notices));
    made->services_.push_back(makeEndpointsService(context.endpoints));
    for (auto& service : context.store.makeServices()) {
        made->services_.push_back(std::move(service));
    }
    // Of the process: it takes effect in the builders that follow.
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    if (!options.reflection) {
        builder.SetOption(std::make_unique<WithoutReflection>());
    }
    made->acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, grpc::InsecureServerCredentials());
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
    builder.SetResourceQuota(grpc::ResourceQuota("calls").Resize(options.memory_bytes));
    builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
    // gRPC would unpack a compressed request whole before it looks how long that is.
    builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
    builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
    builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
    for (const auto& service : made->services_) {
        builder.RegisterService(service.get());
    }
    made->server_ = builder.BuildAndStart();
    if (!made->server_) {
        return fail(ErrorCode::kInternal, "gRPC does not start");
    }
    return made;
}

GrpcServer::~GrpcServer() {
    stop(std::chrono::milliseconds(0));
}

void GrpcServer::adopt(FileDescriptor socket) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.fd = socket.release();
    acceptor_->HandleNewConnection(&parameters);
}

void GrpcServer::stop(std::chrono::milliseconds grace) {
    if (server_) {
        server_->GetHealthCheckService()->Shutdown();
        server_->Shutdown(std::chrono::system_clock::now() + grace);
        server_->Wait();
        server_.reset();
    }
}

}  // namespace tessera::server
