#include "app/core/results/result_chunk.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

namespace tessera::app {

namespace {

using Batch = client::ResultBatch;

/// A record: Head, one ColumnHead for each column, then each column's validity, offsets and values. Read by the process
/// that wrote it, so its layout may change freely.
struct Head {
    std::uint64_t row_count;
    std::uint64_t column_count;
};

struct ColumnHead {
    std::uint64_t encoding;
    std::uint64_t validity_bytes;
    std::uint64_t offsets_bytes;
    std::uint64_t values_bytes;
};

struct Heads {
    std::uint64_t row_count = 0;
    std::vector<ColumnHead> columns;
    /// Where the first column's pieces begin.
    std::uint64_t body = 0;
};

Result<Heads> readHeads(const SpillFile& file, std::uint64_t offset) {
    Head head{};
    TSR_TRY(file.read(offset, reinterpret_cast<char*>(&head), sizeof head));
    Heads heads{head.row_count, std::vector<ColumnHead>(head.column_count), offset + sizeof head};
    const std::size_t bytes = heads.columns.size() * sizeof(ColumnHead);
    TSR_TRY(file.read(heads.body, reinterpret_cast<char*>(heads.columns.data()), bytes));
    heads.body += bytes;
    return heads;
}

std::uint32_t offsetAt(const std::string& offsets, std::size_t index) {
    std::uint32_t value = 0;
    std::memcpy(&value, offsets.data() + index * sizeof value, sizeof value);
    return value;
}

void appendOffset(std::string& offsets, std::size_t value) {
    const auto narrow = static_cast<std::uint32_t>(value);
    offsets.append(reinterpret_cast<const char*>(&narrow), sizeof narrow);
}

/// The column's texts with the long ones cut, read piece by piece so that those never come into memory.
Result<> readCutTexts(const SpillFile& file, std::uint64_t values_offset, std::uint32_t column, std::size_t row_count,
                      Batch::Column& into, std::vector<LongText>& long_texts) {
    const std::string offsets = std::exchange(into.offsets, {});
    into.offsets.reserve(offsets.size());
    appendOffset(into.offsets, 0);
    // Short neighbours are read together.
    std::uint64_t pending = 0;
    std::uint64_t pending_bytes = 0;
    const auto flush = [&]() -> Result<> {
        const std::size_t at = into.values.size() - pending_bytes;
        TSR_TRY(file.read(values_offset + pending, into.values.data() + at, pending_bytes));
        pending_bytes = 0;
        return {};
    };
    for (std::size_t row = 0; row < row_count; ++row) {
        const std::uint64_t begin = offsetAt(offsets, row);
        const std::uint64_t size = offsetAt(offsets, row + 1) - begin;
        const bool is_long = size > kLongTextBytes;
        const std::uint64_t kept = is_long ? kCutTextBytes : size;
        if (pending_bytes == 0) {
            pending = begin;
        }
        into.values.resize(into.values.size() + kept);
        pending_bytes += kept;
        if (is_long) {
            TSR_TRY(flush());
            long_texts.push_back({static_cast<std::uint32_t>(row), column, values_offset + begin, size});
        }
        appendOffset(into.offsets, into.values.size());
    }
    return flush();
}

bool hasLongText(const std::string& offsets, std::size_t row_count) {
    for (std::size_t row = 0; row < row_count; ++row) {
        if (offsetAt(offsets, row + 1) - offsetAt(offsets, row) > kLongTextBytes) {
            return true;
        }
    }
    return false;
}

Result<ResultChunk> readBody(const SpillFile& file, const Heads& heads, bool cuts) {
    std::vector<Batch::Column> columns(heads.columns.size());
    std::vector<LongText> long_texts;
    std::uint64_t at = heads.body;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const ColumnHead& head = heads.columns[i];
        Batch::Column& column = columns[i];
        column.encoding = static_cast<client::ColumnEncoding>(head.encoding);
        column.validity.resize(head.validity_bytes);
        column.offsets.resize(head.offsets_bytes);
        TSR_TRY(file.read(at, column.validity.data(), head.validity_bytes));
        TSR_TRY(file.read(at + head.validity_bytes, column.offsets.data(), head.offsets_bytes));
        const std::uint64_t values = at + head.validity_bytes + head.offsets_bytes;
        if (cuts && head.values_bytes > kLongTextBytes && !column.offsets.empty()) {
            TSR_TRY(readCutTexts(file, values, static_cast<std::uint32_t>(i), heads.row_count, column, long_texts));
        } else {
            column.values.resize(head.values_bytes);
            TSR_TRY(file.read(values, column.values.data(), head.values_bytes));
        }
        at = values + head.values_bytes;
    }
    std::sort(long_texts.begin(), long_texts.end(), [](const LongText& a, const LongText& b) {
        return std::tie(a.row, a.column) < std::tie(b.row, b.column);
    });
    return ResultChunk{std::make_shared<const Batch>(heads.row_count, std::move(columns)), std::move(long_texts)};
}

/// A batch of many short columns is read by one call, not by three for each column.
constexpr std::uint64_t kReadAtOnceBytes = std::uint64_t{8} << 20U;

Result<ResultChunk> readAtOnce(const SpillFile& file, const Heads& heads, std::uint64_t bytes) {
    std::string body(bytes, '\0');
    TSR_TRY(file.read(heads.body, body.data(), bytes));
    std::vector<Batch::Column> columns;
    columns.reserve(heads.columns.size());
    std::size_t at = 0;
    const auto take = [&](std::uint64_t size) {
        std::string piece = body.substr(at, size);
        at += size;
        return piece;
    };
    for (const ColumnHead& head : heads.columns) {
        Batch::Column column;
        column.encoding = static_cast<client::ColumnEncoding>(head.encoding);
        column.validity = take(head.validity_bytes);
        column.offsets = take(head.offsets_bytes);
        column.values = take(head.values_bytes);
        columns.push_back(std::move(column));
    }
    return ResultChunk{std::make_shared<const Batch>(heads.row_count, std::move(columns)), {}};
}

}  // namespace

