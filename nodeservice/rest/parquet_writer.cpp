#include "nodeservice/rest/parquet_writer.h"

#include <utility>

namespace tessera::rest {

namespace {

using query::Encoding;

constexpr std::string_view kMagic = "PAR1";
// Readers handle a group at a time, and this holds one.
constexpr std::size_t kGroupBytes = std::size_t{4} << 20U;
constexpr std::uint32_t kInt2Oid = 21;
constexpr std::uint32_t kInt4Oid = 23;

/// Type of parquet.thrift.
enum PhysicalType : std::int32_t { kBoolean = 0, kInt32 = 1, kInt64 = 2, kFloat = 4, kDouble = 5, kByteArray = 6 };

// Members of its enumerations.
constexpr std::int32_t kPlain = 0;
constexpr std::int32_t kRle = 3;
constexpr std::int32_t kDataPage = 0;
constexpr std::int32_t kUncompressed = 0;
constexpr std::int32_t kOptional = 1;
constexpr std::int32_t kUtf8 = 0;
constexpr std::int32_t kInt16Converted = 16;
// The union LogicalType's.
constexpr int kStringType = 1;

void appendLittle(std::string& out, std::uint32_t number) {
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void appendVarint(std::string& out, std::uint64_t number) {
    while (number >= 0x80U) {
        out += static_cast<char>(number | 0x80U);
        number >>= 7U;
    }
    out += static_cast<char>(number);
}

/// Structs in Thrift's compact protocol, of which Parquet's headers and footers are.
class Compact {
  public:
    void integer(int id, std::int32_t value) { number(id, 5, value); }

    void big(int id, std::int64_t value) { number(id, 6, value); }

    void text(int id, std::string_view value) {
        field(id, kBinary);
        text(value);
    }

    /// An element of a list.
    void text(std::string_view value) {
        appendVarint(out_, value.size());
        out_ += value;
    }

    void element(std::int32_t value) { appendVarint(out_, zigzag(value)); }

    void list(int id, char type, std::size_t size) {
        field(id, 9);
        constexpr std::size_t kShort = 15;
        if (size < kShort) {
            out_ += static_cast<char>(size << 4U | static_cast<unsigned char>(type));
        } else {
            out_ += static_cast<char>(0xF0U | static_cast<unsigned char>(type));
            appendVarint(out_, size);
        }
    }

    /// Each list element that is a struct, and each field that is one, is begun and ended.
    void begin() { last_ids_.push_back(0); }

    void begin(int id) {
        field(id, kStruct);
        begin();
    }

    void end() {
        out_ += '\0';
        last_ids_.pop_back();
    }

    std::string take() { return std::exchange(out_, {}); }

    static constexpr char kBinary = 8;
    static constexpr char kStruct = 12;
    static constexpr char kInteger = 5;

  private:
    static std::uint64_t zigzag(std::int64_t value) {
        return static_cast<std::uint64_t>(value) << 1U ^ static_cast<std::uint64_t>(value >> 63);
    }

    /// Ids rise by less than 16 in all structs that are written here.
    void field(int id, char type) {
        out_ +=
            static_cast<char>(static_cast<unsigned>(id - last_ids_.back()) << 4U | static_cast<unsigned char>(type));
        last_ids_.back() = id;
    }

    void number(int id, char type, std::int64_t value) {
        field(id, type);
        appendVarint(out_, zigzag(value));
    }

    std::string out_;
    std::vector<int> last_ids_;
};

/// What a group has of a column so far.
struct Chunk {
    PhysicalType type;
    /// A bit for each row, set where there is a value; of those the values, in the encoding PLAIN.
    std::string validity = {};
    std::string values = {};
    std::size_t count = 0;
    bool has_nulls = false;

    void addBit(std::string& bits, std::size_t at, bool is_set) const {
        if (at % 8 == 0) {
            bits += '\0';
        }
        if (is_set) {
            bits.back() = static_cast<char>(bits.back() | 1 << at % 8);
        }
    }
};

struct WrittenChunk {
    std::int64_t offset;
    std::int64_t bytes;
};

struct WrittenGroup {
    std::vector<WrittenChunk> chunks;
    std::int64_t rows;
    std::int64_t bytes;
};

class ParquetWriter final : public ResultWriter {
  public:
    std::string begin(const std::vector<query::Column>& columns) override {
        columns_ = columns;
        for (const query::Column& column : columns) {
            chunks_.push_back({typeOf(column)});
        }
        set_bits_.resize(columns.size());
        offset_ = static_cast<std::int64_t>(kMagic.size());
        return std::string(kMagic);
    }

    std::string rows(const query::Batch& batch, std::size_t first, std::size_t end) override {
        std::string out;
        for (std::size_t row = first; row < end; ++row) {
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                addValue(i, batch.columns[i], row);
            }
            ++rows_;
            if (bytes_ >= kGroupBytes) {
                out += finishGroup();
            }
        }
        return out;
    }

    std::string end(const query::Completion*, const std::string&) override {
        std::string out = rows_ > 0 ? finishGroup() : std::string();
        const std::string footer = footerOf();
        out += footer;
        appendLittle(out, static_cast<std::uint32_t>(footer.size()));
        return out += kMagic;
    }

    /// A file without its end is none.
    std::optional<std::string> fail(const Error&) override { return std::nullopt; }

  private:
    static PhysicalType typeOf(const query::Column& column) {
        switch (column.encoding) {
            case Encoding::kBool:
                return kBoolean;
            case Encoding::kInt64:
                return column.type_oid == kInt2Oid || column.type_oid == kInt4Oid ? kInt32 : kInt64;
            case Encoding::kFloat64:
                return kDouble;
            case Encoding::kFloat32:
                return kFloat;
            case Encoding::kText:
                break;
        }
        return kByteArray;
    }

    void addValue(std::size_t column, const query::ColumnData& data, std::size_t row) {
        Chunk& chunk = chunks_[column];
        const bool is_there = !isNull(data, row);
        chunk.addBit(chunk.validity, chunk.count++, is_there);
        chunk.has_nulls = chunk.has_nulls || !is_there;
        const std::size_t before = chunk.values.size();
        if (is_there) {
            switch (chunk.type) {
                case kBoolean:
                    chunk.addBit(chunk.values, set_bits_[column]++, data.values[row] != 0);
                    break;
                case kInt32:
                    appendLittle(chunk.values, static_cast<std::uint32_t>(numberAt<std::int64_t>(data, row)));
                    break;
                case kInt64:
                case kDouble:
                    chunk.values.append(data.values, row * sizeof(double), sizeof(double));
                    break;
                case kFloat:
                    chunk.values.append(data.values, row * sizeof(float), sizeof(float));
                    break;
                case kByteArray: {
                    const std::string_view text = textAt(data, row);
                    appendLittle(chunk.values, static_cast<std::uint32_t>(text.size()));
                    chunk.values += text;
                }
            }
        }
        bytes_ += chunk.values.size() - before;
    }

    /// The levels that tell NULLs from values (the encoding RLE, of one bit), and the values.
    static std::string pageOf(const Chunk& chunk) {
        std::string levels;
        if (chunk.has_nulls) {
            appendVarint(levels, chunk.validity.size() << 1U | 1U);
            levels += chunk.validity;
        } else {
            appendVarint(levels, chunk.count << 1U);
            levels += '\1';
        }
        std::string page;
        page.reserve(sizeof(std::uint32_t) + levels.size() + chunk.values.size());
        appendLittle(page, static_cast<std::uint32_t>(levels.size()));
        return page += levels += chunk.values;
    }

    static std::string pageHeaderOf(const Chunk& chunk, std::size_t page_bytes) {
        Compact header;
        header.begin();
        header.integer(1, kDataPage);
        header.integer(2, static_cast<std::int32_t>(page_bytes));
        header.integer(3, static_cast<std::int32_t>(page_bytes));
        header.begin(5);
        header.integer(1, static_cast<std::int32_t>(chunk.count));
        header.integer(2, kPlain);
        header.integer(3, kRle);
        header.integer(4, kRle);
        header.end();
        header.end();
        return header.take();
    }

    std::string finishGroup() {
        std::string out;
        WrittenGroup group{{}, static_cast<std::int64_t>(rows_), 0};
        for (Chunk& chunk : chunks_) {
            const std::string page = pageOf(chunk);
            const std::size_t before = out.size();
            out += pageHeaderOf(chunk, page.size());
            out += page;
            const auto bytes = static_cast<std::int64_t>(out.size() - before);
            group.chunks.push_back({offset_ + static_cast<std::int64_t>(before), bytes});
            group.bytes += bytes;
            chunk = Chunk{chunk.type};
        }
        set_bits_.assign(columns_.size(), 0);
        rows_before_ += std::exchange(rows_, 0);
        bytes_ = 0;
        offset_ += static_cast<std::int64_t>(out.size());
        groups_.push_back(std::move(group));
        return out;
    }

    std::string footerOf() const {
        Compact file;
        file.begin();
        file.integer(1, 1);
        file.list(2, Compact::kStruct, columns_.size() + 1);
        file.begin();
        file.text(4, "schema");
        file.integer(5, static_cast<std::int32_t>(columns_.size()));
        file.end();
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            writeElement(file, columns_[i], chunks_[i].type);
        }
        file.big(3, static_cast<std::int64_t>(rows_before_));
        file.list(4, Compact::kStruct, groups_.size());
        for (const WrittenGroup& group : groups_) {
            writeGroup(file, group);
        }
        file.list(5, Compact::kStruct, columns_.size());
        for (const query::Column& column : columns_) {
            file.begin();
            file.text(1, "postgresql.type." + column.name);
            file.text(2, column.type_name);
            file.end();
        }
        file.text(6, "tessera");
        file.end();
        return file.take();
    }

