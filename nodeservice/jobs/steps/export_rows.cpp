#include "nodeservice/jobs/steps/export_rows.h"

#include "common/strings.h"
#include "plugins/sdk/byte_order.h"

#include <chrono>
#include <cstring>
#include <limits>

namespace tessera::jobs {

namespace {

using sdk::loadBigEndian;

constexpr std::size_t kMostWaiting = 8;
constexpr std::chrono::milliseconds kLook{100};

/// What every binary COPY begins with: a signature, flags, the length of an extension that nobody uses.
constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kHeaderSize = kSignature.size() + 8;

/// PostgreSQL counts from 2000, DuckDB from 1970.
constexpr std::int32_t kEpochDays = 10957;
constexpr std::int64_t kEpochMicros = std::int64_t{kEpochDays} * 86'400'000'000;

constexpr std::size_t kNumericHeader = 8;
constexpr std::size_t kInlined = sizeof(duckdb_string_t{}.value.inlined.inlined);

/// The digits of a numeric(p,s), as PostgreSQL keeps them in a type modifier; none for one without, whose values keep
/// their digits as text.
std::optional<FileType> decimalOf(int modifier) {
    constexpr int kHeader = 4;
    constexpr int kMostDigits = 38;
    const int packed = modifier - kHeader;
    const int precision = packed >> 16;
    const int scale = packed & 0x7FF;
    if (modifier < kHeader || precision > kMostDigits || scale > precision) {
        return std::nullopt;
    }
    return FileType{DUCKDB_TYPE_DECIMAL, static_cast<std::uint8_t>(precision), static_cast<std::uint8_t>(scale)};
}

/// Whether its binary form is its text.
bool isText(std::uint32_t type) {
    return type == kPgText || type == kPgVarchar || type == kPgBpchar || type == kPgName || type == kPgJson;
}

__int128 powerOfTen(int exponent) {
    __int128 power = 1;
    for (int i = 0; i < exponent; ++i) {
        power *= 10;
    }
    return power;
}

/// A finite number of PostgreSQL's binary form, times ten to the `scale`; none when it has digits behind that, or too
/// many.
std::optional<__int128> scaled(std::string_view bytes, int scale) {
    constexpr int kGroupDigits = 4;
    constexpr int kGroup = 10'000;
    const int groups = loadBigEndian<std::int16_t>(bytes.data());
    const int weight = loadBigEndian<std::int16_t>(bytes.data() + 2);
    if (bytes.size() != kNumericHeader + static_cast<std::size_t>(groups) * 2) {
        return std::nullopt;
    }
    __int128 value = 0;
    int exponent = kGroupDigits * (weight + 1) + scale;  // of the group that follows, less its own digits
    for (int i = 0; i < groups; ++i) {
        int digits = loadBigEndian<std::int16_t>(bytes.data() + kNumericHeader + static_cast<std::size_t>(i) * 2);
        exponent -= kGroupDigits;
        int factor = kGroup;
        // Of the last one, only digits before the end of the scale count.
        for (int beyond = exponent; beyond < 0 && factor > 1; ++beyond) {
            if (digits % 10 != 0) {
                return std::nullopt;
            }
            digits /= 10;
            factor /= 10;
        }
        if ((factor == 1 && digits != 0) || __builtin_mul_overflow(value, static_cast<__int128>(factor), &value) ||
            __builtin_add_overflow(value, static_cast<__int128>(digits), &value)) {
            return std::nullopt;
        }
    }
    constexpr int kMostExponent = 38;
    if (value != 0 && exponent > 0 &&
        (exponent > kMostExponent || __builtin_mul_overflow(value, powerOfTen(exponent), &value))) {
        return std::nullopt;
    }
    return value;
}

template <class T>
void store(void* values, std::uint64_t row, T value) {
    static_cast<T*>(values)[row] = value;
}

/// False: it is of another size.
template <class T>
bool storeLoaded(void* values, std::uint64_t row, std::string_view bytes) {
    if (bytes.size() != sizeof(T)) {
        return false;
    }
    store(values, row, loadBigEndian<T>(bytes.data()));
    return true;
}

}  // namespace

FileType fileTypeOf(const ExportColumn& column) {
    switch (column.type) {
        case kPgBoolean:
            return {DUCKDB_TYPE_BOOLEAN};
        case kPgBytea:
            return {DUCKDB_TYPE_BLOB};
        case kPgBigint:
            return {DUCKDB_TYPE_BIGINT};
        case kPgSmallint:
            return {DUCKDB_TYPE_SMALLINT};
        case kPgInteger:
            return {DUCKDB_TYPE_INTEGER};
        case kPgReal:
            return {DUCKDB_TYPE_FLOAT};
        case kPgDouble:
            return {DUCKDB_TYPE_DOUBLE};
        case kPgDate:
            return {DUCKDB_TYPE_DATE};
        case kPgTime:
            return {DUCKDB_TYPE_TIME};
        case kPgTimestamp:
            return {DUCKDB_TYPE_TIMESTAMP};
        case kPgTimestampTz:
            return {DUCKDB_TYPE_TIMESTAMP_TZ};
        case kPgUuid:
            return {DUCKDB_TYPE_UUID};
        case kPgNumeric:
            return decimalOf(column.modifier).value_or(FileType{});
        default:
            return {};
    }
}

std::string copyOutSql(const std::vector<ExportColumn>& columns, const std::string& relation) {
    std::vector<std::string> items;
    for (const ExportColumn& column : columns) {
        const std::string name = quoteIdentifier(column.name);
        const bool is_as_it_is = fileTypeOf(column).type != DUCKDB_TYPE_VARCHAR || isText(column.type);
        // Not a cast to text, which is something else for some types: "192.168.0.1/32", or less blanks.
        items.push_back(is_as_it_is ? name : "pg_catalog.textin(" + column.output + "(" + name + "))");
    }
    return "COPY (SELECT " + join(items, ", ") + " FROM " + relation + ") TO STDOUT (FORMAT binary)";
}

bool RowQueue::push(std::string buffer, const std::function<bool()>& is_stopped) {
    std::unique_lock lock(mutex_);
    while (!is_abandoned_ && waiting_.size() >= kMostWaiting && !is_stopped()) {
        changed_.wait_for(lock, kLook);
    }
    if (is_abandoned_ || waiting_.size() >= kMostWaiting) {
        return false;
    }
    waiting_.push_back(std::move(buffer));
    changed_.notify_all();
    return true;
}

void RowQueue::finish() {
    const std::lock_guard lock(mutex_);
    is_finished_ = true;
    changed_.notify_all();
}

void RowQueue::abandon() {
    const std::lock_guard lock(mutex_);
    is_abandoned_ = true;
    changed_.notify_all();
}

RowQueue::Next RowQueue::pop(std::string& buffer) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_abandoned_ || is_finished_ || !waiting_.empty(); });
    if (is_abandoned_) {
        return Next::kAbandoned;
    }
    if (waiting_.empty()) {
        return Next::kEnd;
    }
    buffer = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    return Next::kBuffer;
}

