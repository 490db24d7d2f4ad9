#pragma once

/// Rows of endpoints as bodies of answers: as result_writer.h has them, but that JSON is an object with a list of
/// objects, and that numbers which JavaScript would round are texts, unless the endpoint says otherwise. Pure.

#include "nodeservice/endpoints/serve/call.h"
#include "nodeservice/rest/result_writer.h"

#include <memory>

namespace tessera::rest {

/// {"items": [{…}, …], "next": …}; a row an object also in NDJSON. The endpoint outlives it.
std::unique_ptr<ResultWriter> makeEndpointWriter(Format format, const endpoints::Published& endpoint);

}  // namespace tessera::rest
