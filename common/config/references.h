#pragma once

/// What stands in `${…}` in a configuration file's values: ${env:NAME}, ${file:PATH} (without its last line break),
/// ${arg:NAME} (from --arg NAME=value), ${command:PROGRAM ARGUMENTS} (what it prints, without its last line break; no
/// shell), ${vault:PATH#FIELD} where the program has a vault. `$${` is a literal `${`. Reads files and the environment,
/// runs programs; any thread.

#include "common/result.h"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace tessera::config {

/// What a file's references may be.
struct References {
    /// Of ${arg:NAME}.
    std::map<std::string, std::string> arguments = {};
    /// Of ${vault:…}: gives what stands behind the colon. Empty: there is no vault.
    std::function<Result<std::string>(const std::string&)> vault = {};
    /// False for files of strangers: `${` is then text as any other.
    bool are_expanded = true;
};

struct ReferenceContext {
    /// Where relative files start: the configuration file's folder.
    std::filesystem::path folder;
    References references;
};

/// `text` with every reference replaced. The error names the reference, never a value.
Result<std::string> expandReferences(std::string_view text, const ReferenceContext& context);

bool holdsReference(std::string_view text);

}  // namespace tessera::config
