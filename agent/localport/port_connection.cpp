/// One client of a local port: its start-up and sign-in here, the session at the node, and the bytes between them.

#include "agent/localport/port_state.h"
#include "common/log.h"
#include "nodeservice/gateway/channel.h"
#include "nodeservice/gateway/session_tracker.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netinet/tcp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <utility>

namespace tessera::agent {

namespace asio = boost::asio;
using gateway::Channel;
using gateway::MessageWriter;
using gateway::Task;

namespace {

constexpr std::chrono::seconds kSignInTime{30};
constexpr std::uint32_t kMaxResponse = 20000;
constexpr std::uint32_t kMaxGreetingMessage = 1 << 16;
constexpr std::size_t kRelayBytes = 64 << 10;

// Authentication requests' codes.
constexpr std::uint32_t kAuthOk = 0;
constexpr std::uint32_t kAuthCleartext = 3;
constexpr std::uint32_t kAuthSasl = 10;
constexpr std::uint32_t kAuthSaslContinue = 11;
constexpr std::uint32_t kAuthSaslFinal = 12;

/// What a person is called on this machine: what clients name when they are not told another name.
std::string loginName() {
    const passwd* entry = ::getpwuid(::getuid());
    return entry == nullptr ? std::string() : entry->pw_name;
}

struct ClientStartup {
    std::uint32_t code = 0;
    std::string user;
    /// All others but the database, as they came.
    std::vector<std::pair<std::string, std::string>> settings;
    std::vector<std::string> unknown_extensions;
};

Result<ClientStartup> readClientStartup(std::uint32_t code, std::string_view parameters) {
    ClientStartup startup{code, {}, {}, {}};
    while (parameters.size() > 1) {
        const std::string name(TSR_TRY(gateway::takeText(parameters)));
        const std::string value(TSR_TRY(gateway::takeText(parameters)));
        if (name == "user") {
            startup.user = value;
        } else if (name.starts_with("_pq_.")) {
            startup.unknown_extensions.push_back(name);
        } else if (name != "database") {
            startup.settings.emplace_back(name, value);
        }
    }
    return startup;
}

Error protocolViolation(const std::string& what) {
    Error error = fail(ErrorCode::kInvalidArgument, what);
    error.sqlstate = "08P01";
    return error;
}

Error unreachable(const ProfileNode& node, const std::string& why) {
    Error error =
        fail(ErrorCode::kUnavailable, "cannot reach node '" + node.name + "' at " + node.address + ": " + why);
    error.sqlstate = "08001";
    return error;
}

Task<Result<std::unique_ptr<Channel>>> connectTo(asio::io_context& loop, const ProfileNode& node) {
    const auto [host, port] = splitAddress(node.address);
    boost::system::error_code error;
    asio::ip::tcp::resolver resolver(loop);
    const auto found = co_await resolver.async_resolve(host, port, asio::redirect_error(asio::use_awaitable, error));
    if (error) {
        co_return unreachable(node, error.message());
    }
    asio::ip::tcp::socket socket(loop);
    co_await asio::async_connect(socket, found, asio::redirect_error(asio::use_awaitable, error));
    if (error) {
        co_return unreachable(node, error.message());
    }
    socket.set_option(asio::ip::tcp::no_delay(true), error);
    socket.set_option(asio::socket_base::keep_alive(true), error);
    FileDescriptor descriptor(socket.release(error));
    auto channel = std::make_unique<Channel>(loop, std::move(descriptor));
    if (!node.tls) {
        co_return std::move(channel);
    }
    const auto context = gateway::TlsContext::forClients(node.ca_file);
    if (!context) {
        co_return context.error();
    }
    const std::string question = MessageWriter().begin(0).int32(gateway::kSslRequest).end().take();
    co_await channel->write(question);
    const bool there = co_await channel->need(1);
    // Anything behind the answer was put there by somebody in between (CVE-2021-23222).
    if (!there || channel->buffered() != "S") {
        co_return unreachable(node, "it does not speak TLS");
    }
    channel->consume(1);
    const bool encrypted = co_await channel->connectTls(*context, host);
    if (!encrypted) {
        co_return unreachable(node, "its certificate is not trusted, or the handshake failed");
    }
    co_return std::move(channel);
}

class PortConnection final : public PortSession, public std::enable_shared_from_this<PortConnection> {
  public:
    PortConnection(std::shared_ptr<PortState> state, FileDescriptor client, bool is_own_user)
        : state_(std::move(state)),
          is_own_user_(is_own_user),
          client_(std::make_unique<Channel>(state_->loop.context(), std::move(client))),
          deadline_(state_->loop.context()) {
        state_->loop.add(*this);
        state_->connections.insert(this);
    }

