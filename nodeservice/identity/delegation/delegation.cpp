#include "nodeservice/identity/delegation/delegation.h"

#include "nodeservice/identity/scram.h"
#include "nodeservice/identity/token/base64url.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tessera::identity {

namespace {

using nlohmann::json;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr std::size_t kIdBytes = 16;

std::int64_t secondsOf(system_clock::time_point time) {
    return std::chrono::duration_cast<seconds>(time.time_since_epoch()).count();
}

/// {"sub": nearest, "act": {"sub": the one before, …}}
json nested(const std::vector<std::string>& nodes) {
    json act;
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
        json outer = {{"sub", *node}};
        if (!act.is_null()) {
            outer["act"] = std::move(act);
        }
        act = std::move(outer);
    }
    return act;
}

Error refuse(const std::string& why) {
    return fail(ErrorCode::kUnauthenticated, "as a delegation, " + why);
}

/// The nodes of a token, the nearest first.
Result<std::vector<std::string>> nodesOf(const json& claims, std::size_t most) {
    std::vector<std::string> nodes;
    const json* at = &claims;
    for (auto act = at->find("act"); act != at->end(); act = at->find("act")) {
        const bool is_actor = act->is_object() && act->contains("sub") && act->at("sub").is_string();
        if (!is_actor || nodes.size() >= most) {
            return refuse(is_actor ? "more nodes act for the person than are allowed" : "its 'act' is no actor");
        }
        nodes.push_back(act->at("sub").get<std::string>());
        if (std::find(nodes.begin(), nodes.end() - 1, nodes.back()) != nodes.end() - 1) {
            return refuse("the node '" + nodes.back() + "' acts twice");
        }
        at = &*act;
    }
    return nodes;
}

}  // namespace

Result<Secret> DelegationIssuer::issue(std::string_view sealed, const std::string& audience) const {
    const auto text = signer_.open(sealed);
    const json context = text ? json::parse(*text, nullptr, false) : json();
    if (!context.is_object()) {
        return fail(ErrorCode::kUnauthenticated, "the session's identity is not this node's");
    }
    const std::int64_t now = secondsOf(system_clock::now());
    const std::int64_t session_end = context.at("expires").get<std::int64_t>();
    if (now >= session_end) {
        return fail(ErrorCode::kUnauthenticated, "the identity of this session has expired", "Sign in again.");
    }
    auto nodes = context.at("nodes").get<std::vector<std::string>>();
    if (audience == node_ || std::find(nodes.begin(), nodes.end(), audience) != nodes.end()) {
        return fail(ErrorCode::kPermissionDenied,
                    "the node '" + audience + "' is asked by way of itself, which would go round in a circle",
                    "import its tables there from their own source");
    }
    nodes.insert(nodes.begin(), node_);
    if (nodes.size() > most_nodes_) {
        return fail(ErrorCode::kPermissionDenied,
                    "the node '" + audience + "' is too far away: " + std::to_string(most_nodes_) +
                        " nodes at most act for a person, one after the other",
                    "import its tables from a nearer node, or raise identity.max_nodes on all of them");
    }
    const json header = {{"alg", "EdDSA"}, {"typ", kDelegationType}, {"kid", key_.id()}};
    const json claims = {
        {"iss", node_},
        {"aud", audience},
        {"sub", context.at("subject")},
        {"iat", now},
        {"exp", std::min(now + kDelegationLife.count(), session_end)},
        {"jti", encodeBase64Url(randomBytes(kIdBytes))},
        {"act", nested(nodes)},
        {"person", {{"issuer", context.at("issuer")}, {"claims", context.at("claims")}, {"expires", session_end}}}};
    std::string token = encodeBase64Url(header.dump()) + "." + encodeBase64Url(claims.dump());
    token += "." + encodeBase64Url(TSR_TRY(key_.sign(token)));
    if (token.size() > kMostTokenBytes) {
        return fail(ErrorCode::kResourceExhausted,
                    "your identity has too many claims to be passed on: " + std::to_string(token.size()) +
                        " bytes, and " + std::to_string(kMostTokenBytes) + " are allowed",
                    "ask the identity provider for fewer groups in the token");
    }
    return Secret(token);
}

Result<VerifiedToken> DelegationReader::read(const VerifiedToken& delegation) {
    const json& claims = delegation.claims;
    auto nodes = TSR_TRY(nodesOf(claims, most_nodes_));
    if (nodes.empty() || nodes.front() != delegation.issuer) {
        return refuse("it is not of the node that acts");
    }
    if (std::find(nodes.begin(), nodes.end(), node_) != nodes.end()) {
        return refuse("it came by way of this node itself");
    }
    const auto now = now_();
    const std::int64_t expires = claims.at("exp").get<std::int64_t>();
    if (expires - secondsOf(now) > 2 * kDelegationLife.count()) {
        return refuse("it lives too long");
    }
    const auto person = claims.find("person");
    const auto id = claims.find("jti");
    const bool is_whole = person != claims.end() && person->is_object() && person->contains("issuer") &&
                          person->at("issuer").is_string() && person->contains("claims") &&
                          person->at("claims").is_object() && person->contains("expires") &&
                          person->at("expires").is_number_integer() && id != claims.end() && id->is_string();
    if (!is_whole) {
        return refuse("it lacks a part");
    }
    const system_clock::time_point end(seconds(person->at("expires").get<std::int64_t>()));
    if (end <= now) {
        return refuse("the person's own token has expired");
    }
    TSR_TRY(takeOnce(delegation.issuer + "\n" + id->get<std::string>(), delegation.expires));
    return VerifiedToken{person->at("issuer").get<std::string>(), delegation.subject, person->at("claims"), end,
                         std::move(nodes)};
}

Result<> DelegationReader::takeOnce(const std::string& id, system_clock::time_point until) {
    const std::lock_guard lock(mutex_);
    if (used_.size() >= kMostRemembered) {
        std::erase_if(used_, [now = now_()](const auto& entry) { return entry.second <= now; });
    }
    if (used_.size() >= kMostRemembered) {
        return refuse("there are too many at once");
    }
    return used_.emplace(id, until).second ? Result<>() : Result<>(refuse("it was used before"));
}

}  // namespace tessera::identity
