#include "nodeservice/identity/token_authenticator.h"

#include "common/log.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tessera::identity {

namespace {

constexpr const char* kAnyRole = "token";

Error refusal(const std::string& reason, const Channel& channel) {
    log::info("identity.refused", {{"peer", channel.peer}, {"reason", reason}});
    return fail(ErrorCode::kUnauthenticated, "the token was refused", "sign in again; the node's log says why");
}

std::set<std::string> namesOf(const std::vector<Issuer>& nodes) {
    std::set<std::string> names;
    for (const Issuer& node : nodes) {
        names.insert(node.rules.issuer);
    }
    return names;
}

std::vector<Issuer> joined(std::vector<Issuer> issuers, std::vector<Issuer> nodes) {
    std::move(nodes.begin(), nodes.end(), std::back_inserter(issuers));
    return issuers;
}

}  // namespace

TokenAuthenticator::TokenAuthenticator(TokenOptions options, const DenyList& denied)
    : nodes_(namesOf(options.nodes)),
      verifier_(joined(std::move(options.issuers), std::move(options.nodes))),
      delegations_(std::move(options.node), options.most_nodes),
      rules_(std::move(options.rules)),
      denied_(denied) {}

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
    const auto found = personOf(token, channel);
    if (!found) {
        return found.error().code == ErrorCode::kUnauthenticated ? refusal(found.error().message, channel)
                                                                 : found.error();
    }
    return principalOf(rules_, denied_, *found, user == kAnyRole ? std::string() : user, channel.peer);
}

Result<VerifiedToken> TokenAuthenticator::personOf(std::string_view token, const Channel& channel) {
    const std::shared_ptr<const VerifiedToken> verified = TSR_TRY(verifier_.verify(token));
    if (!nodes_.contains(verified->issuer)) {
        return *verified;
    }
    if (!channel.is_for_nodes) {
        return fail(ErrorCode::kUnauthenticated, "a delegation signs in through the PostgreSQL protocol only");
    }
    return delegations_.read(*verified);
}

Result<Principal> principalOf(const std::vector<RoleRule>& rules, const DenyList& denied, const VerifiedToken& person,
                              const std::string& role, const std::string& peer) {
    if (denied.denies(person.issuer, person.subject, person.claims)) {
        log::info("identity.denied", {{"peer", peer}, {"subject", person.subject}});
        return fail(ErrorCode::kUnauthenticated, "your access to this node has been withdrawn");
    }
    const std::vector<std::string> roles = rolesOf(rules, person.issuer, person.claims, person.nodes);
    const auto found = role.empty() ? roles.begin() : std::find(roles.begin(), roles.end(), role);
    if (found == roles.end()) {
        log::info("identity.no_role", {{"peer", peer}, {"subject", person.subject}, {"wanted", role}});
        return fail(ErrorCode::kPermissionDenied,
                    role.empty() ? "your identity has no role on this node"
                                 : "your identity does not have the role '" + role + "'",
                    "the node's configuration says which claims give which roles");
    }
    return Principal{*found, std::make_shared<const std::string>(contextOf(person))};
}

std::string contextOf(const VerifiedToken& token) {
    nlohmann::json actors = token.nodes;
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
        {"nodes", token.nodes},
        {"expires", std::chrono::duration_cast<std::chrono::seconds>(token.expires.time_since_epoch()).count()}};
    return context.dump();
}

}  // namespace tessera::identity
