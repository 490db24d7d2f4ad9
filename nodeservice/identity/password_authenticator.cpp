#include "nodeservice/identity/password_authenticator.h"

#include "common/base64.h"

#include <string_view>
#include <utility>

namespace tessera::identity {

namespace {

constexpr const char* kSignInHint = "send user and password as 'authorization: Basic …'";
constexpr std::size_t kKeyBytes = 32;

Error refused(const std::string& user) {
    return fail(ErrorCode::kUnauthenticated, "the node refused user '" + user + "': wrong user name or password",
                "check user and password of this node in the mesh file");
}

}  // namespace

Result<UserAndPassword> parseBasic(const std::string& authorization) {
    constexpr std::string_view kScheme = "Basic ";
    if (authorization.empty()) {
        return fail(ErrorCode::kUnauthenticated, "the call carries no credentials", kSignInHint);
    }
    const auto decoded = authorization.starts_with(kScheme)
                             ? decodeBase64(std::string_view(authorization).substr(kScheme.size()))
                             : std::nullopt;
    const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
    // A NUL would end the name or password early in C strings.
    if (colon == std::string::npos || colon == 0 || decoded->find('\0') != std::string::npos) {
        return fail(ErrorCode::kUnauthenticated, "the call's credentials cannot be read", kSignInHint);
    }
    const std::string_view text = *decoded;
    return UserAndPassword{std::string(text.substr(0, colon)), Secret(text.substr(colon + 1))};
}

PasswordAuthenticator::PasswordAuthenticator(std::map<std::string, ScramVerifier> users,
                                             std::map<std::string, std::string> certificates, const DenyList& denied)
    : users_(std::move(users)), certificates_(std::move(certificates)), denied_(denied), key_(randomBytes(kKeyBytes)) {}

Result<Principal> PasswordAuthenticator::authenticate(const CallCredentials& credentials) {
    const UserAndPassword given = TSR_TRY(parseBasic(credentials.authorization));
    if (given.password.empty()) {
        return fail(ErrorCode::kUnauthenticated, "the password of user '" + given.user + "' is empty", kSignInHint);
    }
    return signIn(given.user, given.password, {});
}

Result<Principal> PasswordAuthenticator::signIn(const std::string& user, const Secret& password_or_token,
                                                const ChannelFacts&) {
    const auto found = users_.find(user);
    if (found == users_.end() || denied_.deniesUser(user)) {
        return refused(user);
    }
    const std::string hash = keyedHashOf(password_or_token);
    if (isKnownAsRight(user, hash)) {
        return Principal{user};
    }
    if (!found->second.matches(password_or_token.reveal())) {
        return refused(user);
    }
    const std::lock_guard lock(mutex_);
    right_[user] = hash;
    return Principal{user};
}

std::optional<Result<Principal>> PasswordAuthenticator::authenticateAtOnce(const CallCredentials& credentials) {
    const auto given = parseBasic(credentials.authorization);
    if (!given || given->password.empty() || !users_.contains(given->user) || denied_.deniesUser(given->user) ||
        !isKnownAsRight(given->user, keyedHashOf(given->password))) {
        return std::nullopt;
    }
    return Principal{given->user};
}

std::string PasswordAuthenticator::keyedHashOf(const Secret& password) const {
    return hmacSha256(key_.reveal(), password.reveal());
}

bool PasswordAuthenticator::isKnownAsRight(const std::string& user, const std::string& hash) {
    const std::lock_guard lock(mutex_);
    const auto known = right_.find(user);
    // Keyed hashes tell nothing by the time it takes to compare them.
    return known != right_.end() && known->second == hash;
}

std::optional<Authenticator::PasswordUser> PasswordAuthenticator::passwordUser(const std::string& user) const {
    const auto found = users_.find(user);
    const bool is_known = found != users_.end() && !denied_.deniesUser(user);
    return !is_known ? std::nullopt : std::optional(PasswordUser{found->second, {user}});
}

std::optional<Principal> PasswordAuthenticator::certificateUser(const std::string& user,
                                                                const std::string& subject) const {
    const auto found = certificates_.find(user);
    const bool is_right =
        found != certificates_.end() && !subject.empty() && found->second == subject && !denied_.deniesUser(user);
    return is_right ? std::optional(Principal{user}) : std::nullopt;
}

}  // namespace tessera::identity
