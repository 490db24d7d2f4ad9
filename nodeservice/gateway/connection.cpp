#include "nodeservice/gateway/connection.h"

#include "nodeservice/gateway/http2_guard.h"
#include "nodeservice/gateway/relay.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <utility>

namespace tessera::gateway {

namespace asio = boost::asio;

namespace {

bool isLoopback(const std::string& address) {
    return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

Protocol protocolOf(Detected detected) {
    return detected == Detected::kHttp1   ? Protocol::kHttp1
           : detected == Detected::kHttp2 ? Protocol::kHttp2
                                          : Protocol::kPostgres;
}

/// A plain answer for people who point a browser at the wrong listener.
constexpr std::string_view kTlsRequired =
    "HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nUpgrade: TLS/1.3\r\nContent-Type: text/plain\r\n"
    "Content-Length: 31\r\n\r\nThis port wants https, not http.";

constexpr std::string_view kTooMany =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Type: text/plain\r\n"
    "Content-Length: 55\r\n\r\nThis node has as many connections as it may: try again.";

}  // namespace

void Connection::start(EventLoop& loop, Services& services, std::shared_ptr<const Listener> listener,
                       FileDescriptor socket, Admission::Ticket ticket) {
    auto connection =
        std::make_shared<Connection>(loop, services, std::move(listener), std::move(socket), std::move(ticket));
    asio::co_spawn(
        loop.context(), [connection] { return connection->run(); }, asio::detached);
}

Connection::Connection(EventLoop& loop, Services& services, std::shared_ptr<const Listener> listener,
                       FileDescriptor socket, Admission::Ticket ticket)
    : loop_(loop),
      services_(services),
      listener_(std::move(listener)),
      ticket_(std::move(ticket)),
      client_(std::make_unique<Channel>(loop.context(), std::move(socket))),
      deadline_(loop.context(), services.admission.limits().sign_in_time) {
    loop_.add(*this);
}

Connection::~Connection() {
    loop_.remove(*this);
}

void Connection::shutdown() {
    if (client_) {
        client_->shutdown();
    }
    if (backend_) {
        backend_->shutdown();
    }
}

Task<> Connection::run() {
    // The frame keeps the connection, which the function object that made it does not.
    const auto self = shared_from_this();
    deadline_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        if (const auto connection = weak.lock(); connection && !error) {
            connection->expired_ = true;
            connection->shutdown();
        }
    });
    const Detected detected = co_await recognise();
    if (detected == Detected::kPostgres) {
        co_await servePostgres();
    } else if (detected == Detected::kHttp1) {
        co_await serveHttp1();
    } else if (detected == Detected::kHttp2) {
        co_await serveHttp2();
    }
    deadline_.cancel();
    if (expired_) {
        refuse("too slow: not signed in in time");
    }
}

/// kUnknown when there is nothing to serve; that has been logged then.
Task<Detected> Connection::recognise() {
    // TLS is looked at before anything is taken from the socket: OpenSSL reads from there.
    int first = -1;
    while ((first = client_->peekByte()) == -1) {
        co_await client_->waitReadable();
    }
    bool going = true;
    if (first == kTlsHandshake) {
        going = co_await startTls();
    }
    Detected detected = Detected::kMore;
    while (going && (detected = detect(client_->buffered())) == Detected::kMore) {
        going = co_await client_->needMore();
    }
    if (!going) {
        detected = Detected::kUnknown;
    } else if (detected == Detected::kUnknown) {
        refuse("unknown protocol");
    } else if (!protocolFits(detected)) {
        refuse("a protocol that is not served here");
        detected = Detected::kUnknown;
    }
    co_return detected;
}

/// What is said in TLS's handshake and what is spoken within must be the same: else one server's answers could be had
/// for another's.
bool Connection::protocolFits(Detected detected) const {
    if (!listener_->options().protocols.contains(protocolOf(detected))) {
        return false;
    }
    if (!client_->isEncrypted()) {
        return true;
    }
    const std::string_view chosen = client_->applicationProtocol();
    switch (detected) {
        case Detected::kPostgres:
            return chosen == "postgresql";
        case Detected::kHttp1:
            return chosen == "http/1.1" || chosen.empty();
        default:
            return chosen == "h2";
    }
}

Task<bool> Connection::startTls() {
    const auto context = listener_->tls();
    if (!context) {
        refuse("TLS where there is no certificate");
        co_return false;
    }
    const bool done = co_await client_->acceptTls(context);
    if (!done) {
        refuse("TLS handshake failed");
    }
    co_return done;
}

