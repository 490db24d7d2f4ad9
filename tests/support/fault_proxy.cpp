#include "tests/support/fault_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>
#include <vector>

namespace tessera {

namespace {

constexpr std::size_t kMostWaiting = std::size_t{256} << 10U;
// What a line with a speed takes at a time: as much as it moves in a millisecond, but at least this.
constexpr std::size_t kLeastPacketBytes = 1024;
constexpr std::chrono::milliseconds kPacketTime{1};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

timespec timespecOf(std::chrono::nanoseconds duration) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
    return {static_cast<time_t>(seconds.count()), static_cast<long>((duration - seconds).count())};
}

void prepare(int socket) {
    const int on = 1;
    // A line has no room for what the system would keep for a program that reads slowly.
    const int room = 32 << 10;
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(socket, F_SETFL, O_NONBLOCK);
}

}  // namespace

FaultProxy::FaultProxy(std::uint16_t target, LinkEnds ends)
    : target_(target), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), wake_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in address = loopback(ends.port);
    socklen_t size = sizeof address;
    constexpr int kBacklog = 64;
    const bool is_there = ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                          ::listen(listener_.get(), kBacklog) == 0 &&
                          ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0;
    port_ = is_there ? ntohs(address.sin_port) : 0;
    thread_ = std::thread([this, enter = std::move(ends.enter)] {
        if (enter) {
            enter();
        }
        work();
    });
}

FaultProxy::~FaultProxy() {
    is_stopping_ = true;
    (void)eventfd_write(wake_.get(), 1);
    thread_.join();
}

void FaultProxy::setCut(bool is_cut) {
    is_cut_ = is_cut;
    (void)eventfd_write(wake_.get(), 1);
}

void FaultProxy::setSpeed(LinkSpeed speed) {
    {
        const std::lock_guard lock(speed_mutex_);
        speed_ = speed;
    }
    (void)eventfd_write(wake_.get(), 1);
}

LinkSpeed FaultProxy::speed() {
    const std::lock_guard lock(speed_mutex_);
    return speed_;
}

void FaultProxy::work() {
    while (!is_stopping_) {
        std::vector<pollfd> waited = {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
        const bool is_cut = is_cut_;
        const LinkSpeed speed = this->speed();
        // One for all questions: what falls due between two of them would be waited for by nobody.
        const auto now = Clock::now();
        for (const Connection& connection : connections_) {
            for (const auto& [flow, line] : {std::pair(&connection.up, &up_), std::pair(&connection.down, &down_)}) {
                const bool reads = !is_cut && takesMore(*flow, *line, speed, now);
                const bool writes = !is_cut && !flow->waiting.empty() && flow->waiting.front().due <= now;
                waited.push_back({reads ? flow->from : -1, POLLIN, 0});
                waited.push_back({writes ? flow->to : -1, POLLOUT, 0});
            }
        }
        const auto pause = is_cut ? std::nullopt : nextNews(speed, now);
        const timespec until = timespecOf(pause.value_or(std::chrono::nanoseconds(0)));
        (void)::ppoll(waited.data(), waited.size(), pause ? &until : nullptr, nullptr);
        if (waited[0].revents != 0) {
            eventfd_t ignored = 0;
            (void)eventfd_read(wake_.get(), &ignored);
        }
        if (!is_cut_) {
            for (Connection& connection : connections_) {
                take(connection.up, up_, speed, connection.is_broken);
                take(connection.down, down_, speed, connection.is_broken);
                give(connection.up, connection.is_broken);
                give(connection.down, connection.is_broken);
            }
            // Whoever is first would have the line for himself.
            if (connections_.size() > 1) {
                connections_.splice(connections_.end(), connections_, connections_.begin());
            }
        }
        connections_.remove_if([](const Connection& one) { return one.is_broken; });
        if (waited[1].revents != 0) {
            accept();
        }
    }
}

std::optional<std::chrono::nanoseconds> FaultProxy::nextNews(const LinkSpeed& speed, Clock::time_point now) const {
    std::optional<Clock::time_point> next;
    const auto consider = [&](Clock::time_point at) {
        if (at > now) {
            next = next ? std::min(*next, at) : at;
        }
    };
    for (const Connection& connection : connections_) {
        for (const Flow* flow : {&connection.up, &connection.down}) {
            if (!flow->waiting.empty()) {
                consider(flow->waiting.front().due);
            }
        }
    }
    if (speed.bytes_per_second) {
        consider(up_.free_at);
        consider(down_.free_at);
    }
    return next ? std::optional<std::chrono::nanoseconds>(*next - now) : std::nullopt;
}

/// What is under way on a fast line must have room, or the latency would make it slow.
std::size_t FaultProxy::mostWaiting(const LinkSpeed& speed) {
    const auto under_way = std::chrono::duration<double>(speed.latency + 4 * kPacketTime).count() *
                           static_cast<double>(speed.bytes_per_second.value_or(0));
    return std::max(kMostWaiting, static_cast<std::size_t>(under_way));
}

bool FaultProxy::takesMore(const Flow& flow, const Line& line, const LinkSpeed& speed, Clock::time_point now) {
    return !flow.has_ended && flow.waiting_bytes < mostWaiting(speed) &&
           (!speed.bytes_per_second || line.free_at <= now);
}

void FaultProxy::accept() {
    FileDescriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    FileDescriptor server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(target_);
    if (!client || ::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return;
    }
    prepare(client.get());
    prepare(server.get());
    const int near = client.get();
    const int far = server.get();
    connections_.push_back({std::move(client), std::move(server), {near, far, {}, false}, {far, near, {}, false}});
}

void FaultProxy::take(Flow& flow, Line& line, const LinkSpeed& speed, bool& is_broken) {
    std::array<char, 65536> buffer;  // NOLINT(*-member-init): filled by recv()
    while (takesMore(flow, line, speed, Clock::now())) {
        const std::size_t most =
            speed.bytes_per_second
                ? std::clamp(*speed.bytes_per_second * kPacketTime.count() / 1000, kLeastPacketBytes, buffer.size())
                : buffer.size();
        const ssize_t got = ::recv(flow.from, buffer.data(), most, 0);
        if (got <= 0) {
            flow.has_ended = got == 0;
            is_broken = is_broken || (got < 0 && errno != EAGAIN && errno != EINTR);
            return;
        }
        const auto bytes = static_cast<std::size_t>(got);
        line.bytes += bytes;
        auto left_at = Clock::now();
        if (speed.bytes_per_second) {
            // It was free a little earlier than this thread has noticed.
            line.free_at = std::max(line.free_at, left_at - kPacketTime) +
                           std::chrono::nanoseconds(bytes * 1'000'000'000 / *speed.bytes_per_second);
            left_at = std::max(left_at, line.free_at);
        }
        flow.waiting.push_back({std::string(buffer.data(), bytes), left_at + speed.latency});
        flow.waiting_bytes += bytes;
    }
}

void FaultProxy::give(Flow& flow, bool& is_broken) {
    while (!flow.waiting.empty() && flow.waiting.front().due <= Clock::now()) {
        std::string& bytes = flow.waiting.front().bytes;
        const ssize_t sent = ::send(flow.to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            is_broken = is_broken || (errno != EAGAIN && errno != EINTR);
            break;
        }
        flow.waiting_bytes -= static_cast<std::size_t>(sent);
        bytes.erase(0, static_cast<std::size_t>(sent));
        if (bytes.empty()) {
            flow.waiting.pop_front();
        }
    }
    // A connection of which one end has gone is of no use to gRPC.
    is_broken = is_broken || (flow.has_ended && flow.waiting.empty());
}

}  // namespace tessera
