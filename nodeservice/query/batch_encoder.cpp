#include "nodeservice/query/batch_encoder.h"

#include <bit>
#include <charconv>
#include <limits>
#include <utility>

namespace tessera::query {

static_assert(std::endian::native == std::endian::little, "query.proto's values are little-endian");

namespace {

template <class T>
void appendValue(std::string& bytes, T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
Result<T> parseNumber(std::string_view text) {
    T value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || (code != std::errc() && code != std::errc::result_out_of_range)) {
        return fail(ErrorCode::kInternal, "PostgreSQL sent '" + std::string(text.substr(0, 40)) + "' as a number");
    }
    return value;
}

template <class Float>
Result<Float> parseFloat(std::string_view text) {
    if (text == "Infinity") {
        return std::numeric_limits<Float>::infinity();
    }
    if (text == "-Infinity") {
        return -std::numeric_limits<Float>::infinity();
    }
    if (text == "NaN") {
        return std::numeric_limits<Float>::quiet_NaN();
    }
    return parseNumber<Float>(text);
}

/// Appends a value, or the zeros that stand in a NULL's place.
Result<> appendFixed(std::string& bytes, Encoding encoding, std::optional<std::string_view> text) {
    switch (encoding) {
        case Encoding::kBool:
            bytes += text && *text == "t" ? '\1' : '\0';
            break;
        case Encoding::kInt64:
            appendValue<std::int64_t>(bytes, text ? TSR_TRY(parseNumber<std::int64_t>(*text)) : 0);
            break;
        case Encoding::kFloat64:
            appendValue<double>(bytes, text ? TSR_TRY(parseFloat<double>(*text)) : 0);
            break;
        case Encoding::kFloat32:
            appendValue<float>(bytes, text ? TSR_TRY(parseFloat<float>(*text)) : 0);
            break;
        case Encoding::kText:
            break;
    }
    return {};
}

}  // namespace

Encoding encodingOf(std::uint32_t type_oid) {
    // Numbers from PostgreSQL's pg_type.dat; they never change.
    switch (type_oid) {
        case 16:  // boolean
            return Encoding::kBool;
        case 20:  // bigint
        case 21:  // smallint
        case 23:  // integer
        case 26:  // oid
            return Encoding::kInt64;
        case 700:  // real
            return Encoding::kFloat32;
        case 701:  // double precision
            return Encoding::kFloat64;
        default:
            return Encoding::kText;
    }
}

BatchEncoder::BatchEncoder(std::vector<Encoding> encodings) {
    for (const Encoding encoding : encodings) {
        columns_.push_back({encoding, false, {}});
    }
}

Result<> BatchEncoder::append(std::size_t column, std::optional<std::string_view> text) {
    Builder& builder = columns_[column];
    ColumnData& data = builder.data;
    const std::size_t before = data.values.size() + data.offsets.size();
    if (rows_ % 8 == 0) {
        data.validity += '\0';
    }
    if (text) {
        data.validity.back() = static_cast<char>(data.validity.back() | 1 << rows_ % 8);
    } else {
        builder.has_null = true;
    }
    if (builder.encoding == Encoding::kText) {
        if (rows_ == 0) {
            appendValue<std::uint32_t>(data.offsets, 0);
        }
        data.values += text.value_or(std::string_view());
        appendValue(data.offsets, static_cast<std::uint32_t>(data.values.size()));
    } else {
        TSR_TRY(appendFixed(data.values, builder.encoding, text));
    }
    bytes_ += data.values.size() + data.offsets.size() - before;
    return {};
}

Batch BatchEncoder::take() {
    Batch batch{std::exchange(rows_, 0), {}, std::exchange(bytes_, 0)};
    for (Builder& builder : columns_) {
        if (!std::exchange(builder.has_null, false)) {
            builder.data.validity.clear();
        }
        batch.columns.push_back(std::exchange(builder.data, {}));
    }
    return batch;
}

}  // namespace tessera::query
