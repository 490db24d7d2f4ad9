#pragma once

/// Large results through a person's agent, beside the same from the node itself.

#include "tests/bench/report.h"

#include <vector>

namespace tessera::bench {

Result<> benchAgent(std::vector<Row>& rows);

}  // namespace tessera::bench
