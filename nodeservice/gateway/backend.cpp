#include "nodeservice/gateway/backend.h"

#include "nodeservice/identity/scram.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace tessera::gateway {

namespace asio = boost::asio;

namespace {

constexpr std::uint32_t kMaxGreetingMessage = 1 << 16;
// A full backlog is the only reason why a unix socket does not connect at once.
constexpr std::chrono::milliseconds kConnectPause{5};

// Authentication requests' codes.
constexpr std::uint32_t kAuthOk = 0;
constexpr std::uint32_t kAuthSasl = 10;
constexpr std::uint32_t kAuthSaslContinue = 11;
constexpr std::uint32_t kAuthSaslFinal = 12;

Error unavailable() {
    Error error = fail(ErrorCode::kUnavailable, "the node's PostgreSQL does not accept connections at the moment",
                       "the node restarts it by itself: try again in a few seconds");
    error.sqlstate = "57P03";
    return error;
}

Error unexpected() {
    return fail(ErrorCode::kInternal, "the node's PostgreSQL answered with something unexpected");
}

Task<std::unique_ptr<Channel>> connect(asio::io_context& loop, const BackendAddress& address) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (address.socket.size() >= sizeof name.sun_path) {
        co_return nullptr;
    }
    std::memcpy(name.sun_path, address.socket.c_str(), address.socket.size() + 1);
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    while (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
        if (errno != EAGAIN && errno != EINTR) {
            co_return nullptr;
        }
        asio::steady_timer timer(loop, kConnectPause);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return std::make_unique<Channel>(loop, std::move(socket));
}

std::string startupPacket(const BackendAddress& address, const BackendRequest& request) {
    MessageWriter writer;
    writer.begin(0).int32(kProtocol3).text("user").text(request.role).text("database").text(address.database);
    for (const auto& [name, value] : request.settings) {
        writer.text(name).text(value);
    }
    return writer.bytes(std::string_view("\0", 1)).end().take();
}

/// One sign-in at PostgreSQL, message by message.
class SignIn {
  public:
    SignIn(Channel& channel, Secret password) : channel_(channel), scram_(std::move(password)) {}

    Task<Result<>> run(BackendSession& session, BackendRefusal& refusal) {
        while (true) {
            const auto message = co_await nextMessage(channel_);
            if (!message) {
                co_return unavailable();
            }
            const std::string& body = message->body;
            switch (message->type) {
                case 'R': {
                    auto answer = answerTo(body);
                    if (!answer) {
                        co_return answer.error();
                    }
                    const bool sent = co_await channel_.write(*answer);
                    if (!sent) {
                        co_return unavailable();
                    }
                    break;
                }
                case 'E':
                    refusal.message = MessageWriter().begin('E').bytes(body).end().take();
                    co_return fail(ErrorCode::kUnauthenticated, "PostgreSQL refused the session");
                case 'S':
                case 'N':
                    session.greeting += MessageWriter().begin(message->type).bytes(body).end().str();
                    break;
                case 'K':
                    if (body.size() != 8) {
                        co_return unexpected();
                    }
                    session.key = readKey(body);
                    break;
                case 'Z':
                    // Whoever is let in without proof would let in everybody.
                    co_return proved_ ? Result<>() : Result<>(unexpected());
                default:
                    co_return unexpected();
            }
        }
    }

  private:
    static CancelKey readKey(std::string_view body) {
        CancelKey key;
        key.pid = takeInt32(body).value();
        key.secret = takeInt32(body).value();
        return key;
    }

    Result<std::string> answerTo(std::string_view body) {
        switch (TSR_TRY(takeInt32(body))) {
            case kAuthOk:
                return std::string();
            case kAuthSasl: {
                const std::string first = scram_.first();
                return MessageWriter()
                    .begin('p')
                    .text(identity::ScramServer::kMechanism)
                    .int32(static_cast<std::uint32_t>(first.size()))
                    .bytes(first)
                    .end()
                    .take();
            }
            case kAuthSaslContinue:
                return MessageWriter().begin('p').bytes(TSR_TRY(scram_.final(body))).end().take();
            case kAuthSaslFinal:
                TSR_TRY(scram_.verify(body));
                proved_ = true;
                return std::string();
            default:
                return unexpected();
        }
    }

