/// What happens when operator new finds no memory.
#include "fdw/core/fdw_core.h"

#include <new>

namespace {

bool (*more)() = nullptr;

void findMore() {
    if (!more()) {
        throw std::bad_alloc();
    }
}

}  // namespace

extern "C" void tsr_memory_on_failure(bool (*find)(void)) {
    more = find;
    std::set_new_handler(findMore);
}
