#include "app/core/output/row_writer.h"

#include "app/core/output/csv_writer.h"
#include "app/core/output/json_writer.h"
#include "app/core/output/table_writer.h"

namespace tessera::app {

std::unique_ptr<RowWriter> createRowWriter(OutputFormat format, Output& output, const TableStyle& style) {
    switch (format) {
        case OutputFormat::kCsv:
            return std::make_unique<CsvWriter>(output);
        case OutputFormat::kJson:
            return std::make_unique<JsonWriter>(output, JsonLayout::kArray);
        case OutputFormat::kNdjson:
            return std::make_unique<JsonWriter>(output, JsonLayout::kLines);
        case OutputFormat::kTable:
        case OutputFormat::kParquet:
            break;
    }
    return std::make_unique<TableWriter>(output, style);
}

}  // namespace tessera::app
