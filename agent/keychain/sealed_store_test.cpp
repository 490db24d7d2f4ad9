#include "agent/keychain/sealed_store.h"

#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace tessera::agent {
namespace {

using testing::HasSubstr;
using testing::Not;

Secret key(char fill) {
    return Secret(std::string(SealedStore::kKeyBytes, fill));
}

TEST(SealedStore, KeepsSecretsThatOnlyTheKeyOpens) {
    const TemporaryDirectory folder;
    SealedStore store(folder.path(), key('k'));
    ASSERT_TRUE(store.put("grant", Secret("a refresh token")));
    const auto again = SealedStore(folder.path(), key('k')).get("grant");
    ASSERT_TRUE(again && *again);
    EXPECT_EQ((*again)->reveal(), "a refresh token");
    EXPECT_THAT(readFile(folder.path() / "grant.sealed"), Not(HasSubstr("refresh")));

    struct stat facts {};

    ASSERT_EQ(::stat((folder.path() / "grant.sealed").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u);
    const auto other = SealedStore(folder.path(), key('x')).get("grant");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::kDataLoss);
}

TEST(SealedStore, AChangedOrRenamedFileDoesNotOpen) {
    const TemporaryDirectory folder;
    SealedStore store(folder.path(), key('k'));
    ASSERT_TRUE(store.put("one", Secret("value")));
    std::filesystem::copy_file(folder.path() / "one.sealed", folder.path() / "two.sealed");
    EXPECT_FALSE(store.get("two"));
    std::string bytes = readFile(folder.path() / "one.sealed");
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    writeFile(folder.path() / "one.sealed", bytes);
    EXPECT_FALSE(store.get("one"));
    writeFile(folder.path() / "one.sealed", "TSA1");
    EXPECT_FALSE(store.get("one"));
}

TEST(SealedStore, WithoutAKeyNothingReachesTheDisk) {
    const TemporaryDirectory folder;
    SealedStore store(folder.path(), Secret());
    ASSERT_TRUE(store.put("grant", Secret("token")));
    const auto kept = store.get("grant");
    ASSERT_TRUE(kept && *kept);
    EXPECT_EQ((*kept)->reveal(), "token");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    ASSERT_TRUE(store.remove("grant"));
    EXPECT_FALSE(*store.get("grant"));
}

TEST(SealedStore, RemovesAndLocks) {
    const TemporaryDirectory folder;
    SealedStore store(folder.path(), key('k'));
    ASSERT_TRUE(store.put("grant", Secret("token")));
    ASSERT_TRUE(store.remove("grant"));
    EXPECT_TRUE(store.remove("grant"));
    const auto gone = store.get("grant");
    ASSERT_TRUE(gone);
    EXPECT_FALSE(*gone);
    auto held = store.tryLock("grant");
    EXPECT_TRUE(held);
    EXPECT_FALSE(SealedStore(folder.path(), key('k')).tryLock("grant"));
    held.reset();
    EXPECT_TRUE(store.tryLock("grant"));
}

}  // namespace
}  // namespace tessera::agent
