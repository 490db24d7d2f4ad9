#include "plugins/files/ingest.h"

#include "common/strings.h"
#include "plugins/files/errors.h"
#include "plugins/files/instance.h"
#include "plugins/files/params.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <filesystem>

namespace tessera::files {

namespace {

constexpr const char* kTable = "temp.tessera_ingest";
constexpr int kMostDigits = 38;

/// What values are gathered as. Numbers keep their digits until it is known how many there are.
const char* stagedType(TsrType type) {
    switch (type) {
        case TSR_TYPE_BOOL:
            return "BOOLEAN";
        case TSR_TYPE_INT16:
            return "SMALLINT";
        case TSR_TYPE_INT32:
            return "INTEGER";
        case TSR_TYPE_INT64:
            return "BIGINT";
        case TSR_TYPE_FLOAT32:
            return "FLOAT";
        case TSR_TYPE_FLOAT64:
            return "DOUBLE";
        case TSR_TYPE_BYTES:
            return "BLOB";
        case TSR_TYPE_DATE:
            return "DATE";
        case TSR_TYPE_TIME:
            return "TIME";
        case TSR_TYPE_TIMESTAMP:
            return "TIMESTAMP";
        case TSR_TYPE_TIMESTAMPTZ:
            return "TIMESTAMP WITH TIME ZONE";
        case TSR_TYPE_UUID:
            return "UUID";
        default:
            return "VARCHAR";
    }
}

Error misfit(const std::string& column, const std::string& reason) {
    Error error = fail(ErrorCode::kOutOfRange, "column '" + column + "': " + reason,
                       "the files' types decide; declare the foreign table's column as theirs");
    error.sqlstate = "22003";
    return error;
}

std::string decimalType(int whole_digits, int scale) {
    return "DECIMAL(" + std::to_string(std::max(whole_digits + scale, 1)) + ", " + std::to_string(scale) + ")";
}

/// Whoever scans a file holds a row group of it (docs/decisions/0023): about 2 MB of values, between one vector of
/// DuckDB and its usual row group.
std::int64_t rowGroupSize(std::int64_t rows, std::int64_t bytes) {
    constexpr std::int64_t kBytes = 2'000'000;
    constexpr std::int64_t kVector = 2048;
    constexpr std::int64_t kMostVectors = 60;
    const std::int64_t fitting = kBytes / std::max<std::int64_t>(bytes / rows, 1);
    return std::clamp<std::int64_t>(fitting / kVector, 1, kMostVectors) * kVector;
}

}  // namespace

Result<std::unique_ptr<sdk::Ingest>> Ingest::start(duckdb_connection connection, Watcher& watcher,
                                                   const std::string& directory, const sdk::Target& target,
                                                   NewFiles& files, bool in_transaction) {
    Destination destination = TSR_TRY(destinationOf(directory, target.options));
    std::unique_ptr<Ingest> ingest(new Ingest(connection, watcher, files, std::move(destination), in_transaction));
    TSR_TRY(ingest->readFileTypes(target.relation));
    TSR_TRY(ingest->makeTable(target));
    return std::unique_ptr<sdk::Ingest>(std::move(ingest));
}

Ingest::~Ingest() {
    duckdb_appender_destroy(&appender_);
    (void)run(std::string("DROP TABLE IF EXISTS ") + kTable);
}

Result<> Ingest::run(const std::string& sql) const {
    const Watcher::Scope watched(watcher_);
    QueryResult result;
    if (duckdb_query(connection_, sql.c_str(), result.get()) != DuckDBSuccess) {
        return errorOfMessage(duckdb_result_error(result.get()));
    }
    return {};
}

/// A new file must be like those that are there.
Result<> Ingest::readFileTypes(std::string_view relation) {
    const auto there =
        TSR_TRY(runText(connection_, "SELECT file FROM glob(" + quoteLiteral(destination_.pattern) + ") LIMIT 1"));
    if (there.empty()) {
        return {};
    }
    for (const auto& row :
         TSR_TRY(runText(connection_, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM " +
                                          std::string(relation) + ")"))) {
        file_types_.emplace_back(row[0], row[1]);
    }
    return {};
}

Result<> Ingest::makeTable(const sdk::Target& target) {
    std::string columns;
    for (std::size_t i = 0; i < target.columns.size(); ++i) {
        const std::string name(target.columns[i]);
        const bool is_there = std::any_of(file_types_.begin(), file_types_.end(),
                                          [&](const auto& column) { return column.first == name; });
        if (!file_types_.empty() && !is_there) {
            Error error = fail(ErrorCode::kNotFound, "the table's files have no column '" + name + "'");
            error.sqlstate = "42703";
            return error;
        }
        if (target.types[i] == TSR_TYPE_BYTES && destination_.format == Format::kCsv) {
            Error error = fail(ErrorCode::kUnimplemented, "CSV files hold no bytea: column '" + name + "'");
            error.sqlstate = "0A000";
            return error;
        }
        columns_.push_back({name, target.types[i], stagedType(target.types[i])});
        columns += (columns.empty() ? "" : ", ") + quoteIdentifier(name) + " " + columns_.back().staged;
    }
    TSR_TRY(run(std::string("CREATE OR REPLACE TEMP TABLE tessera_ingest (") + columns + ")"));
    if (duckdb_appender_create_ext(connection_, "temp", nullptr, "tessera_ingest", &appender_) != DuckDBSuccess) {
        const char* message = duckdb_appender_error(appender_);
        return errorOfMessage(message != nullptr ? message : "DuckDB does not take rows");
    }
    return {};
}

Result<> Ingest::append(const TsrParam& value, Column& column) {
    if (!value.is_null) {
        const std::string_view bytes(value.size > 0 ? static_cast<const char*>(value.data) : "", value.size);
        bytes_ += static_cast<std::int64_t>(value.size);
        if (value.type == TSR_TYPE_DECIMAL) {
            const auto decimal = parseDecimal(bytes);
            if (!decimal) {
                return misfit(column.name, "files hold no number " + sdk::abbreviate(bytes));
            }
            const int scale = decimal->scale;
            column.scale = std::max(column.scale, scale);
            column.whole_digits = std::max(column.whole_digits, decimal->width - scale);
        }
        column.has_empty_text = column.has_empty_text || (column.staged == "VARCHAR" && bytes.empty());
    }
    const Value made(TSR_TRY(makeValue(value)));
    if (duckdb_append_value(appender_, made.get()) != DuckDBSuccess) {
        const char* message = duckdb_appender_error(appender_);
        return errorOfMessage(message != nullptr ? message : "DuckDB does not take a value");
    }
    return {};
}

Result<> Ingest::rows(std::span<const TsrParam> values) {
    for (std::size_t first = 0; first < values.size(); first += columns_.size()) {
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (auto appended = append(values[first + i], columns_[i]); !appended) {
                return std::move(appended).error();
            }
        }
        if (duckdb_appender_end_row(appender_) != DuckDBSuccess) {
            return errorOfMessage(duckdb_appender_error(appender_));
        }
        ++count_;
    }
    return {};
}

