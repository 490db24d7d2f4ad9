#include "agent/profile/profiles.h"

#include "common/config/loader.h"
#include "common/strings.h"

#include <algorithm>
#include <set>

namespace tessera::agent {

namespace {

using config::PropertyType;

std::vector<config::Property> nodeProperties() {
    return {
        {.name = "name",
         .type = PropertyType::kText,
         .doc = "The node's name.",
         .required = true,
         .example = "name: operations"},
        {.name = "address",
         .type = PropertyType::kAddress,
         .doc = "Where it listens.",
         .required = true,
         .example = "address: data.example.org:7410"},
        {.name = "audience",
         .type = PropertyType::kText,
         .doc = "What tokens for it must be for; the profile's when absent."},
        {.name = "tls",
         .type = PropertyType::kBoolean,
         .doc = "Speak TLS. Nodes on other machines are spoken to by TLS alone, whatever is set here.",
         .default_value = "false"},
        {.name = "ca_file",
         .type = PropertyType::kPath,
         .doc = "PEM certificates that vouch for the node. The system's when absent."},
    };
}

const config::Schema& schema() {
    static const config::Schema instance{
        "The profiles file",
        "The meshes that a person signs in to.",
        {{.name = "profiles",
          .type = PropertyType::kSectionList,
          .doc = "One for each mesh.",
          .required = true,
          .children = {
              {.name = "name",
               .type = PropertyType::kText,
               .doc = "The mesh's name.",
               .required = true,
               .example = "name: demo"},
              {.name = "issuer",
               .type = PropertyType::kText,
               .doc = "The identity provider (OpenID Connect): https, or http on 127.0.0.1.",
               .required = true,
               .example = "issuer: https://login.example.org"},
              {.name = "client",
               .type = PropertyType::kText,
               .doc = "The client id that it gave to Tessera: a public client with PKCE.",
               .required = true,
               .example = "client: tessera"},
              {.name = "scopes",
               .type = PropertyType::kTextList,
               .doc = "What is asked for; [openid, offline_access] when absent."},
              {.name = "audience",
               .type = PropertyType::kText,
               .doc = "What tokens must be for (`resource`, RFC 8707). The provider decides when absent.",
               .example = "audience: urn:tessera:demo"},
              {.name = "ca_file",
               .type = PropertyType::kPath,
               .doc = "PEM certificates that vouch for the provider. The system's when absent."},
              {.name = "nodes",
               .type = PropertyType::kSectionList,
               .doc = "The nodes, in the order they are shown.",
               .children = nodeProperties()},
              {.name = "discovery",
               .type = PropertyType::kText,
               .doc = "Instead of `nodes`: a URL that lists them as JSON.",
               .example = "discovery: https://mesh.example.org/nodes.json"},
          }}}};
    return instance;
}

Error invalid(const config::Section& section, const char* property, const std::string& message, std::string hint = {}) {
    return fail(ErrorCode::kInvalidArgument, section.where(property) + ": " + message, std::move(hint));
}

/// Names stand in file names and metadata.
bool isName(const std::string& name) {
    return !name.empty() && name.size() <= 63 && name[0] != '.' &&
           std::all_of(name.begin(), name.end(),
                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; });
}

Result<ProfileNode> readNode(const config::Section& section, const std::string& audience) {
    ProfileNode node{section.text("name"), section.address("address"),
                     section.has("audience") ? section.text("audience") : audience, section.boolean("tls")};
    if (!isName(node.name)) {
        return invalid(section, "name", "'" + node.name + "' is no name", "use letters, digits, '-', '_' and '.'");
    }
    if (section.has("ca_file")) {
        node.ca_file = section.path("ca_file");
    }
    node.tls = node.tls || !isLoopbackHost(splitAddress(node.address).first);
    return node;
}

Result<Profile> readProfile(const config::Section& section) {
    Profile profile{.name = section.text("name"),
                    .issuer = section.text("issuer"),
                    .client = section.text("client"),
                    .scopes = section.list("scopes"),
                    .ca_file = std::nullopt,
                    .nodes = {},
                    .discovery = section.has("discovery") ? section.text("discovery") : std::string(),
                    .audience = section.has("audience") ? section.text("audience") : std::string()};
    if (!isName(profile.name)) {
        return invalid(section, "name", "'" + profile.name + "' is no name", "use letters, digits, '-', '_' and '.'");
    }
    for (const char* name : {"issuer", "discovery"}) {
        if (section.has(name) && !isSafeUrl(section.text(name))) {
            return invalid(section, name, "'" + section.text(name) + "' is not a https URL",
                           "http is possible on 127.0.0.1 only");
        }
    }
    if (section.has("ca_file")) {
        profile.ca_file = section.path("ca_file");
    }
    if (profile.scopes.empty()) {
        profile.scopes = {"openid", "offline_access"};
    }
    if (section.has("nodes") == section.has("discovery")) {
        return invalid(section, "name", "the profile '" + profile.name + "' needs either nodes or discovery");
    }
    std::set<std::string> names;
    for (const config::Section& node : section.sections("nodes")) {
        profile.nodes.push_back(TSR_TRY(readNode(node, profile.audience)));
        if (!names.insert(profile.nodes.back().name).second) {
            return invalid(node, "name", "there is a second node named '" + profile.nodes.back().name + "'",
                           "give each node a name of its own");
        }
    }
    return profile;
}

}  // namespace

