#pragma once

/// From a type as a SQLite table declares it to a PostgreSQL type. SQLite keeps any value in any column, so that the
/// declared type is what people meant, not what is there: values are checked one by one when they are read (values.h).
/// Pure; any thread.

#include <string>
#include <string_view>

namespace tessera::sqlite {

/// "VARCHAR(20)" is "text", "INT" is "bigint", "" is "text". What a declaration does not tell is "text", which takes
/// every value but a blob.
std::string pgTypeOfDeclared(std::string_view declared);

/// Does a STRICT table hold nothing but values of this declared type? True for all of its types but ANY.
bool isEnforced(std::string_view declared);

}  // namespace tessera::sqlite
