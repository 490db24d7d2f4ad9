#include "plugins/sdk/node_request.h"

#include "common/process.h"
#include "plugins/sdk/connector_base.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace tessera::sdk {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSlice_ms = 50;

Error failed(const std::string& what) {
    Error error = fail(ErrorCode::kUnavailable, what);
    error.sqlstate = "08001";
    return error;
}

class Exchange {
  public:
    Exchange(const TsrHost& host, const NodeRequest& request)
        : host_(host), request_(request), deadline_(Clock::now() + request.patience) {}

    Result<std::string> run() {
        TSR_TRY(connect());
        TSR_TRY(send());
        return receive();
    }

  private:
    Result<> connect() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, request_.socket, sizeof address.sun_path - 1);
        socket_ = FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!socket_ || ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            return failed(std::strerror(errno));
        }
        return {};
    }

    Result<> send() {
        for (std::size_t sent = 0; sent < request_.request.size();) {
            TSR_TRY(await(POLLOUT));
            const ssize_t now = ::send(socket_.get(), request_.request.data() + sent, request_.request.size() - sent,
                                       MSG_NOSIGNAL | MSG_DONTWAIT);
            if (now < 0 && errno != EAGAIN && errno != EINTR) {
                return failed(std::strerror(errno));
            }
            sent += now > 0 ? static_cast<std::size_t>(now) : 0;
        }
        ::shutdown(socket_.get(), SHUT_WR);
        return {};
    }

    Result<std::string> receive() {
        std::string answer;
        char buffer[4096];
        while (answer.size() < request_.most_answer_bytes) {
            TSR_TRY(await(POLLIN));
            const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
            if (got == 0) {
                return answer;
            }
            if (got < 0 && errno != EAGAIN && errno != EINTR) {
                return failed(std::strerror(errno));
            }
            answer.append(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
        }
        return failed("too long an answer");
    }

    Result<> await(short event) {
        while (true) {
            pollfd entry{socket_.get(), event, 0};
            if (::poll(&entry, 1, kSlice_ms) > 0) {
                return {};
            }
            if (request_.heeds_cancel && isCancelled(host_)) {
                return cancelled();
            }
            if (Clock::now() >= deadline_) {
                return failed("no answer");
            }
        }
    }

    const TsrHost& host_;
    const NodeRequest& request_;
    const Clock::time_point deadline_;
    FileDescriptor socket_;
};

}  // namespace

Result<std::string> askNode(const TsrHost& host, const NodeRequest& request) {
    return Exchange(host, request).run();
}

}  // namespace tessera::sdk
