#include "plugins/sqlite/range_cursor.h"

#include "plugins/sdk/boundary.h"
#include "plugins/sqlite/cursor.h"
#include "plugins/sqlite/values.h"

#include <algorithm>
#include <chrono>
#include <system_error>

namespace tessera::sqlite {

namespace {

/// So that nobody has much left to do when the others are through.
constexpr std::size_t kRangesOfEach = 16;
constexpr std::chrono::milliseconds kPollInterval{20};

/// One a core, and two where there is one core: what a scan gives does not depend on the machine.
std::size_t readerCount(const sdk::Query& query) {
    const std::size_t cores = std::max(2U, std::thread::hardware_concurrency());
    return std::min(cores, query.most_readers);
}

}  // namespace

std::unique_ptr<sdk::Cursor> RangeCursor::open(Readers& readers, const sdk::Query& query) {
    std::unique_ptr<RangeCursor> cursor(new RangeCursor(readers));
    return cursor->prepare(query) && cursor->start() ? std::move(cursor) : nullptr;
}

bool RangeCursor::prepare(const sdk::Query& query) {
    const auto table = query.table_options.find("table_name");
    const std::size_t count = readerCount(query);
    if (!table || count < 2) {
        return false;
    }
    const std::vector<Database*> databases = readers_.begin(count);
    if (databases.empty()) {
        return false;
    }
    const auto ranges = divide(*databases.front(), *table, kRangesOfEach * databases.size());
    if (!ranges || ranges->size() < 2) {
        return false;
    }
    ranges_.assign(ranges->begin(), ranges->end());
    range_params_ = static_cast<int>(query.params.size()) + 1;
    // Besides one batch that each is filling there are as many that wait: what two take is the measure.
    sdk::Query part = query;
    part.batch_bytes = query.batch_bytes * 2 / databases.size();
    for (Database* database : databases) {
        auto statement = prepareQuery(*database, query.range_text, query, 2);
        if (!statement) {
            return false;
        }
        parts_.push_back({database, std::move(*statement), sdk::rowsOf(part), sdk::BatchLimit(part.batch_bytes)});
    }
    encoding_ = parts_.front().rows.encoding();
    return true;
}

bool RangeCursor::start() {
    const sdk::BlockSignals blocked;
    for (Reader& reader : parts_) {
        {
            const std::lock_guard lock(mutex_);
            ++running_;
        }
        try {
            threads_.emplace_back([this, &reader] { run(reader); });
        } catch (const std::system_error&) {
            // Those that run do all.
            const std::lock_guard lock(mutex_);
            --running_;
            break;
        }
    }
    return !threads_.empty();
}

RangeCursor::~RangeCursor() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        ranges_.clear();
    }
    emptied_.notify_all();
    for (const Reader& reader : parts_) {
        sqlite3_interrupt(reader.database->handle());
    }
    for (std::thread& thread : threads_) {
        thread.join();
    }
    for (ArrowArray& batch : batches_) {
        batch.release(&batch);
    }
    parts_.clear();
    readers_.end();
}

Result<sdk::Fetch> RangeCursor::next(ArrowArray* array) {
    const TsrHost& host = readers_.host();
    if (sdk::isCancelled(host)) {
        return sdk::cancelled();
    }
    std::unique_lock lock(mutex_);
    while (batches_.empty() && !error_ && running_ > 0) {
        filled_.wait_for(lock, kPollInterval);
        const TsrSignal signal = host.poll_signal(&host);
        if (signal == TSR_SIGNAL_CANCEL) {
            return sdk::cancelled();
        }
        if (signal == TSR_SIGNAL_ATTENTION && batches_.empty()) {
            return sdk::Fetch::kAgain;
        }
    }
    if (error_) {
        return *error_;
    }
    if (batches_.empty()) {
        return sdk::Fetch::kEnd;
    }
    *array = batches_.front();
    batches_.pop_front();
    lock.unlock();
    emptied_.notify_one();
    return sdk::Fetch::kBatch;
}

TsrCursorState RangeCursor::state() const {
    return {sizeof(TsrCursorState), encoding_, -1, -1, -1, static_cast<std::int64_t>(threads_.size())};
}

void RangeCursor::run(Reader& reader) noexcept {
    pthread_setname_np(pthread_self(), "tsr-sqlite-read");
    TsrError report{};
    const bool failed = sdk::guarded(&report, [&]() -> Result<TsrStatus> {
                            TSR_TRY(readRanges(reader));
                            return TSR_OK;
                        }) == TSR_ERROR;
    {
        const std::lock_guard lock(mutex_);
        --running_;
        if (failed && !error_) {
            error_ = sdk::fromReport(report);
        }
    }
    filled_.notify_one();
}

Result<> RangeCursor::readRanges(Reader& reader) {
    sqlite3_stmt* statement = reader.statement.get();
    while (const auto range = takeRange()) {
        sqlite3_reset(statement);
        sqlite3_bind_int64(statement, range_params_, range->first);
        sqlite3_bind_int64(statement, range_params_ + 1, range->last);
        while (TSR_TRY(reader.database->step(statement))) {
            TSR_TRY(appendRow(statement, reader.rows));
            if (reader.limit.reached(reader.rows) && !put(reader)) {
                return {};
            }
        }
    }
    if (reader.rows.rowCount() > 0) {
        put(reader);
    }
    return {};
}

std::optional<RowRange> RangeCursor::takeRange() {
    const std::lock_guard lock(mutex_);
    if (ranges_.empty() || error_) {
        return std::nullopt;
    }
    const RowRange range = ranges_.front();
    ranges_.pop_front();
    return range;
}

bool RangeCursor::put(Reader& reader) {
    ArrowArray batch{};
    reader.rows.finish(&batch);
    reader.limit.advance();
    {
        std::unique_lock lock(mutex_);
        emptied_.wait(lock, [this] { return closing_ || batches_.size() < parts_.size(); });
        if (closing_) {
            lock.unlock();
            batch.release(&batch);
            return false;
        }
        batches_.push_back(batch);
    }
    filled_.notify_one();
    return true;
}

}  // namespace tessera::sqlite
