#pragma once

/// The command lines of `tessera mesh` and `tessera shard`, which are statements on a node's functions and views of the
/// shard map (fdw/sql). Internal to options.cpp.

#include "app/cli/options.h"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tessera::cli {

/// What was written; filled while the command line is parsed.
struct MeshCommand {
    std::string mesh_file;
    std::string file;
    std::string output;
    std::string table;
    std::string shard;
    std::string to;
    std::string rows_per_second = "0";
    bool keeps_old = false;
    bool is_dry = false;
    std::string drained;
    std::string nodes;
    std::string to_node;
    std::vector<std::string> at;
    std::vector<std::string> values;
    std::vector<std::string> from;
    std::vector<std::string> until;
};

void addMesh(CLI::App& app, MeshCommand& command, QueryOptions& query);

/// The statement of the command that was chosen, if it is one of these. Reads the file.
std::optional<Result<QueryOptions>> finishMesh(const CLI::App& app, const MeshCommand& command, QueryOptions query);

}  // namespace tessera::cli