    ~PortConnection() override {
        state_->loop.remove(*this);
        state_->connections.erase(this);
        if (cancel_key_) {
            state_->cancel_keys.erase(*cancel_key_);
        }
    }

    void start() {
        asio::co_spawn(
            state_->loop.context(), [self = shared_from_this()] { return self->run(); }, asio::detached);
    }

    void end(const Error& why) override {
        // Only behind a whole message another one is understood.
        if (is_passed_on_ && !is_writing_ && from_node_.isServerBetween()) {
            (void)client_->tryWrite(gateway::errorMessage(why));
        }
        shutdown();
    }

    void shutdown() override {
        client_->shutdown();
        if (node_) {
            node_->shutdown();
        }
    }

  private:
    Task<> run() {
        const auto self = shared_from_this();
        deadline_.expires_after(kSignInTime);
        deadline_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto connection = weak.lock();
            if (!error && connection) {
                connection->shutdown();
            }
        });
        const Result<> begun = co_await begin();
        deadline_.cancel();
        if (!begun) {
            const std::string message = gateway::errorMessage(begun.error());
            co_await client_->write(message);
            client_->endWriting();
            co_return;
        }
        if (!node_) {
            co_return;
        }
        is_passed_on_ = true;
        asio::co_spawn(
            state_->loop.context(), [self] { return self->pass(*self->client_, *self->node_); }, asio::detached);
        co_await pass(*node_, *client_);
    }

    /// Until the session is the client's and the node's own business; without a node when there is nothing to do.
    Task<Result<>> begin() {
        auto startup = co_await readStartup();
        if (!startup) {
            co_return startup.error();
        }
        if (!*startup) {
            co_return Result<>();
        }
        if (!is_own_user_) {
            const Result<> proved = co_await authenticate();
            if (!proved) {
                co_return proved.error();
            }
        }
        auto access = co_await findAccess();
        if (!access) {
            co_return access.error();
        }
        auto node = co_await connectTo(state_->loop.context(), access->node);
        if (!node) {
            co_return node.error();
        }
        node_ = std::move(*node);
        const Result<> signed_in = co_await signIn(**startup, *access);
        co_return signed_in;
    }

    /// Nothing when the client only wanted to cancel, or went.
    Task<Result<std::optional<ClientStartup>>> readStartup() {
        for (int questions = 0; questions < 3; ++questions) {
            bool there = co_await client_->need(gateway::kStartupHeaderBytes);
            if (!there) {
                co_return std::optional<ClientStartup>();
            }
            const auto [length, code] = gateway::readStartupHeader(client_->buffered());
            if (!gateway::isStartupHeader(client_->buffered())) {
                co_return protocolViolation("this port speaks the PostgreSQL protocol");
            }
            if (code == gateway::kSslRequest || code == gateway::kGssRequest) {
                // Nobody else sees loopback.
                client_->consume(gateway::kStartupHeaderBytes);
                co_await client_->write("N");
                continue;
            }
            there = co_await client_->need(length);
            if (!there) {
                co_return std::optional<ClientStartup>();
            }
            const std::string packet(client_->buffered().substr(0, length));
            client_->consume(length);
            if (code == gateway::kCancelRequest) {
                co_await passCancel(packet);
                co_return std::optional<ClientStartup>();
            }
            if (code >> 16 != 3) {
                co_return protocolViolation("only version 3 of the protocol is spoken");
            }
            auto startup = readClientStartup(code, std::string_view(packet).substr(gateway::kStartupHeaderBytes));
            if (!startup) {
                co_return startup.error();
            }
            co_await negotiate(*startup);
            co_return std::optional<ClientStartup>(std::move(*startup));
        }
        co_return protocolViolation("the same question twice");
    }

