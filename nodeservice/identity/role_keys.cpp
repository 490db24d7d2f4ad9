#include "nodeservice/identity/role_keys.h"

#include "common/base64.h"
#include "nodeservice/identity/scram.h"

namespace tessera::identity {

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSaltBytes = 16;
// Iterations make guessing slow; nobody guesses 256 random bits.
constexpr int kIterations = 1;

}  // namespace

RoleKeys::RoleKeys() : key_(randomBytes(kKeyBytes)) {}

Secret RoleKeys::passwordOf(const std::string& role) const {
    return Secret(encodeBase64(hmacSha256(key_.reveal(), "password of " + role)));
}

std::string RoleKeys::verifierOf(const std::string& role) const {
    const std::string salt = hmacSha256(key_.reveal(), "salt of " + role).substr(0, kSaltBytes);
    return ScramVerifier::derive(passwordOf(role).reveal(), salt, kIterations).text();
}

}  // namespace tessera::identity
