#pragma once

/// Who is denied, as the members of one replicated store agree on it. Each node has a list of its own, in its
/// PostgreSQL, which its administrators change and which holds whether the store answers or not; the store's table
/// `denial` has what all of them have said. An entry is said once, under a key that is its own for ever, and may be
/// lifted once: so it does not matter in which order, how often or how late either comes to hear of the other.

#include "common/result.h"
#include "nodeservice/jobs/run/job_store.h"
#include "nodeservice/postgres/connection.h"

#include <optional>
#include <string>
#include <vector>

namespace tessera::node {

struct SaidDenial {
    /// A UUID.
    std::string key;
    std::optional<std::string> user;
    std::optional<std::string> issuer;
    std::optional<std::string> subject;
    std::optional<std::string> token;
    /// Seconds since 1970.
    std::optional<std::string> issued_before;
    std::string reason;
    std::string denied_by;
    /// As PostgreSQL writes and reads it, with its zone.
    std::string denied_at;
    /// Where it was said.
    std::string node;

    bool operator==(const SaidDenial&) const = default;
};

struct LiftedDenial {
    std::string key;
    std::string lifted_by;
    std::string lifted_at;
    std::string node;

    bool operator==(const LiftedDenial&) const = default;
};

struct DenialState {
    std::vector<SaidDenial> said;
    /// A node's list has those of which it does not know yet that the store has them; the store keeps all.
    std::vector<LiftedDenial> lifted;

    bool empty() const { return said.empty() && lifted.empty(); }
};

/// What each of the two has to hear of the other.
struct DenialNews {
    DenialState for_store;
    DenialState for_node;
};

DenialNews newsOf(const DenialState& node, const DenialState& store);

// The store's part.

/// Gives one row: 0 when its table is not there, because nobody has said anything yet.
store::SqlStatement statementToFindDenials();
store::SqlStatement statementToReadDenials();
DenialState denialsOf(const std::vector<jobs::Row>& rows);
/// May be applied again, and in any order with others.
jobs::Batch batchOf(const DenialState& news);

// The node's part.

/// `node`: its name, for what is said here.
Result<DenialState> readDenials(postgres::Connection& connection, const std::string& node);
/// What was said elsewhere. As the superuser; whoever listens to catalog::kDeniedChannel hears of it.
Result<> note(postgres::Connection& connection, const SaidDenial& entry);
Result<> note(postgres::Connection& connection, const LiftedDenial& entry);

}  // namespace tessera::node
