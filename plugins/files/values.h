#pragma once

/// What a column of a DuckDB result is, and its values as PostgreSQL writes them in text. Used by the thread that owns
/// the result.

#include <duckdb.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::files {

/// A column's type, looked up once a statement.
struct ColumnType {
    duckdb_type id = DUCKDB_TYPE_INVALID;
    /// How the values of a DECIMAL or ENUM lie in memory.
    duckdb_type internal = DUCKDB_TYPE_INVALID;
    unsigned scale = 0;
    /// The words of an ENUM.
    std::vector<std::string> words;

    static ColumnType of(duckdb_logical_type type);
};

/// Can formatValue() write values of this type? Not lists, structs, maps and the like.
bool isPlain(duckdb_type type);

inline std::string_view viewOf(const duckdb_string_t& text) {
    const bool inlined = text.value.inlined.length <= sizeof text.value.inlined.inlined;
    return {inlined ? text.value.inlined.inlined : text.value.pointer.ptr, text.value.inlined.length};
}

/// The value at `row` of a vector's data; it must not be null there.
std::string formatValue(const ColumnType& type, const void* data, std::uint64_t row);

/// A whole number of up to 128 bits, with `scale` digits after the point.
std::string formatDecimal(__int128 value, unsigned scale);

inline __int128 integerOf(duckdb_hugeint value) {
    return static_cast<__int128>(static_cast<unsigned __int128>(static_cast<std::uint64_t>(value.upper)) << 64 |
                                 value.lower);
}

/// The 16 bytes of a UUID; DuckDB keeps them as a number whose highest bit is flipped, so that it sorts.
std::string uuidBytes(duckdb_hugeint value);

}  // namespace tessera::files
