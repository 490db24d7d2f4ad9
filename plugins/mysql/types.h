#pragma once

/// From a column as information_schema describes it to a PostgreSQL type. Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::mysql {

struct ColumnFacts {
    std::string data_type;    // "int", lower case
    std::string column_type;  // "int(10) unsigned"
    std::string precision;    // of numbers, in digits; empty when there is none
    std::string scale;
    std::string length;  // of characters
};

/// Unsigned integers become the next wider type; what has no counterpart is text.
std::string pgTypeOf(const ColumnFacts& column, bool tinyint1_is_bool);

}  // namespace tessera::mysql
