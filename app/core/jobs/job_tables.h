#pragma once

/// Which tables the steps of scheduled jobs read and write, by the statements in their files: what a table's page lists
/// as its users. Any thread.

#include "app/core/jobs/job_nodes.h"

#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

struct NamedTable {
    /// Empty: what the search path makes of it.
    std::string schema;
    std::string name;
    bool is_written = false;

    bool operator==(const NamedTable&) const = default;
};

/// The tables that the statements name, in their order; what PostgreSQL's parser cannot read names none. Names of
/// common table expressions are no tables. `${…}` stands for a value.
std::vector<NamedTable> tablesOf(std::string_view sql);

struct JobUse {
    std::string job;
    std::string step;
    bool is_written = false;
    /// Why no step could be asked for; then there is none.
    std::string problem = {};

    bool operator==(const JobUse&) const = default;
};

/// The uses of a table by a job's file, once a step; a name without a schema is one of `public`. None for a job that
/// may not run on the node.
std::vector<JobUse> usesOf(const std::string& job_text, const std::string& node, const std::string& schema,
                           const std::string& table);

/// Asks for every job of the mesh. A job that cannot be read is a use with a problem. kUnimplemented: no node keeps
/// jobs.
Result<std::vector<JobUse>> jobsThatUse(JobNodes& nodes, const std::string& node, const std::string& schema,
                                        const std::string& table);

}  // namespace tessera::app
