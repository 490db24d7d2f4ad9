/// Goal: a job whose owner is signed out runs as them, with their rights of the moment, by a grant that they gave and
/// can end; and by nothing else. Method: a real identity provider (which rotates refresh tokens, and takes a second use
/// of one for theft), a real node, agent and browser.

#include "nodeservice/client/jobs_client.h"
#include "tests/integration/agent_fixture.h"
#include "tests/support/certificate_authority.h"

#include <fstream>
#include <iterator>

namespace tessera {
namespace {

using client::JobsClient;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kJob =
    "job: nightly\nowner: ann@example.org\nsteps:\n  - {name: look, sql: \"INSERT INTO public.seen SELECT "
    "current_user, "
    "(select tessera.user_id()), (select tessera.claim('email')), count(*) FROM public.mine\"}\n";
/// Rows are seen by who they belong to.
constexpr const char* kInit =
    "CREATE TABLE IF NOT EXISTS public.seen(role text, person text, email text, rows bigint);\n"
    "CREATE TABLE IF NOT EXISTS public.mine(whose text);\n"
    "TRUNCATE public.mine; INSERT INTO public.mine VALUES ('ann@example.org'), ('ann@example.org'), "
    "('bob@example.org');\n"
    "GRANT INSERT ON public.seen TO analyst; GRANT SELECT ON public.seen TO tester; GRANT SELECT ON public.mine TO "
    "analyst;\n"
    "SELECT tessera.create_policy('public.mine', 'own', $$whose = (select tessera.claim('email'))$$);\n";

class JobGrants : public testing::Test {
  protected:
    static constexpr std::chrono::seconds kPatience{60};
    /// Each run needs a token of its own.
    static constexpr int kAccessSeconds = 3;
    static constexpr const char* kKey = "0123456789abcdef0123456789abcdef";

    void SetUp() override {
        auto provider = TemporaryIdentityProvider::start(kAccessSeconds);
        ASSERT_TRUE(provider) << provider.error().describe();
        provider_.emplace(std::move(*provider));
        auto keychain = TemporaryKeychain::start();
        ASSERT_TRUE(keychain) << keychain.error().describe();
        keychain_.emplace(std::move(*keychain));
        auto node = TemporaryNode::prepare({.name = "lake", .yaml = yamlOf(kKey)});
        ASSERT_TRUE(node) << node.error().describe();
        node_.emplace(std::move(*node));
        std::filesystem::create_directory(node_->folder() / "init");
        writeFile(node_->folder() / "init" / "1.sql", kInit);
        writeFile(node_->folder() / "denied.yaml", "deny: []\n");
        const Result<> launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
        ann_ = agentOf("ann");
        const std::string applied = applyAs(*ann_, kJob);
        ASSERT_THAT(applied, HasSubstr("created"));
    }

    /// Of the section `identity`; `brought_by`: nodes that bring people.
    std::string peopleYaml(const std::string& brought_by = {}) const {
        const std::string issuer = provider_->issuer();
        return "  issuers:\n    - {name: corp, issuer: \"" + issuer + "\", jwks_url: \"" + issuer +
               "/jwks\", algorithms: [ES256], audiences: [\"" + TemporaryIdentityProvider::kAudience +
               "\"]}\n  roles:\n    - {role: analyst, issuer: corp, nodes: [" + brought_by +
               "], when: [{claim: [groups], any: [analysts]}]}\n    - {role: guest, issuer: corp}\n";
    }

    std::string yamlOf(const std::string& key) const {
        return "identity:\n  deny_file: denied.yaml\n" + peopleYaml() +
               "init: init\n"
               "jobs: {readers: [guest], authors: [analyst], administrators: [tester]" +
               (key.empty() ? std::string() : ", grants: {key: " + key + ", most_days: 60}") + "}\n";
    }

