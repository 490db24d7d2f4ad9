#pragma once

/// A session with one directory of files, read by DuckDB. Owned by the host; one thread at a time. See README.md for
/// its options.

#include "plugins/files/instance.h"
#include "plugins/files/new_files.h"
#include "plugins/files/watcher.h"
#include "plugins/sdk/connector_base.h"

#include <span>

namespace tessera::files {

std::span<const TsrOptionSpec> optionSpecs();

class Session final : public sdk::Session {
  public:
    static Result<std::unique_ptr<sdk::Session>> open(const TsrHost& host, const sdk::Options& options);

    Result<std::vector<sdk::Table>> listTables(const std::string& schema,
                                               const std::optional<std::string>& table) override;
    Result<TsrStatistics> statistics(const sdk::Options& table_options) override;
    Result<std::unique_ptr<sdk::Cursor>> execute(const sdk::Query& query) override;

    std::uint32_t capabilities() override {
        return read_only_ ? 0U : TSR_CAN_INGEST | TSR_CAN_TRANSACT | TSR_CAN_SAVEPOINT;
    }

    Result<> begin(const TsrTransaction& transaction) override;
    Result<> startStep(TsrStep step, const std::string& name) override;

    Result<> finishStep() override { return std::exchange(step_, {}); }

    Result<std::unique_ptr<sdk::Ingest>> startIngest(const sdk::Target& target) override;

  private:
    Result<> refuseWhenReadOnly() const;

    Session(const TsrHost& host, std::string directory, bool read_only, std::shared_ptr<Instance> instance,
            Connection connection)
        : host_(host),
          directory_(std::move(directory)),
          read_only_(read_only),
          instance_(std::move(instance)),
          connection_(std::move(connection)),
          watcher_(host, connection_.get()) {}

    const TsrHost& host_;
    const std::string directory_;
    const bool read_only_;
    const std::shared_ptr<Instance> instance_;
    const Connection connection_;
    Watcher watcher_;
    NewFiles files_;  // of the transaction
    bool in_transaction_ = false;
    Result<> step_;  // how the last step has ended
};

}  // namespace tessera::files
