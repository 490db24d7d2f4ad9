// Goal: a person signs in once, and is who the nodes say; the sign-in lives through refreshes, restarts and new keys,
// and ends when it must. Method: the programs as processes, a certified identity provider, a real keychain.

#include "common/service_user.h"
#include "tests/integration/agent_fixture.h"

#include <csignal>
#include <thread>
#include <vector>

namespace tessera {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class AgentSignIn : public AgentTest {};

TEST_F(AgentSignIn, ByBrowserStartsTheAgentAndNodesSeeThePerson) {
    const auto agent = this->agent();
    EXPECT_THAT(agent->tessera({"status"}).error, HasSubstr("no agent runs"));
    const ProcessResult before = ask(*agent, "select 1");
    EXPECT_NE(before.status.exit_code, 0);
    EXPECT_THAT(before.error, HasSubstr("tessera login"));
    EXPECT_THAT(agent->tessera({"status"}).output, HasSubstr("not signed in: run 'tessera login test'"));

    const ProcessResult done = agent->login("ann");
    EXPECT_EQ(done.status.exit_code, 0) << done.error << agent->log();
    EXPECT_THAT(done.error, HasSubstr("Signed in to test as ann@example.org"));
    EXPECT_THAT(done.error, HasSubstr("You can close this page"));
    EXPECT_THAT(done.error, Not(HasSubstr("NOTE")));

    EXPECT_EQ(ask(*agent, "select current_user, tessera.user_id() as id, tessera.claim('email') as email").output,
              "current_user,id,email\nanalyst,ann,ann@example.org\n");
    EXPECT_EQ(agent->tessera({"whoami", "-f", "csv"}).output,
              "profile,node,signed in as,role,subject,issuer\ntest,lake,ann@example.org,analyst,ann," +
                  provider_->issuer() + "\n");
    EXPECT_THAT(agent->tessera({"nodes", "-f", "csv"}).output, HasSubstr("ann@example.org,ready"));
    EXPECT_THAT(agent->tessera({"catalog", "-f", "csv"}).output, HasSubstr("lake,public"));
    EXPECT_EQ(agent->tessera({"query", "-q", "-f", "csv", "--profile", "test", "select 1 as a"}).output, "a\n1\n");
}

/// What the agent knows is said when nodes are away, and each of them has one line.
TEST_F(AgentSignIn, WhoamiSaysWhatItCanWithoutNodes) {
    const auto agent = signedIn();
    const std::string file = agent->environment().at("TESSERA_PROFILES");
    const std::string away = "{name: north, address: \"127.0.0.1:1\"}, {name: south, address: \"127.0.0.1:1\"}";
    std::string without = profiles();
    without.replace(without.find('[') + 1, without.rfind(']') - without.find('[') - 1, away);
    writeFile(file, without);
    const std::string titles = "profile,node,signed in as,role,subject,issuer\n";
    const std::string nowhere = "test,north,ann@example.org,,ann," + provider_->issuer() +
                                "\ntest,south,ann@example.org,,ann," + provider_->issuer() + "\n";
    const ProcessResult none = agent->tessera({"whoami", "-f", "csv"});
    EXPECT_EQ(none.status.exit_code, 3);
    EXPECT_EQ(none.output, titles + nowhere);
    EXPECT_THAT(none.error, testing::MatchesRegex("ERROR: cannot reach node 'north'[^\n]*\n"
                                                  "ERROR: cannot reach node 'south'[^\n]*\n"));

    std::string mixed = profiles();
    mixed.insert(mixed.rfind(']'), ", " + away);
    writeFile(file, mixed +
                        "  - {name: other, issuer: \"https://login.example.org\", client: tessera, audience: a, "
                        "nodes: [{name: east, address: \"127.0.0.1:1\"}]}\n");
    const ProcessResult some = agent->tessera({"whoami", "-f", "csv"});
    EXPECT_EQ(some.status.exit_code, 3);
    EXPECT_EQ(some.output, titles + "test,lake,ann@example.org,analyst,ann," + provider_->issuer() + "\n" + nowhere +
                               "other,,,,,https://login.example.org\n");
    EXPECT_THAT(agent->tessera({"whoami", "other"}).error, HasSubstr("you are not signed in to 'other'"));
}

TEST_F(AgentSignIn, ByDeviceCode) {
    const auto agent = this->agent();
    ASSERT_TRUE(agent->start());
    const ProcessResult done = agent->login("bob", true);
    EXPECT_EQ(done.status.exit_code, 0) << done.error << agent->log();
    EXPECT_THAT(done.error, HasSubstr("Signed in to test as bob@example.org"));
    EXPECT_EQ(ask(*agent, "select current_user").output, "current_user\nguest\n");
}

TEST_F(AgentSignIn, RefreshesAheadOfExpiryAndKeepsEachNewToken) {
    const auto agent = signedIn();
    const std::string first = readFile(agent->grantFile());
    ASSERT_THAT(first, Not(IsEmpty()));
    for (int i = 0; i < 3 * kAccessSeconds; ++i) {
        EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nann\n");
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    EXPECT_NE(readFile(agent->grantFile()), first);
    EXPECT_THAT(agent->log(), Not(HasSubstr("refresh.failed")));
}

TEST_F(AgentSignIn, SurvivesARestartOfTheAgentAndOfTheNode) {
    const auto agent = signedIn();
    agent->stop();
    ASSERT_TRUE(agent->start());
    EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nann\n") << agent->log();
    node_->kill();
    const ProcessResult away = ask(*agent, "select 1");
    EXPECT_EQ(away.status.exit_code, 3);
    EXPECT_THAT(away.error, HasSubstr("cannot reach node 'lake'"));
    ASSERT_TRUE(node_->launch());
    EXPECT_TRUE(
        waitUntil([&] { return ask(*agent, "select tessera.user_id() as id").output == "id\nann\n"; }, kPatience));
}

/// A machine that sleeps: the agent does not run, and time goes on.
TEST_F(AgentSignIn, GoesOnAfterSleepingLongerThanItsTokensLive) {
    const auto agent = signedIn();
    EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nann\n");
    ASSERT_EQ(::kill(agent->pid(), SIGSTOP), 0);
    std::this_thread::sleep_for(std::chrono::seconds(kAccessSeconds + 2));
    ASSERT_EQ(::kill(agent->pid(), SIGCONT), 0);
    EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nann\n") << agent->log();
}

/// A network that goes and comes: the provider cannot be reached when a token has to be refreshed.
TEST_F(AgentSignIn, GoesOnWhenTheProviderIsThereAgain) {
    const auto agent = signedIn();
    EXPECT_EQ(ask(*agent, "select tessera.user_id() as id").output, "id\nann\n");
    provider_->stop();
    EXPECT_TRUE(waitUntil([&] { return ask(*agent, "select 1 as a").status.exit_code != 0; }, kPatience));
    ASSERT_TRUE(provider_->launch());
    EXPECT_TRUE(
        waitUntil([&] { return ask(*agent, "select tessera.user_id() as id").output == "id\nann\n"; }, kPatience))
        << agent->log();
}

TEST_F(AgentSignIn, ATokenThatWasUsedBeforeEndsTheSignIn) {
    const auto agent = signedIn();
    const auto file = agent->grantFile();
    const std::string old = readFile(file);
    ASSERT_TRUE(waitUntil([&] { return readFile(file) != old; }, kPatience)) << agent->log();
    agent->stop();
    // As a thief who has copied the file, or a restored backup.
    writeFile(file, old);
    ASSERT_TRUE(agent->start());
    const ProcessResult refused = ask(*agent, "select 1");
    EXPECT_NE(refused.status.exit_code, 0);
    EXPECT_THAT(refused.error + agent->tessera({"status"}).output,
                HasSubstr("the identity provider has ended the sign-in"));
    EXPECT_TRUE(agent->grantFile().empty());
    EXPECT_EQ(agent->login("ann").status.exit_code, 0);
    EXPECT_EQ(ask(*agent, "select 1 as a").output, "a\n1\n");
}

TEST_F(AgentSignIn, SignOutRevokesAndErases) {
    const auto agent = signedIn();
    const auto file = agent->grantFile();
    const std::string kept = readFile(file);
    const ProcessResult out = agent->tessera({"logout"});
    EXPECT_EQ(out.status.exit_code, 0);
    EXPECT_THAT(out.error, Not(HasSubstr("NOTE")));
    EXPECT_TRUE(agent->grantFile().empty());
    EXPECT_NE(ask(*agent, "select 1").status.exit_code, 0);
    const ProcessResult nobody = agent->tessera({"whoami"});
    EXPECT_NE(nobody.status.exit_code, 0);
    EXPECT_EQ(nobody.output, "") << "no table of nobody";
    EXPECT_EQ(nobody.error,
              "ERROR: you are not signed in to 'test': you have signed out\nHINT: run 'tessera login test'\n");
    agent->stop();
    writeFile(file, kept);
    ASSERT_TRUE(agent->start());
    EXPECT_NE(ask(*agent, "select 1").status.exit_code, 0) << "the provider still takes the token";
}

TEST_F(AgentSignIn, GoesOnWhenTheProviderHasNewKeys) {
    const auto agent = signedIn();
    EXPECT_EQ(ask(*agent, "select 1 as a").output, "a\n1\n");
    provider_->stop();
    ASSERT_TRUE(provider_->launch(true));
    // What was signed with the old key has ended by then; and a node asks for keys it does not know every 30 s at most.
    std::this_thread::sleep_for(std::chrono::seconds(kAccessSeconds + 1));
    EXPECT_TRUE(
        waitUntil([&] { return ask(*agent, "select tessera.user_id() as id").output == "id\nann\n"; }, kPatience))
        << agent->log();
}

TEST_F(AgentSignIn, WithoutAKeychainNothingIsWrittenAndItSaysSo) {
    const auto agent = this->agent("");
    ASSERT_TRUE(agent->start());
    const ProcessResult done = agent->login("ann");
    EXPECT_THAT(done.error, HasSubstr("NOTE: there is no keychain to use"));
    EXPECT_EQ(ask(*agent, "select 1 as a").output, "a\n1\n");
    EXPECT_THAT(agent->tessera({"status"}).error, HasSubstr("memory only"));
    for (const auto& entry : std::filesystem::directory_iterator(agent->state())) {
        EXPECT_NE(entry.path().extension(), ".sealed");
    }
    agent->stop();
    ASSERT_TRUE(agent->start());
    EXPECT_NE(ask(*agent, "select 1").status.exit_code, 0);
}

TEST_F(AgentSignIn, TwoAgentsOfOnePersonDoNotSpendEachOthersTokens) {
    const auto first = signedIn();
    const auto second = agent();
    second->shareHomeOf(*first);
    ASSERT_TRUE(second->start());
    for (int i = 0; i < 3 * kAccessSeconds; ++i) {
        EXPECT_EQ(ask(*first, "select 1 as a").output, "a\n1\n") << first->log();
        EXPECT_EQ(ask(*second, "select 1 as a").output, "a\n1\n") << second->log();
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
}

TEST_F(AgentSignIn, OneAgentAUser) {
    const auto agent = this->agent();
    ASSERT_TRUE(agent->start());
    const auto again = run(
        {.arguments = {TESSERA_BUILD_DIR "/bin/tessera-agent", "run"}, .environment = agent->environment()}, kPatience);
    ASSERT_TRUE(again);
    EXPECT_THAT(again->error, HasSubstr("it runs already"));
}

/// As when a desktop starts several programs at once, each of which starts the agent that is not there.
TEST_F(AgentSignIn, OneAgentAUserHoweverManyStartIt) {
    const auto agent = this->agent();
    std::vector<Process> starts;
    for (int i = 0; i < 8; ++i) {
        auto start = Process::start({.arguments = {TESSERA_BUILD_DIR "/bin/tessera", "whoami"},
                                     .environment = agent->environment(),
                                     .standard_output = ProcessOutput::capture(),
                                     .standard_error = ProcessOutput::capture()});
        ASSERT_TRUE(start) << start.error().describe();
        starts.push_back(std::move(*start));
    }
    for (Process& start : starts) {
        ASSERT_TRUE(start.wait(kPatience));
        EXPECT_THAT(start.capturedError(), HasSubstr("you are not signed in to 'test'"));
    }
    const std::string log = readFile(agent->state() / "agent.log");
    const std::size_t first = log.find("agent.ready");
    EXPECT_NE(first, std::string::npos) << log;
    EXPECT_EQ(log.find("agent.ready", first + 1), std::string::npos) << log;
}

TEST_F(AgentSignIn, APersonWhoGivesUpIsNotSignedIn) {
    const auto agent = this->agent();
    ASSERT_TRUE(agent->start());
    auto login = Process::start({.arguments = {TESSERA_BUILD_DIR "/bin/tessera", "login", "--no-browser"},
                                 .environment = agent->environment(),
                                 .standard_error = ProcessOutput::capture()});
    ASSERT_TRUE(login);
    ASSERT_TRUE(waitUntil([&] { return login->capturedError().find("http://") != std::string::npos; }, kPatience));
    ASSERT_TRUE(login->signal(SIGINT));
    const auto ended = login->wait(kPatience);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->exit_code, 130);
    EXPECT_TRUE(waitUntil([&] { return agent->log().find("signin.failed") != std::string::npos; }, kPatience));
}

/// What is secret stands in no file, log, argument or output in clear: the tokens of a JWT begin with "eyJ".
TEST_F(AgentSignIn, TokensAppearNowhere) {
    const auto agent = signedIn();
    std::string seen = agent->log() + agent->tessera({"status"}).output + agent->tessera({"whoami"}).output;
    for (const char* file : {"cmdline", "environ"}) {
        seen += readFile("/proc/" + std::to_string(agent->pid()) + "/" + file);
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(agent->state())) {
        seen += entry.is_regular_file() ? readFile(entry.path()) : "";
        EXPECT_EQ(entry.status().permissions() & std::filesystem::perms(077), std::filesystem::perms::none)
            << entry.path();
    }
    EXPECT_THAT(seen, Not(HasSubstr("eyJ")));
    // The kernel lets nobody but root look into it, and writes no core.
    EXPECT_THAT(readFile("/proc/" + std::to_string(agent->pid()) + "/limits"),
                testing::ContainsRegex("Max core file size +0 +0"));
}

}  // namespace
}  // namespace tessera
