#pragma once

/// DuckDB's library, loaded when an export first needs it: it is large, and most nodes never do. Any thread.

#include "common/result.h"

#include <duckdb.h>

#include <filesystem>

// Of its C API, each without the prefix that all have.
#define TESSERA_DUCKDB_FUNCTIONS(X)    \
    X(open)                            \
    X(close)                           \
    X(connect)                         \
    X(disconnect)                      \
    X(query)                           \
    X(result_error)                    \
    X(destroy_result)                  \
    X(interrupt)                       \
    X(create_logical_type)             \
    X(create_decimal_type)             \
    X(destroy_logical_type)            \
    X(create_table_function)           \
    X(destroy_table_function)          \
    X(table_function_set_name)         \
    X(table_function_set_extra_info)   \
    X(table_function_set_bind)         \
    X(table_function_set_init)         \
    X(table_function_set_function)     \
    X(register_table_function)         \
    X(bind_get_extra_info)             \
    X(bind_add_result_column)          \
    X(function_get_extra_info)         \
    X(function_set_error)              \
    X(vector_size)                     \
    X(data_chunk_get_vector)           \
    X(data_chunk_set_size)             \
    X(vector_get_data)                 \
    X(vector_get_validity)             \
    X(vector_ensure_validity_writable) \
    X(vector_assign_string_element_len)

namespace tessera::jobs {

struct DuckDbLibrary {
#define TESSERA_DUCKDB_MEMBER(name) decltype(&::duckdb_##name) name = nullptr;
    TESSERA_DUCKDB_FUNCTIONS(TESSERA_DUCKDB_MEMBER)
#undef TESSERA_DUCKDB_MEMBER
};

/// `file`: where it stands, beside the connectors. Loaded once and never unloaded. kFailedPrecondition when it is not
/// there.
Result<const DuckDbLibrary*> duckDbLibrary(const std::filesystem::path& file);

}  // namespace tessera::jobs
