#include "plugins/sdk/batch_builder.h"

#include "plugins/sdk/numeric_binary.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace tessera::sdk {

namespace {

/// Bytes of a fixed-width value; 0 for bit-packed booleans and variable-width types.
std::size_t fixedWidth(TsrType type) {
    switch (type) {
        case TSR_TYPE_INT16:
            return 2;
        case TSR_TYPE_INT32:
        case TSR_TYPE_FLOAT32:
        case TSR_TYPE_DATE:
            return 4;
        case TSR_TYPE_INT64:
        case TSR_TYPE_FLOAT64:
        case TSR_TYPE_TIME:
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            return 8;
        case TSR_TYPE_UUID:
            return 16;
        default:
            return 0;
    }
}

bool isVariable(TsrType type) {
    return type == TSR_TYPE_TEXT || type == TSR_TYPE_BYTES || type == TSR_TYPE_DECIMAL || type == TSR_TYPE_LITERAL;
}

/// PostgreSQL's memory is had in pieces of up to 1 GB, of which a value's header needs some.
constexpr std::size_t kMostValueBytes = 0x3fffffff - 8;

Error misfit(TsrType type, std::string_view value) {
    Error error = fail(ErrorCode::kOutOfRange,
                       "value '" + abbreviate(value) + "' does not fit type " + std::string(typeName(type)));
    error.sqlstate = "22003";
    return error;
}

/// What a row counts in byteSize() besides its values.
constexpr std::size_t kRowBytes = 8;
/// What a tuple may hold before a field's bytes, and behind them.
constexpr std::size_t kFieldRoom = 16;

/// PostgreSQL counts days and microseconds from 2000-01-01, TsrType from 1970-01-01.
constexpr std::int32_t kEpochDays = 10'957;
constexpr std::int64_t kMostMicros = std::int64_t{8000} * 366 * 86'400 * 1'000'000;
constexpr std::int64_t kEpochMicros = std::int64_t{kEpochDays} * 86'400 * 1'000'000;

/// Owner of the memory behind an ArrowArray column.
struct ColumnMemory {
    std::vector<std::uint8_t> validity;
    std::vector<std::uint8_t> data;
    std::vector<std::int32_t> offsets;
    const void* buffers[3] = {nullptr, nullptr, nullptr};
};

struct BatchMemory {
    std::vector<ArrowArray> arrays;
    std::vector<ArrowArray*> pointers;
    const void* buffers[1] = {nullptr};
};

void releaseColumn(ArrowArray* array) {
    delete static_cast<ColumnMemory*>(array->private_data);
    array->release = nullptr;
}

void releaseBatch(ArrowArray* array) {
    for (std::int64_t i = 0; i < array->n_children; ++i) {
        if (array->children[i]->release != nullptr) {
            array->children[i]->release(array->children[i]);
        }
    }
    delete static_cast<BatchMemory*>(array->private_data);
    array->release = nullptr;
}

}  // namespace

struct BatchBuilder::Column {
    std::unique_ptr<ColumnMemory> memory = std::make_unique<ColumnMemory>();
    std::int64_t length = 0;
    std::int64_t null_count = 0;

    void addValidity(bool valid) {
        if ((length & 7) == 0) {
            memory->validity.push_back(0);
        }
        if (valid) {
            memory->validity.back() = static_cast<std::uint8_t>(memory->validity.back() | (1U << (length & 7)));
        } else {
            ++null_count;
        }
        ++length;
    }

    /// Eight values' bits at a time where the column stands at a whole byte, as it does after whole chunks.
    void addValidityRun(const std::uint64_t* bits, std::size_t count) {
        std::size_t i = 0;
        if ((length & 7) == 0) {
            for (; i + 8 <= count; i += 8) {
                const auto byte = static_cast<std::uint8_t>(bits == nullptr ? 0xFF : bits[i / 64] >> (i % 64));
                memory->validity.push_back(byte);
                null_count += 8 - std::popcount(byte);
            }
            length += static_cast<std::int64_t>(i);
        }
        for (; i < count; ++i) {
            addValidity(bits == nullptr || (bits[i / 64] >> (i % 64) & 1U) != 0);
        }
    }

    void addBit(bool value) {
        if ((length & 7) == 0) {
            memory->data.push_back(0);
        }
        if (value) {
            memory->data.back() = static_cast<std::uint8_t>(memory->data.back() | (1U << (length & 7)));
        }
    }

    void addBytes(std::string_view value) {
        memory->data.insert(memory->data.end(), value.begin(), value.end());
        memory->offsets.push_back(static_cast<std::int32_t>(memory->data.size()));
        addValidity(true);
    }
};

