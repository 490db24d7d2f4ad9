// Goal: what the agent meets on a person's machine and network: a real browser, TLS to the nodes, a mesh that says by
// itself which nodes it has, a keychain that is locked.

#include "common/net.h"
#include "tests/integration/agent_fixture.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/temporary_browser.h"

#include <future>

namespace tessera {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

class AgentEnvironment : public AgentTest {
  protected:
    /// `nodes`: how the profile names its nodes.
    static std::unique_ptr<TemporaryAgent> agentFor(const std::string& nodes) {
        return std::make_unique<TemporaryAgent>("profiles:\n  - name: test\n    issuer: \"" + provider_->issuer() +
                                                    "\"\n    client: tessera\n    audience: \"" +
                                                    TemporaryIdentityProvider::kAudience + "\"\n    " + nodes + "\n",
                                                keychain_->bus());
    }

    static std::string address() { return "127.0.0.1:" + std::to_string(node_->port()); }
};

TEST_F(AgentEnvironment, ChromiumSignsIn) {
    if (!TemporaryBrowser::isInstalled()) {
        GTEST_SKIP()
            << "Debian's packages chromium and chromium-driver are not installed; every other test signs in by "
               "posting the provider's forms";
    }
    auto browser = TemporaryBrowser::start();
    ASSERT_TRUE(browser) << browser.error().describe();
    const auto agent = this->agent();
    ASSERT_TRUE(agent->start());
    const ProcessResult done =
        agent->login(false, [&](const std::string& url, const std::string&) -> Result<std::string> {
            TSR_TRY(browser->open(url));
            TSR_TRY(browser->click("button[name=login][value=ann]"));
            return browser->waitForText("You can close this page");
        });
    EXPECT_EQ(done.status.exit_code, 0) << done.error << agent->log();
    EXPECT_THAT(done.error, HasSubstr("Signed in to test as ann@example.org"));
    EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nann\n");
}

TEST_F(AgentEnvironment, SpeaksTlsToNodesAndChecksWhoTheyAre) {
    const std::string root = (node_->folder() / "node.pem").string();
    const std::string other = (node_->folder() / "other.pem").string();
    const auto trusting =
        agentFor("nodes: [{name: lake, address: \"" + address() + "\", tls: true, ca_file: \"" + root + "\"}]");
    ASSERT_TRUE(trusting->start());
    ASSERT_EQ(trusting->login("ann").status.exit_code, 0) << trusting->log();
    EXPECT_EQ(ask(*trusting, "select tessera.user_id() as id").output, "id\nann\n") << trusting->log();
    for (const std::string& nodes :
         {"nodes: [{name: lake, address: \"" + address() + "\", tls: true, ca_file: \"" + other + "\"}]",
          "nodes: [{name: lake, address: \"" + address() + "\", tls: true}]"}) {
        const auto doubting = agentFor(nodes);
        ASSERT_TRUE(doubting->start());
        ASSERT_EQ(doubting->login("ann").status.exit_code, 0) << doubting->log();
        const ProcessResult refused = ask(*doubting, "select 1 as a");
        EXPECT_NE(refused.status.exit_code, 0);
        EXPECT_THAT(refused.error, HasSubstr("lake"));
    }
}

TEST_F(AgentEnvironment, TakesItsNodesFromADiscoveryUrl) {
    const TemporaryDirectory folder;
    const auto port = freeLoopbackPort();
    ASSERT_TRUE(port);
    const std::string site = "http://127.0.0.1:" + std::to_string(*port);
    auto server = Process::start({.arguments = {"/usr/bin/python3", "-m", "http.server", std::to_string(*port),
                                                "--bind", "127.0.0.1", "--directory", folder.path().string()},
                                  .standard_output = ProcessOutput::discard(),
                                  .standard_error = ProcessOutput::discard(),
                                  .signal_on_parent_death = SIGTERM});
    ASSERT_TRUE(server);
    writeFile(folder.path() / "nodes.json", R"({"nodes": [{"name": "lake", "address": ")" + address() + "\"}]}");
    const auto answers = [&] {
        return run({.arguments = {"curl", "-sSf", site + "/nodes.json"}}, kPatience)->status.ok();
    };
    ASSERT_TRUE(waitUntil(answers, kPatience));
    const auto agent = agentFor("discovery: " + site + "/nodes.json");
    ASSERT_TRUE(agent->start());
    ASSERT_EQ(agent->login("ann").status.exit_code, 0) << agent->log();
    EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nann\n") << agent->log();
    EXPECT_THAT(agent->tessera({"nodes", "-f", "csv"}).output, HasSubstr("lake"));
    agent->stop();
    ASSERT_TRUE(agent->start());
    EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nann\n") << agent->log();