    static void writeElement(Compact& file, const query::Column& column, PhysicalType type) {
        file.begin();
        file.integer(1, type);
        file.integer(3, kOptional);
        file.text(4, column.name);
        if (type == kByteArray) {
            file.integer(6, kUtf8);
            file.begin(10);
            file.begin(kStringType);
            file.end();
            file.end();
        } else if (column.type_oid == kInt2Oid) {
            file.integer(6, kInt16Converted);
        }
        file.end();
    }

    void writeGroup(Compact& file, const WrittenGroup& group) const {
        file.begin();
        file.list(1, Compact::kStruct, columns_.size());
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const WrittenChunk& chunk = group.chunks[i];
            file.begin();
            file.big(2, chunk.offset);
            file.begin(3);
            file.integer(1, chunks_[i].type);
            file.list(2, Compact::kInteger, 2);
            file.element(kPlain);
            file.element(kRle);
            file.list(3, Compact::kBinary, 1);
            file.text(columns_[i].name);
            file.integer(4, kUncompressed);
            file.big(5, group.rows);
            file.big(6, chunk.bytes);
            file.big(7, chunk.bytes);
            file.big(9, chunk.offset);
            file.end();
            file.end();
        }
        file.big(2, group.bytes);
        file.big(3, group.rows);
        file.end();
    }

    std::vector<query::Column> columns_;
    std::vector<Chunk> chunks_;
    /// By column: bits of `values` that are written, of booleans.
    std::vector<std::size_t> set_bits_;
    std::size_t rows_ = 0;
    std::size_t bytes_ = 0;
    std::size_t rows_before_ = 0;
    std::int64_t offset_ = 0;
    std::vector<WrittenGroup> groups_;
};

}  // namespace

std::unique_ptr<ResultWriter> makeParquetWriter() {
    return std::make_unique<ParquetWriter>();
}

}  // namespace tessera::rest
