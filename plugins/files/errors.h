#pragma once

/// DuckDB's error messages as one sentence with a SQLSTATE. The C interface gives the kind of an error as a prefix of
/// its message ("IO Error: …"), the same in every call. Pure; any thread.

#include "common/result.h"

#include <string_view>

namespace tessera::files {

/// "IO Error: No files found that match the pattern "/data/x.csv"\n\nLINE 1: …" becomes the sentence alone, kNotFound
/// and 58P01. An interrupted statement becomes sdk::cancelled().
Error errorOfMessage(std::string_view message);

}  // namespace tessera::files
