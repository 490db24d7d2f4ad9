#include "common/secret.h"

#include <gtest/gtest.h>

#include <sstream>
#include <type_traits>
#include <utility>

namespace tessera {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

TEST(Secret, CannotBePrintedOrCopiedByAccident) {
    static_assert(!Printable<Secret>);
    static_assert(!std::is_copy_constructible_v<Secret>);
    static_assert(!std::is_convertible_v<Secret, std::string>);
}

TEST(Secret, MovingLeavesNothingBehind) {
    Secret first("hunter2");
    const char* storage = first.reveal().data();
    const Secret second = std::move(first);
    EXPECT_EQ(second.reveal(), "hunter2");
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what is left is the point
    EXPECT_EQ(std::string(storage, 7), std::string(7, '\0'));
}

TEST(Secret, CopyIsExplicit) {
    EXPECT_EQ(Secret("x").copy().reveal(), "x");
}

}  // namespace
}  // namespace tessera
