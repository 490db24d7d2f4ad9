#pragma once

/// A bounded pool of threads for work that blocks (libpq). Threads start when they are needed, all signals blocked, and
/// carry the pool's name. What does not fit is refused, never queued without limit. stop() runs what was accepted and
/// joins.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tessera {

class WorkerPool {
  public:
    using Task = std::function<void()>;

    /// `queue_limit`: tasks that may wait while all threads are busy.
    WorkerPool(std::string name, std::size_t max_threads, std::size_t queue_limit);

    ~WorkerPool() { stop(); }

    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// False when everything is busy and the queue is full, or after stop(). Tasks must not throw. Any thread.
    bool trySubmit(Task task);

    /// Refuses new tasks, waits for the accepted ones. Not from a task; may be called again.
    void stop();

  private:
    void work();

    const std::string name_;
    const std::size_t max_threads_;
    const std::size_t queue_limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    // All below: guarded by mutex_.
    std::deque<Task> tasks_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
};

}  // namespace tessera
