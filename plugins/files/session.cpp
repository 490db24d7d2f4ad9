#include "plugins/files/session.h"

#include "plugins/files/cursor.h"
#include "plugins/files/file_cursor.h"
#include "plugins/files/folder.h"
#include "plugins/files/ingest.h"
#include "plugins/files/relation.h"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <thread>

namespace tessera::files {

namespace {

constexpr int kMostDefaultThreads = 4;

/// DuckDB 1.4.4 loses about 2 kB with each statement that reads a Parquet file without its file cache.
constexpr int kMostRowStatements = 1000;

/// Of a session whose memory is limited, at most half of what it may have: DuckDB then spills, or says what it lacks.
std::string defaultMemoryLimit() {
    constexpr rlim_t kUsual = 1'000'000'000;  // DuckDB's 1GB
    rlimit data{};
    const bool is_limited =
        getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY && data.rlim_cur / 2 < kUsual;
    return is_limited ? std::to_string(data.rlim_cur / 2) + "B" : "1GB";
}

Result<> checkDirectory(const std::string& directory) {
    std::error_code code;
    if (!std::filesystem::is_directory(directory, code)) {
        Error error = fail(ErrorCode::kNotFound, "the directory '" + directory + "' does not exist",
                           "correct the server's option 'directory'");
        error.sqlstate = "58P01";
        return error;
    }
    return {};
}

}  // namespace

std::span<const TsrOptionSpec> optionSpecs() {
    static constexpr TsrOptionSpec kOptions[] = {
        {"directory", TSR_SCOPE_SERVER, true, false, "absolute path of the folder; nothing outside it can be read"},
        {"read_only", TSR_SCOPE_SERVER, false, false,
         "only read (default true); false: INSERT and COPY make new files"},
        {"memory_limit", TSR_SCOPE_SERVER, false, false,
         "memory for each backend, e.g. 512MB (default 1GB; at most half of what a session may take)"},
        {"temp_limit", TSR_SCOPE_SERVER, false, false, "disk that large sorts may use for a time (default 8GB)"},
        {"threads", TSR_SCOPE_SERVER, false, false, "threads for each backend (default: cores, at most 4)"},
        {"scan_threads", TSR_SCOPE_SERVER, false, false,
         "threads for a scan that passes rows on; each holds the pages of a row group (default 1)"},
        {"path", TSR_SCOPE_TABLE, true, false, "file or glob, relative to the directory"},
        {"format", TSR_SCOPE_TABLE, false, false, "parquet, csv or json (default: by the name)"},
        {"union_by_name", TSR_SCOPE_TABLE, false, false, "match the columns of several files by name"},
        {"hive_partitioning", TSR_SCOPE_TABLE, false, false, "take columns from folders such as year=2024"},
        {"filename", TSR_SCOPE_TABLE, false, false, "add a column 'filename'"},
        {"binary_as_string", TSR_SCOPE_TABLE, false, false, "parquet: bytes without a type are text"},
        {"delimiter", TSR_SCOPE_TABLE, false, false, "csv: between fields (default: found by looking)"},
        {"header", TSR_SCOPE_TABLE, false, false, "csv: the first line has the names"},
        {"quote", TSR_SCOPE_TABLE, false, false, "csv: around fields"},
        {"escape", TSR_SCOPE_TABLE, false, false, "csv: before a quote inside a field"},
        {"comment", TSR_SCOPE_TABLE, false, false, "csv: begins a line to skip"},
        {"nullstr", TSR_SCOPE_TABLE, false, false, "csv: the text that means null"},
        {"skip", TSR_SCOPE_TABLE, false, false, "csv: lines to skip at the beginning"},
        {"decimal_separator", TSR_SCOPE_TABLE, false, false, "csv: of numbers, '.' or ','"},
        {"encoding", TSR_SCOPE_TABLE, false, false, "csv: utf-8, utf-16 or latin-1"},
        {"all_varchar", TSR_SCOPE_TABLE, false, false, "csv: read every column as text"},
        {"null_padding", TSR_SCOPE_TABLE, false, false, "csv: short lines end in nulls"},
        {"max_line_size", TSR_SCOPE_TABLE, false, false, "csv: bytes (default 1000000)"},
        {"dateformat", TSR_SCOPE_TABLE, false, false, "csv, json: e.g. %d.%m.%Y"},
        {"timestampformat", TSR_SCOPE_TABLE, false, false, "csv, json: e.g. %d.%m.%Y %H:%M"},
        {"compression", TSR_SCOPE_TABLE, false, false, "csv, json: none, gzip or zstd (default: by the name)"},
        {"sample_size", TSR_SCOPE_TABLE, false, false, "csv, json: rows looked at to find types, -1 for all"},
        {"json_format", TSR_SCOPE_TABLE, false, false, "json: array, newline_delimited, unstructured or auto"},
        {"maximum_depth", TSR_SCOPE_TABLE, false, false, "json: levels looked at to find types"},
        {"maximum_object_size", TSR_SCOPE_TABLE, false, false, "json: bytes"},
        {"unnest", TSR_SCOPE_TABLE, false, false, "json: the list whose elements are the rows, e.g. features"},
        {"column_name", TSR_SCOPE_COLUMN, false, false, "the column's name in the file"},
        {"nested", TSR_SCOPE_COLUMN, false, false, "'true' when the file has a list, struct or map, read as JSON"},
    };
    return kOptions;
}

Result<std::unique_ptr<sdk::Session>> Session::open(const TsrHost& host, const sdk::Options& options) {
    InstanceOptions instance_options;
    instance_options.directory = TSR_TRY(directoryOf(options));
    TSR_TRY(checkDirectory(instance_options.directory));
    instance_options.memory_limit = options.get("memory_limit", defaultMemoryLimit());
    instance_options.temp_limit = options.get("temp_limit", "8GB");
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    instance_options.threads =
        static_cast<int>(TSR_TRY(options.getInt("threads", std::min(cores, kMostDefaultThreads), 1, 256)));
    InstanceOptions scans = instance_options;
    scans.threads = static_cast<int>(TSR_TRY(options.getInt("scan_threads", 1, 1, 256)));
    const bool read_only = TSR_TRY(options.getBool("read_only", true));
    auto reader = TSR_TRY(Instance::share(instance_options));
    return std::unique_ptr<sdk::Session>(
        new Session(host, read_only, std::move(reader), std::move(instance_options), std::move(scans)));
}

Result<std::vector<sdk::Table>> Session::listTables(const std::string& schema,
                                                    const std::optional<std::string>& table) {
    const Watcher::Scope watched(main_.watcher);
    return listFolder(host_, connection(), directory(), schema, table);
}

Result<TsrStatistics> Session::statistics(const sdk::Options& table_options) {
    const Watcher::Scope watched(main_.watcher);
    return measure(connection(), TSR_TRY(sourceOf(directory(), table_options)));
}

Result<std::unique_ptr<sdk::Cursor>> Session::execute(const sdk::Query& query) {
    if (query.file != nullptr) {
        return FileCursor::open(host_, options_, query);
    }
    if (!query.passes_rows) {
        return Cursor::open(host_, connection(), main_.watcher, query);
    }
    if (rows_ == nullptr || ++row_statements_ == kMostRowStatements) {
        rows_ = std::make_shared<Watched>(host_, TSR_TRY(Instance::openForRows(scans_)));
        row_statements_ = 0;
    }
    return Cursor::open(host_, rows_->reader.connection.get(), rows_->watcher, query, rows_);
}

Result<> Session::refuseWhenReadOnly() const {
    if (!read_only_) {
        return {};
    }
    Error error = fail(ErrorCode::kUnimplemented, "the files of " + directory() + " are only read",
                       "set the server's option read_only to 'false'");
    error.sqlstate = "0A000";
    return error;
}

Result<> Session::begin(const TsrTransaction& /*transaction*/) {
    TSR_TRY(refuseWhenReadOnly());
    in_transaction_ = true;
    return {};
}

Result<> Session::startStep(TsrStep step, const std::string& name) {
    switch (step) {
        case TSR_STEP_COMMIT:
            in_transaction_ = false;
            step_ = files_.commit();
            break;
        case TSR_STEP_ROLLBACK:
            in_transaction_ = false;
            files_.rollback();
            break;
        case TSR_STEP_SAVEPOINT:
            files_.save(name);
            break;
        case TSR_STEP_RELEASE:
            files_.release(name);
            break;
        case TSR_STEP_ROLLBACK_TO:
            files_.rollbackTo(name);
            break;
        default: {
            Error error = fail(ErrorCode::kUnimplemented, "files have no prepared transactions");
            error.sqlstate = "0A000";
            return error;
        }
    }
    return {};
}

Result<std::unique_ptr<sdk::Ingest>> Session::startIngest(const sdk::Target& target) {
    TSR_TRY(refuseWhenReadOnly());
    return Ingest::start(connection(), main_.watcher, directory(), target, files_, in_transaction_);
}

}  // namespace tessera::files
