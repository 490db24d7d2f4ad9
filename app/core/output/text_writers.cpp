#include "app/core/output/text_writers.h"

#include <algorithm>

namespace tessera::app {

namespace {

void appendTsvValue(std::string& line, std::string_view value) {
    if (value.find_first_of("\t\n\r\"") == std::string_view::npos) {
        line.append(value);
        return;
    }
    line += '"';
    for (const char c : value) {
        line += c;
        line += c == '"' ? "\"" : "";
    }
    line += '"';
}

/// "true" rather than PostgreSQL's "t": what people and other programs read.
std::string plainText(const client::ResultBatch& batch, std::size_t row, std::size_t column) {
    std::string text = batch.text(row, column);
    if (batch.column(column).encoding == client::ColumnEncoding::kBool) {
        return text == "t" ? "true" : "false";
    }
    return text;
}

void appendMarkdownValue(std::string& line, std::string_view value) {
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (c == '\n') {
            line += "<br>";
        } else if (c != '\r') {
            line += c == '|' || c == '\\' ? "\\" : "";
            line += c;
        }
    }
}

bool isSqlNumber(std::string_view text) {
    return text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
}

std::string sqlValue(const client::ResultBatch& batch, std::size_t row, std::size_t column, CellKind kind) {
    if (batch.isNull(row, column)) {
        return "NULL";
    }
    std::string text = plainText(batch, row, column);
    const bool is_bare = kind == CellKind::kBoolean || (kind == CellKind::kNumber && isSqlNumber(text));
    return is_bare ? text : quotedLiteral(text);
}

std::vector<CellKind> kindsOf(const std::vector<client::ResultColumn>& columns) {
    std::vector<CellKind> kinds;
    for (const client::ResultColumn& column : columns) {
        kinds.push_back(cellKindOf(column));
    }
    return kinds;
}

}  // namespace

std::string quotedIdentifier(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) {
        quoted += c;
        quoted += c == '"' ? "\"" : "";
    }
    return quoted + "\"";
}

std::string quotedLiteral(std::string_view value) {
    std::string quoted = value.find('\\') == std::string_view::npos ? "'" : "E'";
    for (const char c : value) {
        quoted += c;
        quoted += c == '\'' ? "'" : c == '\\' ? "\\" : "";
    }
    return quoted + "'";
}

Result<> TsvWriter::begin(const std::vector<client::ResultColumn>& columns) {
    has_lines_ = header_ == Header::kNames;
    if (!has_lines_) {
        return {};
    }
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        line += i == 0 ? "" : "\t";
        appendTsvValue(line, columns[i].name);
    }
    return output_.write(line);
}

Result<> TsvWriter::batch(const client::ResultBatch& batch) {
    std::string lines;
    for (std::size_t row = 0; row < batch.rowCount(); ++row) {
        lines += has_lines_ ? "\n" : "";
        has_lines_ = true;
        for (std::size_t column = 0; column < batch.columnCount(); ++column) {
            lines += column == 0 ? "" : "\t";
            if (!batch.isNull(row, column)) {
                appendTsvValue(lines, plainText(batch, row, column));
            }
        }
    }
    return output_.write(lines);
}

Result<> MarkdownWriter::begin(const std::vector<client::ResultColumn>& columns) {
    std::string names = "|";
    std::string rule = "|";
    for (const client::ResultColumn& column : columns) {
        names += " ";
        appendMarkdownValue(names, column.name);
        names += " |";
        rule += cellKindOf(column) == CellKind::kNumber ? " ---: |" : " --- |";
    }
    return output_.write(names + "\n" + rule + "\n");
}

Result<> MarkdownWriter::batch(const client::ResultBatch& batch) {
    std::string lines;
    for (std::size_t row = 0; row < batch.rowCount(); ++row) {
        lines += "|";
        for (std::size_t column = 0; column < batch.columnCount(); ++column) {
            lines += " ";
            appendMarkdownValue(lines, batch.isNull(row, column) ? "NULL" : plainText(batch, row, column));
            lines += " |";
        }
        lines += "\n";
    }
    return output_.write(lines);
}

Result<> InsertWriter::begin(const std::vector<client::ResultColumn>& columns) {
    kinds_ = kindsOf(columns);
    rows_in_statement_ = 0;
    head_ = "INSERT INTO " + table_ + " (";
    for (std::size_t i = 0; i < columns.size(); ++i) {
        head_ += (i == 0 ? "" : ", ") + quotedIdentifier(columns[i].name);
    }
    head_ += ") VALUES\n";
    return {};
}

Result<> InsertWriter::batch(const client::ResultBatch& batch) {
    std::string sql;
    for (std::size_t row = 0; row < batch.rowCount(); ++row) {
        if (rows_in_statement_ == kRowsPerStatement) {
            sql += ";\n";
            rows_in_statement_ = 0;
        }
        sql += rows_in_statement_ == 0 ? head_ : ",\n";
        ++rows_in_statement_;
        sql += "  (";
        for (std::size_t column = 0; column < batch.columnCount(); ++column) {
            sql += (column == 0 ? "" : ", ") + sqlValue(batch, row, column, kinds_[column]);
        }
        sql += ")";
    }
    return output_.write(sql);
}

Result<> InsertWriter::end() {
    return rows_in_statement_ == 0 ? Result<>{} : output_.write(";\n");
}

Result<> InListWriter::begin(const std::vector<client::ResultColumn>& columns) {
    kinds_ = kindsOf(columns);
    has_values_ = false;
    return output_.write("(");
}

Result<> InListWriter::batch(const client::ResultBatch& batch) {
    std::string list;
    for (std::size_t row = 0; row < batch.rowCount(); ++row) {
        for (std::size_t column = 0; column < batch.columnCount(); ++column) {
            if (!batch.isNull(row, column)) {
                list += (has_values_ ? ", " : "") + sqlValue(batch, row, column, kinds_[column]);
                has_values_ = true;
            }
        }
    }
    return output_.write(list);
}

Result<> InListWriter::end() {
    return output_.write(has_values_ ? ")" : "NULL)");
}

}  // namespace tessera::app
