/// What PostgreSQL's clients send before they are signed in, of any bytes: start-up and cancel packets, messages, SCRAM
/// and HTTP/2's frames. Nothing but a Result comes of them, and no more is taken than was given.

#include "nodeservice/gateway/http2_guard.h"
#include "nodeservice/gateway/postgres_protocol.h"
#include "nodeservice/gateway/session_tracker.h"
#include "nodeservice/identity/scram.h"

#include <cstdint>
#include <cstdlib>

namespace tessera::gateway {

namespace {

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

void readStartupPacket(std::string_view bytes) {
    if (bytes.size() < kStartupHeaderBytes) {
        return;
    }
    if (isStartupHeader(bytes)) {
        const StartupHeader header = readStartupHeader(bytes);
        require(header.length >= kStartupHeaderBytes && header.length <= kMaxStartupBytes);
    }
    const auto startup = readStartup(bytes.substr(kStartupHeaderBytes));
    if (startup) {
        require(!startup->user.empty() && !startup->database.empty());
        for (const auto& [name, value] : startup->settings) {
            require(name.find('\0') == std::string::npos && value.find('\0') == std::string::npos);
        }
    }
    const auto key = readCancel(bytes.substr(0, 16));
    require(!key || bytes.size() >= 16);
}

void readMessages(std::string_view bytes) {
    constexpr std::uint32_t kMost = 1000;
    while (bytes.size() >= kMessageHeaderBytes) {
        const auto header = readMessageHeader(bytes, kMost);
        if (!header) {
            return;
        }
        require(header->body_bytes <= kMost);
        bytes.remove_prefix(kMessageHeaderBytes);
        std::string_view body = bytes.substr(0, header->body_bytes);
        bytes.remove_prefix(body.size());
        const std::size_t size = body.size();
        const auto text = takeText(body);
        const auto number = takeInt32(body);
        require(body.size() <= size && (!text || text->size() < size) && (!number || size >= 4));
    }
}

void signIn(std::string_view bytes) {
    static const identity::ScramVerifier kVerifier = [] {
        identity::ScramVerifier verifier;
        verifier.iterations = 1;
        verifier.salt = "salt";
        verifier.stored_key = std::string(32, 'a');
        verifier.server_key = std::string(32, 'b');
        return verifier;
    }();
    const std::size_t half = bytes.size() / 2;
    identity::ScramServer scram(kVerifier, {"end point"});
    if (scram.begin(identity::ScramServer::kMechanism, bytes.substr(0, half))) {
        // Nobody knows what the stored key is the hash of.
        require(!scram.finish(bytes.substr(half)));
    }
}

/// In pieces or at once, it is the same session.
void follow(std::string_view bytes) {
    SessionTracker whole;
    SessionTracker pieces;
    const std::size_t forwarded = whole.fromClient(bytes);
    std::size_t together = 0;
    for (const char& byte : bytes) {
        together += pieces.fromClient({&byte, 1});
    }
    require(forwarded <= bytes.size() && (whole.hasEnded() || forwarded == bytes.size()));
    require(forwarded == together && whole.hasEnded() == pieces.hasEnded());
    whole.fromServer(bytes);
    for (const char& byte : bytes) {
        pieces.fromServer({&byte, 1});
    }
    require(whole.isClean() == pieces.isClean());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    readStartupPacket(bytes);
    readMessages(bytes);
    signIn(bytes);
    follow(bytes);
    Http2Guard guard;
    guard.feed(bytes, {});
    return 0;
}

}  // namespace tessera::gateway
