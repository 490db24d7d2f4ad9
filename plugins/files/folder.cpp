#include "plugins/files/folder.h"

#include "common/strings.h"
#include "plugins/files/estimate.h"
#include "plugins/files/instance.h"
#include "plugins/files/types.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

namespace tessera::files {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSampleBytes = 256 * 1024;
/// PostgreSQL's limit of an identifier's bytes.
constexpr std::size_t kMostNameBytes = 63;
constexpr std::size_t kMostColumns = 1600;
constexpr int kMostDepth = 8;
constexpr std::size_t kMostFiles = 100'000;

/// A table to be: a file, or a folder read with a glob. `path` is relative to the directory.
struct Candidate {
    std::string name;
    std::string path;
    Format format = Format::kParquet;
    bool is_hive = false;
};

/// The name up to its first extension that tells a format: "a.b.csv.gz" has "a.b".
std::string stemOf(const std::string& file_name) {
    std::string stem = file_name;
    while (formatOfName(stem)) {
        stem.erase(stem.rfind('.'));
    }
    return stem;
}

std::string cutName(std::string name) {
    std::size_t size = std::min(name.size(), kMostNameBytes);
    while (size < name.size() && size > 0 && (static_cast<unsigned char>(name[size]) & 0xC0U) == 0x80U) {
        --size;
    }
    name.resize(size);
    return name;
}

bool isPacked(std::string_view path) {
    return path.ends_with(".gz") || path.ends_with(".zst");
}

std::string extensionOf(const std::string& file_name) {
    return file_name.substr(stemOf(file_name).size());
}

/// What lies in a subfolder: empty unless it is data files of one format and one extension.
std::optional<Candidate> folderTable(const fs::path& folder, const std::string& relative) {
    std::optional<std::string> extension;
    bool is_deep = false;
    bool is_hive = false;
    std::size_t count = 0;
    std::error_code code;
    auto walk = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, code);
    for (; !code && walk != fs::recursive_directory_iterator(); walk.increment(code)) {
        const std::string name = walk->path().filename().string();
        if (name.starts_with('.') || name.starts_with('_') || walk.depth() >= kMostDepth) {
            walk.disable_recursion_pending();
            continue;
        }
        if (walk->is_directory(code)) {
            is_hive = is_hive || name.find('=') != std::string::npos;
            continue;
        }
        const auto format = formatOfName(name);
        if (!format || (extension && *extension != extensionOf(name)) || ++count > kMostFiles) {
            return std::nullopt;
        }
        extension = extensionOf(name);
        is_deep = is_deep || walk.depth() > 0;
    }
    if (code || !extension) {
        return std::nullopt;
    }
    return Candidate{folder.filename().string(), relative + (is_deep ? "/**/*" : "/*") + *extension,
                     *formatOfName("x" + *extension), is_hive};
}

Result<std::vector<Candidate>> findCandidates(const std::string& directory, const std::string& schema) {
    const std::string folder = schema == "." ? directory : TSR_TRY(resolvePath(directory, schema));
    const std::string prefix = schema == "." ? "" : schema + "/";
    std::error_code code;
    if (!fs::is_directory(folder, code)) {
        Error error = fail(ErrorCode::kNotFound, "there is no folder '" + folder + "'",
                           "import schema \".\" for the files of the directory itself, or the name of a subfolder");
        error.sqlstate = "3F000";
        return error;
    }
    std::vector<Candidate> found;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        const std::string name = entry->path().filename().string();
        if (name.starts_with('.') || name.find_first_of("*?[") != std::string::npos) {
            continue;  // a name with a wildcard would be read as a pattern
        }
        std::error_code ignored;
        if (entry->is_directory(ignored)) {
            if (auto table = folderTable(entry->path(), prefix + name)) {
                found.push_back(std::move(*table));
            }
        } else if (const auto format = formatOfName(name)) {
            found.push_back({stemOf(name), prefix + name, *format, false});
        }
    }
    if (code) {
        return fail(ErrorCode::kPermissionDenied, "cannot read folder '" + folder + "': " + code.message());
    }
    std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) { return a.path < b.path; });
    return found;
}

/// Identifiers, made different by format and then by number where they would be the same.
void nameCandidates(std::vector<Candidate>* candidates) {
    std::map<std::string, int> uses;
    for (Candidate& candidate : *candidates) {
        candidate.name = identifierOf(candidate.name);
        ++uses[candidate.name];
    }
    std::map<std::string, int> taken;
    for (Candidate& candidate : *candidates) {
        if (uses[candidate.name] > 1) {
            candidate.name = cutName(candidate.name + "_" + std::string(formatName(candidate.format)));
        }
        if (const int times = ++taken[candidate.name]; times > 1) {
            candidate.name += "_" + std::to_string(times);
        }
    }
}