BatchBuilder::BatchBuilder(std::vector<TsrType> types) : types_(std::move(types)) {
    columns_.resize(types_.size());
    for (std::size_t i = 0; i < types_.size(); ++i) {
        columns_[i] = std::make_unique<Column>();
        if (isVariable(types_[i])) {
            columns_[i]->memory->offsets.push_back(0);
        }
    }
}

BatchBuilder::BatchBuilder(std::vector<TsrType> types, std::size_t batch_bytes)
    : types_(std::move(types)), tuples_(batch_bytes) {}

BatchBuilder::~BatchBuilder() = default;
BatchBuilder::BatchBuilder(BatchBuilder&&) noexcept = default;
BatchBuilder& BatchBuilder::operator=(BatchBuilder&&) noexcept = default;

template <class T>
Result<> BatchBuilder::putMoment(std::size_t column, T value) {
    using Limits = std::numeric_limits<T>;
    const T epoch = sizeof(T) == sizeof(std::int32_t) ? static_cast<T>(kEpochDays) : static_cast<T>(kEpochMicros);
    const bool infinite = value == Limits::max() || value == Limits::min();
    if (!tuples_ || infinite) {
        put(column, value);
        return success();
    }
    if (value < Limits::min() + epoch) {
        return misfit(types_[column], std::to_string(value));
    }
    put(column, static_cast<T>(value - epoch));
    return success();
}

void BatchBuilder::putBytes(std::size_t column, std::string_view value) {
    if (tuples_) {
        char* const to = beginField(column, static_cast<std::int32_t>(value.size()));
        std::copy(value.begin(), value.end(), to);
    } else if (types_[column] == TSR_TYPE_UUID) {
        std::vector<std::uint8_t>& data = columns_[column]->memory->data;
        data.insert(data.end(), value.begin(), value.end());
        columns_[column]->addValidity(true);
    } else {
        columns_[column]->addBytes(value);
    }
    byte_size_ += value.size();
}

Result<> BatchBuilder::putNumeric(std::size_t column, std::string_view digits) {
    // An exponent is rare. Its letter is in no other number.
    if (digits.find_first_of("eE") != std::string_view::npos) {
        return putNumeric(column, TSR_TRY(withoutExponent(digits)));
    }
    const std::size_t most = mostNumericBytes(digits.size());
    char digits_binary[256];
    std::string larger;
    char* to = digits_binary;
    if (most > sizeof digits_binary) {
        larger.resize(most);
        to = larger.data();
    }
    putBytes(column, {to, TSR_TRY(encodeNumeric(digits, to))});
    return success();
}

Result<> BatchBuilder::appendNumber(std::size_t column, std::string_view digits) {
    if (tuples_ && types_[column] == TSR_TYPE_DECIMAL) {
        return putNumeric(column, digits);
    }
    putBytes(column, digits);
    return success();
}

bool BatchBuilder::tryInt(std::size_t column, std::int64_t value) {
    const auto putAs = [&](auto native) {
        if (native != value) {
            return false;
        }
        put(column, native);
        return true;
    };
    switch (types_[column]) {
        case TSR_TYPE_INT16:
            return putAs(static_cast<std::int16_t>(value));
        case TSR_TYPE_INT32:
            return putAs(static_cast<std::int32_t>(value));
        case TSR_TYPE_INT64:
        case TSR_TYPE_TIME:
            return putAs(value);
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            // All years from 1 to 9999, and no infinity.
            if (value < -kMostMicros || value > kMostMicros) {
                return false;
            }
            put(column, value - (tuples_ ? kEpochMicros : 0));
            return true;
        default:
            return false;
    }
}

bool BatchBuilder::tryFloat(std::size_t column, double value) {
    if (types_[column] != TSR_TYPE_FLOAT64) {
        return false;
    }
    put(column, value);
    return true;
}

bool BatchBuilder::tryText(std::size_t column, std::string_view text) {
    constexpr std::size_t kLong = 1 << 16;
    if (types_[column] != TSR_TYPE_TEXT || text.size() > kLong || byteSize() > TupleBuffer::kMostBytes / 2 ||
        !isPlainAscii(text)) {
        return false;
    }
    putBytes(column, text);
    return true;
}

void BatchBuilder::appendNull(std::size_t column) {
    if (tuples_) {
        beginField(column, -1);
        return;
    }
    Column& target = *columns_[column];
    const TsrType type = types_[column];
    if (type == TSR_TYPE_BOOL) {
        target.addBit(false);
    } else if (isVariable(type)) {
        target.memory->offsets.push_back(static_cast<std::int32_t>(target.memory->data.size()));
    } else {
        target.memory->data.resize(target.memory->data.size() + fixedWidth(type));
    }
    target.addValidity(false);
}

