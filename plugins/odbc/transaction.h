#pragma once

/// The transaction of a session: autocommit off, and savepoints where the system's own statements for them are known.
/// Owned by its session; one thread at a time.

#include "plugins/odbc/connection.h"
#include "plugins/sdk/connector_base.h"

#include <memory>
#include <string>

namespace tessera::odbc {

/// A step of savepoints in the system's words; empty: there is nothing to say.
std::string savepointStatement(Savepoints form, TsrStep step, const std::string& name);

class Transaction {
  public:
    explicit Transaction(Connection& connection) : connection_(connection) {}

    Result<> begin(const TsrTransaction& transaction);
    Result<> start(TsrStep step, const std::string& name);
    Result<> finish();

  private:
    /// What a step's job leaves behind.
    struct Outcome {
        Result<> result;
        bool lost = false;  // the connection
    };

    Connection& connection_;
    TsrStep step_ = TSR_STEP_ROLLBACK;
    std::shared_ptr<Outcome> outcome_;
};

}  // namespace tessera::odbc
