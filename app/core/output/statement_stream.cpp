#include "app/core/output/statement_stream.h"

namespace tessera::app {

StatementStream::Event StatementStream::next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_interrupted_ || !events_.empty(); });
    return take();
}

std::optional<StatementStream::Event> StatementStream::nextWithin(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, time, [this] { return is_interrupted_ || !events_.empty(); })) {
        return std::nullopt;
    }
    return take();
}

StatementStream::Event StatementStream::take() {
    if (is_interrupted_) {
        return Interrupted{};
    }
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
}

void StatementStream::interrupt() {
    const std::lock_guard lock(mutex_);
    is_interrupted_ = true;
    changed_.notify_all();
}

void StatementStream::push(Event event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
}

}  // namespace tessera::app
