#pragma once

/// Where the node finds the extension and the connectors when its configuration does not say: in the build tree beside
/// the program, or where packages put them.

#include "common/result.h"

#include <filesystem>
#include <optional>

namespace tessera::node {

struct InstalledFiles {
    /// Holds tessera_fdw.so and its SQL; nothing when there is none.
    std::optional<std::filesystem::path> extension_directory;
    std::optional<std::filesystem::path> connector_directory;
};

InstalledFiles findInstalledFiles();

}  // namespace tessera::node
