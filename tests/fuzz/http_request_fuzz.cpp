/// What an HTTP client sends, of any bytes, to the server as it is: what a handler gets is sound, every answer is one,
/// and the connection ends.

#include "nodeservice/gateway/http_server.h"

#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>

namespace tessera::gateway {

namespace {

constexpr std::uint64_t kMaxBody = 256;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

void answer(HttpRequest request, std::shared_ptr<HttpExchange> exchange) {
    require(request.path.starts_with("/tree/") && request.body.size() <= kMaxBody && !request.method.empty());
    require(request.path.find_first_of(std::string_view(" \r\n\0", 4)) == std::string::npos);
    for (const auto& [name, value] : request.headers) {
        require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos && !name.empty());
    }
    // Whole, in parts, or never.
    switch (request.body.size() % 3) {
        case 0:
            exchange->respond({200, "text/plain", "whole"});
            break;
        case 1:
            exchange->begin({200, "text/plain", "first"});
            exchange->write(request.body);
            exchange->end();
            break;
        default:
            break;
    }
}

HttpServer& server() {
    static HttpServer instance({{"/page",
                                 [] {
                                     return HttpResponse{200, "text/plain", "page"};
                                 }}},
                               {"/tree/", answer, kMaxBody});
    return instance;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    int sockets[2];
    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
    const FileDescriptor own(sockets[0]);
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    server().adopt(FileDescriptor(sockets[1]), std::string(bytes.substr(0, size / 4)), {"fuzz", true}, {});
    const std::string_view rest = bytes.substr(size / 4);
    (void)send(own.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    (void)shutdown(own.get(), SHUT_WR);
    std::string answers;
    char buffer[4096];
    for (ssize_t got = 0; (got = recv(own.get(), buffer, sizeof buffer, 0)) > 0;) {
        answers.append(buffer, static_cast<std::size_t>(got));
    }
    require(answers.empty() || answers.starts_with("HTTP/1."));
    return 0;
}

}  // namespace tessera::gateway
