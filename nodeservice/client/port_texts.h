#pragma once

/// How programs that speak PostgreSQL are told of a local port of the agent: ready to be pasted.

#include "nodeservice/client/agent_client.h"

#include <string>
#include <vector>

namespace tessera::client {

struct PortText {
    /// Of the program or library: "psql", "JDBC".
    std::string name;
    /// May hold the port's password, and may have several lines.
    std::string text;
    /// For a person beside it; may be empty.
    std::string note;
};

/// `port`: with its password (openPort(), showPort()).
std::vector<PortText> portTexts(const LocalPort& port);

}  // namespace tessera::client
