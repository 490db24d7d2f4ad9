#include "nodeservice/gateway/descriptor_waits.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <utility>

namespace tessera::gateway {

namespace asio = boost::asio;

DescriptorWaits::DescriptorWaits(asio::io_context& loop)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), epoll_watch_(loop), timer_(loop) {
    boost::system::error_code error;
    if (epoll_ >= 0) {
        epoll_watch_.assign(epoll_, error);
        listen();
    }
}

bool DescriptorWaits::wait(int descriptor, Time until, std::function<void()> then) {
    if (descriptor < 0 || epoll_ < 0) {
        return false;
    }
    epoll_event event{.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data = {.fd = descriptor}};
    // A closed descriptor has left by itself: who has its number now is new here.
    if (::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) != 0 &&
        (errno != ENOENT || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0)) {
        return false;
    }
    const auto at = static_cast<std::size_t>(descriptor);
    if (waits_.size() <= at) {
        waits_.resize(at + 1);
    }
    waits_[at] = {until, std::move(then)};
    ++waiting_;
    if (!is_timed_) {
        startTimer();
    }
    return true;
}

void DescriptorWaits::listen() {
    epoll_watch_.async_wait(asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
        if (!error) {
            takeReady();
            listen();
        }
    });
}

void DescriptorWaits::takeReady() {
    std::array<epoll_event, 64> ready{};
    const int count = ::epoll_wait(epoll_, ready.data(), ready.size(), 0);
    for (int i = 0; i < count; ++i) {
        call(static_cast<std::size_t>(ready[static_cast<std::size_t>(i)].data.fd));
    }
}

void DescriptorWaits::call(std::size_t descriptor) {
    // One that is late has been called, and may be ready then.
    if (const auto then = std::exchange(waits_[descriptor].then, nullptr)) {
        --waiting_;
        then();
    }
}

/// It looks again and again while somebody waits: one for each wait would be set anew with each.
void DescriptorWaits::startTimer() {
    is_timed_ = true;
    timer_.expires_after(kPrecision);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            takeLate();
        }
    });
}

void DescriptorWaits::takeLate() {
    const Time now = std::chrono::steady_clock::now();
    // Whoever is called may wait again.
    for (std::size_t i = 0; i < waits_.size(); ++i) {
        if (waits_[i].then && waits_[i].until <= now) {
            call(i);
        }
    }
    is_timed_ = false;
    if (waiting_ > 0) {
        startTimer();
    }
}

}  // namespace tessera::gateway
