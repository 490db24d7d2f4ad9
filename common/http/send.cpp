#include "common/http/send.h"

#include "common/handle.h"
#include "common/http/get.h"
#include "common/strings.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <mutex>
#include <string_view>

namespace tessera::http {

namespace {

constexpr long kConnectSeconds = 10;

using Curl = Handle<CURL, curl_easy_cleanup>;
using StringList = Handle<curl_slist, curl_slist_free_all>;

Result<Curl> makeCurl() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    Curl curl(curl_easy_init());
    if (!curl) {
        return fail(ErrorCode::kInternal, "libcurl does not start");
    }
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 0L);
    return curl;
}

Result<StringList> listOf(const std::vector<std::string>& texts) {
    StringList list;
    for (const std::string& text : texts) {
        curl_slist* longer = curl_slist_append(list.get(), text.c_str());
        if (longer == nullptr) {
            return fail(ErrorCode::kResourceExhausted, "out of memory");
        }
        (void)list.release();  // the same list, or an empty one
        list.reset(longer);
    }
    return list;
}

struct Target {
    SendAnswer answer;
    std::size_t most_bytes;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* user) {
    auto& target = *static_cast<Target*>(user);
    const std::size_t room = target.most_bytes - target.answer.body.size();
    target.answer.is_cut = target.answer.is_cut || size * count > room;
    target.answer.body.append(data, std::min(room, size * count));
    // A body without end is not read to its end.
    return target.answer.is_cut ? 0 : size * count;
}

std::size_t takeHeader(char* data, std::size_t size, std::size_t count, void* user) {
    constexpr std::string_view kName = "etag:";
    const std::string_view line(data, size * count);
    if (toLowerAscii(std::string(line.substr(0, kName.size()))) == kName) {
        const std::size_t begin = line.find_first_not_of(' ', kName.size());
        const std::size_t end = line.find_last_not_of(" \r\n");
        if (begin != std::string_view::npos && end >= begin) {
            static_cast<Target*>(user)->answer.etag = line.substr(begin, end - begin + 1);
        }
    }
    return size * count;
}

int progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& is_stopped = *static_cast<const std::function<bool()>*>(user);
    return is_stopped && is_stopped() ? 1 : 0;
}

Error errorOf(CURLcode code, const char* reason, const std::string& what) {
    const ErrorCode kind = code == CURLE_OPERATION_TIMEDOUT    ? ErrorCode::kDeadlineExceeded
                           : code == CURLE_ABORTED_BY_CALLBACK ? ErrorCode::kCancelled
                                                               : ErrorCode::kUnavailable;
    return fail(kind, what + ": " + (reason[0] != '\0' ? reason : curl_easy_strerror(code)));
}

/// A header cannot hold the end of its line.
std::string oneLine(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    return text;
}

bool isLoopbackServer(const std::string& url) {
    return url.starts_with("smtp://") && isLoopback("http://" + url.substr(std::strlen("smtp://")));
}

struct Source {
    std::string_view left;
};

std::size_t give(char* data, std::size_t size, std::size_t count, void* user) {
    auto& source = *static_cast<Source*>(user);
    const std::size_t given = std::min(size * count, source.left.size());
    std::memcpy(data, source.left.data(), given);
    source.left.remove_prefix(given);
    return given;
}

/// RFC 2047, as headers hold nothing but ASCII.
std::string encodedWord(const std::string& text) {
    const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (is_plain) {
        return text;
    }
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded = "=?UTF-8?Q?";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
            encoded += c;
        } else {
            encoded += {'=', kDigits[byte >> 4U], kDigits[byte & 15U]};
        }
    }
    return encoded + "?=";
}

}  // namespace

Result<SendAnswer> send(const SendOptions& options) {
    if (!isSafe(options.url)) {
        return fail(ErrorCode::kInvalidArgument, "the address '" + options.url + "' is not safe",
                    "use https, or http on 127.0.0.1");
    }
    const Curl curl = TSR_TRY(makeCurl());
    const StringList headers = TSR_TRY(listOf(options.headers));
    Target target{{}, options.most_bytes};
    std::array<char, CURL_ERROR_SIZE> reason{};
    curl_easy_setopt(curl.get(), CURLOPT_URL, options.url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, isLoopback(options.url) ? "http" : "https");
    curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, options.method.c_str());
    if (!options.body.empty() || options.method != "GET") {
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(options.body.size()));
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, options.body.c_str());
    }
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, static_cast<long>(options.most_time.count()));
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, reason.data());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &target);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, takeHeader);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &target);
    if (const AwsKey* key = options.aws_key; key != nullptr) {
        curl_easy_setopt(curl.get(), CURLOPT_AWS_SIGV4, ("aws:amz:" + key->region + ":" + key->service).c_str());
        curl_easy_setopt(curl.get(), CURLOPT_USERNAME, key->id.c_str());
        curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, key->secret.reveal().c_str());
    }
    curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, progress);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &options.is_stopped);
    if (isLoopback(options.url)) {
        curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    }
    if (!options.authorities.empty()) {
        curl_easy_setopt(curl.get(), CURLOPT_CAINFO, options.authorities.c_str());
    }
    const CURLcode code = curl_easy_perform(curl.get());
    if (code != CURLE_OK && !target.answer.is_cut) {
        return errorOf(code, reason.data(), "cannot call '" + options.url + "'");
    }
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &target.answer.status);
    return std::move(target.answer);
}

std::string mailText(const MailOptions& options, const std::string& date) {
    std::string text = "Date: " + date + "\r\nFrom: " + oneLine(options.from) + "\r\nTo: " + oneLine(options.to) +
                       "\r\nSubject: " + encodedWord(oneLine(options.subject)) +
                       "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                       "Content-Transfer-Encoding: 8bit\r\nAuto-Submitted: auto-generated\r\n\r\n";
    for (const char c : options.text) {
        text += c == '\n' ? "\r\n" : std::string(1, c);
    }
    return text + "\r\n";
}

Result<> sendMail(const MailOptions& options) {
    const bool is_loopback = isLoopbackServer(options.server);
    if (!options.server.starts_with("smtps://") && !options.server.starts_with("smtp://")) {
        return fail(ErrorCode::kInvalidArgument, "'" + options.server + "' is no mail server",
                    "write smtp://host:port or smtps://host:port");
    }
    std::array<char, 64> date{};
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S +0000", &utc);
    const std::string text = mailText(options, date.data());
    const Curl curl = TSR_TRY(makeCurl());
    const StringList recipients = TSR_TRY(listOf({"<" + oneLine(options.to) + ">"}));
    const std::string from = "<" + oneLine(options.from) + ">";
    Source source{text};
    std::array<char, CURL_ERROR_SIZE> reason{};
    curl_easy_setopt(curl.get(), CURLOPT_URL, options.server.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl.get(), CURLOPT_USE_SSL, static_cast<long>(is_loopback ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, from.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl.get(), CURLOPT_READDATA, &source);
    curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, static_cast<long>(options.most_time.count()));
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, reason.data());
    if (!options.user.empty()) {
        curl_easy_setopt(curl.get(), CURLOPT_USERNAME, options.user.c_str());
        curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, std::string(options.password.reveal()).c_str());
    }
    if (!options.authorities.empty()) {
        curl_easy_setopt(curl.get(), CURLOPT_CAINFO, options.authorities.c_str());
    }
    const CURLcode code = curl_easy_perform(curl.get());
    return code == CURLE_OK ? Result<>()
                            : Result<>(errorOf(code, reason.data(), "cannot send mail by '" + options.server + "'"));
}

}  // namespace tessera::http
