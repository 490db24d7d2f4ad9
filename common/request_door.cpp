#include "common/request_door.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace tessera {

namespace {

/// The other side is a process of this machine's that sends at once, or has died.
constexpr timeval kPatience{2, 0};
constexpr int kBacklog = 128;

bool isOurs(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

std::string readAll(int socket, std::size_t most) {
    std::string bytes;
    char buffer[16384];
    for (ssize_t got = 0; (got = ::recv(socket, buffer, sizeof buffer, 0)) != 0;) {
        if (got < 0 || bytes.size() + static_cast<std::size_t>(got) > most) {
            return {};
        }
        bytes.append(buffer, static_cast<std::size_t>(got));
    }
    return bytes;
}

}  // namespace

Result<std::unique_ptr<RequestDoor>> RequestDoor::open(Options options, Handler handler) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = options.socket.string();
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
    return std::unique_ptr<RequestDoor>(
        new RequestDoor(std::move(options), std::move(handler), std::move(listener), std::move(stop)));
}

RequestDoor::RequestDoor(Options options, Handler handler, FileDescriptor listener, FileDescriptor stop)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      listener_(std::move(listener)),
      stop_(std::move(stop)),
      workers_(options_.name, options_.threads, options_.threads) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { serve(); });
    pthread_setname_np(thread_.native_handle(), options_.name.c_str());
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

RequestDoor::~RequestDoor() {
    (void)eventfd_write(stop_.get(), 1);
    thread_.join();
    workers_.stop();
}

void RequestDoor::serve() {
    while (true) {
        pollfd waited[] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
        (void)::poll(waited, 2, -1);
        if (waited[1].revents != 0) {
            return;
        }
        FileDescriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket || !isOurs(socket.get())) {
            continue;
        }
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
        ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
        const auto shared = std::make_shared<FileDescriptor>(std::move(socket));
        // What does not fit is closed unheard: the other side says that the node is busy.
        (void)workers_.trySubmit([this, shared] { answer(shared->get()); });
    }
}

void RequestDoor::answer(int socket) const {
    std::string request = readAll(socket, options_.most_request_bytes);
    if (request.empty()) {
        return;
    }
    const std::string answer = handler_(std::move(request));
    for (std::size_t sent = 0; sent < answer.size();) {
        const ssize_t now = ::send(socket, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (now <= 0) {
            return;
        }
        sent += static_cast<std::size_t>(now);
    }
}

}  // namespace tessera