    std::unique_ptr<TemporaryAgent> agentOf(const std::string& login) const {
        auto agent = std::make_unique<TemporaryAgent>(
            "profiles:\n  - name: test\n    issuer: \"" + provider_->issuer() +
                "\"\n    client: tessera\n    audience: \"" + TemporaryIdentityProvider::kAudience +
                "\"\n    nodes: [{name: lake, address: \"127.0.0.1:" + std::to_string(node_->port()) + "\"}]\n",
            keychain_->bus());
        const Result<> started = agent->start();
        EXPECT_TRUE(started) << started.error().describe();
        const ProcessResult done = agent->login(login);
        EXPECT_EQ(done.status.exit_code, 0) << done.error << agent->log();
        return agent;
    }

    std::string applyAs(const TemporaryAgent& agent, const std::string& job) const {
        const auto file = writeFile(files_.path() / "job.yaml", job);
        const ProcessResult done = agent.tessera({"job", "apply", file.string()});
        return done.output + done.error;
    }

    /// What the command says; `login` goes through the provider's pages.
    static std::string grant(const TemporaryAgent& agent, const std::string& login, bool by_device = false,
                             const std::string& days = "7") {
        return agent
            .signInBy({"job", "grant", "nightly", "--days", days, by_device ? "--device" : "--no-browser"},
                      [&](const std::string& url, const std::string& code) { return browse(url, login, code); })
            .error;
    }

    std::shared_ptr<JobsClient> jobs() const {
        auto made = JobsClient::create(
            {"lake", "127.0.0.1:" + std::to_string(node_->port()), TemporaryNode::kUser, TemporaryNode::kPassword});
        EXPECT_TRUE(made) << made.error().describe();
        return made.value_or(nullptr);
    }

    /// Empty when the run succeeded, else why not.
    std::string run() {
        const auto client = jobs();
        // Again while the node cannot be reached: that its process has gone shows only when a connection is used.
        const std::string key = std::to_string(++keys_);
        auto id = client->start("nightly", {}, key);
        EXPECT_TRUE(waitUntil(
            [&] {
                const bool is_away = !id && id.error().code == ErrorCode::kUnavailable;
                id = is_away ? client->start("nightly", {}, key) : id;
                return !is_away;
            },
            kPatience));
        if (!id) {
            return id.error().describe();
        }
        const auto ended = [&] {
            const auto details = client->run(*id);
            return details && details->run.ended_ms != 0;
        };
        EXPECT_TRUE(waitUntil(ended, kPatience)) << node_->log();
        const auto details = client->run(*id);
        return details && details->run.state == "succeeded" ? "" : details->steps.at(0).error;
    }

    /// Role, person, address and how many rows they saw.
    std::vector<std::string> seen() const {
        std::vector<std::string> lines;
        auto connection = node_->connect();
        EXPECT_TRUE(connection) << connection.error().describe();
        const auto rows = connection->query("SELECT concat_ws(' ', role, person, email, rows) FROM public.seen", {});
        EXPECT_TRUE(rows) << rows.error().describe();
        for (const auto& row : rows->values) {
            lines.push_back(row.at(0).value_or("NULL"));
        }
        return lines;
    }

    client::JobGrant onlyGrant() const {
        const auto grants = jobs()->grants();
        EXPECT_TRUE(grants && grants->size() == 1);
        return grants && !grants->empty() ? grants->front() : client::JobGrant{};
    }

    /// Files beneath the folder in which the text stands.
    static std::vector<std::string> filesWith(const std::filesystem::path& folder, const std::string& text) {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
            if (entry.is_regular_file() && readFile(entry.path()).find(text) != std::string::npos) {
                found.push_back(entry.path().string());
            }
        }
        return found;
    }

