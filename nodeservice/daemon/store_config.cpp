#include "nodeservice/daemon/store_config.h"

#include "common/strings.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

namespace tessera::node {

namespace {

using config::Property;
using config::PropertyType;
using config::Section;

Error invalid(const std::string& where, const std::string& message, std::string hint = {}) {
    return fail(ErrorCode::kInvalidArgument, where + ": " + message, std::move(hint));
}

std::vector<Property> memberProperties() {
    return {
        {.name = "node",
         .type = PropertyType::kText,
         .doc = "What the node calls itself (its `node`). Each but this one must be in `identity.nodes`, by whose keys "
                "it is known.",
         .required = true,
         .example = "node: operations"},
        {.name = "id",
         .type = PropertyType::kInteger,
         .doc = "Its number in the store. It must never be given to another node.",
         .required = true,
         .least = 1,
         .most = 1000000,
         .example = "id: 1"},
        {.name = "address",
         .type = PropertyType::kAddress,
         .doc = "Where the other members reach it.",
         .required = true,
         .example = "address: operations.example.org:7410"},
        {.name = "founder",
         .type = PropertyType::kBoolean,
         .doc =
             "Does a new store begin with it? A node that joins later is none: it waits until `tessera store members "
             "add` lets it in.",
         .default_value = "true"},
    };
}

bool isLoopback(const std::string& address) {
    return address.starts_with("127.") || address.starts_with("[::1]") || address.starts_with("localhost:");
}

Result<std::string> readAuthority(const Section& section) {
    const auto path = section.path("tls_ca");
    std::ifstream in(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in.is_open() || in.bad() || text.empty()) {
        return invalid(section.where("tls_ca"),
                       "cannot read '" + path.string() +
                           "': " + (text.empty() && in.is_open() ? "it is empty" : std::strerror(errno)));
    }
    return text;
}

/// Known to the node by another section.
Result<identity::Issuer> keysOf(const Section& section, const NodeConfig& node) {
    const std::string& name = section.text("node");
    std::vector<std::string> known;
    for (const identity::Issuer& other : node.identity.nodes) {
        if (other.rules.issuer == name) {
            return other;
        }
        known.push_back(other.rules.issuer);
    }
    return invalid(section.where("node"),
                   "there is no node '" + name +
                       "' in identity.nodes, whose keys it would prove "
                       "itself by",
                   suggestion(name, known));
}

Result<> readMembers(const Section& section, const NodeConfig& node, server::StoreOptions& store) {
    std::set<std::uint64_t> ids;
    std::set<std::string> names;
    for (const Section& entry : section.sections("members")) {
        server::StoreMemberOptions member{static_cast<std::uint64_t>(entry.integer("id")), entry.text("node"),
                                          entry.address("address"), entry.boolean("founder")};
        if (!ids.insert(member.id).second) {
            return invalid(entry.where("id"), "two members of the store have the number " + std::to_string(member.id));
        }
        if (!names.insert(member.node).second) {
            return invalid(entry.where("node"), "the node '" + member.node + "' is twice a member of the store");
        }
        if (member.node != node.name) {
            store.nodes.push_back(TSR_TRY(keysOf(entry, node)));
            if (store.authority.empty() && !isLoopback(member.address)) {
                return invalid(entry.where("address"), "'" + member.address + "' needs 'store.tls_ca'",
                               "members on other machines are spoken to by TLS only: name the authority of their "
                               "certificates");
            }
        }
        store.members.push_back(std::move(member));
    }
    if (!names.empty() && !names.contains(node.name)) {
        return invalid(section.where("members"), "this node, '" + node.name + "', is not among the store's members",
                       "all members have the same list");
    }
    return {};
}

}  // namespace

Result<std::set<std::string>> readRoles(const Section& section, const std::string& property, const NodeConfig& node) {
    std::vector<std::string> known = node.identity.roles();
    for (const UserConfig& user : node.users) {
        known.push_back(user.name);
    }
    const std::set<std::string> endpoints_only = node.endpointsOnly();
    std::set<std::string> roles;
    for (const std::string& role : section.list(property)) {
        if (std::find(known.begin(), known.end(), role) == known.end()) {
            return invalid(section.where(property), "there is no user or role '" + role + "'", suggestion(role, known));
        }
        if (endpoints_only.contains(role)) {
            return invalid(section.where(property), "'" + role + "' may only call endpoints",
                           "take 'endpoints_only' from the user or role, or name another one");
        }
        roles.insert(role);
    }
    return roles;
}

std::vector<Property> storeProperties() {
    return {
        {.name = "name",
         .type = PropertyType::kText,
         .doc = "What all members call it; who calls it otherwise is not heard.",
         .default_value = "store"},
        {.name = "members",
         .type = PropertyType::kSectionList,
         .doc = "The nodes that hold it, this one among them, the same list on each. Absent: this node alone.",
         .children = memberProperties()},
        {.name = "tls_ca",
         .type = PropertyType::kPath,
         .doc = "PEM certificates that vouch for the other members'. Needed unless all are on this machine."},
        {.name = "readers",
         .type = PropertyType::kTextList,
         .doc = "Users and roles that may read it. Nobody when absent.",
         .example = "[analyst]"},
        {.name = "writers", .type = PropertyType::kTextList, .doc = "Those that may also write.", .example = "[etl]"},
        {.name = "administrators",
         .type = PropertyType::kTextList,
         .doc = "Those that may also change members, move the leadership, and take backups.",
         .example = "[operator]"},
        {.name = "test_faults",
         .type = PropertyType::kBoolean,
         .doc = "A test cluster: administrators may isolate, delay and stop this member on purpose (`tessera store "
                "fault`). Only in a store whose `name`, the same for all members, begins with `test`.",
         .default_value = "false"},
    };
}

Result<server::StoreOptions> readStore(const Section& section, const NodeConfig& node) {
    server::StoreOptions store;
    store.name = section.text("name");
    if (store.name.empty()) {
        return invalid(section.where("name"), "the store's name is empty");
    }
    if (section.has("tls_ca")) {
        store.authority = TSR_TRY(readAuthority(section));
    }
    TSR_TRY(readMembers(section, node, store));
    store.readers = TSR_TRY(readRoles(section, "readers", node));
    store.writers = TSR_TRY(readRoles(section, "writers", node));
    store.administrators = TSR_TRY(readRoles(section, "administrators", node));
    store.has_test_faults = section.boolean("test_faults");
    if (store.has_test_faults && !store.name.starts_with("test")) {
        return invalid(section.where("test_faults"),
                       "faults are for test clusters only, and the store is called '" + store.name + "'",
                       "give it a name that begins with 'test', the same at all members: store.name");
    }
    return store;
}

}  // namespace tessera::node
