#include "common/net.h"

#include "common/process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace tessera {

Result<std::uint16_t> freeLoopbackPort() {
    const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (!socket || ::bind(socket.get(), generic, size) != 0 || ::getsockname(socket.get(), generic, &size) != 0) {
        return fail(ErrorCode::kResourceExhausted,
                    "cannot find a free port on 127.0.0.1: " + std::generic_category().message(errno));
    }
    return ntohs(address.sin_port);
}

}  // namespace tessera
