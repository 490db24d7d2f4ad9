#include "common/thread.h"

#include <pthread.h>

#include <csignal>
#include <cstddef>

namespace tessera {
namespace {

constexpr std::size_t kLongestName = 15;

class AllSignalsBlocked {
  public:
    AllSignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }

    ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    AllSignalsBlocked(const AllSignalsBlocked&) = delete;
    AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

  private:
    sigset_t before_;
};

}  // namespace

std::thread startThread(const std::string& name, std::function<void()> work) {
    const AllSignalsBlocked blocked;
    std::thread thread(std::move(work));
    // A longer one is refused, not cut.
    pthread_setname_np(thread.native_handle(), name.substr(0, kLongestName).c_str());
    return thread;
}

void StoppableThread::start(const std::string& name, std::function<void()> work) {
    thread_ = startThread(name, std::move(work));
}

void StoppableThread::requestStop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stop_requested_.notify_all();
}

void StoppableThread::stop() {
    requestStop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

bool StoppableThread::stopsWithin(Clock::duration time) {
    std::unique_lock lock(mutex_);
    return stop_requested_.wait_for(lock, time, [this] { return stopping_; });
}

}  // namespace tessera
