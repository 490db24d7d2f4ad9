#include "nodeservice/identity/token/key_fetch.h"

#include "common/http/get.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <utility>

namespace tessera::identity {

namespace {

using std::chrono::seconds;

constexpr seconds kFileFreshness{30};
constexpr seconds kLeastFreshness{300};
constexpr seconds kMostFreshness{3600};
}  // namespace

seconds freshnessOf(const std::string& cache_control) {
    constexpr std::string_view kName = "max-age=";
    const std::size_t at = cache_control.find(kName);
    std::int64_t age = 0;
    if (at != std::string::npos) {
        const char* begin = cache_control.data() + at + kName.size();
        std::from_chars(begin, cache_control.data() + cache_control.size(), age);
    }
    return std::clamp(seconds(age), kLeastFreshness, kMostFreshness);
}

KeyStore::Fetch fetchFromFile(std::filesystem::path file) {
    return [file = std::move(file)]() -> Result<KeyDocument> {
        std::ifstream in(file, std::ios::binary);
        std::string text(kMostKeySetBytes + 1, '\0');
        in.read(text.data(), static_cast<std::streamsize>(text.size()));
        if (!in.is_open() || in.bad()) {
            return fail(ErrorCode::kUnavailable, "cannot read '" + file.string() + "': " + std::strerror(errno));
        }
        text.resize(static_cast<std::size_t>(in.gcount()));
        return KeyDocument{std::move(text), kFileFreshness};
    };
}

Result<KeyStore::Fetch> fetchFromUrl(std::string url, std::filesystem::path authorities) {
    if (!http::isSafe(url)) {
        return fail(ErrorCode::kInvalidArgument, "the keys' address '" + url + "' is not safe",
                    "use https, or http on 127.0.0.1");
    }
    return KeyStore::Fetch([url = std::move(url), authorities = authorities.string()]() -> Result<KeyDocument> {
        http::Answer answer =
            TSR_TRY(http::get({.url = url, .authorities = authorities, .most_bytes = kMostKeySetBytes}));
        return KeyDocument{std::move(answer.body), freshnessOf(answer.cache_control)};
    });
}

}  // namespace tessera::identity
