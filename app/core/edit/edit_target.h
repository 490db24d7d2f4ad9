#pragma once

/// Which table the rows of a result are of, where each row is one row of one table with its key: then its cells can be
/// changed. Decided from the statement's words and the names of the node, and refused wherever that is not certain.
/// Pure; any thread.

#include "app/core/catalog/name_index.h"
#include "common/result.h"
#include "nodeservice/client/types.h"

#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

struct EditTarget {
    struct Column {
        /// Of the table; empty for what is computed, which cannot be changed.
        std::string name;
        std::string type;
        bool is_key = false;
        bool not_null = false;
    };

    std::string schema;
    std::string table;
    /// As the result has them.
    std::vector<Column> columns;
};

/// kFailedPrecondition says why the rows cannot be changed. The index may be null: names are not known yet.
Result<EditTarget> editTargetOf(std::string_view statement, const std::vector<client::ResultColumn>& columns,
                                const NameIndex* names);

}  // namespace tessera::app
