#pragma once

/// The statement that asks PostgreSQL for the plan of another one. Pure; any thread.

#include "common/result.h"

#include <string>
#include <string_view>

namespace tessera::app {

struct ExplainPrefix {
    /// To stand before the statement, ending with a blank.
    std::string text;
    /// Will the statement be run, so that there are real figures?
    bool is_measured = false;
};

/// A measured plan runs the statement: one that changes or locks rows gets an estimated plan instead. An error for what
/// has no plan, and for a text that is an EXPLAIN already.
Result<ExplainPrefix> explainPrefixFor(std::string_view statement, bool wants_measured);

}  // namespace tessera::app
