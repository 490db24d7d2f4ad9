#pragma once

/// SCRAM-SHA-256 (RFC 5802, 7677) as PostgreSQL speaks it: verifiers, the server's side for people who sign in at the
/// gateway, the client's side for the gateway's own sign-in at the node's PostgreSQL.
///
/// Values and single-use exchanges; one thread at a time. What the other side sends is never trusted: errors are
/// kInvalidArgument for malformed messages, kUnauthenticated for a wrong proof.

#include "common/result.h"
#include "common/secret.h"

#include <optional>
#include <string>
#include <string_view>

namespace tessera::identity {

/// What proves knowledge of a password without being it. Of secret rank all the same: guessing can be tried on it.
struct ScramVerifier {
    int iterations = 0;
    std::string salt;
    std::string stored_key;
    std::string server_key;

    /// "SCRAM-SHA-256$4096:SALT$STORED:SERVER", as in pg_authid and in configurations.
    static Result<ScramVerifier> parse(std::string_view text);
    /// A new one with PostgreSQL's own normalisation of passwords. kInvalidArgument when that would change the
    /// password: the same characters could then be typed in two ways, of which one is refused.
    static Result<ScramVerifier> of(const Secret& password);
    static ScramVerifier derive(std::string_view password, std::string salt, int iterations);

    std::string text() const;
    /// For passwords that come as such (HTTP Basic). As slow as its iterations.
    bool matches(std::string_view password) const;
};

/// The channel's binding as both sides know it; empty without TLS.
struct ChannelBinding {
    /// tls-server-end-point: the hash of the server's certificate.
    std::string server_end_point;
};

class ScramServer {
  public:
    static constexpr std::string_view kMechanism = "SCRAM-SHA-256";
    static constexpr std::string_view kMechanismPlus = "SCRAM-SHA-256-PLUS";

    ScramServer(ScramVerifier verifier, ChannelBinding binding);

    /// `mechanism` and the client's first message; returns the server's first.
    Result<std::string> begin(std::string_view mechanism, std::string_view client_first);
    /// The client's last message; returns the server's last.
    Result<std::string> finish(std::string_view client_final);

  private:
    const ScramVerifier verifier_;
    const ChannelBinding binding_;
    std::string gs2_header_;
    bool bound_ = false;
    std::string client_first_bare_;
    std::string server_first_;
    std::string nonce_;
};

class ScramClient {
  public:
    explicit ScramClient(Secret password);

    std::string first();
    Result<std::string> final(std::string_view server_first);
    Result<> verify(std::string_view server_final) const;

  private:
    const Secret password_;
    std::string first_bare_;
    std::string nonce_;
    std::string server_signature_;
};

/// HMAC-SHA-256; apart for what derives keys.
std::string hmacSha256(std::string_view key, std::string_view text);
std::string randomBytes(std::size_t count);

}  // namespace tessera::identity
