#pragma once

/// Statements of one connection, kept under their text for the next time: to prepare most takes longer than to run
/// them. One thread at a time. Gone before the connection.

#include "nodeservice/store/sqlite/database.h"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace tessera::store::sqlite {

struct ResetStatement {
    void operator()(Statement* statement) const { statement->reset(); }
};

/// As if it had just been prepared. Given back when it goes, which is before clear(), and before another one is kept.
using LentStatement = std::unique_ptr<Statement, ResetStatement>;

class StatementCache {
  public:
    /// Null: it is not here.
    LentStatement find(std::string_view text);

    LentStatement keep(std::string_view text, Statement statement);

    /// find(), or prepared and kept.
    Result<LentStatement> prepare(Database& database, std::string_view sql);

    /// Runs it to its end, with values from 1 on.
    Result<> run(Database& database, std::string_view sql, std::initializer_list<Value> values = {});

    void clear() { statements_.clear(); }

  private:
    std::map<std::string, Statement, std::less<>> statements_;
};

}  // namespace tessera::store::sqlite
