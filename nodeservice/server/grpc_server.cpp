#include "nodeservice/server/grpc_server.h"

#include <grpcpp/impl/service_type.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <utility>

namespace tessera::server {

namespace {

constexpr int kMaxRequestBytes = 32 << 20;
constexpr int kMaxMetadataBytes = 64 << 10;
constexpr int kMaxStreamsPerConnection = 200;

}  // namespace

GrpcServer::GrpcServer() = default;

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(const std::string& address, const ServiceContext& context) {
    std::unique_ptr<GrpcServer> made(new GrpcServer);
    made->services_.push_back(makeCatalogService(context));
    made->services_.push_back(makeQueryService(context));
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
    // Otherwise a second node could listen on the same port and take half of the calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
    builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
    for (const auto& service : made->services_) {
        builder.RegisterService(service.get());
    }
    made->server_ = builder.BuildAndStart();
    if (!made->server_ || port == 0) {
        return fail(ErrorCode::kUnavailable, "cannot listen for gRPC on " + address,
                    "is the port in use? choose another as listen.grpc");
    }
    return made;
}

GrpcServer::~GrpcServer() {
    stop(std::chrono::milliseconds(0));
}

void GrpcServer::stop(std::chrono::milliseconds grace) {
    if (server_) {
        server_->Shutdown(std::chrono::system_clock::now() + grace);
        server_->Wait();
        server_.reset();
    }
}

}  // namespace tessera::server
