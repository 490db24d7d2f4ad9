#include "nodeservice/daemon/identity_config.h"

#include "common/strings.h"
#include "nodeservice/identity/delegation/delegation.h"
#include "nodeservice/identity/token/key_fetch.h"

#include <algorithm>
#include <set>

namespace tessera::node {

namespace {

using config::Property;
using config::PropertyType;
using config::Section;
using identity::ClaimMatcher;

Error invalid(const std::string& where, const std::string& message, std::string hint = {}) {
    return fail(ErrorCode::kInvalidArgument, where + ": " + message, std::move(hint));
}

std::vector<Property> issuerProperties() {
    return {
        {.name = "name",
         .type = PropertyType::kText,
         .doc = "What `roles` call it.",
         .required = true,
         .example = "name: corp"},
        {.name = "issuer",
         .type = PropertyType::kText,
         .doc = "The `iss` of its tokens, byte for byte.",
         .required = true,
         .example = "issuer: https://login.example.org"},
        {.name = "jwks_url",
         .type = PropertyType::kText,
         .doc = "Where it publishes its keys: https, or http on 127.0.0.1. Redirects are not followed.",
         .example = "https://login.example.org/jwks"},
        {.name = "jwks_file",
         .type = PropertyType::kPath,
         .doc = "A file with its keys instead. Read again when changed."},
        {.name = "ca_file",
         .type = PropertyType::kPath,
         .doc = "PEM certificates that vouch for `jwks_url`. The system's when absent."},
        {.name = "algorithms",
         .type = PropertyType::kTextList,
         .doc = "What it signs with, of `RS256`, `PS256`, `ES256`, `EdDSA`. Nothing else is accepted.",
         .required = true,
         .example = "[ES256]"},
        {.name = "audiences",
         .type = PropertyType::kTextList,
         .doc = "Tokens must be for one of these. The node's name when absent."},
        {.name = "types",
         .type = PropertyType::kTextList,
         .doc = "Allowed `typ`; `JWT` and `at+jwt` when absent. A token without one is a `JWT`."},
        {.name = "clients",
         .type = PropertyType::kTextList,
         .doc = "Tokens must have been given to one of these clients (`azp`, else `client_id`). To any when absent."},
        {.name = "clock_skew",
         .type = PropertyType::kInteger,
         .doc = "How far its clock and ours may differ; after `exp`, at most 30 s count.",
         .default_value = "30",
         .unit = "s",
         .least = 0,
         .most = 60},
    };
}

std::vector<Property> roleProperties() {
    return withRoleLimits({
        {.name = "role",
         .type = PropertyType::kText,
         .doc = "The PostgreSQL role; the node creates it. It may read the imported tables and owns nothing.",
         .required = true,
         .example = "role: analyst"},
        {.name = "issuer",
         .type = PropertyType::kText,
         .doc = "The name of the issuer whose tokens open it, or of `identity.command`.",
         .required = true,
         .example = "issuer: corp"},
        {.name = "nodes",
         .type = PropertyType::kTextList,
         .doc = "Of `identity.nodes`: those that may bring people into this role. When several act for a person, one "
                "after the other, all of them must be named. None when absent.",
         .example = "[operations]"},
        {.name = "when",
         .type = PropertyType::kSectionList,
         .doc = "Conditions on the token's claims; all must hold. Every token of the issuer when absent.",
         .children = {{.name = "claim",
                       .type = PropertyType::kTextList,
                       .doc = "The claim; several names lead into objects.",
                       .required = true,
                       .example = "[realm_access, roles]"},
                      {.name = "equals", .type = PropertyType::kText, .doc = "It is this value."},
                      {.name = "any", .type = PropertyType::kTextList, .doc = "One of these is among its values."},
                      {.name = "all", .type = PropertyType::kTextList, .doc = "All of these are among its values."},
                      {.name = "matches",
                       .type = PropertyType::kText,
                       .doc = "One of its values is, as a whole, of this POSIX extended regular expression."}}},
    });
}

std::vector<Property> nodeProperties() {
    return {
        {.name = "name",
         .type = PropertyType::kText,
         .doc = "What the other node calls itself (its `node`).",
         .required = true,
         .example = "name: operations"},
        {.name = "jwks_url",
         .type = PropertyType::kText,
         .doc = "Where it publishes its key: https, or http on 127.0.0.1. Redirects are not followed.",
         .example = "https://operations.example.org:7410/.well-known/jwks.json"},
        {.name = "jwks_file",
         .type = PropertyType::kPath,
         .doc = "A file with its keys instead. Read again when changed."},
        {.name = "ca_file",
         .type = PropertyType::kPath,
         .doc = "PEM certificates that vouch for `jwks_url`. The system's when absent."},
    };
}

std::vector<Property> commandProperties() {
    const auto number = [](std::string name, std::string doc, std::string usual, std::string unit, std::int64_t least,
                           std::int64_t most) {
        return Property{.name = std::move(name),
                        .type = PropertyType::kInteger,
                        .doc = std::move(doc),
                        .default_value = std::move(usual),
                        .unit = std::move(unit),
                        .least = least,
                        .most = most};
    };
    return {
        {.name = "run",
         .type = PropertyType::kTextList,
         .doc =
             "The program and its arguments; no shell reads them. It gets one JSON object at its standard input, "
             "`user`, `password` and `address`, and prints one: `{\"subject\": …, \"claims\": {…}}` for who may come "
             "in, `{}` for who may not. Any other end is logged as the program's failure. When absent, there is none.",
         .example = "[/usr/local/lib/check-password, --realm, corp]"},
        {.name = "name",
         .type = PropertyType::kText,
         .doc = "What `roles` call it as an issuer, and `tessera.identity()` too.",
         .default_value = "command"},
        number("timeout_seconds", "How long it may take; then it is killed, and its process group.", "5", "s", 1, 60),
        number("at_once", "How many run at once; one more waits as long as one may take.", "4", "", 1, 256),
        number("session_seconds", "How long who was let in may stay; sessions end then.", "28800", "s", 1, 2592000),
        number("remember_seconds",
               "How long its yes is remembered for the same user and password: HTTP and gRPC send them with each call.",
               "30", "s", 0, 600),
    };
}

Result<std::optional<identity::CommandOptions>> readCommand(const Section& section, const IdentityConfig& config) {
    if (section.list("run").empty()) {
        return std::optional<identity::CommandOptions>();
    }
    identity::CommandOptions options;
    options.arguments = section.list("run");
    options.issuer = section.text("name");
    for (const auto* issuers : {&config.issuers, &config.nodes}) {
        for (const identity::Issuer& issuer : *issuers) {
            if (options.issuer.empty() || issuer.rules.issuer == options.issuer) {
                return invalid(section.where("name"), "the program cannot be called '" + options.issuer + "'",
                               "choose a name that no issuer and no node has");
            }
        }
    }
    options.patience = std::chrono::seconds(section.integer("timeout_seconds"));
    options.most_at_once = static_cast<std::ptrdiff_t>(section.integer("at_once"));
    options.session_time = std::chrono::seconds(section.integer("session_seconds"));
    options.remembered_for = std::chrono::seconds(section.integer("remember_seconds"));
    return std::optional(std::move(options));
}

/// From `jwks_url` or `jwks_file`.
Result<identity::KeyStore::Fetch> readKeys(const Section& section, const char* whose) {
    if (section.has("jwks_url") == section.has("jwks_file")) {
        return invalid(section.where(), std::string(whose) + " needs either 'jwks_url' or 'jwks_file'");
    }
    if (section.has("jwks_file")) {
        return identity::fetchFromFile(section.path("jwks_file"));
    }
    auto fetch = identity::fetchFromUrl(section.text("jwks_url"),
                                        section.has("ca_file") ? section.path("ca_file") : std::filesystem::path());
    return fetch ? std::move(fetch) : invalid(section.where("jwks_url"), fetch.error().message, fetch.error().hint);
}

/// A node is the issuer of its delegation tokens, which are for us alone.
Result<identity::Issuer> readActingNode(const Section& section, const NodeConfig& node) {
    identity::TokenRules rules;
    rules.issuer = section.text("name");
    rules.algorithms = {identity::Algorithm::kEdDsa};
    rules.audiences = {node.name};
    rules.types = {identity::kDelegationType};
    if (rules.issuer.empty() || rules.issuer == node.name) {
        return invalid(section.where("name"), "'" + rules.issuer + "' is no other node's name");
    }
    return identity::Issuer{std::move(rules), TSR_TRY(readKeys(section, "a node"))};
}

Result<identity::Issuer> readIssuer(const Section& section, const NodeConfig& node) {
    identity::TokenRules rules;
    rules.issuer = section.text("issuer");
    if (rules.issuer.empty()) {
        return invalid(section.where("issuer"), "'issuer' is empty");
    }
    for (const std::string& name : section.list("algorithms")) {
        const auto algorithm = identity::algorithmOf(name);
        if (!algorithm) {
            return invalid(section.where("algorithms"), "'" + name + "' is no algorithm that is accepted",
                           "choose of RS256, PS256, ES256 and EdDSA");
        }
        rules.algorithms.push_back(*algorithm);
    }
    if (rules.algorithms.empty()) {
        return invalid(section.where("algorithms"), "'algorithms' is empty");
    }
    rules.audiences = section.list("audiences");
    if (rules.audiences.empty()) {
        rules.audiences = {node.name};
    }
    if (!section.list("types").empty()) {
        rules.types.clear();
        for (const std::string& type : section.list("types")) {
            rules.types.push_back(toLowerAscii(type));
        }
    }
    rules.clients = section.list("clients");
    rules.skew = std::chrono::seconds(section.integer("clock_skew"));
    return identity::Issuer{std::move(rules), TSR_TRY(readKeys(section, "an issuer"))};
}

Result<ClaimMatcher> readMatcher(const Section& section) {
    std::vector<std::pair<ClaimMatcher::Kind, std::vector<std::string>>> given;
    if (section.has("equals")) {
        given.emplace_back(ClaimMatcher::Kind::kEqual, std::vector{section.text("equals")});
    }
    if (section.has("any")) {
        given.emplace_back(ClaimMatcher::Kind::kAny, section.list("any"));
    }
    if (section.has("all")) {
        given.emplace_back(ClaimMatcher::Kind::kAll, section.list("all"));
    }
    if (section.has("matches")) {
        given.emplace_back(ClaimMatcher::Kind::kPattern, std::vector{section.text("matches")});
    }
    if (given.size() != 1) {
        return invalid(section.where(), "a condition needs one of 'equals', 'any', 'all' and 'matches'");
    }
    auto made = ClaimMatcher::make(section.list("claim"), given[0].first, std::move(given[0].second));
    return made ? std::move(made) : invalid(section.where(), made.error().message);
}

Result<> checkRole(const Section& section, const NodeConfig& node) {
    constexpr std::size_t kMostIdentifierBytes = 63;
    const std::string& role = section.text("role");
    if (role.empty() || role.size() > kMostIdentifierBytes || role.starts_with("tessera_") || role.starts_with("pg_") ||
        role == "public" || role == "none" || role == "token") {
        return invalid(section.where("role"), "the role cannot be called '" + role + "'", "choose another name");
    }
    const bool is_user =
        std::any_of(node.users.begin(), node.users.end(), [&](const UserConfig& user) { return user.name == role; });
    if (is_user) {
        return invalid(section.where("role"), "'" + role + "' is a user with a password",
                       "a role that tokens open needs a name of its own");
    }
    return {};
}

}  // namespace

std::vector<std::string> IdentityConfig::roles() const {
    std::vector<std::string> names;
    for (const identity::RoleRule& rule : rules) {
        if (std::find(names.begin(), names.end(), rule.role) == names.end()) {
            names.push_back(rule.role);
        }
    }
    return names;
}

std::vector<Property> identityProperties() {
    return {
        {.name = "issuers",
         .type = PropertyType::kSectionList,
         .doc = "The identity providers whose tokens are accepted.",
         .children = issuerProperties()},
        {.name = "roles",
         .type = PropertyType::kSectionList,
         .doc = "What roles tokens open. A token may open several: the client's user name chooses, else the first in "
                "this order is taken.",
         .children = roleProperties()},
        {.name = "nodes",
         .type = PropertyType::kSectionList,
         .doc =
             "Other nodes that may act for people here: they sign in with tokens of their own that say for whom. What "
             "they may open stands at `roles`.",
         .children = nodeProperties()},
        {.name = "max_nodes",
         .type = PropertyType::kInteger,
         .doc = "How many nodes may act for a person, one after the other, on the way to here or from here.",
         .default_value = "3",
         .least = 1,
         .most = 8},
        {.name = "command",
         .type = PropertyType::kSection,
         .doc = "A program that knows who a password is right for, for users that `users` does not name: through the "
                "PostgreSQL protocol, HTTP and gRPC, within TLS or this machine only.",
         .children = commandProperties()},
        {.name = "deny_file",
         .type = PropertyType::kPath,
         .doc =
             "A YAML file of who is let in no longer, read again within a second of its change: `deny: [{subject: "
             "ann}, {token: <jti>}, {issuer: <iss>, issued_before: <seconds since 1970>}, {user: etl}]`. All that an "
             "entry says must be so. Their running sessions end.",
         .example = "deny_file: denied.yaml"},
    };
}

Result<IdentityConfig> readIdentity(const Section& section, const NodeConfig& node) {
    IdentityConfig config;
    std::vector<std::string> names;
    for (const Section& entry : section.sections("issuers")) {
        identity::Issuer issuer = TSR_TRY(readIssuer(entry, node));
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (names[i] == entry.text("name") || config.issuers[i].rules.issuer == issuer.rules.issuer) {
                return invalid(entry.where("name"), "there is a second issuer '" + entry.text("name") + "'");
            }
        }
        names.push_back(entry.text("name"));
        config.grant_issuers.push_back(
            {{issuer.rules.issuer, entry.has("ca_file") ? entry.path("ca_file").string() : std::string()},
             issuer.rules.audiences});
        config.issuers.push_back(std::move(issuer));
    }
    std::vector<std::string> acting;
    for (const Section& entry : section.sections("nodes")) {
        identity::Issuer other = TSR_TRY(readActingNode(entry, node));
        const auto& issuers = config.issuers;
        const bool is_taken = std::find(acting.begin(), acting.end(), other.rules.issuer) != acting.end() ||
                              std::any_of(issuers.begin(), issuers.end(), [&](const identity::Issuer& issuer) {
                                  return issuer.rules.issuer == other.rules.issuer;
                              });
        if (is_taken) {
            return invalid(entry.where("name"), "there is a second node or issuer '" + other.rules.issuer + "'");
        }
        acting.push_back(other.rules.issuer);
        config.nodes.push_back(std::move(other));
    }
    config.most_nodes = static_cast<std::size_t>(section.integer("max_nodes"));
    config.command = TSR_TRY(readCommand(section.section("command"), config));
    if (section.has("deny_file")) {
        config.deny_file = section.path("deny_file");
    }
    std::vector<std::string> known = names;
    if (config.command) {
        const std::string& name = section.section("command").text("name");
        if (std::find(names.begin(), names.end(), name) != names.end()) {
            return invalid(section.section("command").where("name"), "there is an issuer '" + name + "'");
        }
        known.push_back(name);
    }
    for (const Section& entry : section.sections("roles")) {
        TSR_TRY(checkRole(entry, node));
        const auto issuer = std::find(known.begin(), known.end(), entry.text("issuer"));
        if (issuer == known.end()) {
            return invalid(entry.where("issuer"), "there is no issuer '" + entry.text("issuer") + "'",
                           suggestion(entry.text("issuer"), known));
        }
        const auto at = static_cast<std::size_t>(issuer - known.begin());
        identity::RoleRule rule{
            entry.text("role"), at < names.size() ? config.issuers[at].rules.issuer : config.command->issuer, {}};
        for (const Section& condition : entry.sections("when")) {
            rule.when.push_back(TSR_TRY(readMatcher(condition)));
        }
        for (const std::string& name : entry.list("nodes")) {
            if (std::find(acting.begin(), acting.end(), name) == acting.end()) {
                return invalid(entry.where("nodes"), "there is no node '" + name + "' in identity.nodes",
                               suggestion(name, acting));
            }
        }
        rule.nodes = entry.list("nodes");
        // Several rules may lead to one role.
        const catalog::RoleLimits given = readRoleLimits(entry);
        catalog::RoleLimits& limits = config.limits[rule.role];
        limits.statement_seconds = given.statement_seconds > 0 ? given.statement_seconds : limits.statement_seconds;
        limits.session_memory_mb = given.session_memory_mb > 0 ? given.session_memory_mb : limits.session_memory_mb;
        if (entry.boolean("endpoints_only")) {
            config.endpoints_only.insert(rule.role);
        }
        config.rules.push_back(std::move(rule));
    }
    return config;
}

}  // namespace tessera::node
