#pragma once

/// One address that the gateway listens on: for which protocols, with which certificate. Connections share it; reload()
/// changes what later ones get.

#include "common/process.h"
#include "common/result.h"
#include "nodeservice/gateway/detect.h"
#include "nodeservice/gateway/tls_context.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace tessera::gateway {

/// From whom connections without TLS are taken.
enum class ClearText { kNever, kLoopback, kAlways };

struct ListenerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::set<Protocol> protocols = {Protocol::kPostgres, Protocol::kHttp1, Protocol::kHttp2};
    std::optional<TlsFiles> tls = {};
    ClearText clear_text = ClearText::kLoopback;

    std::string text() const { return host + ":" + std::to_string(port); }
};

class Listener {
  public:
    /// kUnavailable, naming the port, when it cannot be listened on.
    static Result<std::shared_ptr<Listener>> open(ListenerOptions options);

    const ListenerOptions& options() const { return options_; }

    int descriptor() const { return socket_.get(); }

    /// The certificate for the next connection; none without TLS.
    std::shared_ptr<const TlsContext> tls() const;

    /// Reads certificate and key again. On failure the old ones stay.
    Result<> reload();

  private:
    explicit Listener(ListenerOptions options) : options_(std::move(options)) {}

    const ListenerOptions options_;
    FileDescriptor socket_;
    mutable std::mutex mutex_;
    std::shared_ptr<const TlsContext> tls_;  // guarded by mutex_
};

}  // namespace tessera::gateway
