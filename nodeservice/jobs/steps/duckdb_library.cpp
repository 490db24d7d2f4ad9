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
    const bool is_complete =
        library != nullptr && find(library, "duckdb_open", functions.open) &&
        find(library, "duckdb_close", functions.close) && find(library, "duckdb_connect", functions.connect) &&
        find(library, "duckdb_disconnect", functions.disconnect) && find(library, "duckdb_query", functions.query) &&
        find(library, "duckdb_result_error", functions.result_error) &&
        find(library, "duckdb_destroy_result", functions.destroy_result) &&
        find(library, "duckdb_interrupt", functions.interrupt);
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
