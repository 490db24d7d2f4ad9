#include "nodeservice/daemon/vault.h"

#include "common/config/references.h"
#include "common/http/get.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace tessera::node {

namespace {

using nlohmann::json;

constexpr std::size_t kMostBytes = 1024 * 1024;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

Result<std::string> tokenOf() {
    const std::string file = environment("VAULT_TOKEN_FILE");
    std::string token = file.empty() ? environment("VAULT_TOKEN")
                                     : TSR_TRY(config::expandReferences("${file:" + file + "}", {"/", {}}));
    const bool is_line = std::none_of(token.begin(), token.end(), [](char c) { return c == '\r' || c == '\n'; });
    if (token.empty() || !is_line) {
        return fail(ErrorCode::kInvalidArgument, "there is no token for the vault",
                    "set VAULT_TOKEN or VAULT_TOKEN_FILE before the program starts");
    }
    return token;
}

Result<std::string> fieldOf(const std::string& body, const std::string& field) {
    const json answer = json::parse(body, nullptr, false);
    const json* at = &answer;
    for (const char* member : {"data", "data"}) {
        const auto found = at->is_object() ? at->find(member) : at->end();
        if (!at->is_object() || found == at->end()) {
            return fail(ErrorCode::kInvalidArgument, "the vault's answer is none of a key-value engine, version 2",
                        "write the path with 'data': secret/data/crm#password");
        }
        at = &*found;
    }
    const auto value = at->is_object() ? at->find(field) : at->end();
    if (!at->is_object() || value == at->end() || !value->is_string()) {
        return fail(ErrorCode::kInvalidArgument, "the secret has no text field '" + field + "'");
    }
    return value->get<std::string>();
}

}  // namespace

Result<std::string> readFromVault(const std::string& name) {
    const std::size_t hash = name.rfind('#');
    if (hash == std::string::npos || hash == 0 || hash + 1 == name.size() ||
        name.find_first_of(" ?%\\") != std::string::npos || name.find("..") != std::string::npos) {
        return fail(ErrorCode::kInvalidArgument, "'" + name + "' names no secret",
                    "write the API's path and the field: secret/data/crm#password");
    }
    std::string address = environment("VAULT_ADDR");
    if (address.empty()) {
        return fail(ErrorCode::kInvalidArgument, "the environment does not say where the vault is",
                    "set VAULT_ADDR before the program starts");
    }
    if (address.back() == '/') {
        address.pop_back();
    }
    std::vector<std::string> headers = {"X-Vault-Request: true", "X-Vault-Token: " + TSR_TRY(tokenOf())};
    if (const std::string space = environment("VAULT_NAMESPACE"); !space.empty()) {
        headers.push_back("X-Vault-Namespace: " + space);
    }
    const http::Answer answer = TSR_TRY(http::get({.url = address + "/v1/" + name.substr(0, hash),
                                                   .headers = std::move(headers),
                                                   .authorities = environment("VAULT_CACERT"),
                                                   .most_bytes = kMostBytes}));
    return fieldOf(answer.body, name.substr(hash + 1));
}

}  // namespace tessera::node
