#pragma once

/// Writes a Select down: as SQL in a dialect, or as the JSON plan form. Pure; any thread.

#include "common/result.h"
#include "plugins/sdk/dialect/dialect.h"
#include "plugins/sdk/ir/ir.h"

#include <string>
#include <vector>

namespace tessera::ir {

struct Rendered {
    std::string text;
    /// The host's number of each parameter, in the order in which they are bound.
    std::vector<int> params;
    /// For each output of the Select how many columns stand for it, in order: 1, or 2 (sum and count of an average).
    std::vector<int> columns_of_output;
};

/// The expressions must have been made by a Builder of the same dialect.
Result<Rendered> render(const Select& select, const dialect::Dialect& dialect);
Result<Rendered> render(const Change& change, const dialect::Dialect& dialect);

/// `{"version":1,"scan":{"options":{…}},"columns":[…],"filter":[EXPR…],"limit":n}`; see plugins/memory/README.md.
Result<Rendered> renderPlan(const Select& select);

}  // namespace tessera::ir
