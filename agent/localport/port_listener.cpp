#include "agent/localport/port_listener.h"

#include "agent/localport/local_socket.h"
#include "agent/localport/port_state.h"
#include "common/log.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace tessera::agent {

namespace asio = boost::asio;

namespace {

// Programs of one person: more at once is a fault of one of them.
constexpr std::size_t kMaxConnections = 200;
constexpr std::chrono::milliseconds kAcceptPause{100};

void endAll(PortState& state, const Error& why) {
    // Each takes itself out of the set, later.
    for (PortSession* connection : state.connections) {
        connection->end(why);
    }
}

gateway::Task<> acceptAll(std::shared_ptr<PortState> state, int listener, bool is_local) {
    asio::posix::stream_descriptor waiting(state->loop.context(), ::dup(listener));
    while (true) {
        boost::system::error_code error;
        co_await waiting.async_wait(asio::posix::stream_descriptor::wait_read,
                                    asio::redirect_error(asio::use_awaitable, error));
        FileDescriptor client(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (error || (!client && errno == EINVAL)) {
            co_return;
        }
        if (!client) {
            asio::steady_timer pause(state->loop.context(), kAcceptPause);
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
            continue;
        }
        if (is_local && !isOwnPeer(client.get())) {
            log::warn("peer.refused", {{"socket", state->options.socket.string()}});
            continue;
        }
        if (state->connections.size() < kMaxConnections) {
            servePortClient(state, std::move(client), is_local);
        }
    }
}

}  // namespace

std::shared_ptr<PortListener> PortListener::start(gateway::EventLoop& loop, Access& access, PortOptions options,
                                                  FileDescriptor tcp, FileDescriptor local) {
    auto state = std::make_shared<PortState>(loop, access, std::move(options), std::move(tcp), std::move(local));
    asio::co_spawn(loop.context(), acceptAll(state, state->tcp.get(), false), asio::detached);
    asio::co_spawn(loop.context(), acceptAll(state, state->local.get(), true), asio::detached);
    return std::shared_ptr<PortListener>(new PortListener(loop, std::move(state)));
}

PortListener::~PortListener() {
    // Of listening sockets this ends the listening at once: the port can be opened again.
    ::shutdown(state_->tcp.get(), SHUT_RDWR);
    ::shutdown(state_->local.get(), SHUT_RDWR);
    ::unlink(state_->options.socket.c_str());
    endSessions(fail(ErrorCode::kUnavailable, "this local port was closed"));
}

void PortListener::endSessions(Error why) {
    why.sqlstate = "57P01";
    asio::post(loop_.context(), [state = state_, moved = std::move(why)] { endAll(*state, moved); });
}

}  // namespace tessera::agent