const LongText* ResultChunk::longText(std::size_t row, std::size_t column) const {
    const auto found = std::lower_bound(long_texts.begin(), long_texts.end(), std::pair(row, column),
                                        [](const LongText& text, std::pair<std::size_t, std::size_t> cell) {
                                            return std::pair<std::size_t, std::size_t>(text.row, text.column) < cell;
                                        });
    return found != long_texts.end() && found->row == row && found->column == column ? &*found : nullptr;
}

std::size_t ResultChunk::byteSize() const {
    return batch->byteSize() + long_texts.size() * sizeof(LongText);
}

bool hasLongTexts(const Batch& batch) {
    for (std::size_t i = 0; i < batch.columnCount(); ++i) {
        const Batch::Column& column = batch.column(i);
        if (column.encoding == client::ColumnEncoding::kText && column.values.size() > kLongTextBytes &&
            hasLongText(column.offsets, batch.rowCount())) {
            return true;
        }
    }
    return false;
}

Result<std::uint64_t> writeRecord(SpillFile& file, const Batch& batch) {
    const Head head{batch.rowCount(), batch.columnCount()};
    std::vector<ColumnHead> heads;
    std::vector<std::string_view> pieces(2);
    heads.reserve(batch.columnCount());
    for (std::size_t i = 0; i < batch.columnCount(); ++i) {
        const Batch::Column& column = batch.column(i);
        heads.push_back({static_cast<std::uint64_t>(column.encoding), column.validity.size(), column.offsets.size(),
                         column.values.size()});
        pieces.insert(pieces.end(), {column.validity, column.offsets, column.values});
    }
    pieces[0] = {reinterpret_cast<const char*>(&head), sizeof head};
    pieces[1] = {reinterpret_cast<const char*>(heads.data()), heads.size() * sizeof(ColumnHead)};
    return file.append(pieces);
}

Result<ResultChunk> readRecord(const SpillFile& file, std::uint64_t offset, bool has_long_texts) {
    const Heads heads = TSR_TRY(readHeads(file, offset));
    std::uint64_t bytes = 0;
    for (const ColumnHead& column : heads.columns) {
        bytes += column.validity_bytes + column.offsets_bytes + column.values_bytes;
    }
    return has_long_texts || bytes > kReadAtOnceBytes ? readBody(file, heads, has_long_texts)
                                                      : readAtOnce(file, heads, bytes);
}

Result<std::shared_ptr<const Batch>> readWholeRecord(const SpillFile& file, std::uint64_t offset) {
    const Heads heads = TSR_TRY(readHeads(file, offset));
    ResultChunk chunk = TSR_TRY(readBody(file, heads, false));
    return std::move(chunk.batch);
}

}  // namespace tessera::app
