/// Bodies and headers of REST requests, of any bytes: nothing but a Result comes of them, within its bounds.

#include "nodeservice/rest/query_request.h"

#include <cstdint>
#include <cstdlib>

namespace tessera::rest {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    (void)formatOf(bytes).has_value();
    (void)acceptsGzip(bytes);
    const auto request = readQueryRequest(bytes);
    if (!request) {
        return 0;
    }
    bool is_sound = request->statement.sql.find('\0') == std::string::npos && request->page_rows <= 100000 &&
                    request->statement.request_id.size() <= 64;
    for (const query::Parameter& parameter : request->statement.parameters) {
        is_sound = is_sound && (!parameter.text || parameter.text->find('\0') == std::string::npos);
    }
    if (!is_sound) {
        std::abort();
    }
    return 0;
}

}  // namespace tessera::rest
