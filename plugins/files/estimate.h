#pragma once

/// How many records a CSV or JSON file holds, judged from its beginning. Pure; any thread.

#include <cstdint>
#include <string_view>

namespace tessera::files {

/// `sample` is the beginning of a text of `total_bytes`. Line ends inside quotes are not counted.
double estimateCsvRows(std::string_view sample, double total_bytes);

/// Objects in one array, or one after the other; a lone object is one record.
double estimateJsonRows(std::string_view sample, double total_bytes);

}  // namespace tessera::files
