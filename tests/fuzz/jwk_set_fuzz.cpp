/// Key sets of any bytes, and every key that is taken verifying something.

#include "nodeservice/identity/token/jwk_set.h"

#include <cstdlib>

namespace tessera::identity {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto set = parseJwkSet({reinterpret_cast<const char*>(data), size});
    if (!set) {
        return 0;
    }
    for (const VerificationKey& key : set->keys) {
        for (const Algorithm algorithm : {Algorithm::kRs256, Algorithm::kPs256, Algorithm::kEs256, Algorithm::kEdDsa}) {
            for (const std::size_t length : {std::size_t{0}, std::size_t{64}, std::size_t{256}}) {
                if (key.verifies(algorithm, "message", std::string(length, '\x01'))) {
                    std::abort();
                }
            }
        }
    }
    return 0;
}

}  // namespace tessera::identity
