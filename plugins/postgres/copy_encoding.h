#pragma once

/// Values in the two forms that COPY … FROM STDIN reads: binary, where the column has exactly the value's type, and
/// text, which every type reads. Pure; any thread.

#include "common/result.h"
#include "plugins/postgres/type_oids.h"
#include "plugins/sdk/connector.h"

#include <string>
#include <string_view>

namespace tessera::postgres_connector {

/// Does a column of that type read the value's binary form?
bool readsBinary(Oid column, TsrType value);

/// The header and the end of a binary copy.
std::string_view copyHeader();
std::string_view copyTrailer();

/// Appends one field: its length and its bytes. Only for a pair that readsBinary().
Result<> appendBinary(const TsrParam& value, std::string& out);
/// Appends one field without what separates it from the next.
Result<> appendText(const TsrParam& value, std::string& out);

}  // namespace tessera::postgres_connector
