#pragma once

/// The parts of `./dev bench fdw` that are about sources other than PostgreSQL, and what they share with the others.

#include "tests/bench/report.h"
#include "tests/support/temporary_postgres.h"

#include <functional>
#include <string>
#include <vector>

namespace tessera::bench {

/// The node, whose sessions have our extension and its peers.
struct Node {
    TemporaryPostgres server;
    postgres::Connection connection;
};

/// `sql` with the schema for each "$."
std::string inSchema(std::string sql, const std::string& schema);

Contender contender(postgres::Connection& node, const char* schema, const char* statement);

/// The statement, whose rows the executor drops: what a scan itself costs, with nothing above it.
std::string dropped(const std::string& query);

/// 1,000 look-ups by key in the schema's table "big".
extern const char* const kLookUps;

/// By how many MB a fresh backend grows, at most, while it reads all of the table, with so many readers side by side;
/// `small` is one of the same source.
Result<double> growth(const Node& node, const std::string& table, const std::string& small, int readers = 1);

struct Tables {
    std::string large;
    std::string small;
};

/// That growth as a row, beside `tessera.batch_memory`.
Result<> addMemory(const Node& node, const std::string& schema, const Tables& tables, const std::string& what,
                   std::vector<Row>& rows);

/// Whether the source works on the statement.
using IsRunning = std::function<Result<bool>()>;

/// Whether the query, which looks at the source, finds something.
IsRunning anyRow(postgres::Connection& connection, std::string query);

/// A statement on the schema's table "large" that runs for minutes.
extern const char* const kLongJoin;

/// From the request to cancel until the client has its error and the source is rid of the statement: the median, in ms.
Result<double> cancelMedian(const TemporaryPostgres& server, const std::string& statement, const IsRunning& is_running);

/// How long the statement, which would run for minutes, goes on at its source after it was cancelled, as a row.
Result<> addCancel(const Node& node, const std::string& id, const std::string& what, const std::string& statement,
                   const IsRunning& is_running, std::vector<Row>& rows);

/// addCancel() of a source within the backend's own process: the statement runs as long as its session is active.
Result<> addCancelHere(const Node& node, const std::string& schema, const std::string& what, std::vector<Row>& rows);

Result<> benchMariaDb(Node& node, std::vector<Row>& rows);
Result<> benchSqlite(Node& node, std::vector<Row>& rows);
Result<> benchFiles(Node& node, std::vector<Row>& rows);

}  // namespace tessera::bench
