#pragma once

/// What the agent says (nodeservice/client/agent_sentences.h), in the language of the program. What is none of its
/// sentences stays as it is. Pure but for the language; any thread.

#include "common/error.h"

#include <QString>

namespace tessera::app {

/// Also where another's words stand before it: "node 'lake': you have signed out".
QString agentWords(const std::string& said);

/// Its message and its hint.
Error agentWords(Error error);

}  // namespace tessera::app
