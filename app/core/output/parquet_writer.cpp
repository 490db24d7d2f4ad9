#include "app/core/output/parquet_writer.h"

#include "app/core/output/duckdb_library.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace tessera::app {

namespace {

using client::ColumnEncoding;
using client::ResultColumn;

// Of pg_type; the rest of the world knows them by these numbers.
constexpr std::uint32_t kBytea = 17;
constexpr std::uint32_t kSmallint = 21;
constexpr std::uint32_t kInteger = 23;
constexpr std::uint32_t kDate = 1082;
constexpr std::uint32_t kTime = 1083;
constexpr std::uint32_t kTimestamp = 1114;
constexpr std::uint32_t kTimestampTz = 1184;
constexpr std::uint32_t kNumeric = 1700;
constexpr std::uint32_t kUuid = 2950;

constexpr const char* kText = "VARCHAR";

std::string quotedWith(const std::string& text, char quote) {
    std::string result(1, quote);
    for (const char c : text) {
        result += c;
        if (c == quote) {
            result += quote;
        }
    }
    return result + quote;
}

/// "DECIMAL(10,2)" for "numeric(10,2)"; nothing for a numeric of any precision, whose values keep their digits as text.
std::string decimalOf(const std::string& type_name) {
    constexpr int kMaxPrecision = 38;
    int precision = 0;
    int scale = 0;
    if (std::sscanf(type_name.c_str(), "numeric(%d,%d)", &precision, &scale) != 2 || precision > kMaxPrecision ||
        scale < 0 || scale > precision) {
        return {};
    }
    return "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
}

/// What stands for the column `name` of the rows as they come, with its type in the file.
std::string expressionOf(const ResultColumn& column, const std::string& name) {
    const std::string type = parquetTypeOf(column);
    const auto cast = [&](const std::string& value) { return "CAST(" + value + " AS " + type + ")"; };
    switch (column.type_oid) {
        case kSmallint:
        case kInteger:
        case kTime:
        case kUuid:
            return cast(name);
        case kDate:
        case kTimestamp:
        case kTimestampTz:
            // PostgreSQL writes "0044-03-15 BC", DuckDB reads "0044-03-15 (BC)".
            return cast("replace(" + name + ", ' BC', ' (BC)')");
        case kBytea:
            return "unhex(substr(" + name + ", 3))";
        case kNumeric:
            return type == kText ? name : cast(name);
        default:
            return name;
    }
}

duckdb_type typeOf(ColumnEncoding encoding) {
    switch (encoding) {
        case ColumnEncoding::kBool:
            return DUCKDB_TYPE_BOOLEAN;
        case ColumnEncoding::kInt64:
            return DUCKDB_TYPE_BIGINT;
        case ColumnEncoding::kFloat64:
            return DUCKDB_TYPE_DOUBLE;
        case ColumnEncoding::kFloat32:
            return DUCKDB_TYPE_FLOAT;
        case ColumnEncoding::kText:
            break;
    }
    return DUCKDB_TYPE_VARCHAR;
}

std::size_t widthOf(ColumnEncoding encoding) {
    return encoding == ColumnEncoding::kBool ? 1 : encoding == ColumnEncoding::kFloat32 ? 4 : 8;
}

}  // namespace

std::string parquetTypeOf(const ResultColumn& column) {
    switch (column.type_oid) {
        case kSmallint:
            return "SMALLINT";
        case kInteger:
            return "INTEGER";
        case kDate:
            return "DATE";
        case kTime:
            return "TIME";
        case kTimestamp:
            return "TIMESTAMP";
        case kTimestampTz:
            return "TIMESTAMP WITH TIME ZONE";
        case kUuid:
            return "UUID";
        case kBytea:
            return "BLOB";
        case kNumeric: {
            const std::string type = decimalOf(column.type_name);
            return type.empty() ? kText : type;
        }
        default:
            break;
    }
    switch (column.encoding) {
        case ColumnEncoding::kBool:
            return "BOOLEAN";
        case ColumnEncoding::kInt64:
            return "BIGINT";
        case ColumnEncoding::kFloat64:
            return "DOUBLE";
        case ColumnEncoding::kFloat32:
            return "FLOAT";
        case ColumnEncoding::kText:
            break;
    }
    return kText;
}

