#include "nodeservice/client/agent_paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tessera::client {

namespace fs = std::filesystem;

namespace {

/// A folder that the environment names; the base directory specification: relative ones are to be ignored.
fs::path folderOf(const char* name) {
    const char* value = std::getenv(name);
    fs::path folder = value == nullptr ? fs::path() : fs::path(value);
    return folder.is_absolute() ? folder : fs::path();
}

fs::path folderOf(const char* name, const char* below_home) {
    const fs::path folder = folderOf(name);
    return folder.empty() ? folderOf("HOME") / below_home : folder;
}

/// FNV-1a: names of files need no more.
std::string digestOf(const std::string& text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const unsigned char byte : text) {
        hash = (hash ^ byte) * 0x100000001b3;
    }
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
    return std::string(digits, 8);
}

}  // namespace

AgentPaths agentPaths() {
    AgentPaths paths;
    std::string name = "agent";
    if (const char* chosen = std::getenv("TESSERA_PROFILES"); chosen != nullptr && *chosen != '\0') {
        paths.profiles_file = fs::absolute(chosen).lexically_normal();
        name += "-" + digestOf(paths.profiles_file.string());
    } else {
        paths.profiles_file = folderOf("XDG_CONFIG_HOME", ".config") / "tessera" / "profiles.yaml";
    }
    const fs::path runtime = folderOf("XDG_RUNTIME_DIR");
    paths.runtime_directory =
        runtime.empty() ? fs::path("/tmp/tessera-" + std::to_string(::getuid())) : runtime / "tessera";
    paths.socket = paths.runtime_directory / (name + ".sock");
    paths.state_directory = folderOf("XDG_STATE_HOME", ".local/state") / "tessera" / name;
    return paths;
}

Result<> checkPrivateFolder(const fs::path& folder) {
    struct stat facts {};

    if (::lstat(folder.c_str(), &facts) != 0) {
        return fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kPermissionDenied,
                    "cannot enter '" + folder.string() + "': " + std::strerror(errno));
    }
    if (!S_ISDIR(facts.st_mode) || facts.st_uid != ::getuid() || (facts.st_mode & 077) != 0) {
        return fail(ErrorCode::kPermissionDenied, "'" + folder.string() + "' is not a folder of yours alone",
                    "remove it, or give it mode 0700");
    }
    return {};
}

}  // namespace tessera::client
