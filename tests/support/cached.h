#pragma once

/// What ./dev setup fetches and keeps outside the tree, for tests that can say without a build whether it is there.

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tessera {

/// The folder of that name in the cache of ./dev that holds `file`; empty when there is none.
inline std::filesystem::path cached(const std::string& folder, const std::string& file) {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::filesystem::path(value == nullptr ? "/nonexistent" : value);
    };
    for (const std::filesystem::path& cache : {variable("TESSERA_CACHE"), variable("HOME") / ".cache/tessera",
                                               std::filesystem::path("/var/cache/tessera")}) {
        if (std::filesystem::exists(cache / folder / file)) {
            return cache / folder;
        }
    }
    return {};
}

}  // namespace tessera
