#include "nodeservice/identity/token/key_fetch.h"

#include "common/handle.h"
#include "common/strings.h"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <mutex>
#include <utility>

namespace tessera::identity {

namespace {

using std::chrono::seconds;

constexpr seconds kFileFreshness{30};
constexpr seconds kLeastFreshness{300};
constexpr seconds kMostFreshness{3600};
constexpr long kConnectSeconds = 3;
constexpr long kTotalSeconds = 6;

using Curl = Handle<CURL, curl_easy_cleanup>;

struct Answer {
    std::string body;
    std::string cache_control;
};

std::size_t takeBody(char* data, std::size_t size, std::size_t count, void* target) {
    std::string& body = static_cast<Answer*>(target)->body;
    if (body.size() + size * count > kMostKeySetBytes) {
        return 0;
    }
    body.append(data, size * count);
    return size * count;
}

std::size_t takeHeader(char* data, std::size_t size, std::size_t count, void* target) {
    constexpr std::string_view kName = "cache-control:";
    const std::string line = toLowerAscii(std::string_view(data, size * count));
    if (line.starts_with(kName)) {
        static_cast<Answer*>(target)->cache_control = line.substr(kName.size());
    }
    return size * count;
}

bool isLoopback(const std::string& url) {
    for (const std::string_view start : {"http://127.0.0.1", "http://[::1]", "http://localhost"}) {
        if (url.starts_with(start) &&
            (url.size() == start.size() || url[start.size()] == '/' || url[start.size()] == ':')) {
            return url.find('@') == std::string::npos;
        }
    }
    return false;
}

Result<KeyDocument> get(const std::string& url, const std::string& authorities) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const Curl curl(curl_easy_init());
    Answer answer;
    char reason[CURL_ERROR_SIZE] = "";
    if (!curl) {
        return fail(ErrorCode::kInternal, "libcurl does not start");
    }
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, isLoopback(url) ? "http" : "https");
    curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kTotalSeconds);
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, takeBody);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, takeHeader);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &answer);
    if (isLoopback(url)) {
        curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    }
    if (!authorities.empty()) {
        curl_easy_setopt(curl.get(), CURLOPT_CAINFO, authorities.c_str());
    }
    const CURLcode code = curl_easy_perform(curl.get());
    if (code != CURLE_OK) {
        return fail(ErrorCode::kUnavailable,
                    "cannot get '" + url + "': " + (reason[0] != '\0' ? reason : curl_easy_strerror(code)));
    }
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        return fail(ErrorCode::kUnavailable, "'" + url + "' answers with status " + std::to_string(status));
    }
    return KeyDocument{std::move(answer.body), freshnessOf(answer.cache_control)};
}

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
    if (!url.starts_with("https://") && !isLoopback(url)) {
        return fail(ErrorCode::kInvalidArgument, "the keys' address '" + url + "' is not safe",
                    "use https, or http on 127.0.0.1");
    }
    return KeyStore::Fetch(
        [url = std::move(url), authorities = authorities.string()] { return get(url, authorities); });
}

}  // namespace tessera::identity
