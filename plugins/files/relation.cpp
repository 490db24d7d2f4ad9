#include "plugins/files/relation.h"

#include "common/strings.h"

#include <algorithm>
#include <filesystem>
#include <span>
#include <vector>

namespace tessera::files {

namespace {

enum class Kind { kText, kFlag, kNumber };

constexpr const char* kMaxLineSize = "max_line_size";

/// An option of a table and the parameter of DuckDB's reader it becomes.
struct ReaderOption {
    const char* option;
    const char* parameter;
    Kind kind;
};

constexpr ReaderOption kCommonOptions[] = {
    {"union_by_name", "union_by_name", Kind::kFlag},
    {"hive_partitioning", "hive_partitioning", Kind::kFlag},
    {"filename", "filename", Kind::kFlag},
};

constexpr ReaderOption kParquetOptions[] = {
    {"binary_as_string", "binary_as_string", Kind::kFlag},
};

constexpr ReaderOption kCsvOptions[] = {
    {"delimiter", "delim", Kind::kText},
    {"header", "header", Kind::kFlag},
    {"quote", "quote", Kind::kText},
    {"escape", "escape", Kind::kText},
    {"comment", "comment", Kind::kText},
    {"nullstr", "nullstr", Kind::kText},
    {"skip", "skip", Kind::kNumber},
    {"dateformat", "dateformat", Kind::kText},
    {"timestampformat", "timestampformat", Kind::kText},
    {"decimal_separator", "decimal_separator", Kind::kText},
    {"encoding", "encoding", Kind::kText},
    {"compression", "compression", Kind::kText},
    {"all_varchar", "all_varchar", Kind::kFlag},
    {"null_padding", "null_padding", Kind::kFlag},
    {"sample_size", "sample_size", Kind::kNumber},
};

constexpr ReaderOption kJsonOptions[] = {
    {"json_format", "format", Kind::kText},
    {"compression", "compression", Kind::kText},
    {"dateformat", "dateformat", Kind::kText},
    {"timestampformat", "timestampformat", Kind::kText},
    {"maximum_depth", "maximum_depth", Kind::kNumber},
    {"maximum_object_size", "maximum_object_size", Kind::kNumber},
    {"sample_size", "sample_size", Kind::kNumber},
};

std::span<const ReaderOption> optionsOf(Format format) {
    switch (format) {
        case Format::kParquet:
            return kParquetOptions;
        case Format::kCsv:
            return kCsvOptions;
        case Format::kJson:
            return kJsonOptions;
    }
    return {};
}

const char* readerOf(Format format) {
    switch (format) {
        case Format::kParquet:
            return "read_parquet";
        case Format::kCsv:
            return "read_csv";
        case Format::kJson:
            return "read_json";
    }
    return "";
}

Error refusal(const std::string& path, std::string_view why) {
    Error error = fail(ErrorCode::kPermissionDenied, "path '" + path + "' " + std::string(why),
                       "give a path relative to the server's option 'directory'");
    error.sqlstate = "42501";
    return error;
}

Result<std::string> literalOf(const ReaderOption& option, const std::string& value, const sdk::Options& options) {
    switch (option.kind) {
        case Kind::kText:
            return quoteLiteral(value);
        case Kind::kFlag:
            return std::string(TSR_TRY(options.getBool(option.option, false)) ? "true" : "false");
        case Kind::kNumber:
            return std::to_string(TSR_TRY(options.getInt(option.option, 0, -1, 1LL << 40)));
    }
    return std::string();
}

Result<> addParameters(std::span<const ReaderOption> readers, const sdk::Options& options, std::string* text) {
    for (const ReaderOption& reader : readers) {
        if (const auto value = options.find(reader.option)) {
            *text += ", " + std::string(reader.parameter) + " = " + TSR_TRY(literalOf(reader, *value, options));
        }
    }
    return {};
}

/// DuckDB's reader holds several buffers, each as large as a line may be (docs/decisions/0023); without being told 32
/// MB.
Result<> addLineSize(const sdk::Options& options, std::string* text) {
    constexpr std::int64_t kUsual = 1'000'000;
    const std::int64_t most = TSR_TRY(options.getInt(kMaxLineSize, kUsual, 1, 1LL << 30));
    *text += ", max_line_size = " + std::to_string(most) + ", buffer_size = " + std::to_string(std::max(most, kUsual));
    return {};
}

/// An option of another format would be ignored in silence: it is refused.
Result<> refuseStrays(Format format, const sdk::Options& options) {
    const auto knows = [](std::span<const ReaderOption> readers, const std::string& name) {
        for (const ReaderOption& reader : readers) {
            if (name == reader.option) {
                return true;
            }
        }
        return false;
    };
    for (const auto& [name, value] : options.all()) {
        const bool elsewhere = knows(kParquetOptions, name) || knows(kCsvOptions, name) || knows(kJsonOptions, name) ||
                               name == "unnest" || name == kMaxLineSize;
        const bool here = knows(optionsOf(format), name) || (name == "unnest" && format == Format::kJson) ||
                          (name == kMaxLineSize && format == Format::kCsv);
        if (elsewhere && !here) {
            return fail(ErrorCode::kInvalidArgument,
                        "option '" + name + "' does not apply to " + std::string(formatName(format)) + " files");
        }
    }
    return {};
}

}  // namespace

std::string_view formatName(Format format) {
    switch (format) {
        case Format::kParquet:
            return "parquet";
        case Format::kCsv:
            return "csv";
        case Format::kJson:
            return "json";
    }
    return "";
}

std::optional<Format> formatOfName(std::string_view name) {
    const std::string lower = toLowerAscii(name);
    std::string_view rest = lower;
    for (const std::string_view packed : {".gz", ".zst"}) {
        if (rest.ends_with(packed)) {
            rest.remove_suffix(packed.size());
        }
    }
    for (const std::string_view end : {".parquet", ".parq"}) {
        if (rest.ends_with(end)) {
            return Format::kParquet;
        }
    }
    for (const std::string_view end : {".csv", ".tsv"}) {
        if (rest.ends_with(end)) {
            return Format::kCsv;
        }
    }
    for (const std::string_view end : {".json", ".jsonl", ".ndjson", ".geojson"}) {
        if (rest.ends_with(end)) {
            return Format::kJson;
        }
    }
    return std::nullopt;
}

Result<std::string> directoryOf(const sdk::Options& server_options) {
    const std::string given = TSR_TRY(server_options.require("directory"));
    const std::filesystem::path path(given);
    if (!path.is_absolute()) {
        return fail(ErrorCode::kInvalidArgument, "option 'directory' must be an absolute path, not '" + given + "'");
    }
    std::string directory = path.lexically_normal().string();
    while (directory.size() > 1 && directory.back() == '/') {
        directory.pop_back();
    }
    if (directory == "/") {
        return fail(ErrorCode::kInvalidArgument, "option 'directory' must not be the root of the file system");
    }
    return directory;
}

Result<std::string> resolvePath(const std::string& directory, const std::string& path) {
    if (path.empty() || path.find('\0') != std::string::npos) {
        return fail(ErrorCode::kInvalidArgument, "option 'path' is empty");
    }
    for (const auto& part : std::filesystem::path(path)) {
        if (part == "..") {
            return refusal(path, "has a '..', which could leave the directory");
        }
    }
    if (path.find("://") != std::string::npos) {
        return refusal(path, "is an address, not a file of the directory");
    }
    if (path.starts_with('/')) {
        const std::string normal = std::filesystem::path(path).lexically_normal().string();
        if (!normal.starts_with(directory + "/")) {
            return refusal(path, "is outside the directory '" + directory + "'");
        }
        return normal;
    }
    return directory + "/" + std::filesystem::path(path).lexically_normal().string();
}

Result<Source> sourceOf(const std::string& directory, const sdk::Options& table_options) {
    const std::string path = TSR_TRY(table_options.require("path"));
    Source source{TSR_TRY(resolvePath(directory, path)), Format::kParquet};
    const auto named = table_options.find("format");
    if (!named) {
        const auto guessed = formatOfName(path);
        if (!guessed) {
            return fail(ErrorCode::kInvalidArgument, "the name '" + path + "' does not tell its format",
                        "set the table's option 'format' to parquet, csv or json");
        }
        source.format = *guessed;
        return source;
    }
    for (const Format format : {Format::kParquet, Format::kCsv, Format::kJson}) {
        if (toLowerAscii(*named) == formatName(format)) {
            source.format = format;
            return source;
        }
    }
    return fail(ErrorCode::kInvalidArgument, "option 'format' must be parquet, csv or json, not '" + *named + "'");
}

Result<std::string> relationText(const sdk::Options& server_options, const sdk::Options& table_options) {
    const std::string directory = TSR_TRY(directoryOf(server_options));
    const Source source = TSR_TRY(sourceOf(directory, table_options));
    TSR_TRY(refuseStrays(source.format, table_options));
    std::string text = std::string(readerOf(source.format)) + "(" + quoteLiteral(source.path);
    TSR_TRY(addParameters(kCommonOptions, table_options, &text));
    TSR_TRY(addParameters(optionsOf(source.format), table_options, &text));
    TSR_TRY(source.format == Format::kCsv ? addLineSize(table_options, &text) : Result<>());
    text += ")";
    if (const auto list = table_options.find("unnest")) {
        // One row for each element of the list, its members as columns: the records of a GeoJSON file are in
        // "features".
        text = "(SELECT unnest(" + quoteIdentifier(*list) + ", max_depth := 2) FROM " + text + ")";
    }
    return text;
}

}  // namespace tessera::files
