#pragma once

/// Files on this machine that describe something of the mesh, as `apply` reads them.

#include "common/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tessera::cli {

struct FileKind {
    /// For messages: "a job".
    std::string what;
    /// Of those that are taken from folders, with their dots.
    std::vector<std::string> extensions;
    std::uintmax_t most_bytes = 0;
};

struct DefinitionFile {
    /// Its path.
    std::string origin;
    std::string text;
};

/// The files, and those of folders by name. kInvalidArgument for what cannot be read.
Result<std::vector<DefinitionFile>> readDefinitionFiles(const std::vector<std::filesystem::path>& paths,
                                                        const FileKind& kind);

}  // namespace tessera::cli