    TemporaryDirectory files_;
    int keys_ = 0;
    std::optional<TemporaryIdentityProvider> provider_;
    std::optional<TemporaryKeychain> keychain_;
    std::optional<TemporaryNode> node_;
    std::unique_ptr<TemporaryAgent> ann_;
};

TEST_F(JobGrants, RunsAsItsOwnerWhoIsSignedOutAlsoAfterANewStart) {
    EXPECT_THAT(run(), HasSubstr("runs as its owner ann@example.org, who has given no grant"));
    const std::string said = grant(*ann_, "ann");
    EXPECT_THAT(said, HasSubstr("runs as ann@example.org until"));
    EXPECT_EQ(ann_->tessera({"logout"}).status.exit_code, 0);
    ann_->stop();
    EXPECT_EQ(run(), "") << node_->log();
    // Her role, her claims, and of the governed table the rows that she may see.
    EXPECT_THAT(seen(), ElementsAre("analyst ann ann@example.org 2"));

    // Refresh tokens are used once: the next one has been kept, here and after a new start.
    node_->stop();
    ASSERT_TRUE(node_->launch());
    EXPECT_EQ(run(), "") << node_->log();
    node_->kill();
    ASSERT_TRUE(node_->launch());
    EXPECT_EQ(run(), "") << node_->log();
    EXPECT_THAT(seen(), SizeIs(3));
    const client::JobGrant grant = onlyGrant();
    EXPECT_EQ(grant.person, "ann@example.org");
    EXPECT_GT(grant.used_ms, 0);
    EXPECT_NEAR(static_cast<double>(grant.until_ms - grant.given_ms), 7 * 86400e3, 1e3);
}

TEST_F(JobGrants, NoTokenStandsInTheStoreOrTheLog) {
    ASSERT_THAT(grant(*ann_, "ann", true), HasSubstr("runs as ann@example.org until"));
    const auto before = provider_->refreshTokens();
    ASSERT_EQ(run(), "");
    ASSERT_EQ(ann_->tessera({"logout"}).status.exit_code, 0);
    auto all = provider_->refreshTokens();
    // The grant's, and nobody else's.
    ASSERT_THAT(all, SizeIs(1));
    all.insert(all.end(), before.begin(), before.end());
    node_->stop();
    for (const std::string& token : all) {
        EXPECT_THAT(filesWith(node_->folder(), token), IsEmpty());
        EXPECT_THAT(node_->log(), Not(HasSubstr(token)));
        EXPECT_THAT(ann_->log(), Not(HasSubstr(token)));
    }
    EXPECT_THAT(filesWith(node_->dataDirectory(), "ann@example.org"), Not(IsEmpty()));

    // Whoever has the store's files and no key has nothing, and is told so.
    node_->setYaml(yamlOf("another-key-another-key-another-key"));
    ASSERT_TRUE(node_->launch());
    EXPECT_THAT(run(), HasSubstr("does not open with the key of node 'lake'"));
    node_->stop();
    node_->setYaml(yamlOf(""));
    ASSERT_TRUE(node_->launch());
    EXPECT_THAT(run(), HasSubstr("node 'lake' keeps no grants"));
    // With its own it goes on.
    node_->stop();
    node_->setYaml(yamlOf(kKey));
    ASSERT_TRUE(node_->launch());
    EXPECT_EQ(run(), "");
}

TEST_F(JobGrants, IsRevokedByItsOwnerAndByAdministratorsOnly) {
    ASSERT_THAT(grant(*ann_, "ann"), HasSubstr("runs as ann@example.org until"));
    const auto bob = agentOf("bob");
    EXPECT_THAT(bob->tessera({"job", "revoke", "nightly"}).error, HasSubstr("is that of ann@example.org"));
    EXPECT_EQ(run(), "");
    const std::size_t before = provider_->refreshTokens().size();
    const ProcessResult revoked = ann_->tessera({"job", "revoke", "nightly"});
    EXPECT_EQ(revoked.status.exit_code, 0) << revoked.error;
    EXPECT_THAT(revoked.error, Not(HasSubstr("NOTE")));
    // The provider has been told.
    EXPECT_EQ(provider_->refreshTokens().size(), before - 1);
    EXPECT_THAT(run(), HasSubstr("has ended: revoked by ann@example.org"));
    EXPECT_THAT(ann_->tessera({"job", "grants", "-f", "csv"}).output, HasSubstr("revoked by ann@example.org"));

    ASSERT_THAT(grant(*ann_, "ann"), HasSubstr("runs as ann@example.org until"));
    EXPECT_EQ(run(), "");
    EXPECT_TRUE(jobs()->revokeGrant("nightly"));
    EXPECT_THAT(run(), HasSubstr("has ended: revoked by tester"));
    EXPECT_THAT(jobs()->revokeGrant("nightly").error().message, HasSubstr("no grant"));
}

TEST_F(JobGrants, EndsWhenTheProviderEndsIt) {
    ASSERT_EQ(ann_->tessera({"job", "grants"}).status.exit_code, 0);
    const auto before = provider_->refreshTokens();
    ASSERT_THAT(grant(*ann_, "ann"), HasSubstr("runs as ann@example.org until"));
    for (const std::string& token : provider_->refreshTokens()) {
        ASSERT_TRUE(provider_->revoke(token));
    }
    node_->stop();
    ASSERT_TRUE(node_->launch());
    EXPECT_THAT(run(), HasSubstr("has ended: the identity provider has ended it"));
    EXPECT_EQ(onlyGrant().ended, "the identity provider has ended it");

    // One that is away has ended nothing.
    const auto again = agentOf("ann");
    ASSERT_THAT(grant(*again, "ann"), HasSubstr("runs as ann@example.org until"));
    provider_->stop();
    node_->stop();
    ASSERT_TRUE(node_->launch());
    EXPECT_THAT(run(), Not(IsEmpty()));
    ASSERT_TRUE(provider_->launch());
    // The node may have looked for its keys meanwhile, and does so again after half a minute.
    EXPECT_TRUE(waitUntil([&] { return run().empty(); }, kPatience)) << node_->log();
}

TEST_F(JobGrants, EndsWithTheOwnersMembership) {
    ASSERT_THAT(grant(*ann_, "ann"), HasSubstr("runs as ann@example.org until"));
    EXPECT_EQ(run(), "");
    provider_->stop();
    provider_->setGroupsOfAnn("[]");
    ASSERT_TRUE(provider_->launch());
    node_->stop();
    ASSERT_TRUE(node_->launch());
    EXPECT_THAT(run(), HasSubstr("does not have the role 'analyst'"));
    EXPECT_THAT(onlyGrant().ended, HasSubstr("does not have the role 'analyst'"));
    // Being let in again brings nothing back.
    provider_->stop();
    provider_->setGroupsOfAnn(R"(["analysts"])");
    ASSERT_TRUE(provider_->launch());
    EXPECT_THAT(run(), HasSubstr("has ended"));

    const auto again = agentOf("ann");
    ASSERT_THAT(grant(*again, "ann"), HasSubstr("runs as ann@example.org until"));
    EXPECT_EQ(run(), "");
    writeFile(node_->folder() / "denied.yaml", "deny: [{subject: ann}]\n");
    EXPECT_TRUE(waitUntil([&] { return !run().empty(); }, kPatience));
    EXPECT_THAT(run(), HasSubstr("has been withdrawn"));
    writeFile(node_->folder() / "denied.yaml", "deny: []\n");
    EXPECT_TRUE(waitUntil([&] { return again->tessera({"job", "list"}).status.exit_code == 0; }, kPatience));
    EXPECT_THAT(run(), HasSubstr("has been withdrawn"));
}

/// Their jobs are SQL texts of theirs, too.
TEST_F(JobGrants, DoesNothingForWhoMayOnlyCallEndpoints) {
    ASSERT_THAT(grant(*ann_, "ann"), HasSubstr("runs as ann@example.org until"));
    node_->stop();
    std::string yaml = yamlOf("0123456789abcdef0123456789abcdef");
    yaml.replace(yaml.find("authors: [analyst], "), std::string("authors: [analyst], ").size(), "");
    const std::string role = "{role: analyst, ";
    yaml.insert(yaml.find(role) + role.size(), "endpoints_only: true, ");
    node_->setYaml(yaml);
    ASSERT_TRUE(node_->launch());
    EXPECT_THAT(run(), HasSubstr("'analyst' may only call endpoints"));
    EXPECT_THAT(seen(), IsEmpty());
}

TEST_F(JobGrants, IsForTheTextThatTheOwnerHasSeenAndForNobodyElse) {
    const auto bob = agentOf("bob");
    EXPECT_THAT(grant(*bob, "bob"), HasSubstr("belongs to ann@example.org"));
    // Somebody else at the provider's page.
    EXPECT_THAT(grant(*ann_, "bob"), HasSubstr("sign in as the same person"));
    const std::string too_long = grant(*ann_, "ann", false, "61");
    EXPECT_THAT(too_long, HasSubstr("1 to 60 days"));
    EXPECT_THAT(too_long, Not(HasSubstr("Sign in once more"))) << "the limit is said before anybody signs in";
    EXPECT_TRUE(jobs()->grants().value().empty());
    EXPECT_THAT(jobs()->checkGrant("nightly", 0).error().message, HasSubstr("only somebody who signs in"));
    // What nobody took is not left behind: the two sign-ins remain.
    EXPECT_TRUE(waitUntil([&] { return provider_->refreshTokens().size() == 2; }, kPatience));

    ASSERT_THAT(grant(*ann_, "ann"), HasSubstr("runs as ann@example.org until"));
    EXPECT_EQ(run(), "");
    const std::string other = std::string(kJob) + "documentation: changed\n";
    const auto applied = jobs()->apply({{"job.yaml", other}}, false);
    ASSERT_TRUE(applied && applied->problems.empty());
    EXPECT_THAT(run(), HasSubstr("not the text of the job 'nightly' that ann@example.org has agreed to"));
    // Nor by another job of the same name, nor in a test.
    ASSERT_TRUE(jobs()->remove("nightly"));
    EXPECT_TRUE(jobs()->grants().value().empty());
    ASSERT_TRUE(jobs()->apply({{"job.yaml", kJob}}, false));
    EXPECT_THAT(run(), HasSubstr("who has given no grant"));
    // Who is not an administrator names nobody but themselves.
    EXPECT_THAT(applyAs(*ann_, "job: other\nowner: bob@example.org\nsteps:\n  - {name: a, sql: SELECT 1}\n"),
                HasSubstr("may not have jobs run as 'bob@example.org'"));
}

/// Another node, whose tables are the lake's foreign tables, and which knows by whom it is asked.
class JobGrantsElsewhere : public JobGrants {
  protected:
    static constexpr const char* kDepotInit = R"(
CREATE SCHEMA IF NOT EXISTS far;
CREATE TABLE IF NOT EXISTS far.mine(whose text);
TRUNCATE far.mine;
INSERT INTO far.mine VALUES ('ann@example.org'), ('ann@example.org'), ('bob@example.org');
SELECT tessera.create_policy('far.mine', 'own', $$whose = (SELECT tessera.claim('email'))$$);
CREATE TABLE IF NOT EXISTS far.seen(person text, actors text);
CREATE OR REPLACE VIEW far.who AS SELECT session_user::text AS role, tessera.user_id() AS person,
    tessera.actor_chain()::text AS actors;
CREATE OR REPLACE VIEW far.slow AS WITH asleep AS MATERIALIZED (SELECT pg_advisory_lock(7))
    SELECT pg_sleep(600)::text AS slept FROM asleep;
GRANT USAGE ON SCHEMA far TO tessera_user, tessera_reader;
GRANT SELECT ON far.mine, far.who, far.slow, far.seen TO tessera_user, tessera_reader;
GRANT INSERT ON far.seen TO analyst;
)";

