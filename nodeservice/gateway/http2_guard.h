#pragma once

/// Watches what a client sends over HTTP/2, before gRPC gets it, for what has brought servers down: header blocks
/// without end (CONTINUATION flood), streams opened and reset at once (rapid reset), floods of frames that cost the
/// receiver work and the sender none. It looks at frames' headers only; contents pass through. A value; one
/// connection's.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tessera::gateway {

class Http2Guard {
  public:
    using Time = std::chrono::steady_clock::time_point;

    static constexpr std::size_t kMaxHeaderBlock = std::size_t{96} << 10;
    static constexpr std::size_t kMaxContinuations = 16;
    static constexpr std::uint32_t kMaxFrame = (1 << 24) - 1;
    /// A second's worth, of each kind.
    static constexpr int kMaxResets = 100;
    static constexpr int kMaxControl = 1000;
    static constexpr int kMaxStreams = 2000;
    /// So much more of streams and control frames may come from who has signed in: members of the store pass on writes
    /// by the thousand.
    static constexpr int kTrust = 20;

    /// The next bytes, from the preface on. Empty, or what is wrong with them.
    std::string_view feed(std::string_view bytes, Time now);

    /// Somebody has signed in on the connection.
    void trust() { factor_ = kTrust; }

  private:
    std::string_view frame(Time now);

    struct Rate {
        Time second = {};
        int count = 0;

        bool exceeds(Time now, int most);
    };

    std::size_t preface_left_ = 24;
    std::uint64_t payload_left_ = 0;
    unsigned char header_[9] = {};
    std::size_t header_bytes_ = 0;
    /// Of the header block that is under way.
    std::size_t block_bytes_ = 0;
    std::size_t continuations_ = 0;
    bool in_block_ = false;
    Rate resets_;
    Rate control_;
    Rate streams_;
    int factor_ = 1;
};

}  // namespace tessera::gateway