Result<> BatchBuilder::appendBool(std::size_t column, bool value) {
    if (types_[column] != TSR_TYPE_BOOL) {
        return misfit(types_[column], value ? "true" : "false");
    }
    if (tuples_) {
        *beginField(column, 1) = value ? '\1' : '\0';
    } else {
        columns_[column]->addBit(value);
        columns_[column]->addValidity(true);
    }
    byte_size_ += 1;
    return success();
}

Result<> BatchBuilder::appendInt(std::size_t column, std::int64_t value) {
    const auto fits = [value](auto limits) {
        return value >= decltype(limits)::min() && value <= decltype(limits)::max();
    };
    switch (types_[column]) {
        case TSR_TYPE_INT16:
            if (!fits(std::numeric_limits<std::int16_t>())) {
                return misfit(types_[column], std::to_string(value));
            }
            put(column, static_cast<std::int16_t>(value));
            return success();
        case TSR_TYPE_INT32:
        case TSR_TYPE_DATE:
            if (!fits(std::numeric_limits<std::int32_t>())) {
                return misfit(types_[column], std::to_string(value));
            }
            if (types_[column] == TSR_TYPE_DATE) {
                return putMoment(column, static_cast<std::int32_t>(value));
            }
            put(column, static_cast<std::int32_t>(value));
            return success();
        case TSR_TYPE_INT64:
        case TSR_TYPE_TIME:
            put(column, value);
            return success();
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            return putMoment(column, value);
        case TSR_TYPE_FLOAT32:
            if (static_cast<std::int64_t>(static_cast<float>(value)) != value || std::abs(value) > (1 << 24)) {
                return misfit(types_[column], std::to_string(value));
            }
            put(column, static_cast<float>(value));
            return success();
        case TSR_TYPE_FLOAT64:
            if (value > (std::int64_t{1} << 53) || value < -(std::int64_t{1} << 53)) {
                return misfit(types_[column], std::to_string(value));
            }
            put(column, static_cast<double>(value));
            return success();
        case TSR_TYPE_DECIMAL:
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL: {
            char digits[24];
            const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
            return appendNumber(column, std::string_view(digits, static_cast<std::size_t>(end - digits)));
        }
        default:
            return misfit(types_[column], std::to_string(value));
    }
}

Result<> BatchBuilder::appendFloat(std::size_t column, double value) {
    switch (types_[column]) {
        case TSR_TYPE_FLOAT64:
            put(column, value);
            return success();
        case TSR_TYPE_FLOAT32:
            if (std::isfinite(value) && std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) {
                return misfit(types_[column], std::to_string(value));
            }
            put(column, static_cast<float>(value));
            return success();
        case TSR_TYPE_DECIMAL:
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return appendNumber(column, formatFloat(value));
        default:
            return misfit(types_[column], formatFloat(value));
    }
}

Result<> BatchBuilder::appendBytes(std::size_t column, std::string_view value) {
    const TsrType type = types_[column];
    if (type == TSR_TYPE_UUID) {
        if (value.size() != 16) {
            return misfit(type, value);
        }
        putBytes(column, value);
        return success();
    }
    if (!isVariable(type)) {
        return misfit(type, value);
    }
    if (type == TSR_TYPE_DECIMAL && tuples_) {
        return putNumeric(column, value);
    }
    if (type != TSR_TYPE_BYTES) {
        TSR_TRY(checkText(value));
    }
    if (value.size() > kMostValueBytes) {
        Error error = fail(ErrorCode::kResourceExhausted, "a value is larger than 1 GB",
                           "leave the column out, or cut it at the source");
        error.sqlstate = "54000";
        return error;
    }
    const std::size_t held = tuples_ ? tuples_->size() + kFieldRoom : columns_[column]->memory->data.size();
    if (held + value.size() > TupleBuffer::kMostBytes) {
        return fail(ErrorCode::kResourceExhausted, "a batch's column would pass 2 GB");
    }
    putBytes(column, value);
    return success();
}

Result<> BatchBuilder::appendText(std::size_t column, std::string_view text) {
    switch (types_[column]) {
        case TSR_TYPE_BOOL:
            return appendBool(column, TSR_TRY(parseBool(text)));
        case TSR_TYPE_INT16:
        case TSR_TYPE_INT32:
        case TSR_TYPE_INT64:
            return appendInt(column, TSR_TRY(parseInt(text)));
        case TSR_TYPE_FLOAT32:
        case TSR_TYPE_FLOAT64:
            return appendFloat(column, TSR_TRY(parseFloat(text)));
        case TSR_TYPE_DATE:
            return appendInt(column, TSR_TRY(parseDate(text)));
        case TSR_TYPE_TIME:
            return appendInt(column, TSR_TRY(parseTime(text)));
        case TSR_TYPE_TIMESTAMP:
        case TSR_TYPE_TIMESTAMPTZ:
            return appendInt(column, TSR_TRY(parseTimestamp(text)));
        case TSR_TYPE_UUID:
            return appendBytes(column, TSR_TRY(parseUuid(text)));
        case TSR_TYPE_DECIMAL:
            if (!isNumeric(text)) {
                Error error = misfit(TSR_TYPE_DECIMAL, text);
                error.sqlstate = "22P02";
                return error;
            }
            return appendBytes(column, text);
        case TSR_TYPE_BYTES:
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return appendBytes(column, text);
    }
    return misfit(types_[column], text);
}

