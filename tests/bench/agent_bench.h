#pragma once

/// Large results through a person's agent, beside the same from the node itself.

#include "tests/bench/report.h"

#include <vector>

namespace tessera::bench {

/// `is_short`: one run of each.
Result<> benchAgent(std::vector<Row>& rows, bool is_short);

}  // namespace tessera::bench
