#include "nodeservice/identity/delegation/node_token.h"

#include "nodeservice/identity/token/base64url.h"

#include <utility>

namespace tessera::identity {

Result<Secret> makeNodeToken(const NodeKey& key, const std::string& node, const std::string& audience) {
    const std::int64_t now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    const nlohmann::json header = {{"alg", "EdDSA"}, {"typ", kNodeTokenType}, {"kid", key.id()}};
    const nlohmann::json claims = {
        {"iss", node}, {"sub", node}, {"aud", audience}, {"iat", now}, {"exp", now + kNodeTokenLife.count()}};
    std::string token = encodeBase64Url(header.dump()) + "." + encodeBase64Url(claims.dump());
    token += "." + encodeBase64Url(TSR_TRY(key.sign(token)));
    return Secret(token);
}

Issuer nodeTokensOf(Issuer acting) {
    acting.rules.types = {kNodeTokenType};
    return acting;
}

}  // namespace tessera::identity
