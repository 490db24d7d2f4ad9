#include "nodeservice/identity/delegation/broker.h"

#include "common/log.h"

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

namespace tessera::identity {

namespace {

constexpr std::string_view kProtocol = "tessera-delegation 1\n";
constexpr std::size_t kMostRequestBytes = std::size_t{128} << 10;
/// The other side is a process of this node's: it sends at once, or has died.
constexpr timeval kPatience{2, 0};

bool isOurs(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

std::string readAll(int socket) {
    std::string text;
    char buffer[16384];
    for (ssize_t got = 0; (got = ::recv(socket, buffer, sizeof buffer, 0)) != 0;) {
        if (got < 0 || text.size() + static_cast<std::size_t>(got) > kMostRequestBytes) {
            return {};
        }
        text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
}

std::string oneLine(std::string text) {
    for (char& c : text) {
        c = c == '\n' ? ' ' : c;
    }
    return text;
}

}  // namespace

Result<std::unique_ptr<DelegationBroker>> DelegationBroker::start(const std::filesystem::path& path,
                                                                  const DelegationIssuer& issuer) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.string().size() >= sizeof address.sun_path) {
        return fail(ErrorCode::kInvalidArgument, "the path '" + path.string() + "' is too long for a socket",
                    "choose a shorter data_directory");
    }
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ::unlink(path.c_str());
    FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    FileDescriptor stop(::eventfd(0, EFD_CLOEXEC));
    constexpr int kBacklog = 128;
    if (!listener || !stop ||
        ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener.get(), kBacklog) != 0) {
        return fail(ErrorCode::kInternal, "cannot listen on '" + path.string() + "': " + std::strerror(errno));
    }
    return std::make_unique<DelegationBroker>(issuer, std::move(listener), std::move(stop));
}

DelegationBroker::DelegationBroker(const DelegationIssuer& issuer, FileDescriptor listener, FileDescriptor stop)
    : issuer_(issuer), listener_(std::move(listener)), stop_(std::move(stop)) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { serve(); });
    pthread_setname_np(thread_.native_handle(), "delegation");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

DelegationBroker::~DelegationBroker() {
    (void)eventfd_write(stop_.get(), 1);
    thread_.join();
}

void DelegationBroker::serve() {
    while (true) {
        pollfd waited[] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
        (void)::poll(waited, 2, -1);
        if (waited[1].revents != 0) {
            return;
        }
        const FileDescriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (socket && isOurs(socket.get())) {
            ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
            ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
            answer(socket.get());
        }
    }
}

void DelegationBroker::answer(int socket) const {
    const std::string request = readAll(socket);
    const std::size_t audience_end = request.find('\n', kProtocol.size());
    if (!request.starts_with(kProtocol) || audience_end == std::string::npos) {
        return;
    }
    const std::string audience = request.substr(kProtocol.size(), audience_end - kProtocol.size());
    const auto token = issuer_.issue(std::string_view(request).substr(audience_end + 1), audience);
    std::string answer;
    if (token) {
        answer = "token " + token->reveal();
    } else {
        log::info("delegation.refused", {{"audience", audience}, {"reason", token.error().message}});
        const char* state = token.error().code == ErrorCode::kUnauthenticated    ? "28000"
                            : token.error().code == ErrorCode::kPermissionDenied ? "42501"
                                                                                 : "54000";
        answer = std::string("refused ") + state + "\n" + oneLine(token.error().message) + "\n" +
                 oneLine(token.error().hint);
    }
    (void)::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
}

}  // namespace tessera::identity
