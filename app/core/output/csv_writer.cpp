#include "app/core/output/csv_writer.h"

namespace tessera::app {

void appendCsvValue(std::string& line, std::string_view value) {
    // "\." alone on a line would end the data for COPY … FROM.
    const bool quotes = value.empty() || value == "\\." || value.find_first_of(",\"\r\n") != std::string_view::npos;
    if (!quotes) {
        line.append(value);
        return;
    }
    line += '"';
    for (const char c : value) {
        line += c;
        if (c == '"') {
            line += '"';
        }
    }
    line += '"';
}

Result<> CsvWriter::begin(const std::vector<client::ResultColumn>& columns) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        line += i == 0 ? "" : ",";
        appendCsvValue(line, columns[i].name);
    }
    line += '\n';
    return output_.write(line);
}

Result<> CsvWriter::batch(const client::ResultBatch& batch) {
    std::string lines;
    for (std::size_t row = 0; row < batch.rowCount(); ++row) {
        for (std::size_t column = 0; column < batch.columnCount(); ++column) {
            lines += column == 0 ? "" : ",";
            if (!batch.isNull(row, column)) {
                appendCsvValue(lines, batch.text(row, column));
            }
        }
        lines += '\n';
    }
    return output_.write(lines);
}

}  // namespace tessera::app
