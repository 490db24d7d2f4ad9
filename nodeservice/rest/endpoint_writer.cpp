#include "nodeservice/rest/endpoint_writer.h"

#include "nodeservice/rest/problem.h"

namespace tessera::rest {

namespace {

constexpr std::uint32_t kBigintOid = 20;
constexpr std::uint32_t kNumericOid = 1700;

class ObjectWriter final : public ResultWriter {
  public:
    ObjectWriter(const endpoints::Published& endpoint, bool has_lines) : endpoint_(endpoint), has_lines_(has_lines) {}

    std::string begin(const std::vector<query::Column>& columns) override {
        for (const query::Column& column : columns) {
            std::string key(fields_.empty() ? "{" : ",");
            appendJsonText(key, column.name);
            const bool is_number = endpoint_.definition.numbers.contains(column.name);
            fields_.push_back({key + ":", column, is_number});
        }
        return has_lines_ ? "" : "{\"items\":[";
    }

    std::string rows(const query::Batch& batch, std::size_t first, std::size_t end) override {
        std::string out;
        for (std::size_t row = first; row < end; ++row) {
            out += has_lines_ ? "" : is_first_ ? "\n" : ",\n";
            is_first_ = false;
            for (std::size_t i = 0; i < fields_.size(); ++i) {
                out += fields_[i].key;
                appendValue(out, fields_[i], batch.columns[i], row);
            }
            out += fields_.empty() ? "{}" : "}";
            out += has_lines_ ? "\n" : "";
        }
        return out;
    }

    std::string end(const query::Completion* completion, const std::string& cursor) override {
        if (has_lines_) {
            return {};
        }
        std::string out = "\n]";
        if (fields_.empty() && completion != nullptr) {
            out += ",\"row_count\":" + std::to_string(completion->row_count);
        }
        out += ",\"next\":";
        if (cursor.empty()) {
            return out + "null}\n";
        }
        appendJsonText(out, cursor);
        return out + "}\n";
    }

    std::optional<std::string> fail(const Error& error) override {
        if (has_lines_) {
            return std::nullopt;
        }
        return "\n],\"error\":" + problemOf(error).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
               "}\n";
    }

  private:
    struct Field {
        std::string key;
        query::Column column;
        bool is_number;
    };

    static void appendValue(std::string& out, const Field& field, const query::ColumnData& data, std::size_t row) {
        const std::uint32_t type = field.column.type_oid;
        if (!isNull(data, row) && type == kBigintOid && !field.is_number) {
            out += '"';
            appendJson(out, field.column, data, row);
            out += '"';
        } else if (!isNull(data, row) && type == kNumericOid && field.is_number && isJsonNumber(textAt(data, row))) {
            out += textAt(data, row);
        } else {
            appendJson(out, field.column, data, row);
        }
    }

    /// NaN and the infinities are none.
    static bool isJsonNumber(std::string_view text) {
        return text.find_first_not_of("-0123456789.") == std::string_view::npos;
    }

    const endpoints::Published& endpoint_;
    const bool has_lines_;
    std::vector<Field> fields_;
    bool is_first_ = true;
};

}  // namespace

std::unique_ptr<ResultWriter> makeEndpointWriter(Format format, const endpoints::Published& endpoint) {
    if (format == Format::kJson || format == Format::kNdjson) {
        return std::make_unique<ObjectWriter>(endpoint, format == Format::kNdjson);
    }
    return makeResultWriter(format);
}

}  // namespace tessera::rest
