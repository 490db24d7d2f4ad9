#include "app/core/output/text_batch.h"

namespace tessera::app {

namespace {

/// Little-endian, as in nodeservice/proto/query.proto.
template <class T>
void appendLittleEndian(std::string& bytes, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        bytes += static_cast<char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xFFU);
    }
}

template <class T>
std::string validityOf(const std::vector<std::optional<T>>& values) {
    std::string bits((values.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i]) {
            bits[i / 8] = static_cast<char>(static_cast<unsigned char>(bits[i / 8]) | (1U << (i % 8)));
        }
    }
    return bits;
}

}  // namespace

std::vector<client::ResultColumn> textColumns(const std::vector<std::string>& names) {
    constexpr std::uint32_t kTextOid = 25;
    std::vector<client::ResultColumn> columns;
    for (const std::string& name : names) {
        columns.push_back({name, "text", kTextOid, client::ColumnEncoding::kText});
    }
    return columns;
}

client::ResultBatch::Column integerColumn(const std::vector<std::optional<std::int64_t>>& values) {
    client::ResultBatch::Column column;
    column.encoding = client::ColumnEncoding::kInt64;
    column.validity = validityOf(values);
    for (const std::optional<std::int64_t>& value : values) {
        appendLittleEndian(column.values, value.value_or(0));
    }
    return column;
}

client::ResultBatch::Column textColumn(const TextRow& values) {
    client::ResultBatch::Column column;
    column.validity = validityOf(values);
    appendLittleEndian(column.offsets, std::uint32_t{0});
    for (const std::optional<std::string>& value : values) {
        column.values += value.value_or("");
        appendLittleEndian(column.offsets, static_cast<std::uint32_t>(column.values.size()));
    }
    return column;
}

client::ResultBatch textBatch(std::size_t column_count, const std::vector<TextRow>& rows) {
    std::vector<client::ResultBatch::Column> columns;
    for (std::size_t i = 0; i < column_count; ++i) {
        TextRow values;
        for (const TextRow& row : rows) {
            values.push_back(row[i]);
        }
        columns.push_back(textColumn(values));
    }
    return client::ResultBatch(rows.size(), std::move(columns));
}

}  // namespace tessera::app
