#pragma once

/// Faults by name, each a short story in the simulated cluster. They are tests of their own, and what shows that a
/// guard which random runs seldom need is needed.

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tessera::fault {

struct Scenario {
    std::string name;
    /// What went wrong, if anything did.
    std::function<std::optional<std::string>()> run;
};

const std::vector<Scenario>& scenarios();

std::optional<std::string> runScenario(const std::string& name);

}  // namespace tessera::fault
