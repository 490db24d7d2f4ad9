/// The PostgreSQL side of a connection: start-up, sign-in, the session behind it.

#include "common/log.h"
#include "nodeservice/gateway/connection.h"
#include "nodeservice/gateway/handover.h"
#include "nodeservice/gateway/relay.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace tessera::gateway {

namespace asio = boost::asio;

namespace {

// Authentication requests' codes.
constexpr std::uint32_t kAuthOk = 0;
constexpr std::uint32_t kAuthCleartext = 3;
constexpr std::uint32_t kAuthSasl = 10;
constexpr std::uint32_t kAuthSaslContinue = 11;
constexpr std::uint32_t kAuthSaslFinal = 12;

// A token may be this long; what proves a password is far shorter.
constexpr std::uint32_t kMaxResponse = 20000;

Error withState(ErrorCode code, std::string state, std::string message, std::string hint = {}) {
    Error error = tessera::fail(code, std::move(message), std::move(hint));
    error.sqlstate = std::move(state);
    return error;
}

/// One text for all that may be wrong: which it was is nobody's business.
Error wrongCredentials(const std::string& user) {
    return withState(ErrorCode::kUnauthenticated, "28P01", "authentication failed for user \"" + user + "\"");
}

Error protocolViolation(const std::string& what) {
    return withState(ErrorCode::kInvalidArgument, "08P01", what);
}

Error wentAway() {
    return protocolViolation("the client went away");
}

std::string authentication(std::uint32_t code, std::string_view data = {}) {
    return MessageWriter().begin('R').int32(code).bytes(data).end().take();
}

/// For names that nobody has: as long as a real one takes, and the same salt each time, so that nothing tells them
/// apart.
identity::ScramVerifier decoyFor(const std::string& user, const identity::RoleKeys& keys) {
    const std::string seed = keys.passwordOf("\nnobody\n" + user).reveal();
    identity::ScramVerifier decoy;
    decoy.iterations = 4096;
    decoy.salt = identity::hmacSha256(seed, "salt").substr(0, 16);
    decoy.stored_key = identity::hmacSha256(seed, "stored");
    decoy.server_key = identity::hmacSha256(seed, "server");
    return decoy;
}

}  // namespace

Task<> Connection::fail(const Error& error) {
    const std::string message = errorMessage(error);
    co_await client_->write(message);
    client_->endWriting();
}

Task<> Connection::servePostgres() {
    const auto startup = co_await readStartupPacket();
    if (!startup) {
        co_return;
    }
    const auto principal = co_await authenticate(*startup);
    if (principal) {
        co_await openBackend(*startup, *principal);
    }
}

/// Answers what may come before the start-up packet itself: at most one question each for TLS and GSS.
Task<std::optional<Startup>> Connection::readStartupPacket() {
    bool asked_tls = client_->isEncrypted();
    bool asked_gss = client_->isEncrypted();
    while (true) {
        bool going = co_await client_->need(kStartupHeaderBytes);
        if (!going) {
            co_return std::nullopt;
        }
        const auto [length, code] = readStartupHeader(client_->buffered());
        if (!isStartupHeader(client_->buffered())) {
            refuse("malformed start-up packet");
            co_return std::nullopt;
        }
        if (code == kCancelRequest) {
            co_await cancel();
            co_return std::nullopt;
        }
        if ((code == kSslRequest && !std::exchange(asked_tls, true)) ||
            (code == kGssRequest && !std::exchange(asked_gss, true))) {
            client_->consume(kStartupHeaderBytes);
            const bool tls = code == kSslRequest && listener_->tls() != nullptr;
            // Nothing may follow the question before its answer: it would be read as if it had come within TLS.
            if (!client_->buffered().empty()) {
                refuse("data before the TLS handshake");
                co_return std::nullopt;
            }
            going = co_await client_->write(tls ? "S" : "N");
            if (going && tls) {
                going = co_await startTls();
            }
            if (!going) {
                co_return std::nullopt;
            }
            if (tls && !client_->applicationProtocol().empty() && client_->applicationProtocol() != "postgresql") {
                refuse("another protocol in TLS");
                co_return std::nullopt;
            }
            continue;
        }
        if (code != kSslRequest && code != kGssRequest) {
            going = co_await client_->need(length);
        } else {
            refuse("the same question twice");
            going = false;
        }
        if (!going) {
            co_return std::nullopt;
        }
        const std::string packet(client_->buffered().substr(kStartupHeaderBytes, length - kStartupHeaderBytes));
        client_->consume(length);
        if (code >> 16 != 3) {
            const Error error =
                withState(ErrorCode::kUnimplemented, "0A000", "only version 3 of the protocol is spoken");
            co_await fail(error);
            co_return std::nullopt;
        }
        auto startup = readStartup(packet);
        if (!startup) {
            refuse("start-up packet: " + startup.error().message);
            co_await fail(startup.error());
            co_return std::nullopt;
        }
        // A newer minor version and its extensions are negotiated down, never refused.
        if (code != kProtocol3 || !startup->unknown_extensions.empty()) {
            MessageWriter negotiation;
            negotiation.begin('v')
                .int32(kProtocol3)
                .int32(static_cast<std::uint32_t>(startup->unknown_extensions.size()));
            for (const std::string& extension : startup->unknown_extensions) {
                negotiation.text(extension);
            }
            negotiation.end();
            co_await client_->write(negotiation.str());
        }
        co_return std::move(*startup);
    }
}

