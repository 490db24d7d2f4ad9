#pragma once

/// The statement of one call. Its text is made of the endpoint's own SQL and of names of its own columns; all that the
/// caller gave is bound as a parameter. Pure; any thread.

#include "nodeservice/endpoints/serve/call.h"

#include <optional>
#include <string>
#include <vector>

namespace tessera::endpoints {

struct Statement {
    std::string sql;
    /// Of $1, $2, …, whose types the SQL says.
    std::vector<std::optional<std::string>> parameters;
    /// Behind the fields there are so many columns with the order's values, as texts, for the cursor.
    std::size_t cursor_columns = 0;
};

/// With pages one row more than the limit, which tells whether there is another page.
Statement statementOf(const Published& endpoint, const Call& call);

}  // namespace tessera::endpoints