    Channel& channel_;
    identity::ScramClient scram_;
    bool proved_ = false;
};

/// Sends a statement's messages and returns the first value that comes back, up to ReadyForQuery.
Task<Result<std::string>> ask(Channel& channel, const std::string& messages) {
    co_await channel.write(messages);
    std::string value;
    bool refused = false;
    char type = 0;
    while (type != 'Z') {
        const auto message = co_await nextMessage(channel);
        if (!message) {
            break;
        }
        type = message->type;
        refused = refused || type == 'E';
        // Number of columns, length of the first, the value.
        constexpr std::size_t kValueAt = 2 + 4;
        if (type == 'D' && message->body.size() > kValueAt) {
            value = message->body.substr(kValueAt);
        }
    }
    if (type != 'Z' || refused) {
        co_return fail(ErrorCode::kInternal, "cannot attach an identity to the session");
    }
    co_return std::move(value);
}

/// As identity::ContextSigner::attach(): the context goes as a bound parameter, which pg_stat_activity does not show.
Task<Result<>> attach(Channel& channel, const identity::ContextSigner& signer, const std::string& context) {
    const auto challenge = co_await askForChallenge(channel);
    if (!challenge) {
        co_return challenge.error();
    }
    const std::string sealed = signer.seal(context);
    const auto signature = signer.signAttach(*challenge, sealed);
    if (!signature) {
        co_return signature.error();
    }
    const std::string statement = extendedQuery("SELECT tessera.attach($1, $2)", {sealed, *signature});
    const auto attached = co_await ask(channel, statement);
    if (!attached) {
        co_return attached.error();
    }
    co_return Result<>();
}

/// What must hold of a session that somebody else gets. $1: the identity that it has had from its beginning, or null.
constexpr const char* kIsAsNew = R"sql(
    SELECT CURRENT_USER OPERATOR(pg_catalog.=) SESSION_USER
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_prepared_statements)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_cursors WHERE name OPERATOR(pg_catalog.<>) '')
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_listening_channels())
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
            AND locktype OPERATOR(pg_catalog.=) 'advisory')
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_class
            WHERE relnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()))sql";

}  // namespace

Task<std::optional<BackendMessage>> nextMessage(Channel& channel) {
    bool there = co_await channel.need(kMessageHeaderBytes);
    if (!there) {
        co_return std::nullopt;
    }
    const auto header = readMessageHeader(channel.buffered(), kMaxGreetingMessage);
    if (!header) {
        co_return std::nullopt;
    }
    const std::size_t size = kMessageHeaderBytes + header->body_bytes;
    there = co_await channel.need(size);
    if (!there) {
        co_return std::nullopt;
    }
    BackendMessage message{header->type,
                           std::string(channel.buffered().substr(kMessageHeaderBytes, header->body_bytes))};
    channel.consume(size);
    co_return std::move(message);
}

std::string extendedQuery(const std::string& sql, const std::vector<std::string_view>& parameters) {
    const auto count = static_cast<char>(parameters.size());
    MessageWriter writer;
    writer.begin('P').text("").text(sql).bytes(std::string_view("\0\0", 2)).end();
    writer.begin('B').text("").text("").bytes(std::string_view("\0\0\0", 3)).bytes({&count, 1});
    for (const std::string_view parameter : parameters) {
        writer.int32(static_cast<std::uint32_t>(parameter.size())).bytes(parameter);
    }
    writer.bytes(std::string_view("\0\0", 2)).end();
    return writer.begin('E').text("").int32(0).end().begin('S').end().take();
}

Task<Result<std::string>> askForChallenge(Channel& channel) {
    const std::string question = MessageWriter().begin('Q').text("SELECT tessera.challenge()").end().take();
    auto challenge = co_await ask(channel, question);
    co_return std::move(challenge);
}

Task<bool> resetBackendSession(Channel& channel, const std::string* context) {
    const std::string discard = MessageWriter().begin('Q').text("DISCARD ALL").end().take();
    const auto discarded = co_await ask(channel, discard);
    if (!discarded) {
        co_return false;
    }
    std::string sql = kIsAsNew;
    std::vector<std::string_view> parameters;
    if (context != nullptr) {
        sql += " AND tessera.identity() OPERATOR(pg_catalog.=) $1::pg_catalog.jsonb";
        parameters.push_back(*context);
    }
    const std::string question = extendedQuery(sql, parameters);
    const auto is_as_new = co_await ask(channel, question);
    co_return is_as_new&&* is_as_new == "t";
}

Task<Result<BackendSession>> openBackendSession(asio::io_context& loop, const BackendAddress& address,
                                                const identity::ContextSigner& signer, BackendRequest& request,
                                                BackendRefusal& refusal) {
    BackendSession session;
    session.channel = co_await connect(loop, address);
    if (!session.channel) {
        co_return unavailable();
    }
    const std::string packet = startupPacket(address, request);
    const bool sent = co_await session.channel->write(packet);
    if (!sent) {
        co_return unavailable();
    }
    SignIn sign_in(*session.channel, std::move(request.password));
    auto signed_in = co_await sign_in.run(session, refusal);
    if (signed_in && request.context) {
        signed_in = co_await attach(*session.channel, signer, *request.context);
    }
    if (!signed_in) {
        co_return signed_in.error();
    }
    co_return std::move(session);
}

Task<> sendCancel(asio::io_context& loop, const BackendAddress& address, CancelKey key) {
    const auto channel = co_await connect(loop, address);
    const std::string packet =
        MessageWriter().begin(0).int32(kCancelRequest).int32(key.pid).int32(key.secret).end().take();
    if (!channel) {
        co_return;
    }
    co_await channel->write(packet);
    // PostgreSQL closes when it has sent the signal.
    co_await channel->needMore();
}

}  // namespace tessera::gateway