RowReader::RowReader(const DuckDbLibrary& duckdb, const std::vector<ExportColumn>& columns, RowQueue& queue)
    : duckdb_(duckdb), columns_(columns), targets_(columns.size()), queue_(queue) {
    for (const ExportColumn& column : columns_) {
        types_.push_back(fileTypeOf(column));
    }
}

Result<> RowReader::fill(duckdb_data_chunk chunk) {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        duckdb_vector vector = duckdb_.data_chunk_get_vector(chunk, i);
        targets_[i] = {duckdb_.vector_get_data(vector), nullptr, vector};
    }
    const std::uint64_t most = duckdb_.vector_size();
    std::uint64_t row = 0;
    for (int fields = 0; row < most && nextRow(fields) && !is_over_; ++row) {
        if (static_cast<std::size_t>(fields) != columns_.size()) {
            return fail(ErrorCode::kInternal, "PostgreSQL sends rows of " + std::to_string(fields) + " columns, not " +
                                                  std::to_string(columns_.size()));
        }
        for (std::size_t column = 0; column < columns_.size() && readField(column, row); ++column) {
        }
        if (error_) {
            break;
        }
    }
    if (error_) {
        return *error_;
    }
    duckdb_.data_chunk_set_size(chunk, row);
    return {};
}

bool RowReader::keep(Error error) {
    error_ = std::move(error);
    return false;
}

