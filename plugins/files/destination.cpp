#include "plugins/files/destination.h"

#include "common/strings.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <set>

namespace tessera::files {

namespace fs = std::filesystem;

namespace {

Error refuse(const std::string& message, const std::string& hint) {
    Error error = fail(ErrorCode::kUnimplemented, message, hint);
    error.sqlstate = "0A000";
    return error;
}

bool hasWildcard(std::string_view text) {
    return text.find_first_of("*?[") != std::string_view::npos;
}

/// Different in every session and for every file.
std::string uniqueName() {
    static std::atomic<unsigned> count{0};
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count()) + "-" +
           std::to_string(::getpid()) + "-" + std::to_string(++count);
}

/// Where a table's options for reading have a counterpart for writing; others would make files that are read
/// differently.
Result<std::string> csvOptions(const sdk::Options& options, std::string_view name) {
    static constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
        {"delimiter", "DELIM"}, {"quote", "QUOTE"},           {"escape", "ESCAPE"},
        {"nullstr", "NULLSTR"}, {"dateformat", "DATEFORMAT"}, {"timestampformat", "TIMESTAMPFORMAT"}};
    static const std::set<std::string_view> kNoMatter = {"header",        "sample_size", "all_varchar", "union_by_name",
                                                         "max_line_size", "compression", "null_padding"};
    std::string text = std::string(", HEADER ") + (TSR_TRY(options.getBool("header", true)) ? "true" : "false");
    for (const auto& [option, value] : options.all()) {
        const auto* const known =
            std::find_if(std::begin(kTexts), std::end(kTexts), [&](const auto& pair) { return pair.first == option; });
        if (known != std::end(kTexts)) {
            text += ", " + std::string(known->second) + " " + quoteLiteral(value);
        } else if (option != "path" && option != "format" && !kNoMatter.contains(option)) {
            return refuse("files can't be written with the table's option '" + option + "'",
                          "declare another foreign table for the same path without it");
        }
    }
    const std::string compression = options.get("compression", name.ends_with(".gz")    ? "gzip"
                                                               : name.ends_with(".zst") ? "zstd"
                                                                                        : "none");
    return text + ", COMPRESSION " + quoteLiteral(compression);
}

/// The folder of 'folder/*.ext', or of a file that is not there yet.
Result<> placeFile(const std::string& path, Destination* destination) {
    const fs::path whole(path);
    const std::string last = whole.filename().string();
    const std::string folder = whole.parent_path().string();
    const std::string hint = "rows are added to a table whose path is 'folder/*.parquet' or 'folder/*.csv'";
    if (hasWildcard(folder)) {
        return refuse("no file can be made for the path '" + path + "': it does not say in which folder", hint);
    }
    if (last.starts_with('*') && !hasWildcard(last.substr(1))) {
        destination->file.name = folder + "/" + uniqueName() + last.substr(1);
    } else if (hasWildcard(last)) {
        return refuse("no file can be made for the path '" + path + "': it does not say how it is named", hint);
    } else {
        std::error_code code;
        if (fs::exists(path, code)) {
            return refuse("the table is the one file '" + path + "', and files are not changed", hint);
        }
        destination->file.name = path;
    }
    destination->file.hidden = folder + "/.tessera-" + uniqueName() + ".tmp";
    return {};
}

}  // namespace

Result<Destination> destinationOf(const std::string& directory, const sdk::Options& table_options) {
    const Source source = TSR_TRY(sourceOf(directory, table_options));
    Destination destination{source.path, source.format, {}, {}, false};
    if (source.format == Format::kJson) {
        return refuse("JSON files can only be read", "write Parquet or CSV");
    }
    for (const char* option : {"hive_partitioning", "filename", "unnest"}) {
        if (TSR_TRY(table_options.getBool(option, false))) {
            return refuse("files can't be written with the table's option '" + std::string(option) + "'",
                          "declare a foreign table for the folder of one partition");
        }
    }
    TSR_TRY(placeFile(source.path, &destination));
    if (source.format == Format::kParquet) {
        destination.copy_options = "FORMAT parquet, COMPRESSION zstd";
    } else {
        destination.copy_options = "FORMAT csv" + TSR_TRY(csvOptions(table_options, destination.file.name));
        destination.empty_is_null = table_options.get("nullstr", "").empty();
    }
    return destination;
}

}  // namespace tessera::files
