#include "agent/relay/agent_server.h"

#include "agent/localport/local_socket.h"
#include "agent/relay/control_service.h"
#include "agent/relay/relay_service.h"
#include "common/log.h"
#include "common/thread.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace tessera::agent {

namespace {

constexpr int kMaxMetadataBytes = 64 << 10;
constexpr std::chrono::milliseconds kStopGrace{500};
// When descriptors are used up, accepting at once again would only burn time.
constexpr useconds_t kAcceptPauseUs = 100'000;

}  // namespace

AgentServer::AgentServer() = default;

AgentServer::~AgentServer() {
    stop();
}

Result<std::unique_ptr<AgentServer>> AgentServer::start(Agent& agent, const std::filesystem::path& socket) {
    std::unique_ptr<AgentServer> made(new AgentServer);
    made->socket_ = socket;
    made->listener_ = TSR_TRY(listenPrivately(socket));
    made->control_ = makeControlService(agent);
    made->relay_ = makeRelayService(agent);
    grpc::ServerBuilder builder;
    made->acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, grpc::InsecureServerCredentials());
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
    // The node has a limit of its own.
    builder.SetMaxReceiveMessageSize(-1);
    builder.RegisterService(made->control_.get());
    builder.RegisterCallbackGenericService(made->relay_.get());
    made->server_ = builder.BuildAndStart();
    if (!made->server_) {
        return fail(ErrorCode::kInternal, "gRPC does not start");
    }
    made->thread_ = startThread("accept", [server = made.get()] { server->acceptAll(); });
    return made;
}

void AgentServer::acceptAll() {
    pollfd waiting{listener_.get(), POLLIN, 0};
    while (true) {
        ::poll(&waiting, 1, -1);
        FileDescriptor peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!peer) {
            if (errno == EINVAL) {
                return;
            }
            if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) {
                continue;
            }
            ::usleep(kAcceptPauseUs);
            continue;
        }
        if (!isOwnPeer(peer.get())) {
            log::warn("peer.refused", {{"socket", socket_.string()}});
            continue;
        }
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
        parameters.fd = peer.release();
        acceptor_->HandleNewConnection(&parameters);
    }
}

void AgentServer::stop() {
    if (!server_) {
        return;
    }
    // Of a listening socket this makes accept() fail.
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    ::unlink(socket_.c_str());
    server_->Shutdown(std::chrono::system_clock::now() + kStopGrace);
    server_->Wait();
    server_.reset();
}

}  // namespace tessera::agent
