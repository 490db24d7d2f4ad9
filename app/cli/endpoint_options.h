#pragma once

/// The command line of `tessera endpoint`. Internal to options.cpp.

#include "app/cli/options.h"

#include <string>

namespace CLI {
class App;
}

namespace tessera::cli {

void addEndpoint(CLI::App& app, EndpointOptions& endpoint, std::string& mesh_file);

}  // namespace tessera::cli
