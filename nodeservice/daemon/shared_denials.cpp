#include "nodeservice/daemon/shared_denials.h"

#include "nodeservice/catalog/governance.h"

#include <cstdint>
#include <set>
#include <utility>

namespace tessera::node {

namespace {

using store::sqlite::Value;

template <class Entry>
std::set<std::string> keysOf(const std::vector<Entry>& entries) {
    std::set<std::string> keys;
    for (const Entry& entry : entries) {
        keys.insert(entry.key);
    }
    return keys;
}

std::optional<std::string> textOf(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*number);
    }
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? std::nullopt : std::optional(*text);
}

Value valueOf(const std::optional<std::string>& text) {
    return text ? Value(*text) : Value();
}

/// Without the table's triggers, which note that somebody has said it here.
Result<> change(postgres::Connection& connection, const std::string& sql,
                const std::vector<std::optional<std::string>>& parameters) {
    TSR_TRY(connection.execute("BEGIN; SET LOCAL session_replication_role = replica"));
    const auto changed = connection.query(sql, parameters);
    if (!changed) {
        static_cast<void>(connection.execute("ROLLBACK"));
        return changed.error();
    }
    return connection.execute(std::string("NOTIFY ") + catalog::kDeniedChannel + "; COMMIT");
}

}  // namespace

DenialNews newsOf(const DenialState& node, const DenialState& store) {
    const std::set<std::string> said_here = keysOf(node.said);
    const std::set<std::string> lifted_here = keysOf(node.lifted);
    const std::set<std::string> said_there = keysOf(store.said);
    const std::set<std::string> lifted_there = keysOf(store.lifted);
    DenialNews news;
    for (const SaidDenial& entry : node.said) {
        if (!said_there.contains(entry.key) && !lifted_there.contains(entry.key)) {
            news.for_store.said.push_back(entry);
        }
    }
    for (const LiftedDenial& entry : node.lifted) {
        if (!lifted_there.contains(entry.key)) {
            news.for_store.lifted.push_back(entry);
        }
    }
    for (const SaidDenial& entry : store.said) {
        if (!said_here.contains(entry.key) && !lifted_here.contains(entry.key)) {
            news.for_node.said.push_back(entry);
        }
    }
    for (const LiftedDenial& entry : store.lifted) {
        if (said_here.contains(entry.key) || lifted_here.contains(entry.key)) {
            news.for_node.lifted.push_back(entry);
        }
    }
    return news;
}

// --- the store -------------------------------------------------------------------------------------------------------

store::SqlStatement statementToFindDenials() {
    return {"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'denial'", {}};
}

store::SqlStatement statementToReadDenials() {
    return {
        "SELECT key, user_name, issuer, subject, token, issued_before, reason, denied_by, denied_at, denied_on, "
        "lifted_by, lifted_at, lifted_on FROM denial ORDER BY denied_at, key",
        {}};
}

DenialState denialsOf(const std::vector<jobs::Row>& rows) {
    DenialState state;
    for (const jobs::Row& row : rows) {
        const auto text = [&row](std::size_t column) { return textOf(row.at(column)).value_or(""); };
        if (textOf(row.at(11))) {
            state.lifted.push_back({text(0), text(10), text(11), text(12)});
        } else {
            state.said.push_back({text(0), textOf(row.at(1)), textOf(row.at(2)), textOf(row.at(3)), textOf(row.at(4)),
                                  textOf(row.at(5)), text(6), text(7), text(8), text(9)});
        }
    }
    return state;
}

jobs::Batch batchOf(const DenialState& news) {
    // What was lifted stays, so that an entry that comes late does not deny anybody again.
    jobs::Batch batch = {
        {"CREATE TABLE IF NOT EXISTS denial(key TEXT PRIMARY KEY, user_name TEXT, issuer TEXT, "
         "subject TEXT, token TEXT, issued_before INTEGER, reason TEXT, denied_by TEXT, denied_at "
         "TEXT, denied_on TEXT, lifted_by TEXT, lifted_at TEXT, lifted_on TEXT) WITHOUT ROWID",
         {}}};
    for (const SaidDenial& entry : news.said) {
        batch.push_back(
            {"INSERT INTO denial(key, user_name, issuer, subject, token, issued_before, reason, "
             "denied_by, denied_at, denied_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO "
             "NOTHING",
             {entry.key, valueOf(entry.user), valueOf(entry.issuer), valueOf(entry.subject), valueOf(entry.token),
              valueOf(entry.issued_before), entry.reason, entry.denied_by, entry.denied_at, entry.node}});
    }
    for (const LiftedDenial& entry : news.lifted) {
        batch.push_back(
            {"INSERT INTO denial(key, lifted_by, lifted_at, lifted_on) VALUES (?, ?, ?, ?) ON "
             "CONFLICT(key) DO UPDATE SET lifted_by = excluded.lifted_by, lifted_at = excluded.lifted_at, "
             "lifted_on = excluded.lifted_on WHERE lifted_at IS NULL",
             {entry.key, entry.lifted_by, entry.lifted_at, entry.node}});
    }
    return batch;
}

// --- the node --------------------------------------------------------------------------------------------------------

Result<DenialState> readDenials(postgres::Connection& connection, const std::string& node) {
    DenialState state;
    const std::string in_utc = " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'";
    const postgres::Rows said = TSR_TRY(connection.query(
        "SELECT key, user_name, issuer, subject, token, issued_before, reason, denied_by, to_char(denied_at" + in_utc +
            ", coalesce(node, $1) FROM tessera_governance.denied ORDER BY id",
        {node}));
    for (const auto& row : said.values) {
        state.said.push_back({*row[0], row[1], row[2], row[3], row[4], row[5], *row[6], *row[7], *row[8], *row[9]});
    }
    const postgres::Rows lifted = TSR_TRY(connection.query("SELECT key, lifted_by, to_char(lifted_at" + in_utc +
                                                           " FROM tessera_governance.lifted ORDER BY lifted_at, key"));
    for (const auto& row : lifted.values) {
        state.lifted.push_back({*row[0], *row[1], *row[2], node});
    }
    return state;
}

Result<> note(postgres::Connection& connection, const SaidDenial& entry) {
    return change(connection,
                  "INSERT INTO tessera_governance.denied (key, user_name, issuer, subject, token, issued_before, "
                  "reason, denied_by, denied_at, node) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO "
                  "NOTHING",
                  {entry.key, entry.user, entry.issuer, entry.subject, entry.token, entry.issued_before, entry.reason,
                   entry.denied_by, entry.denied_at, entry.node});
}

Result<> note(postgres::Connection& connection, const LiftedDenial& entry) {
    return change(connection,
                  "WITH listed AS (DELETE FROM tessera_governance.denied WHERE key = $1::uuid) "
                  "DELETE FROM tessera_governance.lifted WHERE key = $1::uuid",
                  {entry.key});
}

}  // namespace tessera::node