bool RowReader::nextRow(int& fields) {
    if (is_over_) {
        return true;
    }
    if (at_ == buffer_.size() && !refill()) {
        return false;
    }
    if (!has_begun_) {
        const char* header = take(kHeaderSize);
        if (header == nullptr || std::string_view(header, kSignature.size()) != kSignature ||
            loadBigEndian<std::int32_t>(header + kHeaderSize - sizeof(std::int32_t)) != 0) {
            return keep(fail(ErrorCode::kInternal, "PostgreSQL's rows are in a form that is not known"));
        }
        has_begun_ = true;
        if (at_ == buffer_.size() && !refill()) {
            return false;
        }
    }
    const char* count = take(sizeof(std::int16_t));
    if (count == nullptr) {
        return false;
    }
    fields = loadBigEndian<std::int16_t>(count);
    is_over_ = fields < 0;
    return true;
}

/// Buffers hold whole rows.
bool RowReader::refill() {
    at_ = 0;
    switch (queue_.pop(buffer_)) {
        case RowQueue::Next::kAbandoned:
            return keep(fail(ErrorCode::kCancelled, "the rows have ended before their end"));
        case RowQueue::Next::kEnd:
            return keep(fail(ErrorCode::kInternal, "PostgreSQL's rows end without the mark of their end"));
        case RowQueue::Next::kBuffer:
            break;
    }
    return true;
}

const char* RowReader::take(std::size_t size) {
    if (buffer_.size() - at_ < size) {
        keep(fail(ErrorCode::kInternal, "a row of PostgreSQL ends too early"));
        return nullptr;
    }
    at_ += size;
    return buffer_.data() + at_ - size;
}

bool RowReader::readField(std::size_t column, std::uint64_t row) {
    const char* count = take(sizeof(std::int32_t));
    if (count == nullptr) {
        return false;
    }
    const auto size = loadBigEndian<std::int32_t>(count);
    if (size < 0) {
        setNull(targets_[column], row);
        return true;
    }
    const char* bytes = take(static_cast<std::size_t>(size));
    return bytes != nullptr && put(column, row, {bytes, static_cast<std::size_t>(size)});
}

void RowReader::setNull(Target& target, std::uint64_t row) const {
    constexpr std::uint64_t kBits = 64;
    if (target.validity == nullptr) {
        duckdb_.vector_ensure_validity_writable(target.vector);
        target.validity = duckdb_.vector_get_validity(target.vector);
    }
    target.validity[row / kBits] &= ~(std::uint64_t{1} << (row % kBits));
}

bool RowReader::misfit(std::size_t column, const std::string& what) {
    return keep(fail(ErrorCode::kInvalidArgument, "column '" + columns_[column].name + "' holds " + what,
                     "write it as text: " + quoteIdentifier(columns_[column].name) + "::text"));
}

bool RowReader::put(std::size_t column, std::uint64_t row, std::string_view bytes) {
    void* values = targets_[column].values;
    bool has_its_size = false;
    switch (types_[column].type) {
        case DUCKDB_TYPE_BOOLEAN:
            has_its_size = bytes.size() == 1;
            store<bool>(values, row, has_its_size && bytes[0] != 0);
            break;
        case DUCKDB_TYPE_SMALLINT:
            has_its_size = storeLoaded<std::int16_t>(values, row, bytes);
            break;
        case DUCKDB_TYPE_INTEGER:
        case DUCKDB_TYPE_FLOAT:
            has_its_size = storeLoaded<std::int32_t>(values, row, bytes);
            break;
        case DUCKDB_TYPE_BIGINT:
        case DUCKDB_TYPE_DOUBLE:
        case DUCKDB_TYPE_TIME:
            has_its_size = storeLoaded<std::int64_t>(values, row, bytes);
            break;
        case DUCKDB_TYPE_DATE:
            if (bytes.size() == sizeof(std::int32_t)) {
                return putTime(column, row, loadBigEndian<std::int32_t>(bytes.data()));
            }
            break;
        case DUCKDB_TYPE_TIMESTAMP:
        case DUCKDB_TYPE_TIMESTAMP_TZ:
            if (bytes.size() == sizeof(std::int64_t)) {
                return putTime(column, row, loadBigEndian<std::int64_t>(bytes.data()));
            }
            break;
        case DUCKDB_TYPE_UUID:
            if (bytes.size() == sizeof(duckdb_hugeint)) {
                // DuckDB orders them as numbers with a sign.
                const auto upper = loadBigEndian<std::uint64_t>(bytes.data()) ^ (std::uint64_t{1} << 63U);
                store(values, row,
                      duckdb_hugeint{loadBigEndian<std::uint64_t>(bytes.data() + sizeof upper),
                                     static_cast<std::int64_t>(upper)});
                return true;
            }
            break;
        case DUCKDB_TYPE_DECIMAL:
            return putDecimal(column, row, bytes);
        default:
            putText(targets_[column], row, bytes);
            return true;
    }
    return has_its_size ||
           keep(fail(ErrorCode::kInternal, "PostgreSQL sends " + std::to_string(bytes.size()) + " bytes for column '" +
                                               columns_[column].name + "', which is not the size of its type"));
}

