#pragma once

/// What a new version of an endpoint takes away from those who use the one before. Pure; any thread.

#include "nodeservice/endpoints/definition/definition.h"

#include <string>
#include <vector>

namespace tessera::endpoints {

struct Interface {
    const Definition& definition;
    const std::vector<ResultColumn>& columns;
};

/// One sentence for each change by which calls that were right fail, or answers have another form. None: nobody
/// notices.
std::vector<std::string> breakingChanges(const Interface& before, const Interface& after);

}  // namespace tessera::endpoints
