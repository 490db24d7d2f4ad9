#pragma once

/// Where a person's agent and the programs that speak to it meet. One agent serves one profiles file of one user: with
/// another file (TESSERA_PROFILES) it is another agent. Reads the environment; any thread.

#include "common/result.h"

#include <filesystem>

namespace tessera::client {

struct AgentPaths {
    /// $TESSERA_PROFILES, else $XDG_CONFIG_HOME/tessera/profiles.yaml.
    std::filesystem::path profiles_file;
    /// For sockets: in $XDG_RUNTIME_DIR, else in /tmp.
    std::filesystem::path runtime_directory;
    std::filesystem::path socket;
    /// For what outlives the agent, and its log: $XDG_STATE_HOME/tessera/agent.
    std::filesystem::path state_directory;
};

AgentPaths agentPaths();

/// Is the folder ours alone? Sockets in a folder that others may change cannot be trusted. kNotFound when there is
/// none.
Result<> checkPrivateFolder(const std::filesystem::path& folder);

}  // namespace tessera::client
