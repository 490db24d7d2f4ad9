#include "plugins/postgres/row_decoder.h"

#include "plugins/sdk/byte_order.h"

#include <cstdint>
#include <utility>

namespace tessera::postgres_connector {

namespace {

constexpr std::size_t kCountBytes = 2;
constexpr std::size_t kSizeBytes = 4;
constexpr std::int32_t kNull = -1;

Error malformed() {
    return fail(ErrorCode::kDataLoss, "the source sent a row that is not as PostgreSQL's binary COPY writes it");
}

}  // namespace

Result<RowDecoder> RowDecoder::choose(const PGresult* description, const sdk::BatchBuilder& batch,
                                      const SourceName& source) {
    RowDecoder chosen;
    chosen.source_ = source;
    const std::size_t wanted = batch.columnCount();
    // A statement that only counts rows may select anything.
    if (wanted != 0 && static_cast<std::size_t>(PQnfields(description)) != wanted) {
        return fail(ErrorCode::kInternal, "the result has " + std::to_string(PQnfields(description)) +
                                              " columns where " + std::to_string(wanted) + " are expected");
    }
    chosen.plain_ = wanted != 0;
    for (std::size_t i = 0; i < wanted; ++i) {
        const int column = static_cast<int>(i);
        const Oid type = PQftype(description, column);
        chosen.columns_.push_back({cleanMessage(PQfname(description, column)), nullptr});
        auto decoder = findDecoder(type, batch.type(i));
        if (!decoder) {
            return chosen.inColumn(std::move(decoder.error()), i);
        }
        chosen.columns_.back().decoder = *decoder;
        chosen.plain_ = chosen.plain_ && isWireFormOf(type, batch.type(i));
    }
    return chosen;
}

Result<> RowDecoder::decodeTuple(std::string_view tuple, sdk::BatchBuilder& batch) {
    if (columns_.empty()) {
        batch.endRow();
        return {};
    }
    if (tupleSize(tuple) != tuple.size() ||
        static_cast<std::size_t>(sdk::loadBigEndian<std::uint16_t>(tuple.data())) != columns_.size()) {
        return malformed();
    }
    const char* at = tuple.data() + kCountBytes;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const auto size = sdk::loadBigEndian<std::int32_t>(at);
        at += kSizeBytes;
        if (size == kNull) {
            batch.appendNull(i);
            continue;
        }
        TSR_TRY(decode(i, {at, static_cast<std::size_t>(size)}, batch));
        at += size;
    }
    batch.endRow();
    return {};
}

Error RowDecoder::inColumn(Error error, std::size_t column) const {
    return std::move(error).withContext("column " + std::to_string(column + 1) + " ('" + columns_[column].name +
                                        "') of the result from " + source_);
}

std::optional<std::size_t> tupleSize(std::string_view bytes) {
    if (bytes.size() < kCountBytes) {
        return std::nullopt;
    }
    std::size_t at = kCountBytes;
    for (int left = sdk::loadBigEndian<std::int16_t>(bytes.data()); left > 0; --left) {
        if (bytes.size() - at < kSizeBytes) {
            return std::nullopt;
        }
        const auto size = sdk::loadBigEndian<std::int32_t>(bytes.data() + at);
        at += kSizeBytes + (size > 0 ? static_cast<std::size_t>(size) : 0);
        if (at > bytes.size()) {
            return std::nullopt;
        }
    }
    return at;
}

}  // namespace tessera::postgres_connector
