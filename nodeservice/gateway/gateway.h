#pragma once

/// The node's one door: listeners that take PostgreSQL, HTTP/1.1 and HTTP/2 (gRPC) on the same port, recognise them,
/// sign PostgreSQL's clients in, and pass the rest on. A fixed number of threads, each an event loop; a connection
/// stays on the one it was given to.
///
/// start() and stop() belong to one thread; the rest may be called from any.

#include "common/result.h"
#include "common/worker_pool.h"
#include "nodeservice/gateway/admission.h"
#include "nodeservice/gateway/backend.h"
#include "nodeservice/gateway/backend_pool.h"
#include "nodeservice/gateway/http_exchange.h"
#include "nodeservice/gateway/listener.h"
#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/context_signer.h"
#include "nodeservice/identity/endpoints_only.h"
#include "nodeservice/identity/role_keys.h"
#include "nodeservice/identity/sign_in_throttle.h"
#include "nodeservice/identity/stranger_registry.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tessera::gateway {

struct GatewayOptions {
    std::vector<ListenerOptions> listeners;
    Limits limits;
    std::size_t threads = 2;
    PoolLimits pool;
    BackendAddress backend;
    /// Whom PostgreSQL's protocol is closed to.
    identity::EndpointsOnly endpoints_only;
};

/// Who takes the sockets of other protocols over.
struct Handovers {
    std::function<void(FileDescriptor socket, std::string rest, HttpPeer peer, HttpEvents events)> http;
    std::function<void(FileDescriptor socket)> grpc;
};

class Gateway {
  public:
    /// Listens. HTTP is served from here on, PostgreSQL's clients are told to wait until serve(). What it is given must
    /// outlive it.
    static Result<std::unique_ptr<Gateway>> start(GatewayOptions options, identity::Authenticator& authenticator,
                                                  const identity::RoleKeys& keys, const identity::ContextSigner& signer,
                                                  identity::SessionRegistry& sessions,
                                                  identity::SignInThrottle& throttle,
                                                  identity::StrangerRegistry& strangers, Handovers handovers);
    ~Gateway();

    /// Lets PostgreSQL's clients sign in, or no longer.
    void serve(bool serving);

    /// Reads certificates again; connections that are there keep the gateway's, and end if their clients' are trusted
    /// no longer. The first error, all are tried.
    Result<> reload();

    /// No new connections; those that are there go on.
    void stopAccepting();
    /// Ends all connections. May be called again.
    void stop();

    /// Closes the sessions that are kept for reuse, e.g. because the server has been restarted.
    void forgetSessions();

    std::size_t connections() const;
    std::size_t idleSessions() const;
    std::size_t refusals() const;

  private:
    struct State;
    explicit Gateway(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace tessera::gateway