/// A gathered column with the digits that its numbers have.
Result<std::string> Ingest::valueOf(const Column& column) const {
    std::string name = quoteIdentifier(column.name);
    if (column.type != TSR_TYPE_DECIMAL || destination_.format == Format::kCsv) {
        return name;
    }
    if (column.whole_digits + column.scale > kMostDigits) {
        return misfit(column.name, "its numbers have more than 38 digits together");
    }
    return "CAST(" + name + " AS " + decimalType(column.whole_digits, column.scale) + ")";
}

/// A cast of DuckDB rounds and cuts: what does not come back from the files' type as it was is refused.
Result<> Ingest::checkUnchanged(const Column& column, const std::string& value) const {
    const auto type = std::find_if(file_types_.begin(), file_types_.end(), [&](const auto& there) {
                          return there.first == column.name;
                      })->second;
    if (type.ends_with(']') || type.starts_with("STRUCT(") || type.starts_with("MAP(") || type.starts_with("UNION(")) {
        Error error =
            fail(ErrorCode::kUnimplemented, "column '" + column.name + "' holds " + type + ", which can only be read");
        error.sqlstate = "0A000";
        return error;
    }
    if (type == column.staged || type == "JSON" || type == "INTERVAL") {
        return {};
    }
    const std::string own =
        column.type == TSR_TYPE_DECIMAL ? decimalType(column.whole_digits, column.scale) : column.staged;
    const Watcher::Scope watched(watcher_);
    const auto changed = runText(connection_, "SELECT CAST(" + quoteIdentifier(column.name) + " AS VARCHAR) FROM " +
                                                  kTable + " WHERE CAST(CAST(" + value + " AS " + type + ") AS " + own +
                                                  ") IS DISTINCT FROM " + value + " LIMIT 1");
    if (!changed) {
        return misfit(column.name, changed.error().message);
    }
    return changed->empty() ? Result<>()
                            : Result<>(misfit(column.name, "value '" + sdk::abbreviate(changed->at(0).at(0)) +
                                                               "' does not fit the files' type " + type));
}

/// The columns of the new file, in the order of those that are there.
Result<std::string> Ingest::fileColumns() const {
    std::vector<std::string> items;
    for (const auto& [name, type] : file_types_) {
        const auto column = std::find_if(columns_.begin(), columns_.end(),
                                         [&, wanted = name](const Column& given) { return given.name == wanted; });
        const bool typed = destination_.format == Format::kParquet;
        std::string item = "NULL";
        if (column != columns_.end()) {
            item = TSR_TRY(valueOf(*column));
            TSR_TRY(typed ? checkUnchanged(*column, item) : Result<>());
        }
        items.push_back((typed ? "CAST(" + item + " AS " + type + ")" : item) + " AS " + quoteIdentifier(name));
    }
    if (file_types_.empty()) {
        for (const Column& column : columns_) {
            items.push_back(TSR_TRY(valueOf(column)) + " AS " + quoteIdentifier(column.name));
        }
    }
    return join(items, ", ");
}

Result<std::int64_t> Ingest::finish() {
    if (duckdb_appender_close(appender_) != DuckDBSuccess) {
        return errorOfMessage(duckdb_appender_error(appender_));
    }
    if (count_ == 0) {
        return count_;
    }
    for (const Column& column : columns_) {
        if (destination_.empty_is_null && column.has_empty_text) {
            Error error =
                fail(ErrorCode::kOutOfRange, "column '" + column.name + "': an empty text would be read again as NULL",
                     "give the table the option nullstr, the text that means NULL in its files");
            error.sqlstate = "22023";
            return error;
        }
    }
    const std::string select = "SELECT " + TSR_TRY(fileColumns()) + " FROM " + kTable;
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(destination_.file.name).parent_path(), ignored);
    files_.add(destination_.file);  // whatever becomes of it, it is removed
    std::string options = destination_.copy_options;
    if (destination_.format == Format::kParquet) {
        options += ", ROW_GROUP_SIZE " + std::to_string(rowGroupSize(count_, bytes_));
    }
    if (auto copied = run("COPY (" + select + ") TO " + quoteLiteral(destination_.file.hidden) + " (" + options + ")");
        !copied) {
        return std::move(copied).error().withContext("writing '" + destination_.file.name + "'");
    }
    if (!in_transaction_) {
        TSR_TRY(files_.commit());
    }
    return count_;
}

}  // namespace tessera::files
