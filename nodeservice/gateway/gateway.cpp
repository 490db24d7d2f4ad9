#include "nodeservice/gateway/gateway.h"

#include "common/log.h"
#include "nodeservice/gateway/connection.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace tessera::gateway {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kSignInThreads = 4;
constexpr std::size_t kSignInQueue = 64;
// When descriptors run out, accept() fails at once, again and again.
constexpr std::chrono::milliseconds kAcceptPause{50};
constexpr std::chrono::seconds kPoolLook{1};
// A client that is gone without a word is noticed after about this long.
constexpr int kKeepaliveIdleSeconds = 60;
constexpr int kKeepaliveIntervalSeconds = 10;
constexpr int kKeepaliveCount = 3;
constexpr int kUserTimeoutMs = 90000;

void setSocketOptions(int socket) {
    const auto set = [socket](int level, int option, int value) {
        ::setsockopt(socket, level, option, &value, sizeof value);
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleSeconds);
    set(IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveIntervalSeconds);
    set(IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveCount);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
}

std::string addressOf(const sockaddr_storage& peer, socklen_t size) {
    char host[NI_MAXHOST] = "";
    ::getnameinfo(reinterpret_cast<const sockaddr*>(&peer), size, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
    return host;
}

}  // namespace

struct Gateway::State {
    State(GatewayOptions given, identity::Authenticator& authenticator, const identity::RoleKeys& keys,
          const identity::ContextSigner& signer, identity::SessionRegistry& sessions,
          identity::SignInThrottle& throttle, identity::StrangerRegistry& strangers, Handovers handovers)
        : options(std::move(given)),
          admission(options.limits),
          pool(options.pool),
          workers("sign-in", kSignInThreads, kSignInQueue),
          services{admission,
                   cancels,
                   pool,
                   sessions,
                   throttle,
                   strangers,
                   authenticator,
                   keys,
                   signer,
                   workers,
                   options.backend,
                   options.endpoints_only,
                   {false},
                   std::move(handovers.http),
                   std::move(handovers.grpc)} {}

    Task<> accept(std::shared_ptr<Listener> listener) {
        auto& context = loops.front()->context();
        asio::posix::stream_descriptor waiter(context, ::fcntl(listener->descriptor(), F_DUPFD_CLOEXEC, 0));
        boost::system::error_code error;
        while (accepting) {
            co_await waiter.async_wait(asio::posix::stream_descriptor::wait_read,
                                       asio::redirect_error(asio::use_awaitable, error));
            if (!accepting || !acceptOne(listener)) {
                asio::steady_timer timer(context, kAcceptPause);
                co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
            }
        }
    }

    /// False when there is nothing to accept with.
    bool acceptOne(const std::shared_ptr<Listener>& listener) {
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        FileDescriptor socket(
            ::accept4(listener->descriptor(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) {
            return errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS;
        }
        auto ticket = admission.enter(addressOf(peer, size));
        if (!ticket) {
            return true;
        }
        setSocketOptions(socket.get());
        EventLoop& loop = *loops[next++ % loops.size()];
        // Through shared pointers, as Asio's handlers must be copyable here.
        auto moved =
            std::make_shared<std::pair<FileDescriptor, Admission::Ticket>>(std::move(socket), std::move(*ticket));
        asio::post(loop.context(), [this, &loop, listener, moved] {
            Connection::start(loop, services, listener, std::move(moved->first), std::move(moved->second));
        });
        return true;
    }

    Task<> expireSessions() {
        boost::system::error_code error;
        while (pool.isOn()) {
            asio::steady_timer timer(loops.front()->context(), kPoolLook);
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
            pool.expire();
        }
    }

    const GatewayOptions options;
    Admission admission;
    CancelRegistry cancels;
    BackendPool pool;
    WorkerPool workers;
    Services services;
    std::vector<std::shared_ptr<Listener>> listeners;
    std::atomic<bool> accepting = true;
    std::size_t next = 0;
    std::vector<std::unique_ptr<EventLoop>> loops;
};

Gateway::Gateway(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Gateway>> Gateway::start(GatewayOptions options, identity::Authenticator& authenticator,
                                                const identity::RoleKeys& keys, const identity::ContextSigner& signer,
                                                identity::SessionRegistry& sessions, identity::SignInThrottle& throttle,
                                                identity::StrangerRegistry& strangers, Handovers handovers) {
    auto state = std::make_unique<State>(std::move(options), authenticator, keys, signer, sessions, throttle, strangers,
                                         std::move(handovers));
    for (const ListenerOptions& listener : state->options.listeners) {
        state->listeners.push_back(TSR_TRY(Listener::open(listener)));
    }
    for (std::size_t i = 0; i < state->options.threads; ++i) {
        state->loops.push_back(std::make_unique<EventLoop>("gateway-" + std::to_string(i)));
    }
    for (const auto& listener : state->listeners) {
        asio::co_spawn(
            state->loops.front()->context(), [gateway = state.get(), listener] { return gateway->accept(listener); },
            asio::detached);
    }
    asio::co_spawn(
        state->loops.front()->context(), [gateway = state.get()] { return gateway->expireSessions(); }, asio::detached);
    return std::unique_ptr<Gateway>(new Gateway(std::move(state)));
}

Gateway::~Gateway() {
    stop();
}

void Gateway::serve(bool serving) {
    state_->services.serving = serving;
}

Result<> Gateway::reload() {
    Result<> outcome;
    for (const auto& listener : state_->listeners) {
        auto done = listener->reload();
        if (!done && outcome) {
            outcome = std::move(done).error().withContext(listener->options().text());
        }
    }
    for (const auto& loop : state_->loops) {
        loop->certificatesChanged();
    }
    return outcome;
}

void Gateway::stopAccepting() {
    state_->accepting = false;
    for (const auto& listener : state_->listeners) {
        // Wakes who waits for it, and refuses whoever comes.
        ::shutdown(listener->descriptor(), SHUT_RDWR);
    }
}

void Gateway::stop() {
    stopAccepting();
    state_->workers.stop();
    for (const auto& loop : state_->loops) {
        loop->stop();
    }
}

void Gateway::forgetSessions() {
    state_->pool.clear();
}

std::size_t Gateway::idleSessions() const {
    return state_->pool.size();
}

std::size_t Gateway::connections() const {
    return state_->admission.connections();
}

std::size_t Gateway::refusals() const {
    return state_->admission.refusals();
}

}  // namespace tessera::gateway