    void SetUp() override {
        ASSERT_NO_FATAL_FAILURE(JobGrants::SetUp());
        auto depot = TemporaryNode::prepare(
            {.name = "depot", .listen = "tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key"});
        ASSERT_TRUE(depot) << depot.error().describe();
        depot_.emplace(std::move(*depot));
        depot_->setYaml("identity:\n" + peopleYaml("lake") + "  nodes: [{name: lake, jwks_url: 'http://127.0.0.1:" +
                        std::to_string(node_->port()) + "/.well-known/jwks.json'}]\ninit: init\n");
        std::filesystem::create_directory(depot_->folder() / "init");
        writeFile(depot_->folder() / "init" / "1.sql", kDepotInit);
        authority_.certify(depot_->folder(), "DNS:localhost,IP:127.0.0.1");
        const Result<> launched = depot_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
        node_->stop();
        std::filesystem::copy_file(authority_.certificate(), node_->folder() / "mesh.pem");
        node_->setYaml(yamlOf(kKey) +
                       "peers:\n  - {name: depot, people: delegate, tls_ca: '@FOLDER@/mesh.pem', address: '127.0.0.1:" +
                       std::to_string(depot_->port()) + "', user: " + TemporaryNode::kUser +
                       ", password: " + TemporaryNode::kPassword + ", import: [{schema: far, into: far}]}\n");
        writeFile(node_->folder() / "init" / "2.sql", "GRANT INSERT ON far.seen TO analyst;\n");
        const Result<> again = node_->launch();
        ASSERT_TRUE(again) << again.error().describe();
    }

