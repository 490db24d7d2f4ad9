#include "plugins/postgres/prepared_statements.h"

#include <algorithm>

namespace tessera::postgres_connector {

namespace {

/// More than any plan has; the source keeps memory for each.
constexpr std::size_t kMostStatements = 64;

}  // namespace

Result<PreparedStatements::Name> PreparedStatements::find(Connection& connection, const std::string& text,
                                                          const Parameters& parameters) {
    const std::uint64_t run = ++runs_;
    const auto found = statements_.find(text);
    if (found == statements_.end()) {
        TSR_TRY(makeRoom(connection));
        statements_.emplace(text, Statement{"", run});
        return Name{};
    }
    Statement& statement = found->second;
    const std::uint64_t oldest = PQtransactionStatus(connection.get()) == PQTRANS_IDLE ? 0 : transaction_began_ + 1;
    const bool ran = statement.last_run >= oldest;
    statement.last_run = run;
    if (!statement.name.empty() && statement.prepared_at >= oldest) {
        return Name{statement.name, false};
    }
    if (!ran) {
        return Name{};
    }
    if (!statement.name.empty()) {
        TSR_TRY(connection.run(("DEALLOCATE " + statement.name).c_str(), {}));
        statement.name.clear();
    }
    const std::string name = "tessera_" + std::to_string(run);
    TSR_TRY(connection.prepare(name, text, parameters));
    statement.name = name;
    statement.prepared_at = run;
    return Name{name, true};
}

Result<> PreparedStatements::makeRoom(Connection& connection) {
    if (statements_.size() < kMostStatements) {
        return {};
    }
    const auto oldest = std::min_element(statements_.begin(), statements_.end(), [](const auto& a, const auto& b) {
        return a.second.last_run < b.second.last_run;
    });
    const std::string name = oldest->second.name;
    statements_.erase(oldest);
    if (!name.empty()) {
        TSR_TRY(connection.run(("DEALLOCATE " + name).c_str(), {}));
    }
    return {};
}

bool saysStale(const Error& error) {
    // "cached plan must not change result type", "prepared statement … does not exist"
    return error.sqlstate == "0A000" || error.sqlstate == "26000";
}

}  // namespace tessera::postgres_connector
