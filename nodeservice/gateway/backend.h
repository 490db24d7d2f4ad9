#pragma once

/// The gateway's way to the node's PostgreSQL: through its private socket, as the role that somebody was mapped to,
/// with the key that only this process has.
///
/// Coroutines of the client's loop.

#include "common/result.h"
#include "nodeservice/gateway/channel.h"
#include "nodeservice/gateway/postgres_protocol.h"
#include "nodeservice/identity/context_signer.h"
#include "nodeservice/identity/role_keys.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::gateway {

struct BackendAddress {
    /// The unix socket's path.
    std::string socket;
    /// The one database that people are connected to.
    std::string database;
    /// Does it have the extension, by which sessions go on on their clients' sockets?
    bool adopts_clients = false;
};

struct BackendRequest {
    std::string role;
    Secret password;
    std::vector<std::pair<std::string, std::string>> settings;
    /// Whom the session acts for, or null; see identity::Principal.
    std::shared_ptr<const std::string> context;
};

/// What PostgreSQL said when it let the role in.
struct BackendSession {
    std::unique_ptr<Channel> channel;
    /// ParameterStatus and notices, as they came.
    std::string greeting;
    CancelKey key;
};

/// A refusal: PostgreSQL's own ErrorResponse as it came, or one of ours.
struct BackendRefusal {
    std::string message;
};

/// Connects and signs in; takes the request's password. kUnavailable (57P03) while PostgreSQL is not there; its own
/// refusal is in `refusal`.
Task<Result<BackendSession>> openBackendSession(boost::asio::io_context& loop, const BackendAddress& address,
                                                const identity::ContextSigner& signer, BackendRequest& request,
                                                BackendRefusal& refusal);

/// One message of PostgreSQL's, whole.
struct BackendMessage {
    char type = 0;
    std::string body;
};

/// The next one; nothing when the stream ends, or it is longer than what is said between the gateway and PostgreSQL.
Task<std::optional<BackendMessage>> nextMessage(Channel& channel);

/// A statement's messages from Parse to Sync.
std::string extendedQuery(const std::string& sql, const std::vector<std::string_view>& parameters);

/// What the node's next signature in this session must be over; see identity::ContextSigner.
Task<Result<std::string>> askForChallenge(Channel& channel);

/// Brings a session that is between two statements back to how it was when it was opened (DISCARD ALL leaves the
/// identity), and looks whether it is: false when it is not, or could not be asked. `context`: whom it acts for, or
/// null.
Task<bool> resetBackendSession(Channel& channel, const std::string* context);

/// Sends a cancel request and waits until PostgreSQL has taken it.
Task<> sendCancel(boost::asio::io_context& loop, const BackendAddress& address, CancelKey key);

}  // namespace tessera::gateway