Result<std::vector<sdk::Column>> describe(duckdb_connection connection, const std::string& relation) {
    const auto rows =
        TSR_TRY(runText(connection, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM " + relation + ")"));
    if (rows.size() > kMostColumns) {
        return fail(ErrorCode::kResourceExhausted,
                    "it has " + std::to_string(rows.size()) + " columns, more than a table can");
    }
    std::vector<sdk::Column> columns;
    std::map<std::string, int> taken;
    for (const auto& row : rows) {
        const MappedType type = pgTypeOfDuck(row[1]);
        sdk::Column column;
        column.name = cutName(row[0].empty() ? "column" : row[0]);
        if (const int times = ++taken[column.name]; times > 1) {
            const std::string suffix = "_" + std::to_string(times);
            column.name = cutName(column.name.substr(0, kMostNameBytes - suffix.size())) + suffix;
        }
        column.pg_type = type.pg_type;
        if (column.name != row[0]) {
            column.options.emplace_back("column_name", row[0]);
        }
        if (type.is_nested) {
            column.options.emplace_back("nested", "true");
        }
        columns.push_back(std::move(column));
    }
    return columns;
}

std::string readSample(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string sample(kSampleBytes, '\0');
    file.read(sample.data(), static_cast<std::streamsize>(sample.size()));
    sample.resize(static_cast<std::size_t>(file.gcount()));
    return sample;
}

double estimateText(Format format, const std::string& path, double bytes) {
    const std::string sample = readSample(path);
    return format == Format::kCsv ? estimateCsvRows(sample, bytes) : estimateJsonRows(sample, bytes);
}

}  // namespace

Result<std::vector<sdk::Table>> listFolder(const TsrHost& host, duckdb_connection connection,
                                           const std::string& directory, const std::string& schema,
                                           const std::optional<std::string>& only) {
    std::vector<Candidate> candidates = TSR_TRY(findCandidates(directory, schema));
    nameCandidates(&candidates);
    std::vector<sdk::Table> tables;
    for (const Candidate& candidate : candidates) {
        if (only && candidate.name != *only) {
            continue;
        }
        if (sdk::isCancelled(host)) {
            return sdk::cancelled();
        }
        sdk::Table table;
        table.name = candidate.name;
        table.options.emplace_back("path", candidate.path);
        if (candidate.is_hive) {
            table.options.emplace_back("hive_partitioning", "true");
        }
        const std::string path = directory + "/" + candidate.path;
        const std::string relation = "read_" + std::string(formatName(candidate.format)) + "(" + quoteLiteral(path) +
                                     (candidate.is_hive ? ", hive_partitioning = true)" : ")");
        auto columns = describe(connection, relation);
        if (columns) {
            table.columns = std::move(*columns);
            const auto size = measure(connection, {path, candidate.format});
            table.row_count = size ? size->row_count : -1;
        } else if (columns.error().code == ErrorCode::kCancelled) {
            return std::move(columns).error();
        } else {
            table.skipped = "'" + candidate.path + "' cannot be read: " + columns.error().message;
        }
        tables.push_back(std::move(table));
    }
    return tables;
}

Result<TsrStatistics> measure(duckdb_connection connection, const Source& source) {
    const std::string path = quoteLiteral(source.path);
    TsrStatistics statistics{0, 0};
    std::size_t sampled = 0;
    double sampled_bytes = 0;
    for (const auto& row : TSR_TRY(runText(connection, "SELECT file FROM glob(" + path + ")"))) {
        std::error_code code;
        const auto bytes = static_cast<double>(fs::file_size(row[0], code));
        if (code) {
            continue;
        }
        statistics.byte_count += bytes;
        // A few files stand for the others.
        constexpr std::size_t kMostSamples = 16;
        if (source.format != Format::kParquet && sampled < kMostSamples && !isPacked(row[0])) {
            statistics.row_count += estimateText(source.format, row[0], bytes);
            sampled_bytes += bytes;
            ++sampled;
        }
    }
    if (source.format == Format::kParquet) {
        const auto rows = TSR_TRY(
            runText(connection, "SELECT CAST(sum(num_rows) AS VARCHAR) FROM parquet_file_metadata(" + path + ")"));
        statistics.row_count = static_cast<double>(sdk::parseInt(rows.at(0).at(0)).value_or(-1));
    } else if (sampled_bytes > 0) {
        statistics.row_count *= statistics.byte_count / sampled_bytes;
    } else {
        statistics.row_count = statistics.byte_count > 0 ? -1 : 0;
    }
    return statistics;
}

std::string identifierOf(std::string_view stem) {
    std::string name;
    for (const char c : toLowerAscii(stem)) {
        const bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
        name += is_word ? c : '_';
    }
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) {
        name.insert(0, 1, '_');
    }
    return cutName(name);
}

}  // namespace tessera::files