void RowReader::putText(const Target& target, std::uint64_t row, std::string_view bytes) const {
    if (bytes.size() > kInlined) {
        duckdb_.vector_assign_string_element_len(target.vector, row, bytes.data(), bytes.size());
        return;
    }
    duckdb_string_t text{};
    text.value.inlined.length = static_cast<std::uint32_t>(bytes.size());
    std::memcpy(text.value.inlined.inlined, bytes.data(), bytes.size());
    store(target.values, row, text);
}

/// Both have infinities, written differently; PostgreSQL's times go on for a few years more.
bool RowReader::putTime(std::size_t column, std::uint64_t row, std::int64_t since_2000) {
    void* values = targets_[column].values;
    if (types_[column].type == DUCKDB_TYPE_DATE) {
        using Days = std::numeric_limits<std::int32_t>;
        const bool is_infinite = since_2000 == Days::max() || since_2000 == Days::min();
        const auto infinity = since_2000 > 0 ? Days::max() : -Days::max();
        store(values, row, is_infinite ? infinity : static_cast<std::int32_t>(since_2000 + kEpochDays));
        return true;
    }
    using Micros = std::numeric_limits<std::int64_t>;
    const bool is_infinite = since_2000 == Micros::max() || since_2000 == Micros::min();
    std::int64_t since_1970 = since_2000 > 0 ? Micros::max() : -Micros::max();
    if (!is_infinite &&
        (__builtin_add_overflow(since_2000, kEpochMicros, &since_1970) || since_1970 == Micros::max())) {
        return misfit(column, "a time after the year 294246, which files cannot hold");
    }
    store(values, row, since_1970);
    return true;
}

bool RowReader::putDecimal(std::size_t column, std::uint64_t row, std::string_view bytes) {
    constexpr std::uint16_t kNegative = 0x4000;
    const FileType type = types_[column];
    if (bytes.size() < kNumericHeader) {
        return keep(fail(ErrorCode::kInternal, "a number of PostgreSQL ends too early"));
    }
    const auto sign = loadBigEndian<std::uint16_t>(bytes.data() + 4);
    if (sign != 0 && sign != kNegative) {
        return misfit(column, "NaN, which no decimal number in a file can be");
    }
    const auto found = scaled(bytes, type.scale);
    if (!found || *found >= powerOfTen(type.precision)) {
        return misfit(column, "a number that is no numeric(" + std::to_string(type.precision) + "," +
                                  std::to_string(type.scale) + "), as which it is declared");
    }
    const __int128 value = sign == kNegative ? -*found : *found;
    void* values = targets_[column].values;
    // As wide as DuckDB keeps so many digits.
    if (type.precision <= 4) {
        store(values, row, static_cast<std::int16_t>(value));
    } else if (type.precision <= 9) {
        store(values, row, static_cast<std::int32_t>(value));
    } else if (type.precision <= 18) {
        store(values, row, static_cast<std::int64_t>(value));
    } else {
        store(values, row, duckdb_hugeint{static_cast<std::uint64_t>(value), static_cast<std::int64_t>(value >> 64)});
    }
    return true;
}

}  // namespace tessera::jobs
