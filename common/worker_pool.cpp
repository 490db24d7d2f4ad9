#include "common/worker_pool.h"

#include "common/thread.h"

#include <utility>

namespace tessera {

WorkerPool::WorkerPool(std::string name, std::size_t max_threads, std::size_t queue_limit)
    : name_(std::move(name)), max_threads_(max_threads), queue_limit_(queue_limit) {}

bool WorkerPool::trySubmit(Task task) {
    const std::lock_guard lock(mutex_);
    const bool thread_free = tasks_.size() < idle_;
    const bool can_grow = threads_.size() < max_threads_;
    if (stopping_ || (!thread_free && !can_grow && tasks_.size() - idle_ >= queue_limit_)) {
        return false;
    }
    tasks_.push_back(std::move(task));
    if (!thread_free && can_grow) {
        threads_.push_back(startThread(name_, [this] { work(); }));
    }
    changed_.notify_one();
    return true;
}

void WorkerPool::stop() {
    std::vector<std::thread> threads;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        threads.swap(threads_);
    }
    changed_.notify_all();
    for (std::thread& thread : threads) {
        thread.join();
    }
}

void WorkerPool::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        if (tasks_.empty()) {
            if (stopping_) {
                return;
            }
            ++idle_;
            changed_.wait(lock);
            --idle_;
            continue;
        }
        const Task task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
        lock.lock();
    }
}

}  // namespace tessera
