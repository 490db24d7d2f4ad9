#include "nodeservice/identity/token/role_mapping.h"

#include <regex.h>

#include <algorithm>
#include <optional>

namespace tessera::identity {

namespace {

using nlohmann::json;

// A longer text is not matched at all: the time of a match grows with it.
constexpr std::size_t kMostPatternInput = 1024;

std::optional<std::string> scalar(const json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_number() || value.is_boolean()) {
        return value.dump();
    }
    return std::nullopt;
}

const json* find(const json& claims, const std::vector<std::string>& path) {
    const json* at = &claims;
    for (const std::string& name : path) {
        const auto member = at->is_object() ? at->find(name) : at->end();
        if (!at->is_object() || member == at->end()) {
            return nullptr;
        }
        at = &*member;
    }
    return at;
}

std::vector<std::string> valuesOf(const json& claim) {
    std::vector<std::string> values;
    for (const json& one : claim.is_array() ? claim : json::array({claim})) {
        if (auto text = scalar(one)) {
            values.push_back(std::move(*text));
        }
    }
    return values;
}

bool contains(const std::vector<std::string>& list, const std::string& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

struct ClaimMatcher::Pattern {
    regex_t compiled{};
    int error = 0;

    explicit Pattern(const std::string& text)
        : error(regcomp(&compiled, ("^(" + text + ")$").c_str(), REG_EXTENDED | REG_NOSUB)) {}

    ~Pattern() {
        if (error == 0) {
            regfree(&compiled);
        }
    }

    Pattern(const Pattern&) = delete;
    Pattern& operator=(const Pattern&) = delete;
};

Result<ClaimMatcher> ClaimMatcher::make(std::vector<std::string> path, Kind kind, std::vector<std::string> values) {
    if (path.empty() || values.empty()) {
        return fail(ErrorCode::kInvalidArgument, "a condition needs a claim and a value");
    }
    ClaimMatcher matcher;
    matcher.path_ = std::move(path);
    matcher.kind_ = kind;
    if (kind == Kind::kPattern) {
        const std::string& text = values.front();
        for (std::size_t i = 0; i + 1 < text.size(); ++i) {
            // Back references, which make matching exponential.
            if (text[i] == '\\' && text[i + 1] >= '1' && text[i + 1] <= '9') {
                return fail(ErrorCode::kInvalidArgument, "the pattern '" + text + "' refers back to a group");
            }
        }
        matcher.pattern_ = std::make_shared<const Pattern>(text);
        if (matcher.pattern_->error != 0) {
            return fail(ErrorCode::kInvalidArgument, "'" + text + "' is not a POSIX extended regular expression");
        }
    }
    matcher.values_ = std::move(values);
    return matcher;
}

bool ClaimMatcher::matchesPattern(const std::vector<std::string>& found) const {
    return std::any_of(found.begin(), found.end(), [this](const std::string& text) {
        // A line break would end what `$` sees.
        return text.size() <= kMostPatternInput && text.find('\n') == std::string::npos &&
               regexec(&pattern_->compiled, text.c_str(), 0, nullptr, 0) == 0;
    });
}

bool ClaimMatcher::matches(const json& claims) const {
    const json* claim = find(claims, path_);
    if (claim == nullptr) {
        return false;
    }
    const std::vector<std::string> found = valuesOf(*claim);
    const auto isFound = [&found](const std::string& value) { return contains(found, value); };
    switch (kind_) {
        case Kind::kEqual:
            return !claim->is_array() && isFound(values_.front());
        case Kind::kAny:
            return std::any_of(values_.begin(), values_.end(), isFound);
        case Kind::kAll:
            return std::all_of(values_.begin(), values_.end(), isFound);
        case Kind::kPattern:
            return matchesPattern(found);
    }
    return false;
}

std::vector<std::string> rolesOf(const std::vector<RoleRule>& rules, const std::string& issuer, const json& claims,
                                 const std::vector<std::string>& nodes) {
    std::vector<std::string> roles;
    for (const RoleRule& rule : rules) {
        const bool fits = rule.issuer == issuer &&
                          std::all_of(nodes.begin(), nodes.end(),
                                      [&](const std::string& node) { return contains(rule.nodes, node); }) &&
                          std::all_of(rule.when.begin(), rule.when.end(),
                                      [&](const ClaimMatcher& matcher) { return matcher.matches(claims); });
        if (fits && !contains(roles, rule.role)) {
            roles.push_back(rule.role);
        }
    }
    return roles;
}

}  // namespace tessera::identity