void BatchBuilder::appendNative(std::size_t column, const void* values, std::size_t width,
                                const std::uint64_t* validity, std::size_t count) {
    assert(width == fixedWidth(types_[column]) && !tuples_);
    Column& target = *columns_[column];
    const auto* bytes = static_cast<const std::uint8_t*>(values);
    target.memory->data.insert(target.memory->data.end(), bytes, bytes + width * count);
    target.addValidityRun(validity, count);
    byte_size_ += width * count;
}

void BatchBuilder::endRow() {
    ++row_count_;
    byte_size_ += kRowBytes;
    if (tuples_) {
        tuples_->closeTuple();
    }
}

void BatchBuilder::addRows(std::int64_t count) {
    row_count_ += count;
    byte_size_ += kRowBytes * static_cast<std::size_t>(count);
}

void BatchBuilder::finish(ArrowArray* array) {
    if (tuples_) {
        tuples_->finish(array);
        row_count_ = 0;
        byte_size_ = 0;
        return;
    }
    auto batch = std::make_unique<BatchMemory>();
    batch->arrays.resize(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        ColumnMemory& memory = *columns_[i]->memory;
        const bool variable = isVariable(types_[i]);
        memory.buffers[0] = columns_[i]->null_count > 0 ? memory.validity.data() : nullptr;
        memory.buffers[1] = variable ? static_cast<const void*>(memory.offsets.data()) : memory.data.data();
        memory.buffers[2] = memory.data.data();
        ArrowArray& child = batch->arrays[i];
        child = ArrowArray{};
        child.length = columns_[i]->length;
        child.null_count = columns_[i]->null_count;
        child.n_buffers = variable ? 3 : 2;
        child.buffers = memory.buffers;
        child.release = releaseColumn;
        child.private_data = columns_[i]->memory.release();
        batch->pointers.push_back(&child);
    }
    *array = ArrowArray{};
    array->length = row_count_;
    array->n_buffers = 1;
    array->n_children = static_cast<std::int64_t>(columns_.size());
    array->buffers = batch->buffers;
    array->children = batch->pointers.data();
    array->release = releaseBatch;
    array->private_data = batch.release();
    *this = BatchBuilder(std::move(types_));
}

const char* arrowFormat(TsrType type) {
    switch (type) {
        case TSR_TYPE_BOOL:
            return "b";
        case TSR_TYPE_INT16:
            return "s";
        case TSR_TYPE_INT32:
            return "i";
        case TSR_TYPE_INT64:
            return "l";
        case TSR_TYPE_FLOAT32:
            return "f";
        case TSR_TYPE_FLOAT64:
            return "g";
        case TSR_TYPE_BYTES:
            return "z";
        case TSR_TYPE_DATE:
            return "tdD";
        case TSR_TYPE_TIME:
            return "ttu";
        case TSR_TYPE_TIMESTAMP:
            return "tsu:";
        case TSR_TYPE_TIMESTAMPTZ:
            return "tsu:UTC";
        case TSR_TYPE_UUID:
            return "w:16";
        case TSR_TYPE_DECIMAL:
        case TSR_TYPE_TEXT:
        case TSR_TYPE_BITS:
        case TSR_TYPE_LITERAL:
            return "u";
    }
    return "n";
}

std::string_view typeName(TsrType type) {
    switch (type) {
        case TSR_TYPE_BOOL:
            return "boolean";
        case TSR_TYPE_INT16:
            return "smallint";
        case TSR_TYPE_INT32:
            return "integer";
        case TSR_TYPE_INT64:
            return "bigint";
        case TSR_TYPE_FLOAT32:
            return "real";
        case TSR_TYPE_FLOAT64:
            return "double precision";
        case TSR_TYPE_DECIMAL:
            return "numeric";
        case TSR_TYPE_TEXT:
            return "text";
        case TSR_TYPE_BYTES:
            return "bytea";
        case TSR_TYPE_DATE:
            return "date";
        case TSR_TYPE_TIME:
            return "time";
        case TSR_TYPE_TIMESTAMP:
            return "timestamp";
        case TSR_TYPE_TIMESTAMPTZ:
            return "timestamp with time zone";
        case TSR_TYPE_UUID:
            return "uuid";
        case TSR_TYPE_BITS:
            return "bit";
        case TSR_TYPE_LITERAL:
            return "literal";
    }
    return "unknown";
}

}  // namespace tessera::sdk