bool isLoopbackHost(const std::string& host) {
    return host == "localhost" || host == "::1" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

std::pair<std::string, std::string> splitAddress(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    return {host, colon == std::string::npos ? "" : address.substr(colon + 1)};
}

bool isSafeUrl(const std::string& url) {
    if (url.find_first_of(" \t\r\n@#") != std::string::npos) {
        return false;
    }
    if (url.starts_with("https://")) {
        return url.size() > 8;
    }
    constexpr std::string_view kClear = "http://";
    if (!url.starts_with(kClear)) {
        return false;
    }
    const std::string authority = url.substr(kClear.size(), url.find('/', kClear.size()) - kClear.size());
    return isLoopbackHost(authority) || isLoopbackHost(splitAddress(authority).first);
}

Result<ProfileNode> Profile::node(const std::string& node_name) const {
    std::vector<std::string> names;
    for (const ProfileNode& one : nodes) {
        if (one.name == node_name) {
            return one;
        }
        names.push_back(one.name);
    }
    return fail(ErrorCode::kNotFound, "the profile '" + name + "' has no node '" + node_name + "'",
                suggestion(node_name, names));
}

Result<std::vector<Profile>> loadProfiles(const std::filesystem::path& file) {
    auto loaded = config::load(file, schema());
    if (!loaded) {
        Error error = std::move(loaded).error();
        if (error.code == ErrorCode::kNotFound) {
            error = fail(ErrorCode::kNotFound, "there is no profiles file at '" + file.string() + "'",
                         "write one (docs/agent.md), or name one with TESSERA_PROFILES");
        }
        return error;
    }
    std::vector<Profile> profiles;
    std::set<std::string> names;
    for (const config::Section& section : loaded->sections("profiles")) {
        profiles.push_back(TSR_TRY(readProfile(section)));
        if (!names.insert(profiles.back().name).second) {
            return invalid(section, "name", "there is a second profile named '" + profiles.back().name + "'",
                           "give each profile a name of its own");
        }
    }
    return profiles;
}

Result<std::vector<ProfileNode>> parseDiscovery(const std::string& json, const Profile& profile) {
    static const config::Schema kSchema{"The mesh's nodes",
                                        "",
                                        {{.name = "nodes",
                                          .type = PropertyType::kSectionList,
                                          .doc = "The mesh's nodes.",
                                          .required = true,
                                          .children = nodeProperties()}}};
    if (json.find("${") != std::string::npos) {
        return fail(ErrorCode::kInvalidArgument, profile.discovery + ": a reference has no place in it");
    }
    // Nor is one looked up whose characters JSON writes in another way.
    const config::Section read = TSR_TRY(config::parse(json, profile.discovery, "/", kSchema, {.are_expanded = false}));
    std::vector<ProfileNode> nodes;
    for (const config::Section& section : read.sections("nodes")) {
        nodes.push_back(TSR_TRY(readNode(section, profile.audience)));
    }
    return nodes;
}

}  // namespace tessera::agent
