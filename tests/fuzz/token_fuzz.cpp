/// Tokens of any bytes: nothing but a Result comes of them, and what is read has one spelling.

#include "nodeservice/identity/token/base64url.h"
#include "nodeservice/identity/token/token.h"

#include <cstdlib>

namespace tessera::identity {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto token = parseToken(text);
    if (!token) {
        return 0;
    }
    const bool is_canonical =
        std::string(token->signed_part) + "." + encodeBase64Url(token->signature) == text && token->claims.is_object();
    if (!is_canonical) {
        std::abort();
    }
    TokenRules rules;
    rules.issuer = "i";
    rules.algorithms = {token->algorithm};
    rules.audiences = {"a"};
    const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(1800000000));
    if (checkRules(*token, rules, now) && endOf(*token, rules) <= now) {
        std::abort();
    }
    return 0;
}

}  // namespace tessera::identity
