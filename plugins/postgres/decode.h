#pragma once

/// Reads the columns of a result that PostgreSQL sent in binary into Arrow batches.
///
/// A column's decoder is chosen once, from the type it has at the source and the type the host wants; then every value
/// goes straight into the batch. Values are never changed: what the wanted type can't hold exactly is an error. Any
/// thread.

#include "common/result.h"
#include "plugins/postgres/type_oids.h"
#include "plugins/sdk/batch_builder.h"

#include <string>
#include <string_view>

namespace tessera::postgres_connector {

/// Appends one value, not NULL, to a column of the batch. `scratch` is any buffer that lives as long as the batch is
/// built.
using Decoder = Result<> (*)(std::string_view value, sdk::BatchBuilder& batch, std::size_t column,
                             std::string& scratch);

/// kUnimplemented, without naming the column, when no value of the source's type can be read as the wanted type.
Result<Decoder> findDecoder(Oid source_type, TsrType wanted);

/// Is the binary form of the source's type the one that TSR_ENCODING_TUPLES asks for?
bool isWireFormOf(Oid source_type, TsrType wanted);

/// How a message names a type of the source: "interval", or "the type with oid 16403".
std::string describeType(Oid type);

}  // namespace tessera::postgres_connector
