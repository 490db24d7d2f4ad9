#include "app/cli/statement_stream.h"

namespace tessera::cli {

StatementStream::Event StatementStream::next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_interrupted_ || !events_.empty(); });
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

}  // namespace tessera::cli
