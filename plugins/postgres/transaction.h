#pragma once

/// A session's transactions: begin, and the steps that end it or parts of it. Each step is sent by start() and awaited
/// by finish(), so that the host can end transactions at several sources at the same time. One thread at a time.

#include "plugins/postgres/connection.h"

#include <string>
#include <vector>

namespace tessera::postgres_connector {

Result<> beginTransaction(Connection& connection, const TsrTransaction& transaction);

class TransactionStep {
  public:
    /// Sends it.
    Result<> start(Connection& connection, TsrStep step, const std::string& name);
    Result<> finish(Connection& connection);

  private:
    TsrStep step_ = TSR_STEP_COMMIT;
};

Result<std::string> exportSnapshot(Connection& connection);
Result<std::vector<std::string>> listPrepared(Connection& connection, const std::string& prefix);

}  // namespace tessera::postgres_connector
