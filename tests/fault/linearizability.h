#pragma once

/// Is there an order of the operations in which each takes effect at one moment between call and return, and every
/// answer is right? The search of Wing and Gong ("Testing and verifying concurrent objects", 1993) with Lowe's memory
/// of states already seen (2017), key by key, since keys are independent of each other (Horn and Kroening, 2015).

#include "tests/fault/history.h"

#include <optional>
#include <string>

namespace tessera::fault {

/// Empty if the history is linearizable; else the key, with its operations, that is not. The search can take for ever
/// where many operations had no answer: a key that takes more than a few million steps is left, and counted.
std::optional<std::string> findNonLinearizable(const History& history, int* undecided = nullptr);

}  // namespace tessera::fault
