#include "nodeservice/identity/session_pool.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <utility>

namespace tessera::identity {

namespace {

bool sameOwner(const Principal& a, const Principal& b) {
    const bool same_context = a.context == b.context || (a.context && b.context && *a.context == *b.context);
    return a.role == b.role && same_context;
}

/// An idle session's socket has nothing to read unless the server has closed it (or says it is about to).
bool isAlive(const postgres::Connection& connection) {
    pollfd socket{PQsocket(connection.handle()), POLLIN, 0};
    return PQstatus(connection.handle()) == CONNECTION_OK && poll(&socket, 1, 0) == 0;
}

/// libpq gives no SQLSTATE for a refused connection; the server's messages are in English (lc_messages is C).
bool isRefusal(const Error& error) {
    for (const char* text : {"pg_hba.conf", "is not permitted to log in", "password authentication failed"}) {
        if (error.message.find(text) != std::string::npos) {
            return true;
        }
    }
    return error.code == ErrorCode::kUnauthenticated;
}

Error openError(Error error, const std::string& role) {
    if (isRefusal(error)) {
        return fail(ErrorCode::kUnauthenticated, "user '" + role + "' may not use the node's PostgreSQL");
    }
    Error unavailable = fail(ErrorCode::kUnavailable, "the node's PostgreSQL does not accept connections at the moment",
                             "the node restarts it by itself: try again in a few seconds");
    unavailable.detail = std::move(error.message);
    return unavailable;
}

}  // namespace

SessionPool::Lease::Lease(SessionPool& pool, Principal principal, postgres::Connection connection,
                          std::unique_ptr<PreparedStatements> prepared)
    : pool_(&pool),
      principal_(std::move(principal)),
      connection_(std::move(connection)),
      prepared_(std::move(prepared)),
      use_(pool.registry_.add(PQbackendPID(connection_->handle()), principal_.origin, principal_.role,
                              principal_.context)) {}

void SessionPool::Lease::giveBack() {
    if (PQtransactionStatus(connection_->handle()) == PQTRANS_IDLE && connection_->execute("DISCARD ALL")) {
        giveBackUnused();
    } else {
        connection_.reset();
    }
}

void SessionPool::Lease::giveBackUnused() {
    pool_->keep({principal_, std::move(*connection_), nullptr, Clock::now()});
    connection_.reset();
}

void SessionPool::Lease::useForCalls() {
    if (!prepared_) {
        prepared_ = std::make_unique<PreparedStatements>();
    }
}

void SessionPool::Lease::keepForCalls() {
    if (prepared_ && PQtransactionStatus(connection_->handle()) == PQTRANS_IDLE) {
        pool_->keep({principal_, std::move(*connection_), std::move(prepared_), Clock::now()});
    }
    connection_.reset();
}

SessionPool::SessionPool(postgres::ConnectionSettings server, const RoleKeys& keys, const ContextSigner& signer,
                         const DenyList& denied, SessionRegistry& registry, EndpointsOnly endpoints_only, Limits limits)
    : server_(std::move(server)),
      keys_(keys),
      signer_(signer),
      denied_(denied),
      registry_(registry),
      endpoints_only_(std::move(endpoints_only)),
      limits_(std::move(limits)) {}

Result<SessionPool::Lease> SessionPool::acquire(const Principal& principal) {
    TSR_TRY(endpoints_only_.checkStatements(principal));
    return acquireForEndpoint(principal);
}

Result<SessionPool::Lease> SessionPool::acquireForEndpoint(const Principal& principal) {
    if (denied_.deniesSession(principal.role, principal.context.get())) {
        return fail(ErrorCode::kUnauthenticated,
                    "the access of '" + principal.role + "' to this node has been withdrawn");
    }
    if (auto idle = takeIdle(principal, false)) {
        return Lease(*this, principal, std::move(idle->connection));
    }
    return Lease(*this, principal, TSR_TRY(open(principal)));
}

Result<SessionPool::Lease> SessionPool::acquireForCalls(const Principal& principal) {
    if (auto idle = takeForCalls(principal)) {
        return std::move(*idle);
    }
    // Says why it may not be, too.
    auto lease = acquireForEndpoint(principal);
    if (lease) {
        lease->useForCalls();
    }
    return lease;
}

std::optional<SessionPool::Lease> SessionPool::takeForCalls(const Principal& principal) {
    if (denied_.deniesSession(principal.role, principal.context.get())) {
        return std::nullopt;
    }
    auto idle = takeIdle(principal, true);
    idle = idle ? std::move(idle) : takeIdle(principal, false);
    if (!idle) {
        return std::nullopt;
    }
    Lease lease(*this, principal, std::move(idle->connection), std::move(idle->prepared));
    lease.useForCalls();
    return lease;
}

Result<postgres::Connection> SessionPool::open(const Principal& principal) {
    postgres::ConnectionSettings settings = server_;
    settings.user = principal.role;
    settings.password = keys_.passwordOf(principal.role).reveal();
    settings.more["application_name"] = "tessera-node";
    auto connection = postgres::Connection::open(settings);
    if (!connection) {
        return openError(std::move(connection).error(), principal.role);
    }
    if (principal.context) {
        TSR_TRY(signer_.attach(*connection, *principal.context));
    }
    return connection;
}

void SessionPool::clear() {
    std::list<Idle> closed;
    const std::lock_guard lock(mutex_);
    closed.swap(idle_);
}

std::size_t SessionPool::mostIdle(const std::string& role) const {
    const auto own = limits_.idle_of_role.find(role);
    return own == limits_.idle_of_role.end() ? limits_.idle_per_role : own->second;
}

std::optional<SessionPool::Idle> SessionPool::takeIdle(const Principal& principal, bool for_calls) {
    // Closed after the lock is released.
    std::list<Idle> expired;
    const std::lock_guard lock(mutex_);
    const Clock::time_point oldest = Clock::now() - limits_.idle_time;
    while (!idle_.empty() && idle_.back().since < oldest) {
        expired.splice(expired.end(), idle_, std::prev(idle_.end()));
    }
    for (auto entry = idle_.begin(); entry != idle_.end();) {
        const auto current = entry++;
        if ((current->prepared != nullptr) != for_calls || !sameOwner(current->principal, principal)) {
            continue;
        }
        if (isAlive(current->connection)) {
            std::optional<Idle> found(std::move(*current));
            idle_.erase(current);
            return found;
        }
        expired.splice(expired.end(), idle_, current);
    }
    return std::nullopt;
}

void SessionPool::keep(Idle idle) {
    std::list<Idle> dropped;
    const std::size_t most = mostIdle(idle.principal.role);
    const std::lock_guard lock(mutex_);
    idle_.push_front(std::move(idle));
    const Principal& principal = idle_.front().principal;
    std::size_t of_role = 0;
    std::size_t of_person = 0;
    std::size_t for_calls = 0;
    for (auto entry = idle_.begin(); entry != idle_.end();) {
        const auto current = entry++;
        bool is_surplus = false;
        if (current->prepared) {
            const bool is_same = sameOwner(current->principal, principal);
            of_person += is_same ? 1 : 0;
            is_surplus = ++for_calls > limits_.calls || (is_same && of_person > limits_.calls_per_person);
        } else {
            is_surplus = current->principal.role == principal.role && ++of_role > most;
        }
        if (is_surplus) {
            dropped.splice(dropped.end(), idle_, current);
        }
    }
}

}  // namespace tessera::identity
