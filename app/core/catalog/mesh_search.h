#pragma once

/// Looks for words in the names and comments of several nodes at once: what the palette and the catalog's search field
/// show. Values; a worker's work. No Qt.

#include "app/core/catalog/name_index.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

struct NodeNames {
    std::string node;
    std::shared_ptr<const NameIndex> names;
};

/// A table, column or function of one of the nodes that were searched, or a tag of any of them.
struct FoundName {
    enum class Kind { kTable, kView, kForeignTable, kMaterializedView, kColumn, kFunction, kTag };

    Kind kind = Kind::kTable;
    /// Empty for a tag, as the schema is.
    std::string node;
    std::string schema;
    /// Of a table and of a column; else empty.
    std::string table;
    /// Of a tag, with its `#`.
    std::string name;
    /// A column's type, a function's arguments, how many objects have a tag; else empty.
    std::string detail;
    std::string comment;
    int score = 0;

    bool operator==(const FoundName&) const = default;
};

/// The nearest `limit`, best first. Every word of the text must be in the name or in the comment, in any case; a single
/// word may also be the letters of a name in order ("oi" for order_items), which counts less. A dot parts a schema or
/// table from a name: "files.fl". A word with a `#` is the begin of a tag; alone, the tags that begin so come first.
/// Nothing for a text without words.
std::vector<FoundName> searchMesh(std::span<const NodeNames> nodes, std::string_view text, std::size_t limit);

}  // namespace tessera::app
