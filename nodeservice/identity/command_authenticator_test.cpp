#include "nodeservice/identity/command_authenticator.h"

#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>

namespace tessera::identity {
namespace {

using std::chrono::milliseconds;

const ChannelFacts kSafe{true, "10.0.0.1", {}};

/// A program of the operator's, as a shell script.
class Command : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::path(testing::TempDir()) / "command_test.XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }

    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<CommandAuthenticator> make(const std::string& script, CommandOptions options = {}) {
        options.arguments = {"/bin/sh", "-c", script, folder_.string()};
        options.issuer = "directory";
        std::vector<RoleRule> rules{{"analyst", "directory", {}}};
        rules.front().when.push_back(*ClaimMatcher::make({"groups"}, ClaimMatcher::Kind::kAny, {"analysts"}));
        rules.push_back({"reader", "directory", {}});
        rules.push_back({"chief", "another", {}});
        return std::make_unique<CommandAuthenticator>(std::move(options), std::move(rules), denied_);
    }

    static std::string resultOf(CommandAuthenticator& program, const std::string& user = "ann") {
        const auto principal = program.signIn(user, Secret("a \"password\" ü"), kSafe);
        return principal ? principal->role : std::string(errorCodeName(principal.error().code));
    }

    std::string contentOf(const std::string& name) const {
        std::ifstream in(folder_ / name);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }

    std::filesystem::path folder_;
    DenyList denied_;
};

TEST_F(Command, LetsInWhomItNames) {
    const auto program = make(R"(cat > $0/asked; echo '{"subject": "ann", "claims": {"groups": ["analysts"]}}')");
    const auto ann = program->signIn("ann", Secret("a \"password\" ü"), kSafe);
    ASSERT_TRUE(ann) << ann.error().describe();
    EXPECT_EQ(ann->role, "analyst");
    const auto context = nlohmann::json::parse(*ann->context);
    EXPECT_EQ(context["subject"], "ann");
    EXPECT_EQ(context["issuer"], "directory");
    EXPECT_EQ(context["claims"]["groups"][0], "analysts");
    EXPECT_GT(context["expires"], std::time(nullptr) + 7 * 3600);
    EXPECT_EQ(nlohmann::json::parse(contentOf("asked")),
              (nlohmann::json{{"user", "ann"}, {"password", "a \"password\" ü"}, {"address", "10.0.0.1"}}));
    EXPECT_EQ(resultOf(*make(R"(echo '{"subject": "bob"}')")), "reader");
}

TEST_F(Command, IsAskedAboutBasicToo) {
    const auto program = make(R"(echo '{"subject": "ann", "claims": {"groups": ["analysts"]}}')");
    CallCredentials call{.authorization = "Basic YW5uOnJpZ2h0", .role = "reader", .is_protected = true};
    const auto ann = program->authenticate(call);
    ASSERT_TRUE(ann) << ann.error().describe();
    EXPECT_EQ(ann->role, "reader");
    call.role = "chief";
    EXPECT_EQ(program->authenticate(call).error().code, ErrorCode::kPermissionDenied);
    call.is_protected = false;
    EXPECT_EQ(program->authenticate(call).error().code, ErrorCode::kUnauthenticated);
}

TEST_F(Command, ItsNoIsAWrongPassword) {
    EXPECT_EQ(resultOf(*make("echo '{}'")), "UNAUTHENTICATED");
    const auto program = make("touch $0/asked; echo '{}'");
    EXPECT_FALSE(program->signIn("ann", Secret(), kSafe));
    EXPECT_FALSE(program->signIn("ann", Secret("x"), {false, "10.0.0.1", {}}));
    EXPECT_FALSE(program->signIn(std::string(300, 'x'), Secret("x"), kSafe));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "asked"));
}

