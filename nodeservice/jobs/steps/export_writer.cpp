#include "nodeservice/jobs/steps/export_writer.h"

#include <chrono>

namespace tessera::jobs {

namespace {

constexpr std::chrono::milliseconds kLook{100};

}  // namespace

FileWriter::FileWriter(const DuckDbLibrary& duckdb, std::string copy, RowReader& rows, RowQueue& queue)
    : duckdb_(duckdb), copy_(std::move(copy)), rows_(rows), queue_(queue) {
    thread_ = std::thread([this] {
        result_ = run();
        queue_.abandon();
        is_done_ = true;
    });
}

FileWriter::~FileWriter() {
    queue_.abandon();
    while (!is_done_) {
        interrupt();
        std::this_thread::sleep_for(kLook);
    }
    thread_.join();
}

void FileWriter::interrupt() {
    const std::lock_guard lock(mutex_);
    if (connection_ != nullptr) {
        duckdb_.interrupt(connection_);
    }
}

Result<> FileWriter::run() {
    duckdb_database database = nullptr;
    if (duckdb_.open(nullptr, &database) != DuckDBSuccess) {
        return fail(ErrorCode::kInternal, "DuckDB does not start");
    }
    {
        const std::lock_guard lock(mutex_);
        duckdb_.connect(database, &connection_);
    }
    Result<> done = query("SET memory_limit = '512MB'; SET threads = 2; SET TimeZone = 'UTC'");
    if (done) {
        done = offerRows();
    }
    if (done) {
        done = query(copy_);
    }
    {
        const std::lock_guard lock(mutex_);
        duckdb_.disconnect(&connection_);
    }
    duckdb_.close(&database);
    return rows_error_ ? Result<>(*rows_error_) : done;
}

/// As a table function: DuckDB asks for rows when it has written those before.
Result<> FileWriter::offerRows() {
    duckdb_table_function function = duckdb_.create_table_function();
    duckdb_.table_function_set_name(function, "export_rows");
    duckdb_.table_function_set_extra_info(function, this, nullptr);
    duckdb_.table_function_set_bind(function, &FileWriter::bind);
    duckdb_.table_function_set_init(function, &FileWriter::init);
    duckdb_.table_function_set_function(function, &FileWriter::read);
    const bool is_known = duckdb_.register_table_function(connection_, function) == DuckDBSuccess;
    duckdb_.destroy_table_function(&function);
    return is_known ? Result<>() : Result<>(fail(ErrorCode::kInternal, "DuckDB does not take rows"));
}

void FileWriter::bind(duckdb_bind_info info) {
    // Until the library is known, the function that tells this object is not.
    const DuckDbLibrary& duckdb = **duckDbLibrary({});
    const auto& self = *static_cast<FileWriter*>(duckdb.bind_get_extra_info(info));
    for (std::size_t i = 0; i < self.rows_.columnCount(); ++i) {
        const FileType type = self.rows_.type(i);
        duckdb_logical_type logical = type.type == DUCKDB_TYPE_DECIMAL
                                          ? duckdb.create_decimal_type(type.precision, type.scale)
                                          : duckdb.create_logical_type(type.type);
        duckdb.bind_add_result_column(info, self.rows_.name(i).c_str(), logical);
        duckdb.destroy_logical_type(&logical);
    }
}

void FileWriter::init(duckdb_init_info /*info*/) {}

void FileWriter::read(duckdb_function_info info, duckdb_data_chunk chunk) {
    const DuckDbLibrary& duckdb = **duckDbLibrary({});
    auto& self = *static_cast<FileWriter*>(duckdb.function_get_extra_info(info));
    if (Result<> filled = self.rows_.fill(chunk); !filled) {
        self.rows_error_ = std::move(filled).error();
        duckdb.function_set_error(info, self.rows_error_->message.c_str());
    }
}

Result<> FileWriter::query(const std::string& sql) {
    duckdb_result result{};
    const bool is_good = duckdb_.query(connection_, sql.c_str(), &result) == DuckDBSuccess;
    const char* why = is_good ? nullptr : duckdb_.result_error(&result);
    Result<> done = is_good ? Result<>()
                            : Result<>(fail(ErrorCode::kFailedPrecondition,
                                            "the files could not be written: " +
                                                std::string(why == nullptr ? "DuckDB does not say why" : why)));
    duckdb_.destroy_result(&result);
    return done;
}

}  // namespace tessera::jobs
