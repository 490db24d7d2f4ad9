#include "nodeservice/jobs/steps/duckdb_library.h"

#include <dlfcn.h>

namespace tessera::jobs {

namespace {

template <class Function>
bool find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    return function != nullptr;
}

Result<DuckDbLibrary> load(const std::filesystem::path& file) {
    void* library = nullptr;
    for (const std::filesystem::path& one : {file, std::filesystem::path(TESSERA_DUCKDB_LIBRARY)}) {
        if (library == nullptr && !one.empty()) {
            library = dlopen(one.c_str(), RTLD_NOW | RTLD_LOCAL);
        }
    }
    DuckDbLibrary functions;
    bool is_complete = library != nullptr;
#define TESSERA_DUCKDB_FIND(name) is_complete = is_complete && find(library, "duckdb_" #name, functions.name);
    TESSERA_DUCKDB_FUNCTIONS(TESSERA_DUCKDB_FIND)
#undef TESSERA_DUCKDB_FIND
    if (!is_complete) {
        const char* reason = dlerror();
        Error error = fail(ErrorCode::kFailedPrecondition, "files cannot be written: DuckDB's library is not there",
                           "install Tessera's connectors, among which it stands");
        error.detail = reason == nullptr ? "" : reason;
        return error;
    }
    return functions;
}

}  // namespace

Result<const DuckDbLibrary*> duckDbLibrary(const std::filesystem::path& file) {
    static const Result<DuckDbLibrary> library = load(file);
    if (!library) {
        return library.error();
    }
    return &*library;
}

}  // namespace tessera::jobs
