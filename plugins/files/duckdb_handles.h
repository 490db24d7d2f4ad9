#pragma once

/// Ownership of DuckDB's C handles. Its destroy functions take the handle's address and set it to null, and null is
/// allowed, so that one template does for all. Owned where they are made; a connection's statements and results are
/// destroyed before it.

#include <duckdb.h>

#include <utility>

namespace tessera::files {

template <class T, void (*kDestroy)(T*)>
class DuckHandle {
  public:
    DuckHandle() = default;

    explicit DuckHandle(T handle) : handle_(handle) {}

    ~DuckHandle() { kDestroy(&handle_); }

    DuckHandle(DuckHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

    DuckHandle& operator=(DuckHandle&& other) noexcept {
        if (this != &other) {
            kDestroy(&handle_);
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }

    T get() const { return handle_; }

    /// Where a function puts the handle it makes; the one held before is destroyed.
    T* out() {
        kDestroy(&handle_);
        handle_ = nullptr;
        return &handle_;
    }

    explicit operator bool() const { return handle_ != nullptr; }

  private:
    T handle_ = nullptr;
};

using Config = DuckHandle<duckdb_config, duckdb_destroy_config>;
using DatabaseHandle = DuckHandle<duckdb_database, duckdb_close>;
using Connection = DuckHandle<duckdb_connection, duckdb_disconnect>;
using Prepared = DuckHandle<duckdb_prepared_statement, duckdb_destroy_prepare>;
using Pending = DuckHandle<duckdb_pending_result, duckdb_destroy_pending>;
using Chunk = DuckHandle<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using LogicalType = DuckHandle<duckdb_logical_type, duckdb_destroy_logical_type>;
using Value = DuckHandle<duckdb_value, duckdb_destroy_value>;

/// A result is a struct of its own, not a pointer.
class QueryResult {
  public:
    QueryResult() = default;

    ~QueryResult() { duckdb_destroy_result(&result_); }

    QueryResult(const QueryResult&) = delete;
    QueryResult& operator=(const QueryResult&) = delete;

    duckdb_result* get() { return &result_; }

  private:
    duckdb_result result_{};
};

}  // namespace tessera::files
