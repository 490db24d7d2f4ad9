#pragma once

/// From the options of a server and a table to the FROM item that reads its files, e.g.
/// read_csv('/data/lake/airports.csv', delim = ';', header = true). Every path stays inside the server's directory.
/// Pure, no file is looked at; any thread.

#include "common/result.h"
#include "plugins/sdk/connector_base.h"

#include <optional>
#include <string>
#include <string_view>

namespace tessera::files {

enum class Format { kParquet, kCsv, kJson };

std::string_view formatName(Format format);

/// By the name's extension, with ".gz" or ".zst" after it or not: "x.csv.gz" is CSV. Empty when it tells nothing.
std::optional<Format> formatOfName(std::string_view name);

/// The server's `directory`: absolute, without "..", "." or a slash at its end.
Result<std::string> directoryOf(const sdk::Options& server_options);

/// The absolute path or glob of a table; refused when it leaves `directory`.
Result<std::string> resolvePath(const std::string& directory, const std::string& path);

/// Where a table's files are and what they are.
struct Source {
    std::string path;
    Format format = Format::kParquet;
};

Result<Source> sourceOf(const std::string& directory, const sdk::Options& table_options);

Result<std::string> relationText(const sdk::Options& server_options, const sdk::Options& table_options);

}  // namespace tessera::files
