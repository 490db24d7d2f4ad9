#include "plugins/files/instance.h"

#include "common/strings.h"
#include "plugins/files/errors.h"
#include "plugins/files/values.h"
#include "plugins/sdk/connector_base.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>

namespace tessera::files {

namespace {

struct Registry {
    std::mutex mutex;
    std::vector<std::pair<InstanceOptions, std::weak_ptr<Instance>>> instances;  // guarded by mutex
};

Registry& registry() {
    // Never destroyed: sessions may end after static objects do.
    static auto* const kRegistry = new Registry;
    return *kRegistry;
}

Result<> run(duckdb_connection connection, const std::string& sql) {
    QueryResult result;
    if (duckdb_query(connection, sql.c_str(), result.get()) != DuckDBSuccess) {
        return errorOfMessage(duckdb_result_error(result.get()));
    }
    return {};
}

Result<std::string> makeTempDirectory() {
    std::error_code code;
    const auto parent = std::filesystem::temp_directory_path(code);
    std::string name = (code ? std::filesystem::path("/tmp") : parent) / "tessera-files-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
        return fail(ErrorCode::kUnavailable,
                    "cannot make a temporary directory '" + name + "': " + std::strerror(errno),
                    "set TMPDIR of the database server to a writable directory");
    }
    return name;
}

}  // namespace

Result<Reader> Instance::share(const InstanceOptions& options) {
    Registry& shared = registry();
    const std::lock_guard lock(shared.mutex);
    std::erase_if(shared.instances, [](const auto& entry) { return entry.second.expired(); });
    for (const auto& [key, instance] : shared.instances) {
        if (auto running = key == options ? instance.lock() : nullptr) {
            Connection connection = TSR_TRY(running->connect());
            return Reader{std::move(running), std::move(connection)};
        }
    }
    std::shared_ptr<Instance> started(new Instance(options));
    Connection connection = TSR_TRY(started->start({}));
    shared.instances.emplace_back(options, started);
    return Reader{std::move(started), std::move(connection)};
}

Result<Reader> Instance::openForRows(const InstanceOptions& options) {
    std::shared_ptr<Instance> started(new Instance(options));
    // The first is a setting of a connection: it can't be made once the configuration is locked.
    Connection connection =
        TSR_TRY(started->start({"SET streaming_buffer_size = '100KB'", "SET enable_external_file_cache = false"}));
    return Reader{std::move(started), std::move(connection)};
}

Result<Reader> Instance::openForFile(const InstanceOptions& options, const std::string& path) {
    std::shared_ptr<Instance> started(new Instance(options));
    Connection connection = TSR_TRY(started->start({"SET allowed_paths = [" + quoteLiteral(path) + "]"}));
    return Reader{std::move(started), std::move(connection)};
}

Instance::~Instance() {
    database_ = DatabaseHandle();  // before its temporary files go
    if (!temp_directory_.empty()) {
        std::error_code ignored;
        std::filesystem::remove_all(temp_directory_, ignored);
    }
}

Result<Connection> Instance::start(const std::vector<std::string>& settings) {
    temp_directory_ = TSR_TRY(makeTempDirectory());
    Config config;
    if (duckdb_create_config(config.out()) != DuckDBSuccess) {
        return fail(ErrorCode::kResourceExhausted, "out of memory in DuckDB");
    }
    const std::pair<const char*, std::string> flags[] = {
        {"threads", std::to_string(options_.threads)}, {"memory_limit", options_.memory_limit},
        {"temp_directory", temp_directory_},           {"autoload_known_extensions", "false"},
        {"autoinstall_known_extensions", "false"},     {"allow_community_extensions", "false"},
    };
    for (const auto& [name, value] : flags) {
        if (duckdb_set_config(config.get(), name, value.c_str()) != DuckDBSuccess) {
            return fail(ErrorCode::kInvalidArgument, "DuckDB does not take '" + value + "' as its " + name,
                        std::string_view(name) == "memory_limit" ? "write a size such as 512MB or 2GB" : "");
        }
    }
    // DuckDB starts its threads here: they must not run the signal handlers of a PostgreSQL backend.
    const sdk::BlockSignals blocked;
    char* message = nullptr;
    if (duckdb_open_ext(nullptr, database_.out(), config.get(), &message) != DuckDBSuccess) {
        Error error = errorOfMessage(message != nullptr ? message : "DuckDB does not start");
        duckdb_free(message);
        return std::move(error).withContext("starting DuckDB");
    }
    Connection connection = TSR_TRY(connect());
    std::vector<std::string> statements = settings;
    statements.insert(statements.end(),
                      {"SET TimeZone = 'UTC'", "SET max_temp_directory_size = " + quoteLiteral(options_.temp_limit),
                       "SET allowed_directories = [" + quoteLiteral(options_.directory + "/") + "]",
                       "SET enable_external_access = false", "SET lock_configuration = true"});
    for (const std::string& statement : statements) {
        if (auto done = run(connection.get(), statement); !done) {
            return std::move(done).error().withContext("configuring DuckDB");
        }
    }
    return connection;
}

Result<Connection> Instance::connect() {
    Connection connection;
    if (duckdb_connect(database_.get(), connection.out()) != DuckDBSuccess) {
        return fail(ErrorCode::kInternal, "DuckDB does not open a connection");
    }
    return connection;
}

Result<std::vector<std::vector<std::string>>> runText(duckdb_connection connection, const std::string& sql) {
    QueryResult result;
    if (duckdb_query(connection, sql.c_str(), result.get()) != DuckDBSuccess) {
        return errorOfMessage(duckdb_result_error(result.get()));
    }
    std::vector<std::vector<std::string>> rows;
    const std::uint64_t columns = duckdb_column_count(result.get());
    while (const Chunk chunk{duckdb_fetch_chunk(*result.get())}) {
        const std::uint64_t count = duckdb_data_chunk_get_size(chunk.get());
        const std::size_t first = rows.size();
        rows.resize(first + count, std::vector<std::string>(columns));
        for (std::uint64_t column = 0; column < columns; ++column) {
            const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk.get(), column);
            const auto* values = static_cast<const duckdb_string_t*>(duckdb_vector_get_data(vector));
            const std::uint64_t* validity = duckdb_vector_get_validity(vector);
            for (std::uint64_t row = 0; row < count; ++row) {
                if (validity == nullptr || (validity[row / 64] >> (row % 64) & 1U) != 0) {
                    rows[first + row][column] = viewOf(values[row]);
                }
            }
        }
    }
    return rows;
}

}  // namespace tessera::files