    /// The job is this from now on, and its owner has granted it and is away.
    void grantAndLeave(const std::string& sql) {
        const std::string applied =
            applyAs(*ann_, "job: nightly\nowner: ann@example.org\nsteps:\n  - {name: look, sql: \"" + sql + "\"}\n");
        ASSERT_THAT(applied, AnyOf(HasSubstr("created"), HasSubstr("changed"))) << applied;
        ASSERT_THAT(grant(*ann_, "ann"), HasSubstr("runs as ann@example.org until"));
        ASSERT_EQ(ann_->tessera({"logout"}).status.exit_code, 0);
    }

    CertificateAuthority authority_{"mesh"};
    std::optional<TemporaryNode> depot_;
};

TEST_F(JobGrantsElsewhere, IsTheOwnerThereAlsoWhenTheTokenHasEnded) {
    // Longer than an access token lives, before the other node hears of the person.
    ASSERT_NO_FATAL_FAILURE(grantAndLeave(
        "SELECT pg_sleep(4); INSERT INTO public.seen SELECT role, person, actors, (SELECT count(*) FROM far.mine) "
        "FROM far.who"));
    EXPECT_EQ(run(), "") << node_->log() << depot_->log();
    EXPECT_THAT(seen(), ElementsAre("analyst ann {lake} 2"));
}

