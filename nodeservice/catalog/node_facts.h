#pragma once

/// What a node says of itself to whoever may ask. A value.

#include "nodeservice/catalog/preparation.h"

#include <functional>
#include <string>
#include <vector>

namespace tessera::catalog {

struct NodeFacts {
    std::string name;
    std::string version;
    std::function<std::vector<SourceState>()> sources;
};

}  // namespace tessera::catalog
