#pragma once

/// Parts of docs/connectors/ that are made from the code.

#include <string>

namespace tessera::conformance {

/// The page of a connector has `expected` between "<!-- part: …" and "<!-- end of part -->"; with TESSERA_UPDATE_DOCS
/// in the environment it is written there.
void expectDocumented(const std::string& connector, const std::string& part, const std::string& expected);

}  // namespace tessera::conformance