Task<> Connection::cancel() {
    const bool there = co_await client_->need(kStartupHeaderBytes + 8);
    if (!there) {
        co_return;
    }
    const auto key = readCancel(client_->buffered().substr(0, kStartupHeaderBytes + 8));
    const std::string& address = ticket_.address();
    // Guessing is slowed down like guessing passwords; nothing is ever answered.
    const auto delay = services_.throttle.delay(address, "(cancel)");
    co_await pause(delay);
    const auto backend = key ? services_.cancels.use(*key) : std::nullopt;
    if (!backend) {
        services_.throttle.failed(address, "(cancel)");
        refuse("a cancel key that nobody has");
        co_return;
    }
    co_await sendCancel(loop_.context(), services_.backend, *backend);
}

Task<std::optional<identity::Principal>> Connection::authenticate(const Startup& startup) {
    Result<> possible;
    if (startup.replication) {
        possible = withState(ErrorCode::kUnimplemented, "0A000", "replication is not possible through this port",
                             "let the tool read by queries instead");
    } else if (!mayBeClear()) {
        possible = withState(ErrorCode::kUnauthenticated, "28000", "the connection must be encrypted",
                             "connect with sslmode=require or stronger");
    } else if (!services_.serving) {
        possible = withState(ErrorCode::kUnavailable, "57P03", "the node is starting or stopping",
                             "try again in a few seconds");
    } else if (ticket_.isSupernumerary()) {
        possible = withState(ErrorCode::kResourceExhausted, "53300", "too many connections",
                             "this node has as many as it may (gateway.max_connections); try again when others ended");
    }
    if (!possible) {
        refuse(possible.error().message);
        co_await fail(possible.error());
        co_return std::nullopt;
    }
    const std::string& address = ticket_.address();
    const auto delay = services_.throttle.delay(address, startup.user);
    if (delay.count() > 0) {
        services_.admission.slowedDown(address, startup.user);
        co_await pause(delay);
    }
    // Whoever has a verifier proves it by SCRAM, be there tokens or not: a password is never asked for in clear text.
    const bool by_token = isProtected() && services_.authenticator.takesPasswordsInClear() &&
                          !services_.authenticator.passwordUser(startup.user);
    const auto by_certificate = services_.authenticator.certificateUser(startup.user, client_->certificateSubject());
    Result<identity::Principal> principal = identity::Principal{};
    if (by_certificate) {
        principal = *by_certificate;
    } else if (by_token) {
        principal = co_await authenticateByToken(startup);
    } else {
        principal = co_await authenticateByScram(startup);
    }
    if (!principal) {
        if (principal.error().code == ErrorCode::kUnauthenticated) {
            services_.throttle.failed(address, startup.user);
        }
        refuse("sign-in as '" + startup.user + "': " + principal.error().message);
        Error error = principal.error();
        if (error.sqlstate.empty()) {
            error = wrongCredentials(startup.user);
        }
        co_await fail(error);
        co_return std::nullopt;
    }
    services_.throttle.succeeded(address, startup.user);
    if (const auto allowed = services_.endpoints_only.checkStatements(*principal); !allowed) {
        refuse("statements of '" + principal->role + "', who may only call endpoints");
        co_await fail(allowed.error());
        co_return std::nullopt;
    }
    if (startup.database != services_.backend.database) {
        const Error error =
            withState(ErrorCode::kNotFound, "3D000", "database \"" + startup.database + "\" does not exist",
                      "the node's database is '" + services_.backend.database + "'");
        co_await fail(error);
        co_return std::nullopt;
    }
    if (!ticket_.signedIn(startup.user)) {
        refuse("too many connections of user '" + startup.user + "'");
        const Error error = withState(ErrorCode::kResourceExhausted, "53300",
                                      "too many connections for user \"" + startup.user + "\"", "close some of them");
        co_await fail(error);
        co_return std::nullopt;
    }
    co_return std::move(*principal);
}

