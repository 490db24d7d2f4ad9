#include "nodeservice/jobs/steps/s3.h"

#include "common/strings.h"
#include "nodeservice/jobs/steps/step_pool.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>

namespace tessera::jobs {

namespace {

constexpr int kAttempts = 4;
constexpr std::chrono::milliseconds kFirstWait{500};
constexpr std::chrono::seconds kMostTime{600};
/// S3's own bound.
constexpr std::uint64_t kMostParts = 10'000;

std::string hexSha256(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        text += {kDigits[digest[i] >> 4U], kDigits[digest[i] & 15U]};
    }
    return text;
}

/// RFC 3986; `keeps`: besides letters, digits and "-._~".
std::string encoded(std::string_view text, std::string_view keeps = {}) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                              std::string_view("-._~").find(c) != std::string_view::npos ||
                              keeps.find(c) != std::string_view::npos;
        out += is_plain ? std::string(1, c) : std::string{'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
    return out;
}

std::string urlOf(const S3Place& place) {
    return place.bucket->endpoint + "/" + place.bucket->name + "/" + encoded(place.key, "/");
}

/// What stands in the first element of the name; S3's answers are that simple.
std::string elementOf(const std::string& xml, const std::string& name) {
    const std::size_t open = xml.find("<" + name + ">");
    const std::size_t close = xml.find("</" + name + ">", open);
    const std::size_t begin = open + name.size() + 2;
    return open == std::string::npos || close == std::string::npos ? std::string() : xml.substr(begin, close - begin);
}

Error errorOf(const S3Place& place, const http::SendAnswer& answer) {
    const std::string code = elementOf(answer.body, "Code");
    const std::string message = elementOf(answer.body, "Message");
    const std::string why =
        code.empty() ? "status " + std::to_string(answer.status) : code + (message.empty() ? "" : ": " + message);
    const bool gets_better = answer.status >= 500 || answer.status == 408 || answer.status == 429 ||
                             answer.status == 200;  // what went wrong after its headers were sent
    return fail(gets_better ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument,
                "the bucket '" + place.bucket->name + "' does not take '" + place.key + "': " + why,
                answer.status == 403   ? "jobs.s3 in the node's configuration names the keys: may they write there?"
                : answer.status == 404 ? "is there such a bucket at " + place.bucket->endpoint + "?"
                                       : "");
}

class Upload {
  public:
    Upload(const S3Place& place, StepAttempt& attempt) : place_(place), attempt_(attempt) {}

    Result<http::SendAnswer> call(const std::string& method, const std::string& query, const std::string& body) {
        const std::string url = urlOf(place_) + (query.empty() ? "" : "?" + query);
        auto wait = kFirstWait;
        for (int tried = 1;; ++tried, wait *= 2) {
            auto answer = once(method, url, body);
            const bool is_final = answer || answer.error().code != ErrorCode::kUnavailable || tried == kAttempts;
            if (is_final) {
                return answer;
            }
            attempt_.tell("is tried again: " + answer.error().message);
            if (!attempt_.wait(wait)) {
                return StepAttempt::stopped();
            }
        }
    }

  private:
    Result<http::SendAnswer> once(const std::string& method, const std::string& url, const std::string& body) {
        http::SendOptions request;
        request.url = url;
        request.method = method;
        // As it is, and not as a form.
        request.headers = {"x-amz-content-sha256: " + hexSha256(body), "Content-Type: application/octet-stream"};
        request.body = body;
        request.aws_key = &place_.bucket->key;
        request.authorities = place_.bucket->authorities;
        request.most_time = kMostTime;
        request.is_stopped = [this] { return attempt_.isStopped(); };
        auto answer = TSR_TRY(http::send(request));
        if (answer.status < 200 || answer.status > 299 || answer.body.find("<Error>") != std::string::npos) {
            return errorOf(place_, answer);
        }
        return answer;
    }

    const S3Place& place_;
    StepAttempt& attempt_;
};

Error cannotRead(const std::filesystem::path& file) {
    return fail(ErrorCode::kInternal, "cannot read '" + file.string() + "': " + std::strerror(errno));
}

Result<> putInParts(const S3Place& place, std::ifstream& in, const std::filesystem::path& file, std::uint64_t size,
                    std::size_t part_bytes, Upload& upload) {
    const auto begun = TSR_TRY(upload.call("POST", "uploads=", ""));
    const std::string id = encoded(elementOf(begun.body, "UploadId"));
    if (id.empty()) {
        return fail(ErrorCode::kUnavailable, "the bucket '" + place.bucket->name + "' gives no number for an upload");
    }
    const auto sendAll = [&]() -> Result<> {
        std::string list;
        std::string part(part_bytes, '\0');
        std::uint64_t sent = 0;
        for (std::uint64_t number = 1; sent < size; ++number) {
            part.resize(part_bytes);
            in.read(part.data(), static_cast<std::streamsize>(part.size()));
            part.resize(static_cast<std::size_t>(in.gcount()));
            if (part.empty()) {
                return cannotRead(file);
            }
            const auto taken =
                TSR_TRY(upload.call("PUT", "partNumber=" + std::to_string(number) + "&uploadId=" + id, part));
            list +=
                "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + taken.etag + "</ETag></Part>";
            sent += part.size();
        }
        // Now all of it is there at once.
        TSR_TRY(
            upload.call("POST", "uploadId=" + id, "<CompleteMultipartUpload>" + list + "</CompleteMultipartUpload>"));
        return {};
    };
    auto done = sendAll();
    if (!done) {
        // Or its parts would be kept, and paid for, for ever.
        static_cast<void>(upload.call("DELETE", "uploadId=" + id, ""));
    }
    return done;
}

}  // namespace

Result<S3Place> s3Place(const std::string& to, const std::vector<S3Bucket>& buckets) {
    const std::string path = to.substr(std::string_view("s3://").size());
    const std::size_t slash = path.find('/');
    const std::string name = path.substr(0, slash);
    const std::string key = slash == std::string::npos ? "" : path.substr(slash + 1);
    if (name.empty() || key.empty() || key.back() == '/') {
        return fail(ErrorCode::kInvalidArgument, "'" + to + "' is no address of an object", "write s3://BUCKET/KEY");
    }
    std::vector<std::string> known;
    for (const S3Bucket& bucket : buckets) {
        known.push_back(bucket.name);
        if (bucket.name == name && key.starts_with(bucket.prefix)) {
            return S3Place{&bucket, key};
        }
    }
    return fail(ErrorCode::kInvalidArgument, "'" + to + "' is not in a bucket that this node's jobs may write to",
                "jobs.s3 in the node's configuration names them" + (known.empty() ? "" : ": " + join(known, ", ")));
}

Result<> putFile(const S3Place& place, const std::filesystem::path& file, StepAttempt& attempt,
                 std::size_t part_bytes) {
    std::ifstream in(file, std::ios::binary);
    std::error_code failed;
    const std::uint64_t size = std::filesystem::file_size(file, failed);
    if (!in || failed) {
        return cannotRead(file);
    }
    Upload upload(place, attempt);
    if (size > part_bytes) {
        const std::uint64_t least = (size + kMostParts - 1) / kMostParts;
        return putInParts(place, in, file, size, std::max<std::size_t>(part_bytes, least), upload);
    }
    std::string bytes(size, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(size));
    if (static_cast<std::uint64_t>(in.gcount()) != size) {
        return cannotRead(file);
    }
    TSR_TRY(upload.call("PUT", "", bytes));
    return {};
}

}  // namespace tessera::jobs
