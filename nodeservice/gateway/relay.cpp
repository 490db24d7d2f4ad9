#include "nodeservice/gateway/relay.h"

#include "common/log.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <utility>

namespace tessera::gateway {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kBufferBytes = std::size_t{128} << 10;
/// PostgreSQL and its clients write long answers and copies in pieces of so many bytes. To pass on each by itself would
/// wake everybody for each: after so much of them, what comes within a moment goes together.
constexpr std::size_t kPieceBytes = std::size_t{8} << 10;
constexpr std::size_t kLongTransfer = std::size_t{128} << 10;
constexpr std::chrono::microseconds kMoment{100};
/// A session that takes longer to be reset is not worth it.
constexpr std::chrono::seconds kResetTime{5};
constexpr std::chrono::seconds kFarewellTime{2};

/// One for all relays of a thread: between a read into it and the write that empties it nothing else runs.
std::array<char, kBufferBytes>& sharedBuffer() {
    thread_local std::array<char, kBufferBytes> buffer;
    return buffer;
}

}  // namespace

void Relay::start(EventLoop& loop, Parts parts) {
    auto relay = std::make_shared<Relay>(loop, std::move(parts));
    relay->beginProbation();
    // They may have changed while the client signed in.
    relay->certificatesChanged();
    asio::co_spawn(
        loop.context(), [relay] { return relay->fromClient(); }, asio::detached);
    asio::co_spawn(
        loop.context(), [relay] { return relay->fromServer(); }, asio::detached);
}

Relay::Relay(EventLoop& loop, Parts parts)
    : loop_(loop), parts_(std::move(parts)), probation_(loop.context()), farewell_(loop.context()) {
    loop_.add(*this);
}

Relay::~Relay() {
    loop_.remove(*this);
}

void Relay::shutdown() {
    parts_.client->shutdown();
    if (parts_.server) {
        parts_.server->shutdown();
    }
}

void Relay::certificatesChanged() {
    const auto now = parts_.listener ? parts_.listener->tls() : nullptr;
    if (now && !parts_.client->isTrustedBy(*now)) {
        log::info("gateway.certificate_ended",
                  {{"client", parts_.ticket.address()}, {"certificate", parts_.client->certificateSubject()}});
        shutdown();
    }
}

void Relay::beginProbation() {
    if (!parts_.probation) {
        return;
    }
    Probation& probation = *parts_.probation;
    stranger_.emplace(probation.strangers.add(probation.connection, [this, told = probation.on_sign_in] {
        parts_.ticket.established();
        if (told) {
            told();
        }
    }));
    if (probation.time) {
        probation_.expires_after(*probation.time);
        probation_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto relay = weak.lock();
            if (relay && !error && relay->parts_.ticket.isWaiting()) {
                relay->parts_.probation->on_end();
                relay->shutdown();
            }
        });
    }
}

Task<> Relay::pauseAMoment(Flow& flow) {
    boost::system::error_code ignored;
    flow.pause.expires_after(kMoment);
    co_await flow.pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

Task<> Relay::waitForMore(Channel& from, Flow& flow) {
    flow.has_paused = flow.in_a_row >= kLongTransfer;
    if (flow.has_paused) {
        return pauseAMoment(flow);
    }
    return from.waitReadable();
}

std::ptrdiff_t Relay::readFrom(Channel& from, Flow& flow, char* into, std::size_t most) {
    const std::ptrdiff_t got = from.tryRead(into, most);
    flow.is_drained = got == Channel::kWouldBlock || from.isDrained(got, most);
    if (got >= static_cast<std::ptrdiff_t>(kPieceBytes)) {
        flow.in_a_row += static_cast<std::size_t>(got);
    } else if (got != Channel::kWouldBlock || flow.has_paused) {
        flow.in_a_row = 0;
    }
    return got;
}

Task<> Relay::fromClient() {
    // The frame keeps the relay, which the function object that made it does not.
    const auto self = shared_from_this();
    auto& buffer = sharedBuffer();
    Channel& client = *parts_.client;
    Channel& server = *parts_.server;
    Flow flow(loop_.context());
    while (true) {
        if (flow.is_drained) {
            co_await waitForMore(client, flow);
        }
        const std::ptrdiff_t got = readFrom(client, flow, buffer.data(), buffer.size());
        if (got == Channel::kWouldBlock) {
            continue;
        }
        std::string_view bytes(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
        if (bytes.empty()) {
            server.endWriting();
            endClient();
            co_return;
        }
        if (parts_.reuse) {
            bytes = bytes.substr(0, parts_.reuse->tracker.fromClient(bytes));
        }
        bool alive = !parts_.inspect || parts_.inspect(bytes);
        if (alive) {
            alive = co_await server.write(bytes);
        }
        if (!alive) {
            shutdown();
            endClient();
            co_return;
        }
        if (parts_.reuse && parts_.reuse->tracker.hasEnded()) {
            co_await keepServer();
            endClient();
            co_return;
        }
    }
}

Task<> Relay::fromServer() {
    const auto self = shared_from_this();
    auto& buffer = sharedBuffer();
    Channel& client = *parts_.client;
    Channel& server = *parts_.server;
    Flow flow(loop_.context());
    while (true) {
        if (flow.is_drained) {
            co_await waitForMore(server, flow);
        }
        if (is_left_) {
            co_return;
        }
        const std::ptrdiff_t got = readFrom(server, flow, buffer.data(), buffer.size());
        if (got == Channel::kWouldBlock) {
            continue;
        }
        const std::string_view bytes(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
        if (bytes.empty()) {
            co_await sayFarewell();
            co_return;
        }
        if (parts_.reuse) {
            parts_.reuse->tracker.fromServer(bytes);
        }
        const bool alive = co_await client.write(bytes);
        if (!alive) {
            shutdown();
            co_return;
        }
    }
}

void Relay::endClient() {
    client_ended_ = true;
    farewell_.cancel();
}

/// The server has ended: the client reads what is on its way, and goes. One that does not would keep its place.
Task<> Relay::sayFarewell() {
    parts_.client->endWriting();
    if (client_ended_) {
        co_return;
    }
    boost::system::error_code ended;
    farewell_.expires_after(kFarewellTime);
    co_await farewell_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    if (!ended) {
        shutdown();
    }
}

/// The client has said goodbye. In doubt the session is closed.
Task<> Relay::keepServer() {
    Reuse& reuse = *parts_.reuse;
    const bool was_cancelled = parts_.cancel_key->end();
    if (was_cancelled || !reuse.tracker.isClean()) {
        shutdown();
        co_return;
    }
    is_left_ = true;
    parts_.server->wake();
    parts_.client->shutdown();
    asio::steady_timer deadline(loop_.context(), kResetTime);
    deadline.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) {
            self->shutdown();
        }
    });
    const bool is_clean = co_await resetBackendSession(*parts_.server, reuse.context.get());
    deadline.cancel();
    if (is_clean && parts_.server->buffered().empty()) {
        reuse.pool.keep(reuse.key, {parts_.server->release(), std::move(reuse.greeting), reuse.backend_key});
    } else {
        parts_.server->shutdown();
    }
}

}  // namespace tessera::gateway
