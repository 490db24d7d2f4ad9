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
        return TSR_CAN_GIVE_FILES | (read_only_ ? 0U : TSR_CAN_INGEST | TSR_CAN_TRANSACT | TSR_CAN_SAVEPOINT);
    }

    Result<> begin(const TsrTransaction& transaction) override;
    Result<> startStep(TsrStep step, const std::string& name) override;

    Result<> finishStep() override { return std::exchange(step_, {}); }

    Result<std::unique_ptr<sdk::Ingest>> startIngest(const sdk::Target& target) override;

  private:
    /// A connection with what cancels its statements.
    struct Watched {
        Watched(const TsrHost& host, Reader&& opened)
            : reader(std::move(opened)), watcher(host, reader.connection.get()) {}

        const Reader reader;
        Watcher watcher;
    };

    Result<> refuseWhenReadOnly() const;

    /// `options` are those of `reader`; `scans` is what openForRows() is called with when it comes to it.
    Session(const TsrHost& host, bool read_only, Reader&& reader, InstanceOptions options, InstanceOptions scans)
        : host_(host),
          read_only_(read_only),
          options_(std::move(options)),
          scans_(std::move(scans)),
          main_(host, std::move(reader)) {}

    const std::string& directory() const { return scans_.directory; }

    duckdb_connection connection() const { return main_.reader.connection.get(); }

    const TsrHost& host_;
    const bool read_only_;
    const InstanceOptions options_;
    const InstanceOptions scans_;
    Watched main_;
    /// Of the statements that pass rows on; null until the first. Their cursors hold it, too.
    std::shared_ptr<Watched> rows_;
    int row_statements_ = 0;  // of rows_
    NewFiles files_;          // of the transaction
    bool in_transaction_ = false;
    Result<> step_;  // how the last step has ended
};

}  // namespace tessera::files
