#include "nodeservice/identity/deny_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace tessera::identity {
namespace {

using nlohmann::json;

class DenyListTest : public testing::Test {
  protected:
    void TearDown() override { std::filesystem::remove(file_); }

    void write(const std::string& text) const { std::ofstream(file_) << text; }

    const std::filesystem::path file_ =
        std::filesystem::path(testing::TempDir()) / ("deny_list_test." + std::to_string(::getpid()));
};

TEST_F(DenyListTest, AllThatAnEntrySaysMustBeSo) {
    write(
        "deny:\n  - {subject: ann, issuer: corp}\n  - {token: abc}\n  - {issued_before: 1000, issuer: old}\n"
        "  - {subject: bob, issued_before: 1000}\n");
    DenyList list(file_);
    const auto read = list.refresh();
    ASSERT_TRUE(read) << read.error().describe();
    EXPECT_TRUE(*read);
    EXPECT_TRUE(list.denies("corp", "ann", {}));
    EXPECT_FALSE(list.denies("other", "ann", {})) << "a subject is one's for its issuer only";
    EXPECT_FALSE(list.denies("corp", "anna", {}));
    EXPECT_TRUE(list.denies("corp", "cid", {{"jti", "abc"}}));
    EXPECT_FALSE(list.denies("corp", "cid", {{"jti", "abcd"}}));
    EXPECT_FALSE(list.denies("corp", "cid", json::object()));
    EXPECT_TRUE(list.denies("old", "cid", {{"iat", 999}}));
    EXPECT_FALSE(list.denies("old", "cid", {{"iat", 1000}}));
    EXPECT_TRUE(list.denies("old", "cid", json::object())) << "who knows when it was issued";
    EXPECT_TRUE(list.denies("old", "cid", {{"iat", "999999"}}));
    EXPECT_TRUE(list.denies("corp", "bob", {{"iat", 999.5}}));
    EXPECT_FALSE(list.denies("corp", "bob", {{"iat", 2000}}));
    const auto context = [](const char* subject) {
        return json{{"issuer", "corp"}, {"subject", subject}, {"claims", json::object()}}.dump();
    };
    const std::string ann = context("ann");
    const std::string cid = context("cid");
    EXPECT_TRUE(list.deniesSession("analyst", &ann));
    EXPECT_FALSE(list.deniesSession("analyst", &cid));
}

TEST_F(DenyListTest, UsersOfTheNodeAreNamedApart) {
    write("deny:\n  - {user: etl}\n  - {subject: ann}\n");
    DenyList list(file_);
    ASSERT_TRUE(list.refresh());
    EXPECT_TRUE(list.deniesUser("etl"));
    EXPECT_FALSE(list.deniesUser("ann"));
    EXPECT_FALSE(list.denies("corp", "etl", json::object())) << "somebody else of that name";
    EXPECT_TRUE(list.deniesSession("etl", nullptr));
    EXPECT_FALSE(list.deniesSession("ann", nullptr));
    write("deny: [{user: etl, subject: ann}]\n");
    EXPECT_FALSE(list.refresh());
}

TEST_F(DenyListTest, WhatIsSaidHoldsBesideTheFile) {
    write("deny: [{subject: ann}]\n");
    DenyList list(file_);
    ASSERT_TRUE(list.refresh());
    Denial bob;
    bob.subject = "bob";
    EXPECT_TRUE(list.replaceSaid({bob}));
    EXPECT_FALSE(list.replaceSaid({bob}));
    EXPECT_TRUE(list.denies("corp", "ann", {}));
    EXPECT_TRUE(list.denies("corp", "bob", {}));
    write("deny: []\n");
    ASSERT_TRUE(list.refresh());
    EXPECT_TRUE(list.denies("corp", "bob", {}));
    EXPECT_TRUE(list.replaceSaid({}));
    EXPECT_FALSE(list.denies("corp", "bob", {}));
}

TEST_F(DenyListTest, IsReadAgainWhenItChangesAndStaysWhenItCannotBeRead) {
    write("deny: [{subject: ann}]\n");
    DenyList list(file_);
    ASSERT_TRUE(list.refresh());
    EXPECT_FALSE(*list.refresh()) << "as it was";
    for (const char* bad : {"deny: [{}]\n", "deny: [{subjct: bob}]\n", "deny: {", "deny: [{issued_before: -1}]\n"}) {
        write(bad);
        EXPECT_FALSE(list.refresh()) << bad;
        EXPECT_TRUE(list.denies("corp", "ann", {})) << bad;
    }
    std::filesystem::remove(file_);
    EXPECT_FALSE(list.refresh());
    EXPECT_TRUE(list.denies("corp", "ann", {}));
    write("deny: [{subject: '${env:HOME}'}]\n");
    ASSERT_TRUE(list.refresh());
    EXPECT_FALSE(list.denies("corp", "ann", {}));
    EXPECT_TRUE(list.denies("corp", "${env:HOME}", {}));
    write("");
    EXPECT_FALSE(list.refresh()) << "as it is while somebody writes it";
    EXPECT_TRUE(list.denies("corp", "${env:HOME}", {}));
    write("deny: []\n");
    ASSERT_TRUE(list.refresh());
    EXPECT_FALSE(list.denies("corp", "${env:HOME}", {}));
}

TEST_F(DenyListTest, WithoutAFileDeniesNobody) {
    DenyList list;
    EXPECT_FALSE(*list.refresh());
    EXPECT_FALSE(list.denies("corp", "ann", {}));
}

}  // namespace
}  // namespace tessera::identity
