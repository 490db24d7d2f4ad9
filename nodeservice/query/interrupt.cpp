#include "nodeservice/query/interrupt.h"

#include <sys/eventfd.h>

namespace tessera::query {

void Interrupt::raise(Reason reason) {
    Reason none = Reason::kNone;
    if (reason_.compare_exchange_strong(none, reason)) {
        const std::lock_guard lock(mutex_);
        if (event_) {
            // Fails only when the counter is full, and then the descriptor is readable already.
            (void)eventfd_write(event_.get(), 1);
        }
    }
}

int Interrupt::descriptor() const {
    const std::lock_guard lock(mutex_);
    if (!event_) {
        event_ = FileDescriptor(eventfd(isRaised() ? 1 : 0, EFD_CLOEXEC | EFD_NONBLOCK));
    }
    return event_.get();
}

}  // namespace tessera::query
