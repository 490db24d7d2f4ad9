#pragma once

/// Dialects that an operator writes as YAML files: what a source's SQL can evaluate exactly, without any C++. A file
/// extends one of the program's own dialects. docs/dialects.md is for who writes one.
///
/// What is read lives as long as the program: plans point into it. One thread at a time.

#include "common/config/schema.h"
#include "common/result.h"
#include "plugins/sdk/dialect/dialect.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::dialect {

const config::Schema& fileSchema();

/// The program's own dialects that a file may extend, and that sources may be told to have.
std::span<const Dialect* const> extensible();

struct FileReading {
    /// nullptr where something is wrong.
    const Dialect* dialect = nullptr;
    /// In the file's order; each begins with `origin`, line and column.
    std::vector<Error> errors;
};

/// `name` is the dialect's, `origin` what messages call the text.
FileReading readFile(const std::string& text, const std::string& origin, const std::string& name);

/// Where the dialect file of a name is: FOLDER/NAME.yaml. Errors name what the dialect could have been; the folder may
/// be empty: there are no files then.
Result<std::filesystem::path> fileOf(const std::string& folder, const std::string& name);

/// The dialect of a file, read again when the file has changed. The error is the file's first, the others are its
/// detail.
Result<const Dialect*> load(const std::filesystem::path& file);

/// All that is wrong with the dialect files of a folder, each error with its file, line and column.
std::vector<Error> checkFolder(const std::filesystem::path& folder);

/// What a session says its dialect is: one of the program's own, or a dialect file's absolute path.
Result<const Dialect*> findOrLoad(std::string_view name_or_file);

}  // namespace tessera::dialect
