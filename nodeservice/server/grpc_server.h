#pragma once

/// The node's gRPC listener. Owns its services; stops in its destructor at the latest. start() and stop() belong to one
/// thread.

#include "common/result.h"
#include "nodeservice/server/services.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace grpc {
class Server;
class Service;
}  // namespace grpc

namespace tessera::server {

class GrpcServer {
  public:
    /// kUnavailable when the address cannot be listened on.
    static Result<std::unique_ptr<GrpcServer>> start(const std::string& address, const ServiceContext& context);
    ~GrpcServer();

    /// Refuses new calls; the running ones are ended when the grace is over.
    void stop(std::chrono::milliseconds grace);

  private:
    GrpcServer();

    std::vector<std::unique_ptr<grpc::Service>> services_;
    std::unique_ptr<grpc::Server> server_;
};

}  // namespace tessera::server
