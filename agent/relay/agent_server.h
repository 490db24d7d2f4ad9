#pragma once

/// The agent's unix socket: whoever connects must be the same user, by the kernel's word. Behind it gRPC serves the
/// control service and the relay. start() and stop() belong to one thread.

#include "agent/agent.h"
#include "common/process.h"

#include <filesystem>
#include <memory>
#include <thread>

namespace grpc {
class CallbackGenericService;
class Server;
class Service;

namespace experimental {
class ExternalConnectionAcceptor;
}
}  // namespace grpc

namespace tessera::agent {

class AgentServer {
  public:
    static Result<std::unique_ptr<AgentServer>> start(Agent& agent, const std::filesystem::path& socket);

    ~AgentServer();

    AgentServer(const AgentServer&) = delete;
    AgentServer& operator=(const AgentServer&) = delete;

    /// Ends all calls; may be called again.
    void stop();

  private:
    AgentServer();

    void acceptAll();

    std::filesystem::path socket_;
    FileDescriptor listener_;
    std::unique_ptr<grpc::Service> control_;
    std::unique_ptr<grpc::CallbackGenericService> relay_;
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
    std::unique_ptr<grpc::Server> server_;
    std::thread thread_;
};

}  // namespace tessera::agent
