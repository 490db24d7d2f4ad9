#pragma once

/// A libpq connection for set-up work and tests: it waits, and answers whole. Queries of people go through query/,
/// which streams.
///
/// Thread: one at a time. The object owns the connection; a server's error keeps its SQLSTATE, position, detail and
/// hint.

#include "common/handle.h"
#include "common/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

struct pg_conn;
struct pg_result;
extern "C" void PQfinish(pg_conn*);
extern "C" void PQclear(pg_result*);

namespace tessera::postgres {

using ConnectionHandle = Handle<pg_conn, PQfinish>;
using ResultHandle = Handle<pg_result, PQclear>;

struct ConnectionSettings {
    /// A host name or address, or the folder of a unix socket.
    std::string host = {};
    std::uint16_t port = 5432;
    std::string user = {};
    std::string password = {};
    std::string database = "postgres";
    /// More of libpq's keywords: "options", "sslmode", "connect_timeout", …
    std::map<std::string, std::string> more = {};
};

struct Rows {
    std::vector<std::string> columns;
    /// Values in PostgreSQL's text form; none is NULL.
    std::vector<std::vector<std::optional<std::string>>> values;
    /// How many rows a command touched.
    std::int64_t affected = 0;
};

class Connection {
  public:
    /// Tries for ten seconds at most, unless more["connect_timeout"] says otherwise.
    static Result<Connection> open(const ConnectionSettings& settings);

    /// Runs one or several commands and forgets their rows.
    Result<> execute(const std::string& sql);

    /// Runs one command with text parameters ($1, …).
    Result<Rows> query(const std::string& sql, const std::vector<std::optional<std::string>>& parameters = {});

    /// The single value of a query that gives one row of one column; kInternal when it gives anything else.
    Result<std::optional<std::string>> queryValue(const std::string& sql,
                                                  const std::vector<std::optional<std::string>>& parameters = {});

    /// COPY … FROM STDIN with this text.
    Result<> copyIn(const std::string& sql, const std::string& text);

    pg_conn* handle() const { return connection_.get(); }

  private:
    explicit Connection(ConnectionHandle connection) : connection_(std::move(connection)) {}

    ConnectionHandle connection_;
};

/// The server's error in a result, or libpq's own.
Error errorOf(const pg_result* result);

/// What libpq says went wrong with a connection itself.
Error errorOf(const pg_conn* connection);

}  // namespace tessera::postgres
