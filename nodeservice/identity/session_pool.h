#pragma once

/// Sessions of the node's PostgreSQL, each opened as a person's own role, never by SET ROLE on a wider one. Whom it
/// acts for is attached once, when it is opened. A used session is cleaned (DISCARD ALL, which leaves the attached
/// identity) and kept a while for the same person with the same token: no session ever changes hands.
///
/// Any thread; a lease belongs to one. The pool must outlive its leases.

#include "common/result.h"
#include "nodeservice/identity/context_signer.h"
#include "nodeservice/identity/deny_list.h"
#include "nodeservice/identity/endpoints_only.h"
#include "nodeservice/identity/principal.h"
#include "nodeservice/identity/role_keys.h"
#include "nodeservice/postgres/connection.h"

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace tessera::identity {

class SessionPool {
  public:
    struct Limits {
        std::size_t idle_per_role = 4;
        /// Of these roles, others: jobs run as few users, many at once, and opening a session takes longer than most
        /// steps.
        std::map<std::string, std::size_t> idle_of_role = {};
        std::chrono::seconds idle_time{60};
        /// Sessions for calls that are kept, of one person and of all.
        std::size_t calls_per_person = 16;
        std::size_t calls = 32;
    };

    /// Of a session for calls: the names of its prepared statements by their texts.
    using PreparedStatements = std::unordered_map<std::string, std::string>;

    class Lease {
      public:
        Lease(SessionPool& pool, Principal principal, postgres::Connection connection,
              std::unique_ptr<PreparedStatements> prepared = nullptr);
        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        /// Closes the session, unless it was given back.
        ~Lease() = default;

        postgres::Connection& connection() { return *connection_; }

        /// Cleans the session and gives it back; closes it when that fails or a transaction is open.
        void giveBack();
        /// For a session on which nothing has run.
        void giveBackUnused();

        /// It is one for calls from now on.
        void useForCalls();

        /// Of a session for calls; null of any other.
        PreparedStatements* prepared() { return prepared_.get(); }

        /// For a session for calls whose transaction has ended; closes it when it has not.
        void keepForCalls();

      private:
        SessionPool* pool_;
        Principal principal_;
        std::optional<postgres::Connection> connection_;
        std::unique_ptr<PreparedStatements> prepared_;
        SessionRegistry::Entry use_;
    };

    /// `server`: where the sessions are opened; its user and password are not used.
    SessionPool(postgres::ConnectionSettings server, const RoleKeys& keys, const ContextSigner& signer,
                const DenyList& denied, SessionRegistry& registry, EndpointsOnly endpoints_only, Limits limits);

    /// An idle session of the same role, or a new one. kUnauthenticated when PostgreSQL does not let the role in or the
    /// principal is denied (jobs run as somebody who does not sign in), kUnavailable while PostgreSQL does not run,
    /// kPermissionDenied for who may only call endpoints.
    Result<Lease> acquire(const Principal& principal);
    /// The same for one statement of an endpoint, which the principal has not written.
    Result<Lease> acquireForEndpoint(const Principal& principal);

    /// A session for calls, which are of endpoints.
    Result<Lease> acquireForCalls(const Principal& principal);
    /// The same without waiting; nothing when none is idle, or acquireForCalls() has to say why not.
    std::optional<Lease> takeForCalls(const Principal& principal);

    /// Closes all idle sessions, e.g. because the server has been restarted.
    void clear();

  private:
    using Clock = std::chrono::steady_clock;

    struct Idle {
        Principal principal;
        postgres::Connection connection;
        /// Null: it is clean.
        std::unique_ptr<PreparedStatements> prepared;
        Clock::time_point since;
    };

    std::size_t mostIdle(const std::string& role) const;
    /// One that is clean, or one for calls.
    std::optional<Idle> takeIdle(const Principal& principal, bool for_calls);
    void keep(Idle idle);
    Result<postgres::Connection> open(const Principal& principal);

    const postgres::ConnectionSettings server_;
    const RoleKeys& keys_;
    const ContextSigner& signer_;
    const DenyList& denied_;
    SessionRegistry& registry_;
    const EndpointsOnly endpoints_only_;
    const Limits limits_;
    std::mutex mutex_;
    std::list<Idle> idle_;  // guarded by mutex_; newest first
};

}  // namespace tessera::identity
