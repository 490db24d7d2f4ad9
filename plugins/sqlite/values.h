#pragma once

/// Values between SQLite and the types of the connector boundary. SQLite's values have types of their own, whatever the
/// column declares: each is taken only when the wanted type holds it exactly, or else is an error that names column and
/// value. Used by the one thread that owns the statement.

#include "common/result.h"
#include "plugins/sdk/batch_builder.h"
#include "plugins/sdk/connector.h"

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace tessera::sqlite {

/// Appends the statement's current row.
Result<> appendRow(sqlite3_stmt* statement, sdk::BatchBuilder& rows);

struct BlobView {
    std::string_view bytes;
};

/// A value as SQLite stores it: NULL, integer, real, text, blob. Views are of what it was made from.
using Stored = std::variant<std::monostate, std::int64_t, double, std::string, std::string_view, BlobView>;

/// What bindParam() binds.
Result<Stored> storedForm(const TsrParam& param);

/// Binds a copy of parameter number `index` (from 1). Dates and times are bound as ISO text, numerics as the integer or
/// double that is exactly theirs.
Result<> bindParam(sqlite3_stmt* statement, int index, const TsrParam& param);

}  // namespace tessera::sqlite
