#include "plugins/sdk/tuple_buffer.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace tessera::sdk {

namespace {

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

void TupleBuffer::grow(std::size_t least) {
    const std::size_t needed = used_ + least + kSpareBytes;
    if (needed > kMostBytes) {
        throw std::bad_alloc();
    }
    const std::size_t larger = std::clamp(std::max(2 * capacity_, needed), usual_size_, kMostBytes);
    std::unique_ptr<char[]> moved(new char[larger]);  // not cleared
    if (used_ > 0) {
        std::memcpy(moved.get(), bytes_.get(), used_);
    }
    bytes_ = std::move(moved);
    capacity_ = larger;
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

}  // namespace tessera::sdk
