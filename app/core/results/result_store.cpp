#include "app/core/results/result_store.h"

#include <malloc.h>

#include <QCoreApplication>
#include <QThreadPool>
#include <algorithm>

namespace tessera::app {

namespace {

/// From here on it is worth asking the allocator to give pages back.
constexpr std::size_t kTrimmedBytes = std::size_t{8} << 20U;

std::uint64_t nextId() {
    static std::atomic<std::uint64_t> next{1};
    return next.fetch_add(1);
}

/// What arrives may have grown in steps, with room at its end that nobody uses.
std::shared_ptr<const client::ResultBatch> withoutSlack(std::shared_ptr<const client::ResultBatch> batch) {
    std::size_t used = 0;
    std::size_t held = 0;
    for (std::size_t i = 0; i < batch->columnCount(); ++i) {
        const client::ResultBatch::Column& column = batch->column(i);
        for (const std::string* piece : {&column.validity, &column.values, &column.offsets}) {
            used += piece->size();
            held += piece->capacity();
        }
    }
    return held > used + used / 8 ? std::make_shared<const client::ResultBatch>(*batch) : std::move(batch);
}

}  // namespace

ResultStore::ResultStore(std::shared_ptr<ResultMemory> memory) : memory_(std::move(memory)), id_(nextId()) {}

ResultStore::~ResultStore() {
    memory_->forget(id_);
    // To free a gigabyte takes a while, and whoever drops the last reference is often the GUI thread.
    auto slots = std::make_shared<std::vector<Slot>>(std::move(slots_));
    std::shared_ptr<SpillFile> file = std::move(file_);
    auto release = [memory = memory_, slots = std::move(slots), file = std::move(file),
                    bytes = resident_bytes_]() mutable {
        slots.reset();
        file.reset();
        memory->release(bytes);
        if (bytes >= kTrimmedBytes) {
            ::malloc_trim(0);
        }
    };
    // A task of the pool may hold the last one when the program ends: it takes no others then.
    QThreadPool* const pool = QCoreApplication::closingDown() ? nullptr : QThreadPool::globalInstance();
    if (pool != nullptr) {
        pool->start(std::move(release));
    } else {
        release();
    }
}

void ResultStore::setColumns(Columns columns) {
    const std::lock_guard lock(mutex_);
    columns_ = std::make_shared<const Columns>(std::move(columns));
}

std::shared_ptr<const ResultStore::Columns> ResultStore::columns() const {
    const std::lock_guard lock(mutex_);
    return columns_;
}

Result<> ResultStore::append(std::shared_ptr<const client::ResultBatch> batch) {
    const std::size_t rows = batch->rowCount();
    if (rows == 0) {
        return {};
    }
    const std::size_t bytes = batch->byteSize();
    Slot slot = TSR_TRY(makeSlot(std::move(batch)));
    const std::uint64_t file_bytes = file_ ? file_->size() : 0;
    const std::lock_guard lock(mutex_);
    if (is_closed_) {
        return {};
    }
    slot.first_row = row_count_.load(std::memory_order_relaxed);
    slots_.push_back(std::move(slot));
    byte_size_.fetch_add(bytes, std::memory_order_relaxed);
    file_bytes_.store(file_bytes, std::memory_order_relaxed);
    row_count_.fetch_add(rows, std::memory_order_release);
    return {};
}

Result<ResultStore::Slot> ResultStore::makeSlot(std::shared_ptr<const client::ResultBatch> batch) {
    Slot slot;
    slot.has_long_texts = hasLongTexts(*batch);
    const std::size_t bytes = batch->byteSize();
    if (!slot.has_long_texts && memory_->reserve(bytes, resident_bytes_)) {
        resident_bytes_ += bytes;
        slot.resident = std::make_shared<const ResultChunk>(ResultChunk{withoutSlack(std::move(batch)), {}});
        return slot;
    }
    if (!file_) {
        file_ = TSR_TRY(SpillFile::create(memory_->folder()));
    }
    slot.offset = TSR_TRY(writeRecord(*file_, *batch));
    slot.is_in_file = true;
    return slot;
}

void ResultStore::close() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
}

