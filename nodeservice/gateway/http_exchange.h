#pragma once

/// One request of HTTP/1.1 and the answer to it, as plain values: whoever answers knows no HTTP library.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::gateway {

/// Whom a connection is with.
struct HttpPeer {
    std::string address;
    /// Is the connection encrypted, or does it not leave this machine?
    bool is_protected = false;
    /// The gateway's name of it; see identity::StrangerRegistry.
    std::string connection = {};
};

/// What the owner of a connection hears of it, on the server's thread.
struct HttpEvents {
    std::function<void()> on_end = [] {};
    /// What came is no request, too large or too slow; the connection ends then. Not for clients that just went.
    std::function<void(const std::string& reason)> on_refused = [](const std::string&) {};
};

struct HttpRequest {
    std::string method;
    /// Without what follows '?'.
    std::string path;
    /// What follows '?', as it came.
    std::string query;
    /// Names in small letters; of several with one name the last.
    std::map<std::string, std::string> headers;
    std::string body;
    HttpPeer peer;

    /// Empty when there is none.
    std::string_view header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string_view() : std::string_view(found->second);
    }
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers = {};
    /// Instead of `body`, where others have it, too. Only of a whole answer.
    std::shared_ptr<const std::string> shared_body = nullptr;

    const std::string& wholeBody() const { return shared_body ? *shared_body : body; }
};

/// The answer to one request: either respond(), or begin() or upgrade(), any number of write()s, and end(). One that is
/// dropped before it has ended closes the connection. Any thread, one at a time.
class HttpExchange {
  public:
    using Time = std::chrono::steady_clock::time_point;

    virtual ~HttpExchange() = default;

    virtual void respond(HttpResponse response) = 0;

    /// Sends the head; its body is the first part.
    virtual void begin(HttpResponse head) = 0;
    /// The connection becomes a WebSocket (the request asked for that: isWebSocket()); each write() is a text message.
    virtual void upgrade(std::vector<std::pair<std::string, std::string>> headers) = 0;
    virtual void write(std::string part) = 0;
    virtual void end() = 0;

    /// Waits while the reader is behind; false when it still is at that time, or has gone.
    virtual bool waitForRoom(Time until) = 0;

    /// Has the client left? Also when it reads too slowly for too long.
    virtual bool isGone() const = 0;

    /// Only on the server's thread, while it handles the request or what comes of this: calls `then` there once, when
    /// the descriptor can be read or at that time. False: there is no such thread, and `then` is not called.
    virtual bool whenReadable(int /*descriptor*/, Time /*until*/, std::function<void()> /*then*/) { return false; }
};

/// Does it ask for a WebSocket?
bool isWebSocket(const HttpRequest& request);

using HttpHandler = std::function<void(HttpRequest request, std::shared_ptr<HttpExchange> exchange)>;

}  // namespace tessera::gateway
