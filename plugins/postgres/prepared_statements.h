#pragma once

/// Which statements a session has prepared at its source. Look-ups, and what dashboards ask, run the same text again
/// and again: from its second run on, the source need neither parse nor, in time, plan it; a node's planning is most of
/// what a small statement costs there. Owned by one session.

#include "common/result.h"
#include "plugins/postgres/connection.h"
#include "plugins/postgres/parameters.h"

#include <cstdint>
#include <string>
#include <unordered_map>

namespace tessera::postgres_connector {

class PreparedStatements {
  public:
    struct Name {
        std::string text;       // empty: it is not prepared, run it by its text
        bool is_fresh = false;  // it took a round trip of its own
    };

    /// From now on there is a transaction, which an error aborts: what was prepared before it may be stale, and is
    /// prepared anew; what it has prepared itself is not, for its locks keep the tables as they are.
    void beginTransaction() { transaction_began_ = runs_; }

    /// Prepares it when it ran before, in a transaction when it ran there.
    Result<Name> find(Connection& connection, const std::string& text, const Parameters& parameters);

    /// The source does not know it any more, or it does not fit its tables.
    void forget(const std::string& text) { statements_.erase(text); }

  private:
    struct Statement {
        std::string name;  // empty until it is prepared
        std::uint64_t last_run;
        std::uint64_t prepared_at = 0;
    };

    Result<> makeRoom(Connection& connection);

    std::unordered_map<std::string, Statement> statements_;
    std::uint64_t runs_ = 0;
    std::uint64_t transaction_began_ = 0;
};

/// Is an error the staleness of a prepared statement, rather than the statement's own?
bool saysStale(const Error& error);

}  // namespace tessera::postgres_connector
