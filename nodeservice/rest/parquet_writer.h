#pragma once

/// Results as a Parquet file (https://parquet.apache.org/docs/file-format/), written as the rows come: integers, floats
/// and booleans as such, everything else as text, with each column's PostgreSQL type in the file's metadata
/// ("postgresql.type.COLUMN"). Holds one row group of some MiB, whatever the result's size. Pages are not compressed.

#include "nodeservice/rest/result_writer.h"

namespace tessera::rest {

std::unique_ptr<ResultWriter> makeParquetWriter();

}  // namespace tessera::rest
