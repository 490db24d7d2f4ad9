#include "nodeservice/identity/password_authenticator.h"

#include <string_view>

namespace tessera::identity {

namespace {

constexpr const char* kSignInHint = "send user and password as 'authorization: Basic …'";

/// Nothing for text that is not base64.
std::optional<std::string> decodeBase64(std::string_view text) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while (!text.empty() && text.back() == '=') {
        text.remove_suffix(1);
    }
    std::string bytes;
    std::uint32_t group = 0;
    int bits = 0;
    for (const char c : text) {
        const std::size_t digit = kDigits.find(c);
        if (digit == std::string_view::npos) {
            return std::nullopt;
        }
        group = group << 6 | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>(group >> bits & 0xFF);
        }
    }
    return bytes;
}

}  // namespace

Result<Principal> parseBasic(const std::string& authorization) {
    constexpr std::string_view kScheme = "Basic ";
    if (authorization.empty()) {
        return fail(ErrorCode::kUnauthenticated, "the call carries no credentials", kSignInHint);
    }
    const auto decoded = authorization.starts_with(kScheme)
                             ? decodeBase64(std::string_view(authorization).substr(kScheme.size()))
                             : std::nullopt;
    const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
    // A NUL would end the name or password early in libpq's C strings.
    if (colon == std::string::npos || colon == 0 || decoded->find('\0') != std::string::npos) {
        return fail(ErrorCode::kUnauthenticated, "the call's credentials cannot be read", kSignInHint);
    }
    const std::string_view text = *decoded;
    return Principal{std::string(text.substr(0, colon)), std::make_shared<const Secret>(text.substr(colon + 1))};
}

Result<Principal> PasswordAuthenticator::authenticate(const CallCredentials& credentials) {
    Principal principal = TSR_TRY(parseBasic(credentials.authorization));
    if (principal.password->empty()) {
        return fail(ErrorCode::kUnauthenticated, "the password of user '" + principal.role + "' is empty", kSignInHint);
    }
    // The session that proves the password is the one the call will use next.
    auto session = TSR_TRY(sessions_.acquire(principal));
    session.giveBackUnused();
    return principal;
}

}  // namespace tessera::identity
