#pragma once

/// Where the node's own PostgreSQL gets delegation tokens: a unix socket in a folder that only the node's system user
/// may enter. What asks is the extension's C code (fdw/core/delegation.cpp), never SQL; the proof of whom a token is
/// for is the sealed identity of the session that asks.
///
/// One request a connection: a line with the protocol's name, a line with the audience, then the sealed identity to the
/// end. The answer: "token …", or "refused CODE", and a line each for message and hint. Requests are answered one after
/// the other by a thread of its own, as each takes a fraction of a millisecond.

#include "common/local_door.h"
#include "common/result.h"
#include "nodeservice/identity/delegation/delegation.h"

#include <filesystem>
#include <memory>

namespace tessera::identity {

class DelegationBroker {
  public:
    /// `issuer` outlives it. A socket that a killed predecessor left is replaced.
    static Result<std::unique_ptr<DelegationBroker>> start(const std::filesystem::path& socket,
                                                           const DelegationIssuer& issuer);

  private:
    explicit DelegationBroker(const DelegationIssuer& issuer) : issuer_(issuer) {}

    void answer(int socket) const;

    const DelegationIssuer& issuer_;
    std::unique_ptr<LocalDoor> door_;
};

}  // namespace tessera::identity
