#include "nodeservice/identity/token/token_refresh.h"

#include "common/http/get.h"
#include "common/http/send.h"

#include <nlohmann/json.hpp>

#include <cctype>
#include <cstring>
#include <utility>
#include <vector>

namespace tessera::identity {

namespace {

using nlohmann::json;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::chrono::seconds kMostTime{20};
constexpr int kOk = 200;
constexpr int kBadRequest = 400;
constexpr int kUnauthorized = 401;

Error unavailable(const Provider& provider, const std::string& what) {
    return fail(ErrorCode::kUnavailable, "the identity provider '" + provider.issuer + "' " + what);
}

std::string textOf(const json& object, const char* name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>()
                                                                             : std::string();
}

void appendEncoded(std::string& out, const std::string& text) {
    constexpr const char* kDigits = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || std::strchr("-._~", c) != nullptr) {
            out += c;
        } else {
            out += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
        }
    }
}

Result<json> discover(const Provider& provider) {
    const std::string base = provider.issuer.ends_with('/') ? provider.issuer : provider.issuer + "/";
    const http::Answer answer =
        TSR_TRY(http::get({.url = base + ".well-known/openid-configuration", .authorities = provider.authorities}));
    json document = json::parse(answer.body, nullptr, false);
    if (textOf(document, "issuer") != provider.issuer) {
        return unavailable(provider, "does not name itself in its discovery document");
    }
    return document;
}

/// `endpoint`: its name in the discovery document.
Result<http::SendAnswer> post(const Provider& provider, const char* endpoint, const Fields& fields) {
    http::SendOptions request;
    request.url = textOf(TSR_TRY(discover(provider)), endpoint);
    if (request.url.empty()) {
        return fail(ErrorCode::kUnimplemented,
                    "the identity provider '" + provider.issuer + "' names no " + std::string(endpoint));
    }
    request.headers = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"};
    for (const auto& [name, value] : fields) {
        request.body += (request.body.empty() ? "" : "&") + name + "=";
        appendEncoded(request.body, value);
    }
    request.authorities = provider.authorities;
    request.most_time = kMostTime;
    auto answer = http::send(request);
    explicit_bzero(request.body.data(), request.body.size());
    return answer;
}

}  // namespace

Result<RefreshedTokens> refreshTokens(const Provider& provider, const GrantUse& use, const Secret& refresh_token) {
    Fields fields{
        {"grant_type", "refresh_token"}, {"refresh_token", refresh_token.reveal()}, {"client_id", use.client}};
    if (!use.audience.empty()) {
        fields.emplace_back("resource", use.audience);
    }
    http::SendAnswer answer = TSR_TRY(post(provider, "token_endpoint", fields));
    const json body = json::parse(answer.body, nullptr, false);
    explicit_bzero(answer.body.data(), answer.body.size());
    if (answer.status == kOk) {
        RefreshedTokens tokens{Secret(textOf(body, "access_token")), Secret(textOf(body, "refresh_token"))};
        return tokens.access.empty() ? Result<RefreshedTokens>(unavailable(provider, "answered without a token"))
                                     : Result<RefreshedTokens>(std::move(tokens));
    }
    const std::string why = textOf(body, "error");
    // What else it may say (RFC 6749, 5.2) a person can set right at the provider, and the grant is still good.
    if ((answer.status == kBadRequest || answer.status == kUnauthorized) && why == "invalid_grant") {
        return fail(ErrorCode::kUnauthenticated, "the identity provider has ended the grant");
    }
    return unavailable(provider, "answered with HTTP status " + std::to_string(answer.status) +
                                     (why.empty() ? "" : " (" + why.substr(0, 100) + ")"));
}

Result<> revokeToken(const Provider& provider, const GrantUse& use, const Secret& refresh_token) {
    const http::SendAnswer answer = TSR_TRY(
        post(provider, "revocation_endpoint",
             {{"token", refresh_token.reveal()}, {"token_type_hint", "refresh_token"}, {"client_id", use.client}}));
    return answer.status == kOk
               ? Result<>()
               : Result<>(unavailable(provider, "answered with HTTP status " + std::to_string(answer.status)));
}

}  // namespace tessera::identity