TEST_F(JobGrantsElsewhere, NothingIsReadOrWrittenThereOnceItIsRevoked) {
    ASSERT_NO_FATAL_FAILURE(grantAndLeave("INSERT INTO far.seen SELECT person, actors FROM far.who"));
    EXPECT_EQ(run(), "") << node_->log() << depot_->log();
    const auto written = [&] {
        auto connection = depot_->connect();
        EXPECT_TRUE(connection) << connection.error().describe();
        const auto rows = connection->query("SELECT concat_ws(' ', person, actors) FROM far.seen", {});
        EXPECT_TRUE(rows) << rows.error().describe();
        return rows ? rows->values.size() : 0;
    };
    EXPECT_EQ(written(), 1U);
    ASSERT_TRUE(jobs()->revokeGrant("nightly"));
    EXPECT_THAT(run(), HasSubstr("has ended: revoked by tester"));
    EXPECT_EQ(written(), 1U);
}

TEST_F(JobGrantsElsewhere, AStepThatWaitsThereEndsWhenItIsRevoked) {
    ASSERT_NO_FATAL_FAILURE(grantAndLeave("SELECT * FROM far.slow"));
    const auto client = jobs();
    const auto id = client->start("nightly", {}, "slow");
    ASSERT_TRUE(id) << id.error().describe();
    const auto sleepers = [&] {
        auto connection = depot_->connect();
        EXPECT_TRUE(connection) << connection.error().describe();
        const auto rows = connection->query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", {});
        EXPECT_TRUE(rows) << rows.error().describe();
        return rows ? rows->values.at(0).at(0).value_or("") : "";
    };
    ASSERT_TRUE(waitUntil([&] { return sleepers() == "1"; }, kPatience)) << node_->log() << depot_->log();
    ASSERT_TRUE(client->revokeGrant("nightly"));
    EXPECT_TRUE(waitUntil(
        [&] {
            const auto details = client->run(*id);
            return details && details->run.ended_ms != 0;
        },
        kPatience));
    EXPECT_NE(client->run(*id)->run.state, "succeeded");
    // Nor does it go on over there.
    EXPECT_TRUE(waitUntil([&] { return sleepers() == "0"; }, kPatience));
}

}  // namespace
}  // namespace tessera
