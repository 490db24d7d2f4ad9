#pragma once

/// From the name of a DuckDB type, as DESCRIBE spells it, to a PostgreSQL type. Pure; any thread.

#include <string>
#include <string_view>

namespace tessera::files {

struct MappedType {
    std::string pg_type;
    /// A list, struct, map or union, which is read as JSON text.
    bool is_nested = false;
};

MappedType pgTypeOfDuck(std::string_view duck_type);

}  // namespace tessera::files
