#pragma once

/// DuckDB's library, loaded when it is first needed: it is large, and most who start a program here never need it. Any
/// thread.

#include "common/result.h"

#include <duckdb.h>

namespace tessera::app {

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): one list of the functions that are used.
#define TESSERA_DUCKDB_FUNCTIONS(X)            \
    X(duckdb_open)                             \
    X(duckdb_close)                            \
    X(duckdb_connect)                          \
    X(duckdb_disconnect)                       \
    X(duckdb_query)                            \
    X(duckdb_result_error)                     \
    X(duckdb_destroy_result)                   \
    X(duckdb_create_table_function)            \
    X(duckdb_destroy_table_function)           \
    X(duckdb_table_function_set_name)          \
    X(duckdb_table_function_set_extra_info)    \
    X(duckdb_table_function_set_bind)          \
    X(duckdb_table_function_set_init)          \
    X(duckdb_table_function_set_function)      \
    X(duckdb_register_table_function)          \
    X(duckdb_bind_get_extra_info)              \
    X(duckdb_bind_add_result_column)           \
    X(duckdb_init_set_max_threads)             \
    X(duckdb_function_get_extra_info)          \
    X(duckdb_function_set_error)               \
    X(duckdb_create_logical_type)              \
    X(duckdb_destroy_logical_type)             \
    X(duckdb_vector_size)                      \
    X(duckdb_data_chunk_get_vector)            \
    X(duckdb_data_chunk_set_size)              \
    X(duckdb_vector_get_data)                  \
    X(duckdb_vector_get_validity)              \
    X(duckdb_vector_ensure_validity_writable)  \
    X(duckdb_vector_assign_string_element_len) \
    X(duckdb_validity_set_row_invalid)

struct DuckDbLibrary {
    // NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define TESSERA_DUCKDB_MEMBER(name) decltype(&::name) name = nullptr;
    TESSERA_DUCKDB_FUNCTIONS(TESSERA_DUCKDB_MEMBER)
#undef TESSERA_DUCKDB_MEMBER
};

/// Loaded once and never unloaded. kFailedPrecondition when it is not installed.
Result<const DuckDbLibrary*> duckDbLibrary();

}  // namespace tessera::app
