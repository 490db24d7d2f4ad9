#include "plugins/postgres/tuple_buffer.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace tessera::postgres_connector {

namespace {

/// Who overwrites values in place may need one byte behind the last.
constexpr std::size_t kSpareBytes = 1;
constexpr std::size_t kLeastSpace = 512;
/// Offsets are 32 bits wide.
constexpr std::size_t kMostBytes = std::numeric_limits<std::int32_t>::max();

/// Owner of the memory behind a batch.
struct TupleMemory {
    std::unique_ptr<char[]> bytes;
    std::vector<std::int32_t> offsets;
    const void* buffers[3];
};

void releaseTuples(ArrowArray* array) {
    delete static_cast<TupleMemory*>(array->private_data);
    array->release = nullptr;
}

}  // namespace

std::span<char> TupleBuffer::space() {
    if (capacity_ - used_ < kLeastSpace + kSpareBytes) {
        if (capacity_ >= kMostBytes) {
            throw std::bad_alloc();
        }
        const std::size_t larger = std::clamp(2 * capacity_, usual_size_, kMostBytes);
        std::unique_ptr<char[]> moved(new char[larger]);  // not cleared
        if (used_ > 0) {
            std::memcpy(moved.get(), bytes_.get(), used_);
        }
        bytes_ = std::move(moved);
        capacity_ = larger;
    }
    return {bytes_.get() + used_, capacity_ - used_ - kSpareBytes};
}

void TupleBuffer::dropFront(std::size_t size) {
    char* const front = bytes_.get() + byteSize();
    std::memmove(front, front + size, used_ - byteSize() - size);
    used_ -= size;
}

void TupleBuffer::finish(ArrowArray* array) {
    assert(open().empty());
    auto memory = std::make_unique<TupleMemory>();
    memory->bytes = std::exchange(bytes_, nullptr);
    memory->offsets = std::exchange(offsets_, {0});
    offsets_.reserve(memory->offsets.size());
    memory->buffers[0] = nullptr;
    memory->buffers[1] = memory->offsets.data();
    memory->buffers[2] = memory->bytes.get();
    *array = {};
    array->length = static_cast<std::int64_t>(memory->offsets.size()) - 1;
    array->n_buffers = 3;
    array->buffers = memory->buffers;
    array->release = releaseTuples;
    array->private_data = memory.release();
    capacity_ = 0;
    used_ = 0;
}

}  // namespace tessera::postgres_connector