/// The body of the client's next message, which must be of type 'p'.
Task<Result<std::string>> Connection::readResponse() {
    bool there = co_await client_->need(kMessageHeaderBytes);
    if (!there) {
        co_return wentAway();
    }
    const auto header = readMessageHeader(client_->buffered(), kMaxResponse);
    if (!header || header->type != 'p') {
        co_return protocolViolation("expected an answer to the sign-in's question");
    }
    client_->consume(kMessageHeaderBytes);
    there = co_await client_->need(header->body_bytes);
    if (!there) {
        co_return wentAway();
    }
    std::string body(client_->buffered().substr(0, header->body_bytes));
    client_->consume(body.size());
    co_return body;
}

Task<Result<identity::Principal>> Connection::authenticateByScram(const Startup& startup) {
    const auto known = services_.authenticator.passwordUser(startup.user);
    const TlsContext* tls = client_->tls();
    identity::ScramServer scram(known ? known->verifier : decoyFor(startup.user, services_.keys),
                                {tls != nullptr ? tls->endPoint() : std::string()});
    MessageWriter offer;
    offer.begin('R').int32(kAuthSasl);
    if (tls != nullptr) {
        offer.text(identity::ScramServer::kMechanismPlus);
    }
    offer.text(identity::ScramServer::kMechanism).bytes(std::string_view("\0", 1)).end();
    co_await client_->write(offer.str());
    const auto first = co_await readResponse();
    if (!first) {
        co_return first.error();
    }
    std::string_view rest = *first;
    const auto mechanism = takeText(rest);
    const auto size = mechanism ? takeInt32(rest) : Result<std::uint32_t>(mechanism.error());
    if (!size || *size != rest.size()) {
        co_return protocolViolation("malformed SASL response");
    }
    const auto server_first = scram.begin(*mechanism, rest);
    if (!server_first) {
        co_return protocolViolation(server_first.error().message);
    }
    const std::string challenge = authentication(kAuthSaslContinue, *server_first);
    co_await client_->write(challenge);
    const auto last = co_await readResponse();
    if (!last) {
        co_return last.error();
    }
    const auto server_final = scram.finish(*last);
    if (!server_final && known && server_final.error().code == ErrorCode::kUnauthenticated) {
        // For the log; the client hears what it hears of a name that nobody has.
        co_return server_final.error();
    }
    if (!server_final || !known) {
        co_return wrongCredentials(startup.user);
    }
    const std::string accepted = authentication(kAuthSaslFinal, *server_final);
    co_await client_->write(accepted);
    co_return known->principal;
}