std::size_t ResultStore::slotOf(std::uint64_t row) const {
    const auto after = std::upper_bound(slots_.begin(), slots_.end(), row,
                                        [](std::uint64_t value, const Slot& slot) { return value < slot.first_row; });
    return static_cast<std::size_t>(after - slots_.begin()) - 1;
}

std::pair<std::size_t, ResultStore::Slot> ResultStore::slotAt(std::uint64_t row) const {
    const std::lock_guard lock(mutex_);
    const std::size_t chunk = slotOf(row);
    return {chunk, slots_[chunk]};
}

ResultStore::Slot ResultStore::copyOfSlot(std::size_t chunk) const {
    const std::lock_guard lock(mutex_);
    return slots_[chunk];
}

Result<std::shared_ptr<const ResultChunk>> ResultStore::readSlot(const Slot& slot) const {
    if (slot.resident) {
        return slot.resident;
    }
    return std::make_shared<const ResultChunk>(TSR_TRY(readRecord(*file_, slot.offset, slot.has_long_texts)));
}

std::optional<ResultStore::Position> ResultStore::peek(std::uint64_t row) const {
    const auto [chunk, slot] = slotAt(row);
    const std::shared_ptr<const ResultChunk> found = slot.resident ? slot.resident : memory_->find(id_, chunk);
    if (!found) {
        return std::nullopt;
    }
    return Position{found, static_cast<std::size_t>(row - slot.first_row)};
}

Result<ResultStore::Position> ResultStore::at(std::uint64_t row) const {
    const auto [chunk, slot] = slotAt(row);
    std::shared_ptr<const ResultChunk> found = slot.resident ? slot.resident : memory_->find(id_, chunk);
    if (!found) {
        found = TSR_TRY(readSlot(slot));
        memory_->keep(id_, chunk, found);
    }
    return Position{std::move(found), static_cast<std::size_t>(row - slot.first_row)};
}

std::size_t ResultStore::chunkCount() const {
    const std::lock_guard lock(mutex_);
    return slots_.size();
}

ResultStore::Span ResultStore::chunkSpan(std::size_t chunk) const {
    const std::lock_guard lock(mutex_);
    const std::uint64_t first = slots_[chunk].first_row;
    const std::uint64_t end = chunk + 1 < slots_.size() ? slots_[chunk + 1].first_row : row_count_.load();
    return {first, static_cast<std::size_t>(end - first)};
}

Result<std::shared_ptr<const ResultChunk>> ResultStore::readChunk(std::size_t chunk) const {
    return readSlot(copyOfSlot(chunk));
}

Result<std::shared_ptr<const client::ResultBatch>> ResultStore::readBatch(std::size_t chunk) const {
    const Slot slot = copyOfSlot(chunk);
    if (slot.resident) {
        return slot.resident->batch;
    }
    return readWholeRecord(*file_, slot.offset);
}

std::uint64_t ResultStore::textSize(const Position& position, std::size_t column) {
    const LongText* whole = position.chunk->longText(position.row, column);
    return whole != nullptr ? whole->size : position.batch().text(position.row, column).size();
}

Result<std::string> ResultStore::readText(const Position& position, std::size_t column, std::uint64_t offset,
                                          std::uint64_t size_max) const {
    const LongText* whole = position.chunk->longText(position.row, column);
    if (whole == nullptr) {
        const std::string text = position.batch().text(position.row, column);
        return offset >= text.size() ? std::string() : text.substr(offset, size_max);
    }
    const std::uint64_t begin = std::min(offset, whole->size);
    std::string text(std::min(size_max, whole->size - begin), '\0');
    TSR_TRY(file_->read(whole->offset + begin, text.data(), text.size()));
    return text;
}

}  // namespace tessera::app