    // A node that is new is found when it is asked for, and the list is as the page has it when it is looked at.
    writeFile(folder.path() / "nodes.json", R"({"nodes": [{"name": "sea", "address": ")" + address() +
                                                R"("}, {"name": "lake", "address": "127.0.0.1:1"}]})");
    EXPECT_EQ(agent->tessera({"query", "-q", "-f", "csv", "--node", "sea", "select tessera.user_id() as id"}).output,
              "id\nann\n")
        << agent->log();
    EXPECT_THAT(agent->tessera({"nodes", "-f", "csv"}).output, AllOf(HasSubstr("sea,"), HasSubstr("lake,127.0.0.1:1")));
    // A page that is away, or nonsense, changes nothing.
    writeFile(folder.path() / "nodes.json", "nonsense");
    EXPECT_THAT(agent->tessera({"nodes", "-f", "csv"}).output, HasSubstr("sea,"));

    const auto lost = agentFor("discovery: " + site + "/none.json");
    ASSERT_TRUE(lost->start());
    lost->login("ann");
    const ProcessResult refused = ask(*lost, "select 1 as a");
    EXPECT_NE(refused.status.exit_code, 0);
    EXPECT_THAT(refused.error, HasSubstr("none.json"));
}

/// A node's token is worth nothing at another that has an audience of its own.
TEST_F(AgentEnvironment, EachNodeGetsATokenForItsOwnAudience) {
    const auto agent = std::make_unique<TemporaryAgent>(
        "profiles:\n  - name: test\n    issuer: \"" + provider_->issuer() +
            "\"\n    client: tessera\n    audience: \"" + TemporaryIdentityProvider::kOtherAudience +
            "\"\n    nodes:\n      - {name: lake, address: \"" + address() + "\", audience: \"" +
            TemporaryIdentityProvider::kAudience + "\"}\n      - {name: sea, address: \"" + address() + "\"}\n",
        keychain_->bus());
    ASSERT_TRUE(agent->start());
    ASSERT_EQ(agent->login("ann").status.exit_code, 0) << agent->log();
    const auto ask_at = [&](const std::string& node) {
        return agent->tessera({"query", "-q", "-f", "csv", "--node", node, "select tessera.user_id() as id"});
    };
    // Whichever it got a token for last.
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(ask_at("lake").output, "id\nann\n") << agent->log();
        EXPECT_THAT(ask_at("sea").error, HasSubstr("the token was refused"));
    }
    EXPECT_THAT(node_->log(), HasSubstr("another audience"));
}

