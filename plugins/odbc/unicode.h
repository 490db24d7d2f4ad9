#pragma once

/// Text between UTF-8 and the UTF-16 that drivers speak (SQLWCHAR has two bytes in unixODBC). Pure; any thread.

#include "common/result.h"

#include <sql.h>
#include <sqlext.h>

#include <string>
#include <string_view>

namespace tessera::odbc {

static_assert(sizeof(SQLWCHAR) == 2, "the driver manager must be built with two-byte characters");

/// `text` is valid UTF-8, as all text of the host is.
std::u16string toWide(std::string_view text);

/// SQLSTATE 22021 for half a surrogate pair.
Result<std::string> fromWide(std::u16string_view text);

/// For messages: what is no text becomes U+FFFD.
std::string fromWideForMessage(std::u16string_view text);

/// A buffer as ODBC's functions take it; they do not write through it where they only read.
inline SQLWCHAR* wide(std::u16string& text) {
    return reinterpret_cast<SQLWCHAR*>(text.data());
}

}  // namespace tessera::odbc
