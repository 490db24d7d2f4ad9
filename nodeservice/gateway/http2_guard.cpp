#include "nodeservice/gateway/http2_guard.h"

#include <algorithm>

namespace tessera::gateway {

namespace {

// Frame types and flags of RFC 9113.
constexpr unsigned kData = 0;
constexpr unsigned kHeaders = 1;
constexpr unsigned kPriority = 2;
constexpr unsigned kReset = 3;
constexpr unsigned kSettings = 4;
constexpr unsigned kPing = 6;
constexpr unsigned kContinuation = 9;
constexpr unsigned kEndHeaders = 0x4;

}  // namespace

bool Http2Guard::Rate::exceeds(Time now, int most) {
    if (now - second >= std::chrono::seconds(1)) {
        second = now;
        count = 0;
    }
    return ++count > most;
}

std::string_view Http2Guard::feed(std::string_view bytes, Time now) {
    const std::size_t preface = std::min(preface_left_, bytes.size());
    preface_left_ -= preface;
    bytes.remove_prefix(preface);
    while (!bytes.empty()) {
        if (payload_left_ > 0) {
            const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, bytes.size()));
            payload_left_ -= skipped;
            bytes.remove_prefix(skipped);
            continue;
        }
        header_[header_bytes_++] = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        if (header_bytes_ == sizeof header_) {
            header_bytes_ = 0;
            if (const std::string_view fault = frame(now); !fault.empty()) {
                return fault;
            }
        }
    }
    return {};
}

std::string_view Http2Guard::frame(Time now) {
    payload_left_ = static_cast<std::uint64_t>(header_[0]) << 16 | static_cast<std::uint64_t>(header_[1]) << 8 |
                    static_cast<std::uint64_t>(header_[2]);
    const unsigned type = header_[3];
    const unsigned flags = header_[4];
    if (in_block_ != (type == kContinuation)) {
        return "frames out of order";
    }
    switch (type) {
        case kHeaders:
        case kContinuation:
            block_bytes_ = (type == kHeaders ? 0 : block_bytes_) + payload_left_;
            continuations_ = type == kHeaders ? 0 : continuations_ + 1;
            in_block_ = (flags & kEndHeaders) == 0;
            if (block_bytes_ > kMaxHeaderBlock || continuations_ > kMaxContinuations) {
                return "headers too large";
            }
            return type == kHeaders && streams_.exceeds(now, kMaxStreams * factor_) ? "too many streams" : "";
        case kReset:
            return resets_.exceeds(now, kMaxResets) ? "too many resets" : "";
        case kPriority:
        case kSettings:
        case kPing:
            return control_.exceeds(now, kMaxControl * factor_) ? "too many control frames" : "";
        case kData:
            return payload_left_ == 0 && (flags & 1) == 0 && control_.exceeds(now, kMaxControl * factor_)
                       ? "too many empty frames"
                       : "";
        default:
            return {};
    }
}

}  // namespace tessera::gateway