    /// A newer minor version and its extensions are negotiated down.
    Task<> negotiate(const ClientStartup& startup) {
        if (startup.code == gateway::kProtocol3 && startup.unknown_extensions.empty()) {
            co_return;
        }
        MessageWriter negotiation;
        negotiation.begin('v')
            .int32(gateway::kProtocol3)
            .int32(static_cast<std::uint32_t>(startup.unknown_extensions.size()));
        for (const std::string& extension : startup.unknown_extensions) {
            negotiation.text(extension);
        }
        negotiation.end();
        co_await client_->write(negotiation.str());
    }

    Task<> passCancel(const std::string& packet) {
        const auto key = gateway::readCancel(packet);
        const auto found = key ? state_->cancel_keys.find(*key) : state_->cancel_keys.end();
        if (found == state_->cancel_keys.end()) {
            co_return;
        }
        const ProfileNode node = found->second;
        auto channel = co_await connectTo(state_->loop.context(), node);
        if (channel) {
            co_await (*channel)->write(packet);
            // The node closes when it has sent the signal.
            co_await (*channel)->needMore();
        }
    }

    /// The body of the client's next message, which must be of type 'p'.
    Task<Result<std::string>> readResponse() {
        bool there = co_await client_->need(gateway::kMessageHeaderBytes);
        if (!there) {
            co_return protocolViolation("the client went away");
        }
        const auto header = gateway::readMessageHeader(client_->buffered(), kMaxResponse);
        if (!header || header->type != 'p') {
            co_return protocolViolation("expected an answer to the sign-in's question");
        }
        client_->consume(gateway::kMessageHeaderBytes);
        there = co_await client_->need(header->body_bytes);
        if (!there) {
            co_return protocolViolation("the client went away");
        }
        std::string body(client_->buffered().substr(0, header->body_bytes));
        client_->consume(body.size());
        co_return body;
    }

    Task<Result<>> authenticate() {
        identity::ScramServer scram(state_->options.verifier, {});
        MessageWriter offer;
        offer.begin('R').int32(kAuthSasl).text(identity::ScramServer::kMechanism).bytes(std::string_view("\0", 1));
        offer.end();
        co_await client_->write(offer.str());
        const auto first = co_await readResponse();
        if (!first) {
            co_return first.error();
        }
        std::string_view rest = *first;
        const auto mechanism = gateway::takeText(rest);
        const auto size = mechanism ? gateway::takeInt32(rest) : Result<std::uint32_t>(mechanism.error());
        if (!size || *size != rest.size()) {
            co_return protocolViolation("malformed SASL response");
        }
        const auto server_first = scram.begin(*mechanism, rest);
        if (!server_first) {
            co_return protocolViolation(server_first.error().message);
        }
        const std::string challenge =
            MessageWriter().begin('R').int32(kAuthSaslContinue).bytes(*server_first).end().take();
        co_await client_->write(challenge);
        const auto last = co_await readResponse();
        if (!last) {
            co_return last.error();
        }
        const auto server_final = scram.finish(*last);
        if (!server_final) {
            log::warn("port.refused", {{"profile", state_->options.profile}, {"node", state_->options.node}});
            Error error =
                fail(ErrorCode::kUnauthenticated, "wrong password for this local port", "'tessera port show' shows it");
            error.sqlstate = "28P01";
            co_return error;
        }
        const std::string accepted = MessageWriter().begin('R').int32(kAuthSaslFinal).bytes(*server_final).end().take();
        co_await client_->write(accepted);
        co_return Result<>();
    }

