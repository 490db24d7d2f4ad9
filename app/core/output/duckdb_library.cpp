#include "app/core/output/duckdb_library.h"

#include <dlfcn.h>

#include <filesystem>
#include <mutex>
#include <system_error>
#include <vector>

namespace tessera::app {

namespace {

/// Beside the connectors, of which one uses it, too; else where the build found it.
std::vector<std::filesystem::path> candidates() {
    std::error_code error;
    const std::filesystem::path root =
        std::filesystem::read_symlink("/proc/self/exe", error).parent_path().parent_path();
    return {root / TESSERA_LIBDIR "/tessera/connectors/libduckdb.so", root / "lib/tessera/connectors/libduckdb.so",
            root / "connectors/libduckdb.so", TESSERA_DUCKDB_LIBRARY};
}

template <class Function>
bool find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    return function != nullptr;
}

Result<DuckDbLibrary> load() {
    void* library = nullptr;
    for (const std::filesystem::path& file : candidates()) {
        if (library == nullptr) {
            library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
        }
    }
    DuckDbLibrary functions;
    bool is_complete = library != nullptr;
#define TESSERA_DUCKDB_FIND(name) is_complete = is_complete && find(library, #name, functions.name);
    TESSERA_DUCKDB_FUNCTIONS(TESSERA_DUCKDB_FIND)
#undef TESSERA_DUCKDB_FIND
    if (!is_complete) {
        const char* reason = dlerror();
        Error error = fail(ErrorCode::kFailedPrecondition, "Parquet cannot be written: DuckDB's library is not there",
                           "install Tessera's connectors, among which it stands");
        error.detail = reason == nullptr ? "" : reason;
        return error;
    }
    return functions;
}

}  // namespace

Result<const DuckDbLibrary*> duckDbLibrary() {
    static const Result<DuckDbLibrary> library = load();
    if (!library) {
        return library.error();
    }
    return &*library;
}

}  // namespace tessera::app