TEST_F(Command, ItsFailureIsNobodysFault) {
    for (const char* script : {"exit 3", "kill -9 $$", "echo no JSON", "echo '[]'", R"(echo '{"subject": ""}')",
                               R"(echo '{"subject": "a", "claims": 1}')", R"(echo '{"subject": "a", "role": "chief"}')",
                               R"(echo '{"subject": "a", "subject": "b"}')", R"(echo '{"claims": {}}')",
                               R"(echo '{"subject": "a"}'; exit 1)", "exit 0"}) {
        EXPECT_EQ(resultOf(*make(script)), "UNAVAILABLE") << script;
    }
    CommandAuthenticator missing({.arguments = {"/nowhere/program"}, .issuer = "directory"}, {}, denied_);
    EXPECT_EQ(resultOf(missing), "UNAVAILABLE");
}

TEST_F(Command, IsBoundInTimeAndOutputAndEndsWithItsChildren) {
    const auto slow = make("sleep 600 & echo $! > $0/child; sleep 600", {.patience = milliseconds(500)});
    EXPECT_EQ(resultOf(*slow), "UNAVAILABLE");
    const std::string child = contentOf("child");
    ASSERT_FALSE(child.empty());
    // A zombie until whoever inherited it has looked.
    const auto runs = [&] {
        std::ifstream state("/proc/" + std::to_string(std::stol(child)) + "/stat");
        std::string text;
        std::getline(state, text);
        return !text.empty() && text.find(") Z") == std::string::npos;
    };
    EXPECT_TRUE(waitUntil([&] { return !runs(); }));
    EXPECT_EQ(resultOf(*make("yes", {.patience = std::chrono::minutes(5)})), "UNAVAILABLE");
}

TEST_F(Command, OnlySoManyRunAtOnce) {
    // Who comes while another runs finds its folder; each stays long enough to be found.
    const auto program =
        make("mkdir $0/running || touch $0/overlap; sleep 0.1; rmdir $0/running; echo '{\"subject\": \"ann\"}'",
             {.patience = std::chrono::minutes(1), .most_at_once = 1});
    std::vector<std::thread> callers;
    std::array<std::string, 4> results;
    for (std::size_t i = 0; i < results.size(); ++i) {
        callers.emplace_back([&, i] { results[i] = resultOf(*program, "user" + std::to_string(i)); });
    }
    for (std::thread& caller : callers) {
        caller.join();
    }
    EXPECT_THAT(results, testing::Each("reader"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "overlap"));
}

TEST_F(Command, AYesIsRememberedAndANoIsNot) {
    const auto program = make(R"(echo x >> $0/asked; echo '{"subject": "ann"}')");
    EXPECT_EQ(resultOf(*program), "reader");
    const auto one = program->signIn("ann", Secret("p"), kSafe);
    const auto two = program->signIn("ann", Secret("p"), kSafe);
    ASSERT_TRUE(one && two);
    EXPECT_EQ(*one->context, *two->context) << "so that sessions are found again";
    EXPECT_EQ(contentOf("asked"), "x\nx\n") << "once for each password";
    const auto never = make("echo x >> $0/refused; echo '{}'");
    EXPECT_EQ(resultOf(*never), "UNAUTHENTICATED");
    EXPECT_EQ(resultOf(*never), "UNAUTHENTICATED");
    EXPECT_EQ(contentOf("refused"), "x\nx\n");
    const auto forgetful =
        make(R"(echo x >> $0/again; echo '{"subject": "ann"}')", {.remembered_for = std::chrono::seconds(0)});
    EXPECT_EQ(resultOf(*forgetful), "reader");
    EXPECT_EQ(resultOf(*forgetful), "reader");
    EXPECT_EQ(contentOf("again"), "x\nx\n");
}

TEST_F(Command, WhoIsDeniedStaysOut) {
    std::ofstream(folder_ / "denied") << "deny: [{subject: ann, issuer: directory}]\n";
    DenyList list(folder_ / "denied");
    ASSERT_TRUE(list.refresh());
    CommandAuthenticator program({.arguments = {"/bin/echo", R"({"subject": "ann"})"}, .issuer = "directory"},
                                 {{"reader", "directory", {}}}, list);
    EXPECT_EQ(resultOf(program), "UNAUTHENTICATED");
}

}  // namespace
}  // namespace tessera::identity
