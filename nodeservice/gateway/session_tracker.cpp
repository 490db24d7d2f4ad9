#include "nodeservice/gateway/session_tracker.h"

#include <algorithm>

namespace tessera::gateway {

namespace {

constexpr std::uint32_t kLengthBytes = 4;

std::uint32_t bodyBytes(const char* header) {
    std::uint32_t length = 0;
    for (std::size_t i = 1; i < kMessageHeaderBytes; ++i) {
        length = length << 8 | static_cast<unsigned char>(header[i]);
    }
    return length;
}

}  // namespace

std::size_t SessionTracker::advance(Framing& framing, std::string_view bytes, char& began) {
    began = 0;
    if (framing.body_left > 0) {
        const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(framing.body_left, bytes.size()));
        framing.body_left -= skipped;
        return skipped;
    }
    const std::size_t taken = std::min(kMessageHeaderBytes - framing.header_bytes, bytes.size());
    std::copy_n(bytes.begin(), taken, framing.header + framing.header_bytes);
    framing.header_bytes += taken;
    if (framing.header_bytes == kMessageHeaderBytes) {
        const std::uint32_t length = bodyBytes(framing.header);
        broken_ = broken_ || length < kLengthBytes;
        framing.body_left = length < kLengthBytes ? 0 : length - kLengthBytes;
        framing.header_bytes = 0;
        began = framing.header[0];
    }
    return taken;
}

void SessionTracker::clientSends(char type) {
    switch (type) {
        case 'Q':  // Query
        case 'F':  // FunctionCall
            broken_ = broken_ || unsynced_;
            ++owed_;
            break;
        case 'S':  // Sync
            unsynced_ = false;
            ++owed_;
            break;
        case 'P':  // Parse
        case 'B':  // Bind
        case 'D':  // Describe
        case 'E':  // Execute
        case 'C':  // Close
        case 'H':  // Flush
            unsynced_ = true;
            break;
        case 'd':  // CopyData
        case 'c':  // CopyDone
        case 'f':  // CopyFail
            break;
        default:
            broken_ = true;
    }
}

std::size_t SessionTracker::fromClient(std::string_view bytes) {
    std::size_t forwarded = 0;
    while (!ended_ && forwarded < bytes.size()) {
        // Terminate has five bytes and no body: its first is enough to know it.
        if (client_.isBetween() && bytes[forwarded] == 'X') {
            ended_ = true;
            break;
        }
        char began = 0;
        forwarded += advance(client_, bytes.substr(forwarded), began);
        if (began != 0) {
            clientSends(began);
        }
    }
    return forwarded;
}

void SessionTracker::fromServer(std::string_view bytes) {
    while (!bytes.empty()) {
        if (server_.body_left == 1 && server_type_ == 'Z') {
            status_ = bytes.front();
            owed_ -= owed_ > 0 ? 1 : 0;
        }
        char began = 0;
        bytes.remove_prefix(advance(server_, bytes, began));
        if (began != 0) {
            server_type_ = began;
            // NoticeResponse, ParameterStatus and NotificationResponse come unasked, nothing else.
            const bool is_unasked = began == 'N' || began == 'S' || began == 'A';
            broken_ = broken_ || (owed_ == 0 && !is_unasked) || (began == 'Z' && server_.body_left != 1);
        }
    }
}

bool SessionTracker::isClean() const {
    return ended_ && !broken_ && !unsynced_ && owed_ == 0 && status_ == 'I' && client_.isBetween() &&
           server_.isBetween();
}

}  // namespace tessera::gateway
