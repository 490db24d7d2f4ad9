#pragma once

/// A connection that was accepted, until it is known what it is and who it is: it recognises the protocol, speaks TLS,
/// signs PostgreSQL's clients in, and hands over to a relay or a server. Bounded in time by Limits::sign_in_time from
/// accept() on, whatever the client does or does not send.
///
/// Owns itself; belongs to its loop's thread.

#include "common/worker_pool.h"
#include "nodeservice/gateway/admission.h"
#include "nodeservice/gateway/backend.h"
#include "nodeservice/gateway/backend_pool.h"
#include "nodeservice/gateway/cancel_registry.h"
#include "nodeservice/gateway/channel.h"
#include "nodeservice/gateway/detect.h"
#include "nodeservice/gateway/event_loop.h"
#include "nodeservice/gateway/http_exchange.h"
#include "nodeservice/gateway/listener.h"
#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/endpoints_only.h"
#include "nodeservice/identity/role_keys.h"
#include "nodeservice/identity/sign_in_throttle.h"
#include "nodeservice/identity/stranger_registry.h"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace tessera::gateway {

/// What connections stand on; outlives them.
struct Services {
    Admission& admission;
    CancelRegistry& cancels;
    BackendPool& pool;
    identity::SessionRegistry& sessions;
    identity::SignInThrottle& throttle;
    identity::StrangerRegistry& strangers;
    identity::Authenticator& authenticator;
    const identity::RoleKeys& keys;
    const identity::ContextSigner& signer;
    /// For sign-ins that block.
    WorkerPool& workers;
    BackendAddress backend;
    const identity::EndpointsOnly& endpoints_only;
    /// May PostgreSQL's clients sign in yet?
    std::atomic<bool> serving = false;
    /// Take over a socket that speaks their protocol in clear; `rest`: what was read of it already.
    std::function<void(FileDescriptor socket, std::string rest, HttpPeer peer, HttpEvents events)> http;
    std::function<void(FileDescriptor socket)> grpc;
};

class Connection final : public Closable, public std::enable_shared_from_this<Connection> {
  public:
    static void start(EventLoop& loop, Services& services, std::shared_ptr<const Listener> listener,
                      FileDescriptor socket, Admission::Ticket ticket);

    Connection(EventLoop& loop, Services& services, std::shared_ptr<const Listener> listener, FileDescriptor socket,
               Admission::Ticket ticket);
    ~Connection() override;

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void shutdown() override;

  private:
    struct SignIn;

    Task<> run();
    Task<Detected> recognise();
    Task<bool> startTls();
    bool mayBeClear() const;
    /// Encrypted, or never outside this machine: then a token may come as it is.
    bool isProtected() const;
    bool protocolFits(Detected detected) const;
    void refuse(const std::string& reason);

    Task<> serveHttp1();
    Task<> serveHttp2();

    Task<> servePostgres();
    Task<> cancel();
    Task<std::optional<Startup>> readStartupPacket();
    Task<std::optional<identity::Principal>> authenticate(const Startup& startup);
    Task<Result<identity::Principal>> authenticateByScram(const Startup& startup);
    Task<Result<identity::Principal>> authenticateByToken(const Startup& startup);
    Task<Result<std::string>> readResponse();
    Task<> openBackend(const Startup& startup, const identity::Principal& principal);
    bool mayHandOver() const;
    Task<std::optional<BackendSession>> findBackend(BackendRequest& request, const std::string& key);
    Task<> fail(const Error& error);
    Task<> pause(std::chrono::milliseconds time);

    EventLoop& loop_;
    Services& services_;
    const std::shared_ptr<const Listener> listener_;
    Admission::Ticket ticket_;
    std::unique_ptr<Channel> client_;
    std::unique_ptr<Channel> backend_;
    boost::asio::steady_timer deadline_;
    bool expired_ = false;
};

}  // namespace tessera::gateway
