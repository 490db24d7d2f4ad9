#pragma once

/// Sharded tables as a person declares them, in YAML or JSON (which is YAML). Pure; any thread.

#include "common/config/schema.h"
#include "common/result.h"
#include "nodeservice/mesh/shard_map.h"

#include <string>
#include <vector>

namespace tessera::mesh {

/// What a file or a call says: tables without numbers and versions; without columns where they are to be taken from the
/// first shard's table.
struct Declaration {
    ShardedTable table;
    /// Are the rows that are already there to be looked at?
    bool checks_rows = true;
    /// Without it the shards' replicas stay as they are.
    bool names_replicas = false;
    /// "file:line:column".
    std::string where;
};

const config::Schema& meshSchema();

/// All that is wrong with it, each error with its place; then there are no declarations. `origin` is what messages call
/// the text.
struct Declarations {
    std::vector<Declaration> tables;
    std::vector<Error> errors;
};

Declarations readDeclarations(const std::string& text, const std::string& origin);

/// "node/schema.table".
Result<Place> readPlace(const std::string& text);

}  // namespace tessera::mesh
