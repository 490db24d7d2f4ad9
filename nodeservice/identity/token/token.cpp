#include "nodeservice/identity/token/token.h"

#include "common/strings.h"
#include "nodeservice/identity/token/base64url.h"
#include "nodeservice/identity/token/strict_json.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace tessera::identity {

namespace {

using nlohmann::json;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr std::size_t kMostHeaderBytes = 4 * 1024;
constexpr std::size_t kMostKeyIdBytes = 256;
constexpr seconds kMostSkewOfExpiry{30};
// The year 9999: later times overflow the clock's arithmetic, and nobody means them.
constexpr double kLatestTime = 253402300799.0;

/// Names, addresses and copies of keys come from the sender: ours come from the issuer alone. Extensions that must be
/// understood are not.
constexpr const char* kRefusedMembers[] = {"crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc"};

Error refuse(const std::string& why) {
    return fail(ErrorCode::kUnauthenticated, why);
}

/// Cut, and without what would break a line of the log.
std::string shown(std::string text) {
    text.resize(std::min<std::size_t>(text.size(), 100));
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            c = '?';
        }
    }
    return "'" + text + "'";
}

Result<std::string> textMember(const json& object, const char* name) {
    const auto member = object.find(name);
    if (member == object.end()) {
        return std::string();
    }
    if (!member->is_string()) {
        return refuse(std::string("its '") + name + "' is not a text");
    }
    return member->get<std::string>();
}

Result<json> part(std::string_view encoded, std::size_t most_bytes, const char* name) {
    const auto text = decodeBase64Url(encoded);
    if (!text) {
        return refuse(std::string("its ") + name + " is not base64url");
    }
    auto value = parseStrictJson(*text, most_bytes);
    if (!value) {
        return refuse(std::string("its ") + name + ": " + value.error().message);
    }
    return std::move(*value);
}

Result<> readHeader(const json& header, ParsedToken& token) {
    for (const char* name : kRefusedMembers) {
        if (header.contains(name)) {
            return refuse(std::string("its header has '") + name + "'");
        }
    }
    const std::string algorithm = TSR_TRY(textMember(header, "alg"));
    const auto known = algorithmOf(algorithm);
    if (!known) {
        return refuse("its algorithm " + shown(algorithm) + " is not one that is accepted");
    }
    token.algorithm = *known;
    token.key_id = TSR_TRY(textMember(header, "kid"));
    if (token.key_id.size() > kMostKeyIdBytes) {
        return refuse("its key id is too long");
    }
    token.type = toLowerAscii(TSR_TRY(textMember(header, "typ")));
    constexpr std::string_view kPrefix = "application/";
    if (token.type.starts_with(kPrefix)) {
        token.type.erase(0, kPrefix.size());
    }
    if (token.type.empty()) {
        token.type = "jwt";
    }
    // A nested token, or an encrypted one: what is within would be judged by nobody.
    if (header.contains("cty")) {
        return refuse("its header has 'cty'");
    }
    return {};
}

/// A time claim in seconds; nothing when it is absent.
Result<std::optional<double>> timeClaim(const json& claims, const char* name) {
    const auto member = claims.find(name);
    if (member == claims.end()) {
        return std::optional<double>();
    }
    const double value = member->is_number() ? member->get<double>() : -1;
    if (!std::isfinite(value) || value < 0 || value > kLatestTime) {
        return refuse(std::string("its '") + name + "' is not a time");
    }
    return std::optional(value);
}

Result<> checkTimes(const json& claims, seconds skew, system_clock::time_point now) {
    const double at = std::chrono::duration<double>(now.time_since_epoch()).count();
    const auto expires = TSR_TRY(timeClaim(claims, "exp"));
    if (!expires) {
        return refuse("it never expires");
    }
    if (at >= *expires + static_cast<double>(std::min(skew, kMostSkewOfExpiry).count())) {
        return refuse("it has expired");
    }
    for (const char* name : {"nbf", "iat"}) {
        const auto since = TSR_TRY(timeClaim(claims, name));
        if (since && at + static_cast<double>(skew.count()) < *since) {
            return refuse(std::string("its '") + name + "' lies in the future");
        }
    }
    return {};
}

bool contains(const std::vector<std::string>& list, const std::string& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

Result<> checkAudience(const json& claims, const std::vector<std::string>& audiences) {
    const auto audience = claims.find("aud");
    if (audience == claims.end()) {
        return refuse("it has no audience");
    }
    const json list = audience->is_array() ? *audience : json::array({*audience});
    bool is_ours = false;
    for (const json& one : list) {
        if (!one.is_string()) {
            return refuse("its audience is not a text");
        }
        is_ours = is_ours || contains(audiences, one.get<std::string>());
    }
    return is_ours ? Result<>() : refuse("it is for another audience");
}

Result<> checkClient(const json& claims, const std::vector<std::string>& clients) {
    if (clients.empty()) {
        return {};
    }
    std::string client = TSR_TRY(textMember(claims, "azp"));
    if (client.empty()) {
        client = TSR_TRY(textMember(claims, "client_id"));
    }
    return contains(clients, client) ? Result<>() : refuse("it was given to the client " + shown(client));
}

}  // namespace

Result<ParsedToken> parseToken(std::string_view text) {
    if (text.size() > kMostTokenBytes) {
        return refuse("it has more than " + std::to_string(kMostTokenBytes) + " bytes");
    }
    const std::size_t first = text.find('.');
    const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
    if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
        return refuse("it does not have three parts");
    }
    ParsedToken token;
    const json header = TSR_TRY(part(text.substr(0, first), kMostHeaderBytes, "header"));
    TSR_TRY(readHeader(header, token));
    token.claims = TSR_TRY(part(text.substr(first + 1, second - first - 1), kMostTokenBytes, "payload"));
    auto signature = decodeBase64Url(text.substr(second + 1));
    if (!signature || signature->empty()) {
        return refuse("its signature is not base64url");
    }
    token.signature = std::move(*signature);
    token.signed_part = text.substr(0, second);
    return token;
}

Result<std::string> issuerOf(const ParsedToken& token) {
    std::string issuer = TSR_TRY(textMember(token.claims, "iss"));
    return issuer.empty() ? Result<std::string>(refuse("it names no issuer")) : issuer;
}

Result<> checkRules(const ParsedToken& token, const TokenRules& rules, system_clock::time_point now) {
    if (TSR_TRY(issuerOf(token)) != rules.issuer) {
        return refuse("it is of another issuer");
    }
    if (std::find(rules.algorithms.begin(), rules.algorithms.end(), token.algorithm) == rules.algorithms.end()) {
        return refuse("its issuer does not sign with " + std::string(nameOf(token.algorithm)));
    }
    if (!contains(rules.types, token.type)) {
        return refuse("it is of type " + shown(token.type));
    }
    if (TSR_TRY(textMember(token.claims, "sub")).empty()) {
        return refuse("it names no subject");
    }
    TSR_TRY(checkTimes(token.claims, rules.skew, now));
    TSR_TRY(checkAudience(token.claims, rules.audiences));
    return checkClient(token.claims, rules.clients);
}

system_clock::time_point endOf(const ParsedToken& token, const TokenRules& rules) {
    const double expires = token.claims.at("exp").get<double>();
    return system_clock::time_point(seconds(static_cast<std::int64_t>(expires))) +
           std::min(rules.skew, kMostSkewOfExpiry);
}

}  // namespace tessera::identity
