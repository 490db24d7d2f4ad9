# DuckDB's library and C header (1.4 line): target DuckDB::DuckDB, and DuckDB_LIBRARY for copying and installing it.
#
# Looked for in DUCKDB_ROOT, then in the cache that `./dev setup` fills ($TESSERA_CACHE, else ~/.cache/tessera, else
# /var/cache/tessera), then on the system. Debian has no package of it.

set(duckdb_caches "$ENV{HOME}/.cache/tessera" /var/cache/tessera)
if(DEFINED ENV{TESSERA_CACHE})
  list(PREPEND duckdb_caches "$ENV{TESSERA_CACHE}")
endif()
list(TRANSFORM duckdb_caches APPEND "/duckdb-1.4.4")

if(DUCKDB_ROOT)
  find_path(DuckDB_INCLUDE_DIR duckdb.h PATHS "${DUCKDB_ROOT}" PATH_SUFFIXES include NO_DEFAULT_PATH)
  find_library(DuckDB_LIBRARY duckdb PATHS "${DUCKDB_ROOT}" PATH_SUFFIXES lib NO_DEFAULT_PATH)
else()
  find_path(DuckDB_INCLUDE_DIR duckdb.h PATHS ${duckdb_caches} PATH_SUFFIXES include NO_DEFAULT_PATH)
  find_path(DuckDB_INCLUDE_DIR duckdb.h)
  find_library(DuckDB_LIBRARY duckdb PATHS ${duckdb_caches} PATH_SUFFIXES lib NO_DEFAULT_PATH)
  find_library(DuckDB_LIBRARY duckdb)
endif()
mark_as_advanced(DuckDB_INCLUDE_DIR DuckDB_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DuckDB REQUIRED_VARS DuckDB_LIBRARY DuckDB_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run ./dev setup, or pass -DDUCKDB_ROOT=<a folder with libduckdb.so and duckdb.h>")

if(DuckDB_FOUND AND NOT TARGET DuckDB::DuckDB)
  add_library(DuckDB::DuckDB SHARED IMPORTED)
  set_target_properties(DuckDB::DuckDB PROPERTIES
    IMPORTED_LOCATION "${DuckDB_LIBRARY}"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${DuckDB_INCLUDE_DIR}"
    INTERFACE_INCLUDE_DIRECTORIES "${DuckDB_INCLUDE_DIR}")
endif()
