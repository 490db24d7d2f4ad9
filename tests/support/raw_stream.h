#pragma once

/// One call of gRPC whose messages, both ways, are whatever bytes, sent and read when the test says so; for services
/// that no client of ours has. It is ended with its scope. One thread.

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace tessera {

class RawStream {
  public:
    /// `target`: as gRPC names it, "unix:/folder/socket". `method`: "package.Service/Method".
    RawStream(const std::string& target, const std::string& method, const std::map<std::string, std::string>& metadata);
    ~RawStream();

    RawStream(const RawStream&) = delete;
    RawStream& operator=(const RawStream&) = delete;

    /// Whether the other side had room for it within the time; if not, it stays under way, and the next call waits for
    /// it first.
    bool write(const std::string& bytes, std::chrono::milliseconds patience);

    /// No more will be written.
    bool finishWriting(std::chrono::milliseconds patience);

    /// The next message's size; nothing when there is none within the time, or any more.
    std::optional<std::size_t> read(std::chrono::milliseconds patience);

  private:
    struct Call;

    bool await(const bool& is_under_way, std::chrono::milliseconds patience);

    std::unique_ptr<Call> call_;
};

}  // namespace tessera
