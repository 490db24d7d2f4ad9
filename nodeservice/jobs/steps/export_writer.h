#pragma once

/// DuckDB, which writes files of the rows that a RowReader gives it, in a thread of its own. Internal to this folder.

#include "nodeservice/jobs/steps/export_rows.h"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

namespace tessera::jobs {

class FileWriter {
  public:
    /// `copy`: a COPY of DuckDB's from FileWriter::kRows. `rows` is read by the thread only. What it refers to outlives
    /// it. `queue` is abandoned when the thread ends.
    FileWriter(const DuckDbLibrary& duckdb, std::string copy, RowReader& rows, RowQueue& queue);

    /// Interrupts and waits.
    ~FileWriter();

    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;

    /// The table of the rows, whose columns have their names.
    static constexpr const char* kRows = "export_rows()";

    bool isDone() const { return is_done_; }

    /// When it is done.
    const Result<>& result() const { return result_; }

    void interrupt();

  private:
    static void bind(duckdb_bind_info info);
    static void init(duckdb_init_info info);
    static void read(duckdb_function_info info, duckdb_data_chunk chunk);

    Result<> run();
    Result<> offerRows();
    Result<> query(const std::string& sql);

    const DuckDbLibrary& duckdb_;
    const std::string copy_;
    RowReader& rows_;
    RowQueue& queue_;
    std::mutex mutex_;
    duckdb_connection connection_ = nullptr;  // made and ended under mutex_
    std::optional<Error> rows_error_;         // of the rows, in our words; the thread's
    Result<> result_;                         // the thread's, until is_done_
    std::atomic<bool> is_done_ = false;
    std::thread thread_;
};

}  // namespace tessera::jobs
