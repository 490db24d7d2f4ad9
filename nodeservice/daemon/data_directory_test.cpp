#include "nodeservice/daemon/data_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace tessera::node {
namespace {

using testing::HasSubstr;

class DataDirectoryTest : public testing::Test {
  protected:
    DataDirectoryTest() {
        const auto user = serviceUser();
        EXPECT_TRUE(user);
        user_ = *user;
    }

    ~DataDirectoryTest() override { std::filesystem::remove_all(path_); }

    ServiceUser user_;
    const std::filesystem::path path_ =
        std::filesystem::path(testing::TempDir()) / ("data_directory_test." + std::to_string(getpid()));
};

TEST_F(DataDirectoryTest, IsOnesOwnAgainAndAgain) {
    EXPECT_TRUE(DataDirectory::open(path_, "lake", user_));
    EXPECT_TRUE(DataDirectory::open(path_, "lake", user_));
}

TEST_F(DataDirectoryTest, IsNotAnotherNodes) {
    ASSERT_TRUE(DataDirectory::open(path_, "lake", user_));
    const auto other = DataDirectory::open(path_, "operations", user_);
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message, HasSubstr("belongs to node 'lake', this is node 'operations'"));
}

TEST_F(DataDirectoryTest, IsLockedWhileItIsOpen) {
    const auto first = DataDirectory::open(path_, "lake", user_);
    ASSERT_TRUE(first);
    const auto second = DataDirectory::open(path_, "lake", user_);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message,
                HasSubstr("in use by another tessera-node (process " + std::to_string(getpid())));
}

TEST_F(DataDirectoryTest, LeavesAForeignFolderAlone) {
    std::filesystem::create_directories(path_);
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
    std::ofstream(path_ / "thesis.txt") << "x";
    const auto opened = DataDirectory::open(path_, "lake", user_);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("is not a node's data directory: it holds something else"));
    EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms(0755));
}

}  // namespace
}  // namespace tessera::node
