#pragma once

/// Makes the node's database what its configuration says: users, sources, their tables, init scripts. What was prepared
/// is recorded in the database itself (schema tessera_node), in the transaction that prepared it, so that the next
/// start does only what has changed. A source that cannot be prepared is recorded with its error and tried again; the
/// others go on.
///
/// prepare(), retry() and analyze() belong to one thread at a time; the rest may be called from any.

#include "common/result.h"
#include "common/secret.h"
#include "nodeservice/catalog/source.h"
#include "nodeservice/postgres/connection.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tessera::catalog {

/// What a role's sessions may take; 0: no limit of the role's.
struct RoleLimits {
    int statement_seconds = 0;
    int session_memory_mb = 0;
};

struct User {
    std::string name;
    /// As ALTER ROLE takes it: "SCRAM-SHA-256$…".
    std::string verifier;
    RoleLimits limits = {};
};

/// How a source is, for DescribeNode, metrics and logs.
struct SourceState {
    std::string name;
    std::string connector;
    std::vector<std::string> schemas;
    std::string comment;
    /// Empty, or why it could not be prepared.
    std::string error;
};

struct PreparationOptions {
    /// The superuser's way to the server; its database is `postgres`.
    postgres::ConnectionSettings superuser;
    std::string database;
    std::vector<User> users;
    /// The roles that people with tokens work as: they may read what is imported, and own nothing.
    std::vector<User> identity_roles;
    std::vector<Source> sources;
    std::vector<InitScript> init_scripts;
    /// What a source consists of now, where that can be told cheaply: it is prepared again when it has changed since.
    std::function<std::string(const Source& source)> revision_of = {};
    /// What a user signs in with at the node's PostgreSQL.
    std::function<Secret(const std::string& user)> password_of;
};

class Preparation {
  public:
    explicit Preparation(PreparationOptions options);

    /// The first pass. An error only when the node cannot serve at all; a source's error is in its state.
    Result<> prepare();

    /// Is there anything that failed and may succeed later?
    bool hasFailures() const;

    /// Is tessera_fdw in the database?
    bool usesExtension() const { return !options_.sources.empty() || !options_.identity_roles.empty(); }

    /// Tries what failed once more.
    Result<> retry();

    /// Makes prepare(), retry() and analyze() give up soon once PostgreSQL is gone. Any thread.
    void requestStop() { stopping_ = true; }

    /// Gives the planner statistics of tables that have none yet; how many it left out for now. See statistics.h.
    Result<std::size_t> analyze();

    std::vector<SourceState> states() const;

    /// Empty, or what failed in the init scripts.
    std::string initError() const;

  private:
    struct Prepared {
        std::string fingerprint;
        std::string error;
        std::vector<std::string> schemas;
    };

    std::string fingerprint(const Source& source) const;
    Result<postgres::Connection> connect();
    Result<postgres::Connection> reconnect();
    Result<> prepareDatabase(postgres::Connection& connection);
    Result<> prepareExtension(postgres::Connection& connection);
    Result<> prepareGroups(postgres::Connection& connection);
    Result<> prepareUsers(postgres::Connection& connection, const std::string& group, const std::vector<User>& users);
    Result<> readPrepared(postgres::Connection& connection);
    Result<> dropForgotten(postgres::Connection& connection);
    Result<> prepareSource(postgres::Connection& connection, const Source& source);
    Result<> recordFailure(postgres::Connection& connection, const Source& source, const Prepared& prepared);
    Result<> createSource(postgres::Connection& connection, const Source& source);
    Result<> dropSource(postgres::Connection& connection, const std::string& name);
    Result<> record(postgres::Connection& connection, const std::string& kind, const std::string& name,
                    const Prepared& prepared);
    Result<> runInitScripts(postgres::Connection& connection);
    Result<> runInitScript(postgres::Connection& connection, const InitScript& script);
    void setState(const Source& source, const std::string& error);

    const PreparationOptions options_;
    std::string versions_;
    std::map<std::string, Prepared> prepared_;
    Prepared prepared_init_;
    bool sources_changed_ = false;
    std::atomic<bool> stopping_ = false;

    mutable std::mutex mutex_;
    std::vector<SourceState> states_;  // guarded by mutex_
    std::string init_error_;           // guarded by mutex_
};

}  // namespace tessera::catalog
