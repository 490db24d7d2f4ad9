#pragma once

/// Ports of 127.0.0.1 where no server answers as it should, for tests of connecting.

#include <cstdint>

namespace tessera::conformance {

/// Takes connections and never says a word; closed at the end of its scope.
class SilentServer {
  public:
    SilentServer();
    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;
    ~SilentServer();

    std::uint16_t port() const { return port_; }

    /// From now on connections are refused; the port stays reserved.
    void refuse();

  private:
    int socket_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace tessera::conformance
