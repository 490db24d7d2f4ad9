#pragma once

/// Calls of gRPC to a port of 127.0.0.1 whose messages are whatever bytes: for what no client of ours would send. Any
/// thread; calls that run are ended with it.

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>

namespace tessera {

class RawCaller {
  public:
    struct Outcome {
        /// gRPC's; 0 is well.
        int status = 0;
        std::string message = {};
    };

    static constexpr int kDeadlineExceeded = 4;

    /// One connection, which no other caller shares.
    explicit RawCaller(std::uint16_t port);
    ~RawCaller();

    RawCaller(const RawCaller&) = delete;
    RawCaller& operator=(const RawCaller&) = delete;

    /// `method`: "tessera.v1.Catalog/ListSchemas". `request` must outlive the call. Of a stream's answers one is read.
    std::future<Outcome> start(const std::string& method, std::string_view request, const std::string& token,
                               std::chrono::seconds deadline);

  private:
    struct Call;
    struct Connection;

    std::unique_ptr<Connection> connection_;
};

}  // namespace tessera
