#include "nodeservice/query/interrupt.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>

namespace tessera::query {

Result<std::shared_ptr<Interrupt>> Interrupt::create() {
    FileDescriptor event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) {
        return fail(ErrorCode::kResourceExhausted, std::string("cannot make an eventfd: ") + std::strerror(errno),
                    "the node may have too many files open");
    }
    return std::make_shared<Interrupt>(std::move(event));
}

void Interrupt::raise(Reason reason) {
    Reason none = Reason::kNone;
    if (reason_.compare_exchange_strong(none, reason)) {
        // Fails only when the counter is full, and then the descriptor is readable already.
        (void)eventfd_write(event_.get(), 1);
    }
}

}  // namespace tessera::query
