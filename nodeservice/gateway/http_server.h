#pragma once

/// A small HTTP/1.1 server for the pages that operators and their tools read: GET on a fixed set of paths. It gets its
/// connections from the gateway. One thread of its own runs the pages, which must answer at once. Connections, sizes
/// and times are bounded.

#include "common/process.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace tessera::gateway {

struct HttpResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

using HttpPages = std::map<std::string, std::function<HttpResponse()>>;

class HttpServer {
  public:
    explicit HttpServer(HttpPages pages);
    /// Closes everything and joins.
    ~HttpServer();

    /// Serves a connection, TCP or unix, in clear; `rest` is what was read of it already. Any thread.
    void adopt(FileDescriptor socket, std::string rest, std::function<void()> on_end);

  private:
    struct State;

    std::unique_ptr<State> state_;
};

}  // namespace tessera::gateway
