#include "app/core/output/json_writer.h"

#include "app/core/text/utf8.h"

#include <algorithm>
#include <cstdio>
#include <set>

namespace tessera::app {

namespace {

bool isJsonNumber(std::string_view text) {
    std::size_t i = text.starts_with('-') ? 1 : 0;
    const auto digits = [&] {
        const std::size_t first = i;
        while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
            ++i;
        }
        return i - first;
    };
    const bool leading_zero = i + 1 < text.size() && text[i] == '0' && text[i + 1] >= '0' && text[i + 1] <= '9';
    if (leading_zero || digits() == 0) {
        return false;
    }
    if (i < text.size() && text[i] == '.') {
        ++i;
        if (digits() == 0) {
            return false;
        }
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        ++i;
        i += i < text.size() && (text[i] == '+' || text[i] == '-') ? 1 : 0;
        if (digits() == 0) {
            return false;
        }
    }
    return i == text.size();
}

/// PostgreSQL has checked it; a line feed between its tokens would break a line-based reader.
void appendEmbedded(std::string& text, std::string json) {
    std::replace(json.begin(), json.end(), '\n', ' ');
    std::replace(json.begin(), json.end(), '\r', ' ');
    text += json;
}

}  // namespace

void appendJsonString(std::string& text, std::string_view value) {
    text += '"';
    for (std::size_t i = 0; i < value.size();) {
        const auto byte = static_cast<unsigned char>(value[i]);
        const std::size_t length = characterLength(value, i);
        if (byte == '"' || byte == '\\') {
            text += '\\';
            text += value[i];
        } else if (byte == '\n') {
            text += "\\n";
        } else if (byte == '\r') {
            text += "\\r";
        } else if (byte == '\t') {
            text += "\\t";
        } else if (byte < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04X", byte);
            text += escape;
        } else if (length == 1 && byte >= 0x80) {
            text += "\uFFFD";
        } else {
            text.append(value.substr(i, length));
        }
        i += length;
    }
    text += '"';
}

Result<> JsonWriter::begin(const std::vector<client::ResultColumn>& columns) {
    fields_.clear();
    has_rows_ = false;
    std::set<std::string> taken;
    for (const client::ResultColumn& column : columns) {
        std::string name = column.name;
        for (int number = 2; !taken.insert(name).second; ++number) {
            name = column.name + "_" + std::to_string(number);
        }
        std::string key;
        appendJsonString(key, name);
        fields_.push_back({key + ":", cellKindOf(column)});
    }
    return {};
}

Result<> JsonWriter::batch(const client::ResultBatch& batch) {
    std::string text;
    for (std::size_t row = 0; row < batch.rowCount(); ++row) {
        if (layout_ == JsonLayout::kArray) {
            text += has_rows_ ? ",\n " : "[\n ";
        }
        appendRow(text, batch, row);
        if (layout_ == JsonLayout::kLines) {
            text += '\n';
        }
        has_rows_ = true;
    }
    return output_.write(text);
}

void JsonWriter::appendRow(std::string& text, const client::ResultBatch& batch, std::size_t row) const {
    text += '{';
    for (std::size_t column = 0; column < fields_.size(); ++column) {
        const Field& field = fields_[column];
        text += column == 0 ? "" : ",";
        text += field.key;
        if (batch.isNull(row, column)) {
            text += "null";
            continue;
        }
        std::string value = batch.text(row, column);
        if (field.kind == CellKind::kBoolean) {
            text += value == "t" || value == "true" ? "true" : "false";
        } else if (field.kind == CellKind::kJson) {
            appendEmbedded(text, std::move(value));
        } else if (field.kind == CellKind::kNumber && isJsonNumber(value)) {
            text += value;
        } else {
            appendJsonString(text, value);
        }
    }
    text += '}';
}

Result<> JsonWriter::end() {
    if (layout_ == JsonLayout::kLines) {
        return {};
    }
    return output_.write(has_rows_ ? "\n]\n" : "[]\n");
}

}  // namespace tessera::app
