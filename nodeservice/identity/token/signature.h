#pragma once

/// Signatures of JSON Web Signatures (RFC 7518, 8037) by OpenSSL. Pure; any thread.

#include "nodeservice/identity/token/jwk_set.h"

#include <string_view>

namespace tessera::identity {

/// The key must be of the algorithm's type. False for every signature that is not exactly of the algorithm's form.
bool verifySignature(EVP_PKEY* key, Algorithm algorithm, std::string_view message, std::string_view signature);

}  // namespace tessera::identity
