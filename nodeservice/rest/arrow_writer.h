#pragma once

/// Results as an Arrow IPC stream (format version 1.0 and later, https://arrow.apache.org/docs/format/Columnar.html):
/// integers, floats and booleans as such, everything else as text with its PostgreSQL type in the field's metadata.

#include "nodeservice/rest/result_writer.h"

namespace tessera::rest {

std::unique_ptr<ResultWriter> makeArrowWriter();

}  // namespace tessera::rest
