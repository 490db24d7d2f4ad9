#include "nodeservice/rest/result_writer.h"

#include "nodeservice/rest/arrow_writer.h"
#include "nodeservice/rest/parquet_writer.h"
#include "nodeservice/rest/problem.h"

#include <array>
#include <charconv>
#include <cmath>

namespace tessera::rest {

namespace {

using query::Encoding;

constexpr std::uint32_t kJsonOid = 114;
constexpr std::uint32_t kJsonbOid = 3802;

}  // namespace

void appendJsonText(std::string& out, std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kDigits[byte >> 4];
            out += kDigits[byte & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

namespace {

/// The shortest text that reads back as the same number; what JSON has no number for, in quotes as PostgreSQL spells
/// it.
template <class Float>
void appendFloat(std::string& out, Float value, const char* quote) {
    if (std::isfinite(value)) {
        std::array<char, 40> text{};
        const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
        out.append(text.data(), end.ptr);
    } else {
        out += quote;
        out += std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
        out += quote;
    }
}

}  // namespace

void appendJson(std::string& out, const query::Column& column, const query::ColumnData& data, std::size_t row) {
    if (isNull(data, row)) {
        out += "null";
        return;
    }
    switch (column.encoding) {
        case Encoding::kBool:
            out += data.values[row] != 0 ? "true" : "false";
            break;
        case Encoding::kInt64:
            out += std::to_string(numberAt<std::int64_t>(data, row));
            break;
        case Encoding::kFloat64:
            appendFloat(out, numberAt<double>(data, row), "\"");
            break;
        case Encoding::kFloat32:
            appendFloat(out, numberAt<float>(data, row), "\"");
            break;
        case Encoding::kText:
            if (column.type_oid == kJsonOid || column.type_oid == kJsonbOid) {
                out += textAt(data, row);
            } else {
                appendJsonText(out, textAt(data, row));
            }
    }
}

namespace {

/// {"columns": [{"name": …, "type": …}], "rows": [[…]], "command": …, "row_count": …, "cursor": …}
class JsonWriter final : public ResultWriter {
  public:
    std::string begin(const std::vector<query::Column>& columns) override {
        columns_ = columns;
        std::string out = R"({"columns":[)";
        for (const query::Column& column : columns) {
            out += out.back() == '[' ? "{\"name\":" : ",{\"name\":";
            appendJsonText(out, column.name);
            out += ",\"type\":";
            appendJsonText(out, column.type_name);
            out += '}';
        }
        return out + "],\"rows\":[";
    }

    std::string rows(const query::Batch& batch, std::size_t first, std::size_t end) override {
        std::string out;
        for (std::size_t row = first; row < end; ++row) {
            out += is_first_ ? "\n[" : ",\n[";
            is_first_ = false;
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                out += i == 0 ? "" : ",";
                appendJson(out, columns_[i], batch.columns[i], row);
            }
            out += ']';
        }
        return out;
    }

    std::string end(const query::Completion* completion, const std::string& cursor) override {
        nlohmann::ordered_json rest;
        if (completion != nullptr) {
            rest["command"] = completion->command_tag;
            rest["row_count"] = completion->row_count;
        }
        rest["cursor"] = cursor.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(cursor);
        return "\n]," + rest.dump().substr(1) + "\n";
    }

    std::optional<std::string> fail(const Error& error) override {
        return "\n],\"error\":" + problemOf(error).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
               "}\n";
    }

  private:
    std::vector<query::Column> columns_;
    bool is_first_ = true;
};

/// One object a row. Of columns with the same name the last counts for most readers; PostgreSQL gives them all.
class NdjsonWriter final : public ResultWriter {
  public:
    std::string begin(const std::vector<query::Column>& columns) override {
        columns_ = columns;
        for (const query::Column& column : columns) {
            std::string key(keys_.empty() ? "{" : ",");
            appendJsonText(key, column.name);
            keys_.push_back(key + ":");
        }
        return {};
    }

    std::string rows(const query::Batch& batch, std::size_t first, std::size_t end) override {
        std::string out;
        for (std::size_t row = first; row < end; ++row) {
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                out += keys_[i];
                appendJson(out, columns_[i], batch.columns[i], row);
            }
            out += columns_.empty() ? "{}\n" : "}\n";
        }
        return out;
    }

    std::string end(const query::Completion*, const std::string&) override { return {}; }

    std::optional<std::string> fail(const Error&) override { return std::nullopt; }

  private:
    std::vector<query::Column> columns_;
    std::vector<std::string> keys_;
};

/// RFC 4180, as PostgreSQL's COPY writes it: NULL is nothing, an empty text is "".
class CsvWriter final : public ResultWriter {
  public:
    std::string begin(const std::vector<query::Column>& columns) override {
        columns_ = columns;
        std::string out;
        for (const query::Column& column : columns) {
            out += &column == &columns.front() ? "" : ",";
            appendField(out, column.name);
        }
        return columns.empty() ? out : out + "\r\n";
    }

    std::string rows(const query::Batch& batch, std::size_t first, std::size_t end) override {
        std::string out;
        for (std::size_t row = first; row < end; ++row) {
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                out += i == 0 ? "" : ",";
                if (!isNull(batch.columns[i], row)) {
                    appendValue(out, columns_[i].encoding, batch.columns[i], row);
                }
            }
            out += "\r\n";
        }
        return out;
    }

    std::string end(const query::Completion*, const std::string&) override { return {}; }

    std::optional<std::string> fail(const Error&) override { return std::nullopt; }

  private:
    static void appendField(std::string& out, std::string_view text) {
        if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
            out += text;
            return;
        }
        out += '"';
        for (const char c : text) {
            out += c == '"' ? "\"\"" : std::string_view(&c, 1);
        }
        out += '"';
    }