/// One COPY of DuckDB on a thread of its own. It asks for rows; whoever has a batch waits until it is taken.
class ParquetWriter::Copy {
  public:
    Copy(const DuckDbLibrary& library, std::vector<ResultColumn> columns, std::filesystem::path path)
        : library_(library),
          columns_(std::move(columns)),
          partial_(path.string() + ".partial"),
          path_(std::move(path)) {}

    ~Copy() {
        stop("the export was stopped");
        if (connection_ != nullptr) {
            library_.duckdb_disconnect(&connection_);
        }
        if (database_ != nullptr) {
            library_.duckdb_close(&database_);
        }
        if (!is_complete_) {
            ::unlink(partial_.c_str());
        }
    }

    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;

    Result<> start() {
        // One thread and a bound: rows are read in their order and leave as soon as a row group is full.
        if (library_.duckdb_open(nullptr, &database_) != DuckDBSuccess ||
            library_.duckdb_connect(database_, &connection_) != DuckDBSuccess) {
            return fail(ErrorCode::kInternal, "DuckDB, which writes Parquet, does not start");
        }
        TSR_TRY(run("SET threads = 1"));
        TSR_TRY(run("SET memory_limit = '1GB'"));
        TSR_TRY(run("SET TimeZone = 'UTC'"));
        registerRows();
        thread_ = std::thread([this] {
            Result<> done = run(copyStatement());
            const std::lock_guard lock(mutex_);
            outcome_ = std::move(done);
            has_ended_ = true;
            changed_.notify_all();
        });
        return {};
    }

    /// Returns when all of it was taken.
    Result<> put(const client::ResultBatch& batch) {
        std::unique_lock lock(mutex_);
        batch_ = &batch;
        next_row_ = 0;
        changed_.notify_all();
        changed_.wait(lock, [this] { return batch_ == nullptr || has_ended_; });
        batch_ = nullptr;
        if (has_ended_) {
            return outcome_ ? Result<>(fail(ErrorCode::kInternal, "the Parquet file ended before its rows")) : outcome_;
        }
        return {};
    }

    Result<> finish() {
        {
            const std::lock_guard lock(mutex_);
            is_end_ = true;
            changed_.notify_all();
        }
        thread_.join();
        TSR_TRY(std::move(outcome_));
        if (std::rename(partial_.c_str(), path_.c_str()) != 0) {
            return fail(ErrorCode::kDataLoss, "cannot complete '" + path_.string() + "': " + std::strerror(errno));
        }
        is_complete_ = true;
        return {};
    }

  private:
    void stop(const char* reason) {
        {
            const std::lock_guard lock(mutex_);
            stop_reason_ = reason;
            changed_.notify_all();
        }
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    Result<> run(const std::string& sql) {
        duckdb_result result;
        const bool is_ok = library_.duckdb_query(connection_, sql.c_str(), &result) == DuckDBSuccess;
        const char* message = is_ok ? nullptr : library_.duckdb_result_error(&result);
        Error error = Error::make(ErrorCode::kDataLoss, message == nullptr ? "Parquet cannot be written" : message);
        library_.duckdb_destroy_result(&result);
        if (is_ok) {
            return {};
        }
        if (error.message.find("Conversion Error") != std::string::npos) {
            error.code = ErrorCode::kInvalidArgument;
            error.hint = "cast the column to text in the query: Parquet's type cannot hold the value";
        }
        return error;
    }

    std::string copyStatement() const {
        std::string columns;
        std::set<std::string> taken;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            std::string name = columns_[i].name.empty() ? "column" : columns_[i].name;
            for (int number = 2; !taken.insert(name).second; ++number) {
                name = columns_[i].name + "_" + std::to_string(number);
            }
            columns += columns.empty() ? "" : ", ";
            columns += expressionOf(columns_[i], "c" + std::to_string(i)) + " AS " + quotedWith(name, '"');
        }
        return "COPY (SELECT " + columns + " FROM tessera_rows()) TO " + quotedWith(partial_, '\'') +
               " (FORMAT parquet, COMPRESSION zstd)";
    }

