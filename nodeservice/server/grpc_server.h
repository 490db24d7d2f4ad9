#pragma once

/// The node's gRPC services, on connections that the gateway passes on: it listens nowhere itself. Owns its services;
/// stops in its destructor at the latest. start() and stop() belong to one thread.

#include "common/process.h"
#include "common/result.h"
#include "nodeservice/server/one_poller.h"
#include "nodeservice/server/services.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace grpc {
class Server;
class Service;

namespace experimental {
class ExternalConnectionAcceptor;
}
}  // namespace grpc

namespace tessera::server {

struct GrpcOptions {
    /// What the connections' buffers may hold together.
    std::size_t memory_bytes = 0;
    /// Tell everybody which services and messages there are (grpc.reflection.v1alpha)?
    bool reflection = false;
};

class GrpcServer {
  public:
    /// Serves health (grpc.health.v1), too, to everybody.
    static Result<std::unique_ptr<GrpcServer>> start(const ServiceContext& context, const GrpcOptions& options);
    ~GrpcServer();

    /// Serves a connection in clear, TCP or unix; the socket must not block. Any thread.
    void adopt(FileDescriptor socket);

    /// Refuses new calls; the running ones are ended when the grace is over.
    void stop(std::chrono::milliseconds grace);

  private:
    GrpcServer();

    OnePoller poller_;
    std::vector<std::unique_ptr<grpc::Service>> services_;
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
    std::unique_ptr<grpc::Server> server_;
};

}  // namespace tessera::server
