/// First bytes of any kind: the answer does not change once it is given, and comes before more than kDetectBytes.

#include "nodeservice/gateway/detect.h"

#include <cstdint>
#include <cstdlib>

namespace tessera::gateway {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    Detected before = Detected::kMore;
    for (std::size_t length = 0; length <= size; ++length) {
        const Detected now = detect(bytes.substr(0, length));
        const bool is_late = now == Detected::kMore && length >= kDetectBytes;
        if (is_late || (before != Detected::kMore && now != before)) {
            std::abort();
        }
        before = now;
    }
    return 0;
}

}  // namespace tessera::gateway
