#pragma once

/// A running statement as batches. The worker fetches one batch ahead while the host uses the last. Owned by its
/// session's caller; must be destroyed before the session, which ends the statement, at the source too.

#include "plugins/odbc/connection.h"
#include "plugins/sdk/connector_base.h"

#include <memory>

namespace tessera::odbc {

class Cursor final : public sdk::Cursor {
  public:
    /// Starts the statement.
    static Result<std::unique_ptr<sdk::Cursor>> open(Connection& connection, const sdk::Query& query);
    ~Cursor() override;

    Result<sdk::Fetch> next(ArrowArray* array) override;
    std::int64_t affected() const override;

  private:
    struct Run;

    Cursor(Connection& connection, std::shared_ptr<Run> run) : connection_(connection), run_(std::move(run)) {}

    void fetchAhead();
    /// Ends it for good; what the person gets to hear.
    Error stop();

    Connection& connection_;
    std::shared_ptr<Run> run_;
    bool over_ = false;
};

}  // namespace tessera::odbc
