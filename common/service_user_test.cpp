#include "common/service_user.h"

#include "common/net.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tessera {
namespace {

namespace fs = std::filesystem;

class ServiceUserTest : public testing::Test {
  protected:
    void SetUp() override {
        fs::create_directories(folder_);
        fs::permissions(folder_, fs::perms(0755));
    }

    void TearDown() override { fs::remove_all(folder_); }

    const fs::path folder_ = fs::path(testing::TempDir()) / ("service_user_test." + std::to_string(::getpid()));
};

TEST_F(ServiceUserTest, MissingUserTellsHowToMakeIt) {
    const auto user = serviceUser("no-such-user");
    if (::geteuid() != 0) {
        ASSERT_TRUE(user) << "an ordinary user needs no other";
        EXPECT_EQ(user->uid, ::geteuid());
        return;
    }
    ASSERT_FALSE(user);
    EXPECT_NE(user.error().message.find("no system user 'no-such-user'"), std::string::npos);
    EXPECT_NE(user.error().hint.find("./dev setup"), std::string::npos);
}

TEST_F(ServiceUserTest, PrivateDirectoryIsTheUsersOwn) {
    const auto user = serviceUser();
    ASSERT_TRUE(user) << user.error().describe();
    const fs::path folder = folder_ / "a" / "b";
    ASSERT_TRUE(makePrivateDirectory(*user, folder));

    struct stat status {};

    ASSERT_EQ(::stat(folder.c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, user->uid);
    EXPECT_EQ(status.st_mode & 0777, 0700u);
    const auto readable = canRead(*user, folder);
    ASSERT_TRUE(readable) << readable.error().describe();
    EXPECT_TRUE(*readable);
}

TEST_F(ServiceUserTest, GivesAwayLinksNotTheirTargets) {
    const auto user = serviceUser();
    ASSERT_TRUE(user) << user.error().describe();
    const fs::path kept = folder_ / "kept";
    const fs::path given = folder_ / "given";
    fs::create_directory(given);
    std::ofstream(kept) << "mine";
    std::ofstream(given / "file") << "theirs";
    fs::create_symlink(kept, given / "link");
    ASSERT_TRUE(giveTo(*user, given));

    struct stat status {};

    ASSERT_EQ(::stat((given / "file").c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, user->uid);
    ASSERT_EQ(::stat(kept.c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, ::geteuid());
}

TEST_F(ServiceUserTest, FolderOfAnotherUserCannotBeRead) {
    const auto user = serviceUser();
    ASSERT_TRUE(user) << user.error().describe();
    const fs::path closed = folder_ / "closed";
    fs::create_directory(closed);
    std::ofstream(closed / "file") << "text";
    fs::permissions(closed, fs::perms(0));
    const auto readable = canRead(*user, closed / "file");
    ASSERT_TRUE(readable) << readable.error().describe();
    EXPECT_FALSE(*readable);
    fs::permissions(closed, fs::perms(0700));
}

TEST(Net, FreePortIsAPort) {
    const auto port = freeLoopbackPort();
    ASSERT_TRUE(port) << port.error().describe();
    EXPECT_GT(*port, 1023);
}

}  // namespace
}  // namespace tessera
