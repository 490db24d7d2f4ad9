#include "nodeservice/endpoints/service/signatures.h"

#include "nodeservice/identity/token/base64url.h"
#include "nodeservice/identity/token/token.h"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <array>
#include <utility>

namespace tessera::endpoints {

namespace {

using identity::Algorithm;
using nlohmann::json;

/// The "typ" of these signatures: no token is taken for one, nor the other way round.
constexpr const char* kType = "tessera-endpoint+jws";

std::string digestOf(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr);
    return identity::encodeBase64Url({reinterpret_cast<const char*>(bytes.data()), size});
}

Error refused(const std::string& why) {
    return fail(ErrorCode::kDataLoss, why, "whoever may publish it should look at it, and apply it again");
}

}  // namespace

Signatures::Signatures(std::string node, const identity::NodeKey& key, const std::vector<identity::Issuer>& others)
    : node_(std::move(node)), key_(key) {
    for (const identity::Issuer& other : others) {
        others_.emplace(other.rules.issuer, std::make_unique<identity::KeyStore>(other.rules.issuer, other.fetch));
    }
}

Result<std::string> Signatures::sign(std::string_view text) const {
    const json header = {{"alg", "EdDSA"}, {"typ", kType}, {"kid", key_.id()}};
    const json payload = {{"iss", node_}, {"sha256", digestOf(text)}};
    std::string signature = identity::encodeBase64Url(header.dump()) + "." + identity::encodeBase64Url(payload.dump());
    return signature + "." + identity::encodeBase64Url(TSR_TRY(key_.sign(signature)));
}

Result<identity::KeyStore::Keys> Signatures::keysOf(const std::string& node, const std::string& key_id) {
    if (node == node_) {
        identity::KeyStore::Keys keys;
        for (identity::VerificationKey& key : TSR_TRY(identity::parseJwkSet(key_.jwkSet())).keys) {
            if (key.id() == key_id) {
                keys.push_back(std::make_shared<const identity::VerificationKey>(std::move(key)));
            }
        }
        return keys;
    }
    const auto other = others_.find(node);
    if (other == others_.end()) {
        return refused("it was signed by '" + node + "', which this node does not trust");
    }
    return other->second->find(key_id, Algorithm::kEdDsa);
}

Result<> Signatures::verify(std::string_view text, const std::string& signature) {
    const auto parsed = identity::parseToken(signature);
    if (!parsed || parsed->type != kType || parsed->algorithm != Algorithm::kEdDsa) {
        return refused("it has no signature of a node");
    }
    const auto member = [&](const char* name) {
        const auto found = parsed->claims.find(name);
        return found != parsed->claims.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    const std::string node = member("iss");
    if (member("sha256") != digestOf(text)) {
        return refused("it is not what the node '" + node + "' signed");
    }
    for (const auto& key : TSR_TRY(keysOf(node, parsed->key_id))) {
        if (key->verifies(Algorithm::kEdDsa, parsed->signed_part, parsed->signature)) {
            return {};
        }
    }
    return refused("the node '" + node + "' has not signed it with a key that it has now");
}

}  // namespace tessera::endpoints
