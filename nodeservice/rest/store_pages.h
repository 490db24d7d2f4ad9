#pragma once

/// The node's member of the replicated store over HTTP: /store, its state, and /store/watch, the same again and again
/// over a WebSocket. The JSON is that of gRPC's Store.Status. Any thread.

#include "common/result.h"
#include "nodeservice/gateway/http_exchange.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::rest {

class StorePages {
  public:
    struct Access {
        /// The member's state, for a role that may read the store.
        std::function<Result<std::string>(const std::string& role)> status;
        /// The state each `interval` until `sink` says false, which gets nothing in the end. An Error: nothing comes.
        std::function<Result<>(const std::string& role, std::chrono::milliseconds interval,
                               std::function<bool(const std::string* json)> sink)>
            watch;
    };

    StorePages(Access access, std::vector<std::string> allowed_origins)
        : access_(std::move(access)), allowed_origins_(std::move(allowed_origins)) {}

    struct Caller {
        std::string role;
        /// When the sign-in ends, if it does.
        std::optional<std::chrono::system_clock::time_point> until = {};
    };

    /// `parts`: behind /api/v1, with "store" first. By `respond`, or over the exchange, which becomes a WebSocket.
    void answer(const gateway::HttpRequest& request, const std::vector<std::string>& parts, const Caller& caller,
                const std::shared_ptr<gateway::HttpExchange>& exchange,
                const std::function<void(gateway::HttpResponse)>& respond) const;

    /// A page in a browser can't set headers of a WebSocket's request: it may name the token as a protocol,
    /// "bearer.TOKEN", beside "tessera".
    static std::string authorizationOf(const gateway::HttpRequest& request);

  private:
    void watch(const gateway::HttpRequest& request, const Caller& caller,
               const std::shared_ptr<gateway::HttpExchange>& exchange,
               const std::function<void(gateway::HttpResponse)>& respond) const;

    const Access access_;
    const std::vector<std::string> allowed_origins_;
};

}  // namespace tessera::rest
