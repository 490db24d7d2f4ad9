#pragma once

/// Rows of an export between PostgreSQL and DuckDB: as which type each column goes into the files, in which form
/// PostgreSQL sends it (its binary COPY), and how that becomes DuckDB's columns, without text in between. What the
/// files have no type for is PostgreSQL's own text. Internal to this folder.

#include "nodeservice/jobs/steps/duckdb_library.h"
#include "nodeservice/jobs/steps/export_source.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::jobs {

/// A column's type in the files.
struct FileType {
    duckdb_type type = DUCKDB_TYPE_VARCHAR;
    /// Of DUCKDB_TYPE_DECIMAL.
    std::uint8_t precision = 0;
    std::uint8_t scale = 0;
};

FileType fileTypeOf(const ExportColumn& column);

/// `COPY (…) TO STDOUT` in binary form of the relation's columns, each as RowReader expects it.
std::string copyOutSql(const std::vector<ExportColumn>& columns, const std::string& relation);

/// Hands buffers of whole rows from the thread that receives them to the one that writes them; few are under way.
class RowQueue {
  public:
    /// Waits for room. False: nobody takes rows any more, or `is_stopped` has become true.
    bool push(std::string buffer, const std::function<bool()>& is_stopped);
    /// No more rows will come.
    void finish();
    /// They will not come, or are not wanted: both sides end.
    void abandon();

    enum class Next { kBuffer, kEnd, kAbandoned };

    /// Waits.
    Next pop(std::string& buffer);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> waiting_;  // guarded by mutex_, like all of them
    bool is_finished_ = false;
    bool is_abandoned_ = false;
};

/// One thread at a time. The library and the queue outlive it.
class RowReader {
  public:
    RowReader(const DuckDbLibrary& duckdb, const std::vector<ExportColumn>& columns, RowQueue& queue);

    std::size_t columnCount() const { return columns_.size(); }

    const std::string& name(std::size_t column) const { return columns_[column].name; }

    FileType type(std::size_t column) const { return types_[column]; }

    /// Fills the chunk with the next rows and sets its size; none: that was all. kInvalidArgument for a value that the
    /// files cannot hold; kCancelled when the queue is abandoned.
    Result<> fill(duckdb_data_chunk chunk);

  private:
    struct Target {
        void* values = nullptr;
        std::uint64_t* validity = nullptr;
        duckdb_vector vector = nullptr;
    };

    // Each value passes here: false is an error, which keep() has kept: a Result for each would take longer than the
    // values.
    bool keep(Error error);
    /// `fields` of the next row; is_over_ at the end of all rows.
    bool nextRow(int& fields);
    bool refill();
    /// Null when there is less.
    const char* take(std::size_t size);
    bool readField(std::size_t column, std::uint64_t row);
    void setNull(Target& target, std::uint64_t row) const;
    bool put(std::size_t column, std::uint64_t row, std::string_view bytes);
    void putText(const Target& target, std::uint64_t row, std::string_view bytes) const;
    bool putTime(std::size_t column, std::uint64_t row, std::int64_t since_2000);
    bool putDecimal(std::size_t column, std::uint64_t row, std::string_view bytes);
    bool misfit(std::size_t column, const std::string& what);

    const DuckDbLibrary& duckdb_;
    const std::vector<ExportColumn> columns_;
    std::vector<FileType> types_;
    std::vector<Target> targets_;  // of the chunk that is filled
    RowQueue& queue_;
    std::string buffer_;
    std::size_t at_ = 0;  // in buffer_
    bool has_begun_ = false;
    bool is_over_ = false;
    std::optional<Error> error_;
};

}  // namespace tessera::jobs
