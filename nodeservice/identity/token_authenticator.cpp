#include "nodeservice/identity/token_authenticator.h"

#include "common/log.h"

#include <algorithm>
#include <utility>

namespace tessera::identity {

namespace {

constexpr const char* kAnyRole = "token";

Error refusal(const std::string& reason, const Channel& channel) {
    log::info("identity.refused", {{"peer", channel.peer}, {"reason", reason}});
    return fail(ErrorCode::kUnauthenticated, "the token was refused", "sign in again; the node's log says why");
}

}  // namespace

TokenAuthenticator::TokenAuthenticator(std::vector<Issuer> issuers, std::vector<RoleRule> rules)
    : verifier_(std::move(issuers)), rules_(std::move(rules)) {}

Result<Principal> TokenAuthenticator::authenticate(const CallCredentials& credentials) {
    constexpr std::string_view kScheme = "Bearer ";
    const std::string_view text = credentials.authorization;
    const Channel channel{credentials.is_protected, credentials.peer};
    if (!text.starts_with(kScheme)) {
        return refusal("the call carries no token", channel);
    }
    return signIn(credentials.role, text.substr(kScheme.size()), channel);
}

Result<Principal> TokenAuthenticator::signIn(const std::string& user, std::string_view token, const Channel& channel) {
    if (!channel.is_protected) {
        return refusal("it came over a connection that is not encrypted", channel);
    }
    const auto verified = verifier_.verify(token);
    if (!verified) {
        return verified.error().code == ErrorCode::kUnauthenticated ? refusal(verified.error().message, channel)
                                                                    : verified.error();
    }
    const VerifiedToken& person = **verified;
    const std::vector<std::string> roles = rolesOf(rules_, person.issuer, person.claims);
    const auto role = user.empty() || user == kAnyRole ? roles.begin() : std::find(roles.begin(), roles.end(), user);
    if (role == roles.end()) {
        log::info("identity.no_role", {{"peer", channel.peer}, {"subject", person.subject}, {"wanted", user}});
        return fail(ErrorCode::kPermissionDenied,
                    user.empty() ? "your identity has no role on this node"
                                 : "your identity does not have the role '" + user + "'",
                    "the node's configuration says which claims give which roles");
    }
    return Principal{*role, std::make_shared<const std::string>(contextOf(person))};
}

std::string contextOf(const VerifiedToken& token) {
    nlohmann::json actors = nlohmann::json::array();
    const nlohmann::json* at = &token.claims;
    for (auto act = at->find("act"); act != at->end() && act->is_object(); act = at->find("act")) {
        actors.push_back(act->value("sub", nlohmann::json()));
        at = &*act;
    }
    const nlohmann::json context = {
        {"subject", token.subject},
        {"issuer", token.issuer},
        {"claims", token.claims},
        {"actors", std::move(actors)},
        {"expires", std::chrono::duration_cast<std::chrono::seconds>(token.expires.time_since_epoch()).count()}};
    return context.dump();
}

}  // namespace tessera::identity
