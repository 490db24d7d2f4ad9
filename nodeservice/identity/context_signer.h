#pragma once

/// The node's side of the sealed setting that says who a session of its PostgreSQL acts for (fdw/pg/identity.c): a key
/// pair made when the node starts, whose private half never leaves this process. Any thread.

#include "common/handle.h"
#include "common/result.h"
#include "common/secret.h"
#include "nodeservice/postgres/connection.h"

#include <optional>
#include <string>
#include <string_view>

using EVP_PKEY = struct evp_pkey_st;
extern "C" void EVP_PKEY_free(EVP_PKEY*);

namespace tessera::identity {

class ContextSigner {
  public:
    static Result<ContextSigner> create();

    /// What the server's setting `tessera.identity_key` takes.
    const std::string& publicKey() const { return public_key_; }

    /// What a session carries: the context, and behind a line break the ticket by which this process, and nobody else,
    /// knows it again. SQL sees the context alone.
    std::string seal(std::string_view context) const;
    /// The context; nothing when it was not sealed by this process.
    std::optional<std::string_view> open(std::string_view sealed) const;

    /// The second parameter of `SELECT tessera.attach($1, $2)` as bytea text, for the challenge that
    /// `SELECT tessera.challenge()` gave in the same session; the first is the sealed context. Send them as bound
    /// parameters: the statement's text is seen in pg_stat_activity.
    Result<std::string> signAttach(std::string_view challenge, std::string_view sealed) const;
    /// The parameter of `SELECT tessera.detach($1)`.
    Result<std::string> signDetach(std::string_view challenge) const;

    /// The parameter of `SELECT tessera.adopt_client($1)`.
    Result<std::string> signAdoption(std::string_view challenge) const;

    /// All of it on a connection of ours. The context is JSON: see contextOf() in token_authenticator.h.
    Result<> attach(postgres::Connection& connection, const std::string& context) const;
    /// Also makes sure that nobody is attached any more.
    Result<> detach(postgres::Connection& connection) const;

  private:
    using Key = Handle<EVP_PKEY, EVP_PKEY_free>;

    ContextSigner(Key key, std::string public_key);

    Result<std::string> sign(const std::string& message) const;

    Key key_;
    std::string public_key_;
    Secret ticket_key_;
};

}  // namespace tessera::identity
