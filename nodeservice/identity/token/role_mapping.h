#pragma once

/// Which roles of the node a token's claims give. Immutable; any thread.

#include "common/result.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tessera::identity {

/// One condition on a claim. Texts are compared as they are; numbers and booleans as JSON writes them. Of a list, its
/// texts, numbers and booleans count. A claim that is absent fulfils none.
class ClaimMatcher {
  public:
    enum class Kind {
        /// The claim is this one value, and no list.
        kEqual,
        /// At least one of the values is among the claim's.
        kAny,
        /// All values are among the claim's.
        kAll,
        /// One of the claim's values matches the POSIX extended regular expression, from its first to its last
        /// character.
        kPattern
    };

    /// `path`: the members' names, from outside to inside. kInvalidArgument for a pattern that is none.
    static Result<ClaimMatcher> make(std::vector<std::string> path, Kind kind, std::vector<std::string> values);

    bool matches(const nlohmann::json& claims) const;

  private:
    struct Pattern;

    ClaimMatcher() = default;

    bool matchesPattern(const std::vector<std::string>& found) const;

    std::vector<std::string> path_;
    Kind kind_ = Kind::kEqual;
    std::vector<std::string> values_;
    std::shared_ptr<const Pattern> pattern_;
};

struct RoleRule {
    std::string role;
    std::string issuer;
    /// All of them must match.
    std::vector<ClaimMatcher> when;
    /// Those that may bring people into this role.
    std::vector<std::string> nodes = {};
};

/// In the order of the rules, each once. `nodes`: those that brought the person; a rule fits when it names them all.
std::vector<std::string> rolesOf(const std::vector<RoleRule>& rules, const std::string& issuer,
                                 const nlohmann::json& claims, const std::vector<std::string>& nodes = {});

}  // namespace tessera::identity
