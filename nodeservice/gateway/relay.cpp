#include "nodeservice/gateway/relay.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <array>
#include <utility>

namespace tessera::gateway {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

/// One for all relays of a thread: between a read into it and the write that empties it nothing else runs.
std::array<char, kBufferBytes>& sharedBuffer() {
    thread_local std::array<char, kBufferBytes> buffer;
    return buffer;
}

}  // namespace

void Relay::start(EventLoop& loop, Parts parts) {
    auto relay = std::make_shared<Relay>(loop, std::move(parts));
    static const Inspector kNone;
    const auto run = [&](Channel& from, Channel& to, const Inspector& inspect) {
        asio::co_spawn(
            loop.context(), [relay, &from, &to, &inspect] { return relay->pump(from, to, inspect); }, asio::detached);
    };
    run(*relay->parts_.client, *relay->parts_.server, relay->parts_.inspect);
    run(*relay->parts_.server, *relay->parts_.client, kNone);
}

Relay::Relay(EventLoop& loop, Parts parts) : loop_(loop), parts_(std::move(parts)) {
    loop_.add(*this);
}

Relay::~Relay() {
    loop_.remove(*this);
}

void Relay::shutdown() {
    parts_.client->shutdown();
    parts_.server->shutdown();
}

Task<> Relay::pump(Channel& from, Channel& to, const Inspector& inspect) {
    // The frame keeps the relay, which the function object that made it does not.
    const auto self = shared_from_this();
    auto& buffer = sharedBuffer();
    while (true) {
        const std::ptrdiff_t got = from.tryRead(buffer.data(), buffer.size());
        if (got == Channel::kWouldBlock) {
            co_await from.waitReadable();
            continue;
        }
        const std::string_view bytes(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
        if (bytes.empty()) {
            to.endWriting();
            co_return;
        }
        bool alive = !inspect || inspect(bytes);
        if (alive) {
            alive = co_await to.write(bytes);
        }
        if (!alive) {
            shutdown();
            co_return;
        }
    }
}

}  // namespace tessera::gateway
