#include "nodeservice/rest/arrow_writer.h"

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <utility>

namespace tessera::rest {

namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using flatbuffers::uoffset_t;
using flatbuffers::voffset_t;
using query::Encoding;

using Table = Offset<void>;

// Schema.fbs and Message.fbs of Arrow: fields of tables by their place, members of unions and enumerations.
constexpr voffset_t field(int place) {
    return static_cast<voffset_t>(4 + 2 * place);
}

constexpr std::int16_t kVersion5 = 4;
constexpr std::uint8_t kSchemaHeader = 1;
constexpr std::uint8_t kRecordBatchHeader = 3;
constexpr std::uint8_t kIntType = 2;
constexpr std::uint8_t kFloatType = 3;
constexpr std::uint8_t kUtf8Type = 5;
constexpr std::uint8_t kBoolType = 6;
constexpr std::int16_t kSingle = 1;
constexpr std::int16_t kDouble = 2;

constexpr std::size_t kAlignment = 8;

/// The structs FieldNode (length, null_count) and Buffer (offset, length).
struct Pair {
    std::int64_t first;
    std::int64_t second;
};

std::size_t aligned(std::size_t size) {
    return (size + kAlignment - 1) / kAlignment * kAlignment;
}

void appendInt32(std::string& out, std::uint32_t number) {
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

/// Continuation, length, metadata, padding; the body follows.
std::string framed(const FlatBufferBuilder& builder) {
    const std::size_t size = aligned(builder.GetSize());
    std::string out;
    appendInt32(out, 0xffffffff);
    appendInt32(out, static_cast<std::uint32_t>(size));
    out.append(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
    out.resize(2 * sizeof(std::uint32_t) + size, '\0');
    return out;
}

void finishMessage(FlatBufferBuilder& builder, std::uint8_t type, uoffset_t header, std::int64_t body_length) {
    const uoffset_t start = builder.StartTable();
    builder.AddElement<std::int64_t>(field(3), body_length, 0);
    builder.AddOffset(field(2), Table(header));
    builder.AddElement<std::int16_t>(field(0), kVersion5, 0);
    builder.AddElement<std::uint8_t>(field(1), type, 0);
    builder.Finish(Table(builder.EndTable(start)));
}

std::pair<std::uint8_t, uoffset_t> typeOf(FlatBufferBuilder& builder, Encoding encoding) {
    constexpr std::int32_t kBits = 64;
    const uoffset_t start = builder.StartTable();
    std::uint8_t type = kUtf8Type;
    switch (encoding) {
        case Encoding::kBool:
            type = kBoolType;
            break;
        case Encoding::kInt64:
            type = kIntType;
            builder.AddElement<std::int32_t>(field(0), kBits, 0);
            builder.AddElement<std::uint8_t>(field(1), 1, 0);
            break;
        case Encoding::kFloat64:
        case Encoding::kFloat32:
            type = kFloatType;
            builder.AddElement<std::int16_t>(field(0), encoding == Encoding::kFloat64 ? kDouble : kSingle, 0);
            break;
        case Encoding::kText:
            break;
    }
    return {type, builder.EndTable(start)};
}

Table fieldOf(FlatBufferBuilder& builder, const query::Column& column) {
    const auto name = builder.CreateString(column.name);
    const auto key = builder.CreateString("postgresql.type");
    const auto value = builder.CreateString(column.type_name);
    uoffset_t start = builder.StartTable();
    builder.AddOffset(field(0), key);
    builder.AddOffset(field(1), value);
    const auto metadata = builder.CreateVector(std::vector<Table>{Table(builder.EndTable(start))});
    const auto [type, type_table] = typeOf(builder, column.encoding);
    const auto children = builder.CreateVector(std::vector<Table>{});
    start = builder.StartTable();
    builder.AddOffset(field(0), name);
    builder.AddOffset(field(3), Table(type_table));
    builder.AddOffset(field(5), children);
    builder.AddOffset(field(6), metadata);
    builder.AddElement<std::uint8_t>(field(1), 1, 0);
    builder.AddElement<std::uint8_t>(field(2), type, 0);
    return Table(builder.EndTable(start));
}

/// A record batch's body: the columns' buffers one after the other.
class Body {
  public:
    void add(std::string_view bytes) {
        buffers_.push_back({static_cast<std::int64_t>(bytes_.size()), static_cast<std::int64_t>(bytes.size())});
        bytes_ += bytes;
        bytes_.resize(aligned(bytes_.size()), '\0');
    }

    void addColumn(Encoding encoding, const query::ColumnData& data, std::size_t first, std::size_t end) {
        const auto bits = [first, end](auto is_set) {
            std::string bitmap((end - first + 7) / 8, '\0');
            for (std::size_t row = first; row < end; ++row) {
                if (is_set(row)) {
                    char& byte = bitmap[(row - first) / 8];
                    byte = static_cast<char>(byte | 1 << (row - first) % 8);
                }
            }
            return bitmap;
        };
        std::int64_t nulls = 0;
        const std::string validity = bits([&](std::size_t row) {
            nulls += isNull(data, row) ? 1 : 0;
            return !isNull(data, row);
        });
        nodes_.push_back({static_cast<std::int64_t>(end - first), nulls});
        add(nulls == 0 ? std::string_view() : std::string_view(validity));
        switch (encoding) {
            case Encoding::kBool:
                add(bits([&](std::size_t row) { return data.values[row] != 0; }));
                break;
            case Encoding::kInt64:
            case Encoding::kFloat64:
                add(std::string_view(data.values).substr(first * 8, (end - first) * 8));
                break;
            case Encoding::kFloat32:
                add(std::string_view(data.values).substr(first * 4, (end - first) * 4));
                break;
            case Encoding::kText:
                addTexts(data, first, end);
        }
    }

    std::string message(std::size_t rows) {
        FlatBufferBuilder builder;
        const auto nodes = builder.CreateVectorOfStructs(nodes_);
        const auto buffers = builder.CreateVectorOfStructs(buffers_);
        const uoffset_t start = builder.StartTable();
        builder.AddElement<std::int64_t>(field(0), static_cast<std::int64_t>(rows), 0);
        builder.AddOffset(field(1), nodes);
        builder.AddOffset(field(2), buffers);
        finishMessage(builder, kRecordBatchHeader, builder.EndTable(start), static_cast<std::int64_t>(bytes_.size()));
        return framed(builder) + bytes_;
    }

  private:
    void addTexts(const query::ColumnData& data, std::size_t first, std::size_t end) {
        std::string offsets;
        std::string texts;
        appendInt32(offsets, 0);
        for (std::size_t row = first; row < end; ++row) {
            texts += textAt(data, row);
            appendInt32(offsets, static_cast<std::uint32_t>(texts.size()));
        }
        add(offsets);
        add(texts);
    }

    std::vector<Pair> nodes_;
    std::vector<Pair> buffers_;
    std::string bytes_;
};

class ArrowWriter final : public ResultWriter {
  public:
    std::string begin(const std::vector<query::Column>& columns) override {
        columns_ = columns;
        FlatBufferBuilder builder;
        std::vector<Table> fields;
        for (const query::Column& column : columns) {
            fields.push_back(fieldOf(builder, column));
        }
        const auto vector = builder.CreateVector(fields);
        const uoffset_t start = builder.StartTable();
        builder.AddOffset(field(1), vector);
        finishMessage(builder, kSchemaHeader, builder.EndTable(start), 0);
        return framed(builder);
    }

    std::string rows(const query::Batch& batch, std::size_t first, std::size_t end) override {
        Body body;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            body.addColumn(columns_[i].encoding, batch.columns[i], first, end);
        }
        return body.message(end - first);
    }

    std::string end(const query::Completion*, const std::string&) override {
        std::string out;
        appendInt32(out, 0xffffffff);
        appendInt32(out, 0);
        return out;
    }

    std::optional<std::string> fail(const Error&) override { return std::nullopt; }

  private:
    std::vector<query::Column> columns_;
};

}  // namespace

std::unique_ptr<ResultWriter> makeArrowWriter() {
    return std::make_unique<ArrowWriter>();
}

}  // namespace tessera::rest