/// A cable that is pulled out and put in again, then another network: the way to the node is dead without a word, is
/// there again, refuses, and leads over another address.
TEST_F(AgentEnvironment, GoesOnWhenTheNetworkChanges) {
    auto first = std::make_unique<FaultProxy>(node_->port());
    const auto addressOf = [](const FaultProxy& way) { return "127.0.0.1:" + std::to_string(way.port()); };
    const auto profileWith = [](const std::string& nodes) {
        return "profiles:\n  - name: test\n    issuer: \"" + provider_->issuer() +
               "\"\n    client: tessera\n    audience: \"" + TemporaryIdentityProvider::kAudience +
               "\"\n    nodes: [{name: lake, address: \"" + nodes + "\"}]\n";
    };
    const auto agent = std::make_unique<TemporaryAgent>(profileWith(addressOf(*first)), keychain_->bus());
    ASSERT_TRUE(agent->start());
    ASSERT_EQ(agent->login("ann").status.exit_code, 0) << agent->log();
    const auto is_ann = [&] { return ask(*agent, "select tessera.user_id() as id").output == "id\nann\n"; };
    EXPECT_TRUE(is_ann()) << agent->log();

    // Dead: a call gets no answer; the connection that it went over is good again afterwards.
    first->cut();
    auto waiting = std::async(std::launch::async, [&] { return ask(*agent, "select 7 as a"); });
    EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(500)), std::future_status::timeout);
    first->heal();
    EXPECT_EQ(waiting.get().output, "a\n7\n") << agent->log();

    // Refused: calls say so, and the sign-in stays.
    first.reset();
    const ProcessResult refused = ask(*agent, "select 1 as a");
    EXPECT_NE(refused.status.exit_code, 0);
    EXPECT_THAT(refused.error, HasSubstr("cannot reach node 'lake'"));
    EXPECT_FALSE(agent->grantFile().empty()) << agent->log();

    // Another address, without a new start or sign-in.
    const FaultProxy second(node_->port());
    writeFile(agent->environment().at("TESSERA_PROFILES"), profileWith(addressOf(second)));
    EXPECT_TRUE(waitUntil(is_ann, kPatience)) << agent->log();
}

TEST_F(AgentEnvironment, AKeychainThatDoesNotAnswerIsNotWaitedForAndMayComeLater) {
    const auto agent = signedIn();
    agent->stop();
    keychain_->setSilent(true);
    // It is ready while the keychain is still silent.
    const Result<> started = agent->start();
    const std::string silent = agent->tessera({"status"}).error;
    keychain_->setSilent(false);
    ASSERT_TRUE(started) << started.error().describe();
    EXPECT_THAT(silent, AllOf(HasSubstr("memory only"), HasSubstr("has not answered for 5 s"),
                              HasSubstr("may be asking for its password")));
    EXPECT_TRUE(waitUntil([&] { return agent->log().find("keychain.late") != std::string::npos; })) << agent->log();
    EXPECT_THAT(agent->tessera({"status"}).error, Not(HasSubstr("memory only")));
    EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nann\n") << agent->log();
}

/// Who has signed in meanwhile stays signed in.
TEST_F(AgentEnvironment, AKeychainThatComesAfterTheSignInIsLeftForTheNextStart) {
    const auto agent = this->agent();
    keychain_->setSilent(true);
    const Result<> started = agent->start();
    const ProcessResult done = agent->login("bob");
    keychain_->setSilent(false);
    ASSERT_TRUE(started) << started.error().describe();
    EXPECT_EQ(done.status.exit_code, 0) << done.error;
    EXPECT_TRUE(waitUntil([&] { return agent->log().find("keychain.late") != std::string::npos; })) << agent->log();
    EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nbob\n") << agent->log();
    EXPECT_THAT(agent->tessera({"status"}).error, AllOf(HasSubstr("memory only"), HasSubstr("came too late")));
    EXPECT_FALSE(fs::exists(agent->grantFile()));
}

/// A key that cannot be read is not replaced: what it sealed would be lost.
TEST_F(AgentEnvironment, ALockedKeychainMeansMemoryOnlyUntilItIsOpen) {
    const auto agent = signedIn();
    const std::string sealed = readFile(agent->grantFile());
    agent->stop();
    const Result<> locked = keychain_->restart("another password");
    ASSERT_TRUE(locked) << locked.error().describe();
    ASSERT_TRUE(agent->start());
    EXPECT_THAT(agent->tessera({"status"}).error, HasSubstr("memory only")) << agent->log();
    EXPECT_NE(ask(*agent, "select 1 as a").status.exit_code, 0);
    agent->stop();
    EXPECT_EQ(readFile(agent->grantFile()), sealed);
    ASSERT_TRUE(keychain_->restart(TemporaryKeychain::kPassword));
    ASSERT_TRUE(agent->start());
    EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nann\n") << agent->log();
}

}  // namespace
}  // namespace tessera