    Task<Result<NodeAccess>> findAccess() {
        struct Outcome {
            explicit Outcome(asio::io_context& context) : done(context, std::chrono::steady_clock::time_point::max()) {}

            asio::steady_timer done;
            std::optional<Result<NodeAccess>> result;
        };

        auto& context = state_->loop.context();
        auto outcome = std::make_shared<Outcome>(context);
        state_->access.find(state_->options.profile, state_->options.node,
                            [outcome, &context](Result<NodeAccess> result) {
                                asio::post(context, [outcome, moved = std::move(result)]() mutable {
                                    outcome->result = std::move(moved);
                                    outcome->done.cancel();
                                });
                            });
        boost::system::error_code ignored;
        while (!outcome->result) {
            co_await outcome->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        co_return std::move(*outcome->result);
    }

    std::string startupPacket(const ClientStartup& startup) const {
        const bool is_any = startup.user.empty() || startup.user == loginName();
        MessageWriter writer;
        writer.begin(0).int32(gateway::kProtocol3);
        writer.text("user").text(is_any ? std::string("token") : startup.user);
        writer.text("database").text(state_->options.database);
        for (const auto& [name, value] : startup.settings) {
            writer.text(name).text(value);
        }
        return writer.bytes(std::string_view("\0", 1)).end().take();
    }

    /// At the node, as the person. From the node's AuthenticationOk on all it says is for the client.
    Task<Result<>> signIn(const ClientStartup& startup, const NodeAccess& access) {
        const std::string packet = startupPacket(startup);
        co_await node_->write(packet);
        bool is_let_in = false;
        while (true) {
            bool there = co_await node_->need(gateway::kMessageHeaderBytes);
            std::size_t size = gateway::kMessageHeaderBytes;
            if (there) {
                const auto header = gateway::readMessageHeader(node_->buffered(), kMaxGreetingMessage);
                there = header.has_value();
                size += there ? header->body_bytes : 0;
            }
            if (there) {
                there = co_await node_->need(size);
            }
            if (!there) {
                co_return unreachable(access.node, "it closed the connection");
            }
            const std::string message(node_->buffered().substr(0, size));
            node_->consume(size);
            std::string_view body = std::string_view(message).substr(gateway::kMessageHeaderBytes);
            if (message[0] == 'R') {
                const auto code = gateway::takeInt32(body);
                if (code && *code == kAuthCleartext && !is_let_in) {
                    const std::string answer = MessageWriter().begin('p').text(access.token.reveal()).end().take();
                    co_await node_->write(answer);
                    continue;
                }
                if (!code || *code != kAuthOk) {
                    co_return unreachable(access.node, "it asks for a password instead of a token");
                }
                is_let_in = true;
            }
            if (message[0] == 'K' && body.size() == 8) {
                gateway::CancelKey key;
                key.pid = gateway::takeInt32(body).value();
                key.secret = gateway::takeInt32(body).value();
                cancel_key_ = key;
                state_->cancel_keys.insert_or_assign(key, access.node);
            }
            co_await client_->write(message);
            if (message[0] == 'E') {
                client_->endWriting();
                node_.reset();
                co_return Result<>();
            }
            if (message[0] == 'Z' && is_let_in) {
                co_return Result<>();
            }
        }
    }

    /// One direction, until its end; a slow reader slows the writer down.
    Task<> pass(Channel& from, Channel& to) {
        const auto self = shared_from_this();
        // Between two waits only, and there is one thread.
        static auto& buffer = *new std::array<char, kRelayBytes>;
        bool is_drained = false;
        while (true) {
            if (is_drained) {
                co_await from.waitReadable();
            }
            const std::ptrdiff_t got = from.tryRead(buffer.data(), buffer.size());
            is_drained = got == Channel::kWouldBlock || from.isDrained(got, buffer.size());
            if (got == Channel::kWouldBlock) {
                continue;
            }
            bool alive = got > 0;
            if (alive) {
                const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
                const bool is_for_client = &from == node_.get();
                if (is_for_client) {
                    from_node_.fromServer(bytes);
                    is_writing_ = true;
                }
                alive = co_await to.write(bytes);
                is_writing_ = is_writing_ && !is_for_client;
            }
            if (!alive) {
                // PostgreSQL's sessions have no half: what one side says last has been passed on.
                to.endWriting();
                if (&from == client_.get()) {
                    from.shutdown();
                }
                co_return;
            }
        }
    }

    const std::shared_ptr<PortState> state_;
    const bool is_own_user_;
    std::unique_ptr<Channel> client_;
    std::unique_ptr<Channel> node_;
    std::optional<gateway::CancelKey> cancel_key_;
    /// What the node says is the client's.
    bool is_passed_on_ = false;
    /// Something of that is on its way.
    bool is_writing_ = false;
    gateway::SessionTracker from_node_;
    asio::steady_timer deadline_;
};

}  // namespace

void servePortClient(std::shared_ptr<PortState> state, FileDescriptor client, bool is_own_user) {
    std::make_shared<PortConnection>(std::move(state), std::move(client), is_own_user)->start();
}

}  // namespace tessera::agent
