#pragma once

/// A small HTTP/1.1 server: pages that operators and their tools read (GET on a fixed set of paths), and handlers of
/// whole trees of paths (the REST API). It gets its connections from the gateway. One thread of its own runs pages and
/// handlers, which must return at once; a handler's answer may come later, from any thread. Connections, sizes and
/// times are bounded.

#include "common/process.h"
#include "nodeservice/gateway/http_exchange.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace tessera::gateway {

using HttpPages = std::map<std::string, std::function<HttpResponse()>>;

/// What answers all paths that begin so ("/api/").
struct HttpTree {
    std::string prefix;
    HttpHandler handler;
    std::uint64_t max_body_bytes = 0;
};

class HttpServer {
  public:
    explicit HttpServer(HttpPages pages, HttpTree tree = {});
    /// Closes everything and joins. Exchanges must have ended.
    ~HttpServer();

    /// Serves a connection, TCP or unix, in clear; `rest` is what was read of it already. Any thread.
    void adopt(FileDescriptor socket, std::string rest, HttpPeer peer, HttpEvents events);

  private:
    struct State;

    std::unique_ptr<State> state_;
};

}  // namespace tessera::gateway
