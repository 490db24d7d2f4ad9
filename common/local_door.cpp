#include "common/local_door.h"

#include "common/thread.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tessera {

namespace {

constexpr timeval kPatience{2, 0};
constexpr int kBacklog = 128;

bool isOurs(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

}  // namespace

Result<std::unique_ptr<LocalDoor>> LocalDoor::open(const std::filesystem::path& socket, const std::string& name,
                                                   OnConnection on_connection) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = socket.string();
    if (path.size() >= sizeof address.sun_path) {
        return fail(ErrorCode::kInvalidArgument, "the path '" + path + "' is too long for a socket",
                    "choose a shorter data_directory");
    }
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ::unlink(path.c_str());
    FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    FileDescriptor stop(::eventfd(0, EFD_CLOEXEC));
    if (!listener || !stop ||
        ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener.get(), kBacklog) != 0) {
        return fail(ErrorCode::kInternal, "cannot listen on '" + path + "': " + std::strerror(errno));
    }
    return std::unique_ptr<LocalDoor>(
        new LocalDoor(std::move(listener), std::move(stop), name, std::move(on_connection)));
}

LocalDoor::LocalDoor(FileDescriptor listener, FileDescriptor stop, const std::string& name, OnConnection on_connection)
    : on_connection_(std::move(on_connection)), listener_(std::move(listener)), stop_(std::move(stop)) {
    thread_ = startThread(name, [this] { serve(); });
}

LocalDoor::~LocalDoor() {
    close();
}

void LocalDoor::close() {
    if (thread_.joinable()) {
        (void)eventfd_write(stop_.get(), 1);
        thread_.join();
    }
}

void LocalDoor::serve() const {
    while (true) {
        pollfd waited[] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
        (void)::poll(waited, 2, -1);
        if (waited[1].revents != 0) {
            return;
        }
        FileDescriptor connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!connection || !isOurs(connection.get())) {
            continue;
        }
        ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
        ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
        on_connection_(std::move(connection));
    }
}

std::string readRequest(int connection, std::size_t most) {
    std::string bytes;
    char buffer[16384];
    for (ssize_t got = 0; (got = ::recv(connection, buffer, sizeof buffer, 0)) != 0;) {
        if (got < 0 || bytes.size() + static_cast<std::size_t>(got) > most) {
            return {};
        }
        bytes.append(buffer, static_cast<std::size_t>(got));
    }
    return bytes;
}

}  // namespace tessera
