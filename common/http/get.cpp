#include "common/http/get.h"

#include "common/handle.h"
#include "common/strings.h"

#include <curl/curl.h>

#include <mutex>
#include <string_view>
#include <utility>

namespace tessera::http {

namespace {

constexpr long kConnectSeconds = 3;
constexpr long kTotalSeconds = 6;

using Curl = Handle<CURL, curl_easy_cleanup>;
using HeaderList = Handle<curl_slist, curl_slist_free_all>;

struct Target {
    Answer answer;
    std::size_t most_bytes;
};

std::size_t takeBody(char* data, std::size_t size, std::size_t count, void* user) {
    auto& target = *static_cast<Target*>(user);
    if (target.answer.body.size() + size * count > target.most_bytes) {
        return 0;
    }
    target.answer.body.append(data, size * count);
    return size * count;
}

std::size_t takeHeader(char* data, std::size_t size, std::size_t count, void* user) {
    constexpr std::string_view kName = "cache-control:";
    const std::string line = toLowerAscii(std::string_view(data, size * count));
    if (line.starts_with(kName)) {
        static_cast<Target*>(user)->answer.cache_control = line.substr(kName.size());
    }
    return size * count;
}

}  // namespace

bool isLoopback(const std::string& url) {
    for (const std::string_view start : {"http://127.0.0.1", "http://[::1]", "http://localhost"}) {
        if (url.starts_with(start) &&
            (url.size() == start.size() || url[start.size()] == '/' || url[start.size()] == ':')) {
            return url.find('@') == std::string::npos;
        }
    }
    return false;
}

namespace {

Result<HeaderList> headerList(const std::vector<std::string>& headers) {
    HeaderList list;
    for (const std::string& header : headers) {
        curl_slist* longer = curl_slist_append(list.get(), header.c_str());
        if (longer == nullptr) {
            return fail(ErrorCode::kResourceExhausted, "out of memory");
        }
        (void)list.release();  // the same list, or an empty one
        list.reset(longer);
    }
    return list;
}

}  // namespace

bool isSafe(const std::string& url) {
    return url.starts_with("https://") || isLoopback(url);
}

Result<Answer> get(const GetOptions& options) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    if (!isSafe(options.url)) {
        return fail(ErrorCode::kInvalidArgument, "the address '" + options.url + "' is not safe",
                    "use https, or http on 127.0.0.1");
    }
    const Curl curl(curl_easy_init());
    const HeaderList headers = TSR_TRY(headerList(options.headers));
    Target target{{}, options.most_bytes};
    char reason[CURL_ERROR_SIZE] = "";
    if (!curl) {
        return fail(ErrorCode::kInternal, "libcurl does not start");
    }
    curl_easy_setopt(curl.get(), CURLOPT_URL, options.url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, isLoopback(options.url) ? "http" : "https");
    curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kTotalSeconds);
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, takeBody);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &target);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, takeHeader);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &target);
    if (isLoopback(options.url)) {
        curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    }
    if (!options.authorities.empty()) {
        curl_easy_setopt(curl.get(), CURLOPT_CAINFO, options.authorities.c_str());
    }
    const CURLcode code = curl_easy_perform(curl.get());
    if (code != CURLE_OK) {
        return fail(ErrorCode::kUnavailable,
                    "cannot get '" + options.url + "': " + (reason[0] != '\0' ? reason : curl_easy_strerror(code)));
    }
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        return fail(ErrorCode::kUnavailable, "'" + options.url + "' answers with status " + std::to_string(status));
    }
    return std::move(target.answer);
}

}  // namespace tessera::http
