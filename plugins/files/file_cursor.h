#pragma once

/// A file of a statement's rows, written by DuckDB with all its threads and read here as it is written: through a pipe,
/// so that memory is bounded, and DuckDB waits for whoever reads. It has an instance of its own, which may write that
/// pipe. Owned as sdk::Cursor says; destroying it ends the statement. docs/decisions/0048.

#include "common/process.h"
#include "plugins/files/instance.h"
#include "plugins/sdk/batch_limit.h"
#include "plugins/sdk/connector_base.h"

#include <thread>

namespace tessera::files {

class FileCursor final : public sdk::Cursor {
  public:
    /// 0A000 when the file's values could differ from those that the rows of `query` have as PostgreSQL's types.
    static Result<std::unique_ptr<sdk::Cursor>> open(const TsrHost& host, const InstanceOptions& options,
                                                     const sdk::Query& query);
    ~FileCursor() override;

    Result<sdk::Fetch> next(ArrowArray* array) override;

    std::int64_t affected() const override { return rows_; }

  private:
    enum class Read { kSome, kNothingYet, kEnd };

    FileCursor(const TsrHost& host, Reader&& reader, FileDescriptor&& read_end, FileDescriptor&& write_end,
               const sdk::Query& query)
        : host_(host),
          reader_(std::move(reader)),
          read_end_(std::move(read_end)),
          write_end_(std::move(write_end)),
          pieces_(query.column_types),
          limit_(query.batch_bytes) {}

    void start(Prepared prepared);
    /// Of the thread: DuckDB's part.
    void write(const Prepared& prepared);
    /// Waits a moment at most.
    Result<Read> read();
    /// Once the pipe is at its end.
    Result<> finish();

    const TsrHost& host_;
    const Reader reader_;
    FileDescriptor read_end_;
    FileDescriptor write_end_;  // the thread's, which closes it: nothing more comes
    sdk::BatchBuilder pieces_;
    sdk::BatchLimit limit_;
    std::string piece_;
    std::int64_t rows_ = -1;
    Result<std::int64_t> written_{std::int64_t{-1}};  // the thread's until it has ended
    std::thread thread_;
};

}  // namespace tessera::files
