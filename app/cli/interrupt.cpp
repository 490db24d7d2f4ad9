#include "app/cli/interrupt.h"

#include "app/cli/exit_codes.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

namespace tessera::cli {

InterruptWatch::InterruptWatch() {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    signals_ = signalfd(-1, &blocked, SFD_CLOEXEC);
    stop_ = eventfd(0, EFD_CLOEXEC);
    thread_ = std::thread([this] { watch(); });
}

InterruptWatch::~InterruptWatch() {
    // An event counter that is not full takes a write at once.
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_, &one, sizeof one);
    thread_.join();
    ::close(signals_);
    ::close(stop_);
}

void InterruptWatch::setHandler(std::function<void()> handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
}

void InterruptWatch::watch() {
    for (int count = 0;;) {
        pollfd waited[] = {{signals_, POLLIN, 0}, {stop_, POLLIN, 0}};
        if (::poll(waited, 2, -1) < 0) {
            continue;
        }
        if (waited[1].revents != 0) {
            return;
        }
        signalfd_siginfo info{};
        if (::read(signals_, &info, sizeof info) != sizeof info) {
            continue;
        }
        const std::lock_guard lock(mutex_);
        if (++count > 1 || !handler_) {
            // Nothing to unwind: partial files are named so, and the node sees the connection close.
            ::_exit(kInterrupted);
        }
        handler_();
    }
}

}  // namespace tessera::cli
