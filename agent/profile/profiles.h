#pragma once

/// The profiles file: the meshes that a person signs in to. Strict YAML, of which JSON is a part. It holds no secrets.
///
///     profiles:
///       - name: demo
///         issuer: http://127.0.0.1:7480
///         client: tessera
///         audience: urn:tessera:demo
///         nodes:
///           - name: operations
///             address: 127.0.0.1:7410
///
/// Values; any thread may own one.

#include "common/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tessera::agent {

struct ProfileNode {
    std::string name;
    /// host:port, of all its protocols.
    std::string address;
    /// What its tokens are for (RFC 8707's `resource`); empty: nothing is asked for.
    std::string audience;
    /// Without, only a node on this machine is spoken to in clear.
    bool tls = false;
    /// PEM certificates that vouch for it; the system's when absent.
    std::optional<std::filesystem::path> ca_file = std::nullopt;
};

struct Profile {
    std::string name;
    /// Of the tokens' `iss`, byte for byte.
    std::string issuer;
    std::string client;
    std::vector<std::string> scopes;
    std::optional<std::filesystem::path> ca_file;
    std::vector<ProfileNode> nodes;
    /// Where the nodes are listed (JSON) instead, or empty.
    std::string discovery;
    /// For the nodes that discovery lists.
    std::string audience;

    /// An error that proposes the nearest name.
    Result<ProfileNode> node(const std::string& node_name) const;
};

Result<std::vector<Profile>> loadProfiles(const std::filesystem::path& file);

/// What a discovery URL answered: {"nodes": [{"name": …, "address": …, "audience": …, "tls": …}]}.
Result<std::vector<ProfileNode>> parseDiscovery(const std::string& json, const Profile& profile);

/// Is it https, or http on this machine?
bool isSafeUrl(const std::string& url);

/// "host:port" in its parts; the host without brackets.
std::pair<std::string, std::string> splitAddress(const std::string& address);

/// Is it an address of this machine, by number?
bool isLoopbackHost(const std::string& host);

}  // namespace tessera::agent
