#pragma once

/// A digest of what a source or script was prepared from: equal when nothing that matters has changed. Pure; any
/// thread.

#include "nodeservice/catalog/source.h"

#include <string>
#include <vector>

namespace tessera::catalog {

/// `versions`: of PostgreSQL and the extension; a source is prepared again when they change.
std::string fingerprintOf(const Source& source, const std::string& versions);
std::string fingerprintOf(const std::vector<InitScript>& scripts);

}  // namespace tessera::catalog
