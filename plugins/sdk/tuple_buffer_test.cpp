#include "plugins/sdk/tuple_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tessera::sdk {
namespace {

void append(TupleBuffer& buffer, std::string_view bytes) {
    while (!bytes.empty()) {
        const std::span<char> space = buffer.space();
        const std::size_t size = std::min(space.size(), bytes.size());
        ASSERT_GT(size, 0U);
        std::copy_n(bytes.data(), size, space.data());
        buffer.extend(size);
        bytes.remove_prefix(size);
    }
}

std::string tupleOf(const ArrowArray& batch, std::int64_t row) {
    const auto* offsets = static_cast<const std::int32_t*>(batch.buffers[1]);
    return std::string(static_cast<const char*>(batch.buffers[2]) + offsets[row],
                       static_cast<std::size_t>(offsets[row + 1] - offsets[row]));
}

TEST(TupleBuffer, KeepsTuplesOfAnySizeApart) {
    TupleBuffer buffer(100);
    const std::string large(1'000'000, 'x');
    append(buffer, "header");
    append(buffer, "one");
    buffer.dropFront(6);
    EXPECT_EQ(buffer.open(), "one");
    buffer.closeTuple();
    append(buffer, large);
    buffer.closeTuple();
    append(buffer, "three");
    EXPECT_EQ(buffer.count(), 2);
    EXPECT_EQ(buffer.byteSize(), 1'000'003U);
    buffer.closeTuple();
    ArrowArray batch{};
    buffer.finish(&batch);
    ASSERT_EQ(batch.length, 3);
    EXPECT_EQ(tupleOf(batch, 0), "one");
    EXPECT_TRUE(tupleOf(batch, 1) == large);
    EXPECT_EQ(tupleOf(batch, 2), "three");
    // The batch has left: what comes next is another.
    append(buffer, "four");
    buffer.closeTuple();
    ArrowArray next{};
    buffer.finish(&next);
    EXPECT_EQ(tupleOf(batch, 2), "three");
    batch.release(&batch);
    ASSERT_EQ(next.length, 1);
    EXPECT_EQ(tupleOf(next, 0), "four");
    next.release(&next);
    EXPECT_EQ(next.release, nullptr);
}

}  // namespace
}  // namespace tessera::sdk
