#pragma once

/// A small HTTP/1.1 server for the pages that operators and their tools read: GET on a fixed set of paths. One thread
/// of its own runs the pages, which must answer at once. Connections, sizes and times are bounded.

#include "common/result.h"

#include <cstdint>
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
    /// kUnavailable, naming the port, when it cannot be listened on.
    static Result<std::unique_ptr<HttpServer>> start(const std::string& host, std::uint16_t port, HttpPages pages);
    /// Closes everything and joins.
    ~HttpServer();

  private:
    struct State;
    explicit HttpServer(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace tessera::gateway
