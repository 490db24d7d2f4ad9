#include "plugins/odbc/worker.h"

#include "plugins/sdk/connector_base.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace tessera::odbc {

namespace {

/// The longest wait without a look at the host's signals.
constexpr std::chrono::milliseconds kSlice(20);

}  // namespace

/// Outlives the Worker when a driver does not come back.
struct Worker::Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::function<void()> job;  // guarded by mutex, as all that follows
    bool busy = false;
    bool stopped = false;

    void run() {
        pthread_setname_np(pthread_self(), "tsr-odbc");
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [this] { return busy || stopped; });
            if (!busy) {
                return;
            }
            {
                const std::function<void()> current = std::move(job);
                job = nullptr;
                lock.unlock();
                current();
            }  // what the job owns goes here, in this thread
            lock.lock();
            busy = false;
            changed.notify_all();
        }
    }
};

Worker::Worker() : shared_(std::make_shared<Shared>()) {
    const sdk::BlockSignals blocked;
    std::thread([shared = shared_] { shared->run(); }).detach();
}

Worker::~Worker() {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopped = true;
    shared_->changed.notify_all();
}

void Worker::start(std::function<void()> job) {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->job = std::move(job);
        shared_->busy = true;
    }
    shared_->changed.notify_all();
}

Worker::Outcome Worker::wait(const TsrHost& host, bool heeded, Clock::time_point deadline) {
    std::unique_lock lock(shared_->mutex);
    while (!shared_->changed.wait_until(lock, std::min(deadline, Clock::now() + kSlice),
                                        [this] { return !shared_->busy; })) {
        lock.unlock();
        const TsrSignal signal = host.poll_signal(&host);
        if (signal == TSR_SIGNAL_CANCEL) {
            return Outcome::kCancelled;
        }
        if (signal == TSR_SIGNAL_ATTENTION && heeded) {
            return Outcome::kAttention;
        }
        if (Clock::now() >= deadline) {
            return Outcome::kTimedOut;
        }
        lock.lock();
    }
    return Outcome::kDone;
}

bool Worker::settle(std::chrono::milliseconds limit) {
    std::unique_lock lock(shared_->mutex);
    return shared_->changed.wait_for(lock, limit, [this] { return !shared_->busy; });
}

bool Worker::isBusy() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->busy;
}

}  // namespace tessera::odbc
