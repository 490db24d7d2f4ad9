#pragma once

/// A scan of one table by several connections, each in a thread of its own that takes one range of row ids after the
/// other. Rows come in no order. Owned by its session's caller; must be destroyed before the session.

#include "plugins/sdk/batch_limit.h"
#include "plugins/sdk/connector_base.h"
#include "plugins/sqlite/readers.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace tessera::sqlite {

class RangeCursor final : public sdk::Cursor {
  public:
    /// Null where the table has no ranges, or several connections can't see one state now: then a Cursor reads it, and
    /// tells what is wrong if that is the reason.
    static std::unique_ptr<sdk::Cursor> open(Readers& readers, const sdk::Query& query);

    ~RangeCursor() override;
    RangeCursor(const RangeCursor&) = delete;
    RangeCursor& operator=(const RangeCursor&) = delete;

    Result<sdk::Fetch> next(ArrowArray* array) override;

    TsrCursorState state() const override;

  private:
    /// One connection; used by its thread once that runs.
    struct Reader {
        Database* database;
        Statement statement;
        sdk::BatchBuilder rows;
        sdk::BatchLimit limit;
    };

    explicit RangeCursor(Readers& readers) : readers_(readers) {}

    bool prepare(const sdk::Query& query);
    bool start();
    void run(Reader& reader) noexcept;
    Result<> readRanges(Reader& reader);
    std::optional<RowRange> takeRange();
    /// Waits for room; false when the cursor is being closed.
    bool put(Reader& reader);

    Readers& readers_;
    std::vector<Reader> parts_;
    std::vector<std::thread> threads_;
    int range_params_ = 0;  // the first of the two
    TsrEncoding encoding_ = TSR_ENCODING_ARROW;

    std::mutex mutex_;
    std::condition_variable filled_;
    std::condition_variable emptied_;
    // Guarded by mutex_:
    std::deque<RowRange> ranges_;
    std::deque<ArrowArray> batches_;
    std::optional<Error> error_;
    std::size_t running_ = 0;
    bool closing_ = false;
};

}  // namespace tessera::sqlite
