#pragma once

/// What stands in `${…}` in a configuration file's values: ${env:NAME}, ${file:PATH} (without its last line break),
/// ${arg:NAME} (from --arg NAME=value). `$${` is a literal `${`. Reads files and the environment; any thread.

#include "common/result.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace tessera::config {

struct ReferenceContext {
    /// Where relative files start: the configuration file's folder.
    std::filesystem::path folder;
    std::map<std::string, std::string> arguments;
};

/// `text` with every reference replaced. The error names the reference, never a value.
Result<std::string> expandReferences(std::string_view text, const ReferenceContext& context);

bool holdsReference(std::string_view text);

}  // namespace tessera::config
