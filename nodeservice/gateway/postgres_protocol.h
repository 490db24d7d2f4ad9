#pragma once

/// The little of the PostgreSQL protocol (version 3) that the gateway speaks itself: until a session is signed in.
/// Pure functions; what strangers send is read here and nowhere else, and fuzzed (tests/fuzz).

#include "common/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::gateway {

inline constexpr std::size_t kStartupHeaderBytes = 8;
/// PostgreSQL's own limit.
inline constexpr std::size_t kMaxStartupBytes = 10000;
inline constexpr std::size_t kMessageHeaderBytes = 5;

inline constexpr std::uint32_t kSslRequest = 80877103;
inline constexpr std::uint32_t kGssRequest = 80877104;
inline constexpr std::uint32_t kCancelRequest = 80877102;
inline constexpr std::uint32_t kProtocol3 = 3 << 16;

struct StartupHeader {
    /// Of the whole packet, itself included.
    std::uint32_t length = 0;
    std::uint32_t code = 0;
};

/// `bytes` holds at least kStartupHeaderBytes.
StartupHeader readStartupHeader(std::string_view bytes);
/// Could a client of PostgreSQL begin like this?
bool isStartupHeader(std::string_view bytes);

struct Startup {
    std::string user;
    /// The user's name when the client named none.
    std::string database;
    bool replication = false;
    /// All others, options among them as single settings.
    std::vector<std::pair<std::string, std::string>> settings;
    /// "_pq_.…": extensions of the protocol that nobody here speaks.
    std::vector<std::string> unknown_extensions;
};

/// The packet behind its header. Only settings that a client may choose before it is signed in are let through: what
/// else there is can be SET afterwards, with the rights of the role.
Result<Startup> readStartup(std::string_view parameters);

struct CancelKey {
    std::uint32_t pid = 0;
    std::uint32_t secret = 0;

    auto operator<=>(const CancelKey&) const = default;
};

/// The packet of 16 bytes; kInvalidArgument for another length.
Result<CancelKey> readCancel(std::string_view packet);

/// The header of a message: its type and the length of what follows.
struct MessageHeader {
    char type = 0;
    std::uint32_t body_bytes = 0;
};

/// kInvalidArgument when the length is impossible or above `most`.
Result<MessageHeader> readMessageHeader(std::string_view bytes, std::uint32_t most);

/// Takes a NUL-terminated text off the front; kInvalidArgument when there is none.
Result<std::string_view> takeText(std::string_view& bytes);
Result<std::uint32_t> takeInt32(std::string_view& bytes);

/// Builds messages one after the other.
class MessageWriter {
  public:
    /// 0 for packets without a type.
    MessageWriter& begin(char type);
    MessageWriter& int32(std::uint32_t number);
    MessageWriter& text(std::string_view text);
    MessageWriter& bytes(std::string_view bytes);
    MessageWriter& end();

    const std::string& str() const { return out_; }

    std::string take() { return std::move(out_); }

  private:
    std::string out_;
    std::size_t length_at_ = 0;
};

enum class Severity { kFatal, kError };

/// An ErrorResponse.
std::string errorMessage(const Error& error, Severity severity = Severity::kFatal);

}  // namespace tessera::gateway