Task<Result<identity::Principal>> Connection::authenticateByToken(const Startup& startup) {
    const std::string question = authentication(kAuthCleartext);
    co_await client_->write(question);
    const auto response = co_await readResponse();
    std::string_view rest = response ? std::string_view(*response) : std::string_view();
    const auto text = takeText(rest);
    if (!response || !text || !rest.empty()) {
        co_return protocolViolation("malformed password message");
    }

    // The authenticator may ask an issuer for its keys: not on this thread.
    struct Outcome {
        explicit Outcome(asio::io_context& context) : done(context, std::chrono::steady_clock::time_point::max()) {}

        asio::steady_timer done;
        std::optional<Result<identity::Principal>> result;
    };

    auto outcome = std::make_shared<Outcome>(loop_.context());
    const identity::ChannelFacts facts{isProtected(), ticket_.address(), client_->certificateSubject()};
    const bool accepted =
        services_.workers.trySubmit([outcome, facts, user = startup.user, token = std::make_shared<Secret>(*text),
                                     &authenticator = services_.authenticator, &context = loop_.context()] {
            auto result = authenticator.signIn(user, *token, facts);
            asio::post(context, [outcome, moved = std::move(result)]() mutable {
                outcome->result = std::move(moved);
                outcome->done.cancel();
            });
        });
    if (!accepted) {
        co_return withState(ErrorCode::kResourceExhausted, "53300", "too many sign-ins at once", "try again");
    }
    boost::system::error_code ignored;
    while (!outcome->result) {
        co_await outcome->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return std::move(*outcome->result);
}

/// The session behind: greeted, it is PostgreSQL's and the client's own business what they say.
Task<> Connection::openBackend(const Startup& startup, const identity::Principal& principal) {
    BackendRequest request{principal.role, services_.keys.passwordOf(principal.role), startup.settings,
                           principal.context};
    const auto idle = services_.admission.limits().idle_time;
    const bool chosen = std::any_of(request.settings.begin(), request.settings.end(),
                                    [](const auto& setting) { return setting.first == "idle_session_timeout"; });
    if (idle.count() > 0 && !chosen) {
        request.settings.emplace_back("idle_session_timeout", std::to_string(idle.count()) + "s");
    }
    const std::string key = poolKeyOf(request);
    auto session = co_await findBackend(request, key);
    if (!session) {
        co_return;
    }
    backend_ = std::move(session->channel);
    CancelRegistry::Entry entry = services_.cancels.add(session->key);
    auto use = services_.sessions.add(static_cast<int>(session->key.pid), {ticket_.address(), "postgres"},
                                      principal.role, principal.context);
    MessageWriter greeting;
    greeting.begin('R').int32(kAuthOk).end().bytes(session->greeting);
    greeting.begin('K').int32(entry.key().pid).int32(entry.key().secret).end();
    bool going = co_await client_->write(greeting.str());
    bool handed_over = false;
    if (going && mayHandOver()) {
        const auto outcome = co_await handOver(*backend_, *client_, services_.signer);
        going = outcome.has_value();
        handed_over = going && *outcome;
    }
    if (going && !handed_over) {
        const std::string ready = MessageWriter().begin('Z').bytes("I").end().take();
        going = co_await client_->write(ready);
    }
    if (!going || expired_) {
        co_return;
    }
    deadline_.cancel();
    log::debug("gateway.session", {{"user", startup.user}, {"role", principal.role}, {"client", ticket_.address()}});
    if (handed_over) {
        HandedOver::start(loop_, {std::move(backend_), std::move(ticket_), std::move(entry), std::move(use)});
        client_.reset();
        co_return;
    }
    std::optional<Relay::Reuse> reuse;
    if (services_.pool.isOn()) {
        reuse.emplace(Relay::Reuse{services_.pool, key, principal.context, std::move(session->greeting), session->key});
    }
    Relay::start(loop_, {std::move(client_),
                         std::move(backend_),
                         std::move(ticket_),
                         std::move(entry),
                         {},
                         std::move(reuse),
                         std::move(use),
                         {},
                         listener_});
}

/// What is encrypted, or seen for the session's reuse, is relayed; so is a client that spoke before it was told that it
/// may.
bool Connection::mayHandOver() const {
    return services_.backend.adopts_clients && !services_.pool.isOn() && !client_->isEncrypted() &&
           client_->buffered().empty();
}

/// A session that was kept, else a new one; nothing when the client has been told why not.
Task<std::optional<BackendSession>> Connection::findBackend(BackendRequest& request, const std::string& key) {
    if (auto kept = services_.pool.take(key)) {
        co_return BackendSession{std::make_unique<Channel>(loop_.context(), std::move(kept->socket)),
                                 std::move(kept->greeting), kept->key};
    }
    BackendRefusal refusal;
    auto session = co_await openBackendSession(loop_.context(), services_.backend, services_.signer, request, refusal);
    if (session) {
        co_return std::move(*session);
    }
    if (refusal.message.empty()) {
        co_await fail(session.error());
    } else {
        co_await client_->write(refusal.message);
        client_->endWriting();
    }
    co_return std::nullopt;
}

}  // namespace tessera::gateway
