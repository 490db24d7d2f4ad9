#include "nodeservice/daemon/installed_files.h"

#include <initializer_list>

namespace tessera::node {

namespace fs = std::filesystem;

namespace {

std::optional<fs::path> firstOf(const fs::path& base, std::initializer_list<const char*> candidates,
                                const char* needed) {
    for (const char* candidate : candidates) {
        const fs::path path = (base / candidate).lexically_normal();
        std::error_code error;
        if (fs::exists(path / needed, error)) {
            return path;
        }
    }
    return std::nullopt;
}

}  // namespace

InstalledFiles findInstalledFiles() {
    std::error_code error;
    const fs::path programs = fs::read_symlink("/proc/self/exe", error).parent_path();
    return {firstOf(programs, {"../extension", "../" TESSERA_LIBDIR "/tessera/extension"}, "tessera_fdw.so"),
            firstOf(programs, {"../connectors", "../" TESSERA_LIBDIR "/tessera/connectors"}, ".")};
}

}  // namespace tessera::node
