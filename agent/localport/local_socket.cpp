#include "agent/localport/local_socket.h"

#include "nodeservice/client/agent_paths.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tessera::agent {

namespace {

Error cannotListen(const std::string& where) {
    return fail(ErrorCode::kUnavailable, "cannot listen on " + where + ": " + std::strerror(errno));
}

}  // namespace

bool isOwnPeer(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::getuid();
}

Result<> makeOwnFolder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder.parent_path(), error);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        return fail(ErrorCode::kUnavailable, "cannot make '" + folder.string() + "': " + std::strerror(errno));
    }
    return client::checkPrivateFolder(folder);
}

Result<FileDescriptor> listenPrivately(const std::filesystem::path& socket) {
    TSR_TRY(client::checkPrivateFolder(socket.parent_path()));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (socket.native().size() >= sizeof name.sun_path) {
        return fail(ErrorCode::kInvalidArgument, "the path '" + socket.string() + "' is too long for a unix socket",
                    "choose a shorter XDG_RUNTIME_DIR");
    }
    std::memcpy(name.sun_path, socket.c_str(), socket.native().size());
    ::unlink(socket.c_str());
    FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
        ::listen(listener.get(), SOMAXCONN) != 0) {
        return cannotListen("'" + socket.string() + "'");
    }
    return listener;
}

Result<FileDescriptor> listenOnLoopback(std::uint16_t port) {
    FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener.get(), SOMAXCONN) != 0) {
        return cannotListen("127.0.0.1:" + std::to_string(port));
    }
    return listener;
}

std::uint16_t portOf(int socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

}  // namespace tessera::agent