    void registerRows() {
        duckdb_table_function function = library_.duckdb_create_table_function();
        library_.duckdb_table_function_set_name(function, "tessera_rows");
        library_.duckdb_table_function_set_extra_info(function, this, nullptr);
        library_.duckdb_table_function_set_bind(function, [](duckdb_bind_info info) {
            // A C callback gets at the library by what it was registered with.
            const DuckDbLibrary& library = **duckDbLibrary();
            static_cast<Copy*>(library.duckdb_bind_get_extra_info(info))->bind(info);
        });
        library_.duckdb_table_function_set_init(
            function, [](duckdb_init_info info) { (*duckDbLibrary())->duckdb_init_set_max_threads(info, 1); });
        library_.duckdb_table_function_set_function(function, [](duckdb_function_info info, duckdb_data_chunk output) {
            const DuckDbLibrary& library = **duckDbLibrary();
            static_cast<Copy*>(library.duckdb_function_get_extra_info(info))->fill(info, output);
        });
        library_.duckdb_register_table_function(connection_, function);
        library_.duckdb_destroy_table_function(&function);
    }

    void bind(duckdb_bind_info info) const {
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            duckdb_logical_type type = library_.duckdb_create_logical_type(typeOf(columns_[i].encoding));
            library_.duckdb_bind_add_result_column(info, ("c" + std::to_string(i)).c_str(), type);
            library_.duckdb_destroy_logical_type(&type);
        }
    }

    /// As many rows as go into a chunk; none is the end.
    void fill(duckdb_function_info info, duckdb_data_chunk output) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return batch_ != nullptr || is_end_ || stop_reason_ != nullptr; });
        if (stop_reason_ != nullptr) {
            library_.duckdb_function_set_error(info, stop_reason_);
            return;
        }
        if (batch_ == nullptr) {
            library_.duckdb_data_chunk_set_size(output, 0);
            return;
        }
        const std::size_t count = std::min<std::size_t>(library_.duckdb_vector_size(), batch_->rowCount() - next_row_);
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            fillColumn(library_.duckdb_data_chunk_get_vector(output, i), i, count);
        }
        library_.duckdb_data_chunk_set_size(output, count);
        next_row_ += count;
        if (next_row_ == batch_->rowCount()) {
            batch_ = nullptr;
            changed_.notify_all();
        }
    }

    void fillColumn(duckdb_vector vector, std::size_t column, std::size_t count) {
        const ColumnEncoding encoding = columns_[column].encoding;
        if (encoding != ColumnEncoding::kText) {
            const std::size_t width = widthOf(encoding);
            std::memcpy(library_.duckdb_vector_get_data(vector),
                        batch_->column(column).values.data() + next_row_ * width, count * width);
        }
        std::uint64_t* validity = nullptr;
        for (std::size_t row = 0; row < count; ++row) {
            if (batch_->isNull(next_row_ + row, column)) {
                if (validity == nullptr) {
                    library_.duckdb_vector_ensure_validity_writable(vector);
                    validity = library_.duckdb_vector_get_validity(vector);
                }
                library_.duckdb_validity_set_row_invalid(validity, row);
            } else if (encoding == ColumnEncoding::kText) {
                const std::string_view text = batch_->textView(next_row_ + row, column);
                library_.duckdb_vector_assign_string_element_len(vector, row, text.data(), text.size());
            }
        }
    }

    const DuckDbLibrary& library_;
    const std::vector<ResultColumn> columns_;
    const std::string partial_;
    const std::filesystem::path path_;
    duckdb_database database_ = nullptr;
    duckdb_connection connection_ = nullptr;
    bool is_complete_ = false;

    std::mutex mutex_;
    std::condition_variable changed_;
    // All below: guarded by mutex_.
    const client::ResultBatch* batch_ = nullptr;
    std::size_t next_row_ = 0;
    bool is_end_ = false;
    bool has_ended_ = false;
    const char* stop_reason_ = nullptr;
    Result<> outcome_;
    std::thread thread_;
};

ParquetWriter::ParquetWriter(std::filesystem::path path) : path_(std::move(path)) {}

ParquetWriter::~ParquetWriter() = default;

Result<> ParquetWriter::begin(const std::vector<ResultColumn>& columns) {
    if (columns.empty()) {
        return fail(ErrorCode::kInvalidArgument, "a Parquet file needs a column, and the result has none");
    }
    const DuckDbLibrary* library = TSR_TRY(duckDbLibrary());
    copy_ = std::make_unique<Copy>(*library, columns, path_);
    return copy_->start();
}

Result<> ParquetWriter::batch(const client::ResultBatch& batch) {
    return batch.rowCount() == 0 ? Result<>{} : copy_->put(batch);
}

Result<> ParquetWriter::end() {
    return copy_->finish();
}

}  // namespace tessera::app
