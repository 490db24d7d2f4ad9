#include "nodeservice/gateway/detect.h"

#include "nodeservice/gateway/postgres_protocol.h"

#include <algorithm>

namespace tessera::gateway {

namespace {

constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kLongestMethod = 10;

Detected detectPostgres(std::string_view bytes) {
    if (bytes.size() < kStartupHeaderBytes) {
        return Detected::kMore;
    }
    return isStartupHeader(bytes) ? Detected::kPostgres : Detected::kUnknown;
}

Detected detectHttp1(std::string_view bytes) {
    const auto end = std::find_if_not(bytes.begin(), bytes.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    const auto length = static_cast<std::size_t>(end - bytes.begin());
    if (length > kLongestMethod) {
        return Detected::kUnknown;
    }
    if (end == bytes.end()) {
        return Detected::kMore;
    }
    return *end == ' ' && length >= 3 ? Detected::kHttp1 : Detected::kUnknown;
}

}  // namespace

Detected detect(std::string_view bytes) {
    if (bytes.empty()) {
        return Detected::kMore;
    }
    if (bytes[0] == '\0') {
        return detectPostgres(bytes);
    }
    const std::size_t compared = std::min(bytes.size(), kHttp2Preface.size());
    // No method of HTTP/1 begins with "PRI ".
    if (bytes.substr(0, compared) == kHttp2Preface.substr(0, compared)) {
        return compared == kHttp2Preface.size() ? Detected::kHttp2 : Detected::kMore;
    }
    return detectHttp1(bytes);
}

}  // namespace tessera::gateway
