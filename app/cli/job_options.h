#pragma once

/// The command line of `tessera job`. Internal to options.cpp.

#include "app/cli/options.h"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tessera::cli {

/// What is read before it is understood.
struct RawJobOptions {
    std::string mesh_file;
    std::vector<std::string> parameters;
    std::string from;
    std::string until;
};

void addJob(CLI::App& app, JobOptions& job, RawJobOptions& raw);
Result<JobOptions> finishJob(JobOptions job, const RawJobOptions& raw);

}  // namespace tessera::cli