bool Connection::mayBeClear() const {
    const ClearText allowed = listener_->options().clear_text;
    return client_->isEncrypted() || allowed == ClearText::kAlways ||
           (allowed == ClearText::kLoopback && isLoopback(ticket_.address()));
}

bool Connection::isProtected() const {
    return client_->isEncrypted() || isLoopback(ticket_.address());
}

void Connection::refuse(const std::string& reason) {
    services_.admission.refused(ticket_.address(), reason);
}

Task<> Connection::pause(std::chrono::milliseconds time) {
    asio::steady_timer timer(loop_.context(), time);
    co_await timer.async_wait(asio::use_awaitable);
}

Task<> Connection::serveHttp1() {
    if (!mayBeClear()) {
        refuse("HTTP without TLS");
        co_await client_->write(kTlsRequired);
        client_->endWriting();
        co_return;
    }
    if (ticket_.isSupernumerary()) {
        co_await client_->write(kTooMany);
        client_->endWriting();
        co_return;
    }
    deadline_.cancel();
    // HTTP authenticates each request, and its server has time limits of its own.
    static std::atomic<std::uint64_t> number = 0;
    HttpPeer peer{ticket_.address(), isProtected(), "http-" + std::to_string(++number)};
    HttpEvents events;
    events.on_refused = [&admission = services_.admission, address = ticket_.address()](const std::string& reason) {
        admission.refused(address, reason);
    };
    if (!client_->isEncrypted()) {
        std::string rest(client_->buffered());
        client_->consume(rest.size());

        struct Place {
            Admission::Ticket ticket;
            /// After the ticket that it changes.
            std::optional<identity::StrangerRegistry::Entry> stranger = std::nullopt;
        };

        auto place = std::make_shared<Place>(Place{std::move(ticket_)});
        place->stranger.emplace(
            services_.strangers.add(peer.connection, [place = place.get()] { place->ticket.established(); }));
        events.on_end = [place] {};
        services_.http(client_->release(), std::move(rest), std::move(peer), std::move(events));
        co_return;
    }
    auto pair = socketPair();
    if (!pair) {
        co_return;
    }
    Relay::Probation probation{services_.strangers, peer.connection, std::nullopt, {}, {}};
    services_.http(std::move(pair->first), {}, std::move(peer), std::move(events));
    Relay::start(loop_, {.client = std::move(client_),
                         .server = std::make_unique<Channel>(loop_.context(), std::move(pair->second)),
                         .ticket = std::move(ticket_),
                         .probation = std::move(probation),
                         .listener = listener_});
}

/// gRPC never gets a stranger's socket: what comes is counted first, by the guard.
Task<> Connection::serveHttp2() {
    // Not even where clear text is allowed: calls carry tokens.
    if (!isProtected()) {
        refuse("HTTP/2 without TLS");
        co_return;
    }
    if (ticket_.isSupernumerary()) {
        co_return;
    }
    auto pair = namedSocketPair(ticket_.address());
    if (!pair) {
        co_return;
    }
    deadline_.cancel();
    services_.grpc(std::move(pair->server));
    auto guard = std::make_shared<Http2Guard>();
    auto is_known = std::make_shared<std::atomic<bool>>(false);
    Relay::Inspector inspect = [guard, is_known, &admission = services_.admission,
                                address = ticket_.address()](std::string_view bytes) {
        if (*is_known) {
            guard->trust();
        }
        const std::string_view fault = guard->feed(bytes, std::chrono::steady_clock::now());
        if (!fault.empty()) {
            admission.refused(address, "HTTP/2: " + std::string(fault));
        }
        return fault.empty();
    };
    Relay::Probation probation{services_.strangers, std::move(pair->name), services_.admission.limits().sign_in_time,
                               [&admission = services_.admission, address = ticket_.address()] {
                                   admission.refused(address, "HTTP/2: no call signed in in time");
                               },
                               [is_known] { *is_known = true; }};
    Relay::start(loop_, {.client = std::move(client_),
                         .server = std::make_unique<Channel>(loop_.context(), std::move(pair->client)),
                         .ticket = std::move(ticket_),
                         .inspect = std::move(inspect),
                         .probation = std::move(probation),
                         .listener = listener_});
}

}  // namespace tessera::gateway
