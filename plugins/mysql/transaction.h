#pragma once

/// A session's transactions: plain ones, and those that XA names from their start, so that they can be prepared. A step
/// is sent by start() and awaited by finish(), so that the host can end several sources' transactions at the same time.
/// One thread at a time.

#include "plugins/mysql/connection.h"

#include <deque>
#include <string>
#include <vector>

namespace tessera::mysql {

class Transaction {
  public:
    explicit Transaction(Connection& connection) : connection_(connection) {}

    Result<> begin(const TsrTransaction& transaction);
    Result<> start(TsrStep step, const std::string& name);
    Result<> finish();

  private:
    std::deque<std::string> statementsOf(TsrStep step, const std::string& name) const;
    Error failure(Error error) const;

    Connection& connection_;
    std::string xa_name_;  // quoted; empty in a plain transaction
    TsrStep step_ = TSR_STEP_COMMIT;
    std::deque<std::string> statements_;  // of the step, that have yet to be run
    std::string running_;
    int wanted_ = 0;
    int code_ = 0;
};

Result<std::vector<std::string>> listPrepared(Connection& connection, const std::string& prefix);

}  // namespace tessera::mysql
