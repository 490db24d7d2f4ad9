#pragma once

/// The statements that a session keeps prepared at its server, by their text: a look-up that runs again and again takes
/// one round trip then. Owned by its session, and destroyed before the connection.

#include "plugins/mysql/connection.h"

#include <list>
#include <string>
#include <string_view>
#include <utility>

namespace tessera::mysql {

class Statements {
  public:
    explicit Statements(Connection& connection) : connection_(connection) {}

    Statements(const Statements&) = delete;
    Statements& operator=(const Statements&) = delete;
    ~Statements();

    /// One that is prepared, or nullptr. It belongs to the caller until it comes back by keep() or close().
    MYSQL_STMT* take(std::string_view text);

    /// For one that ended without an error.
    void keep(std::string text, MYSQL_STMT* statement);

    void close(MYSQL_STMT* statement);

  private:
    Connection& connection_;
    std::list<std::pair<std::string, MYSQL_STMT*>> idle_;  // the last one used comes first
};

/// Is it worth keeping? Look-ups and changes of single rows are. What has subqueries, joins or groups is prepared anew
/// each time: there a second execution leaves the beaten track of the servers' optimisers.
bool isKept(std::string_view text, std::size_t param_count);

}  // namespace tessera::mysql