    static void appendValue(std::string& out, Encoding encoding, const query::ColumnData& data, std::size_t row) {
        switch (encoding) {
            case Encoding::kBool:
                out += data.values[row] != 0 ? 't' : 'f';
                break;
            case Encoding::kInt64:
                out += std::to_string(numberAt<std::int64_t>(data, row));
                break;
            case Encoding::kFloat64:
                appendFloat(out, numberAt<double>(data, row), "");
                break;
            case Encoding::kFloat32:
                appendFloat(out, numberAt<float>(data, row), "");
                break;
            case Encoding::kText:
                appendField(out, textAt(data, row));
        }
    }

    std::vector<query::Column> columns_;
};

}  // namespace

bool isNull(const query::ColumnData& column, std::size_t row) {
    return !column.validity.empty() && (static_cast<unsigned char>(column.validity[row / 8]) >> row % 8 & 1) == 0;
}

std::string_view textAt(const query::ColumnData& column, std::size_t row) {
    std::uint32_t bounds[2];
    column.offsets.copy(reinterpret_cast<char*>(bounds), sizeof bounds, row * sizeof bounds[0]);
    return std::string_view(column.values).substr(bounds[0], bounds[1] - bounds[0]);
}

const char* contentTypeOf(Format format) {
    switch (format) {
        case Format::kNdjson:
            return "application/x-ndjson";
        case Format::kCsv:
            return "text/csv; charset=utf-8; header=present";
        case Format::kArrow:
            return "application/vnd.apache.arrow.stream";
        case Format::kParquet:
            return "application/vnd.apache.parquet";
        default:
            return "application/json";
    }
}

std::unique_ptr<ResultWriter> makeResultWriter(Format format) {
    switch (format) {
        case Format::kNdjson:
            return std::make_unique<NdjsonWriter>();
        case Format::kCsv:
            return std::make_unique<CsvWriter>();
        case Format::kArrow:
            return makeArrowWriter();
        case Format::kParquet:
            return makeParquetWriter();
        default:
            return std::make_unique<JsonWriter>();
    }
}

}  // namespace tessera::rest
