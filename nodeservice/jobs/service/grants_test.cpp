/// Goal: of nodes that share a grant, one at a time uses its token, which is good once; and a grant is good until its
/// end, for its text and its person. Method: a provider that rotates refresh tokens and ends a grant of which one comes
/// twice, and several nodes' Grants over one store.

#include "nodeservice/jobs/service/grants.h"

#include "common/base64.h"
#include "common/sealing.h"
#include "nodeservice/jobs/definition/read.h"
#include "nodeservice/jobs/run/schema.h"
#include "tests/support/rotating_provider.h"
#include "tests/support/temporary_job_store.h"

#include <gmock/gmock.h>

#include <thread>

namespace tessera::jobs {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kDayMs = 86'400'000;

Definition definitionOf(const std::string& sql = "SELECT 1") {
    return readDefinition("job: nightly\nowner: ann@example.org\nsteps:\n  - {name: a, sql: " + sql + "}\n", "t")
        .definition;
}

/// For several nodes at once.
class SharedStore : public JobStore {
  public:
    Result<bool> apply(const Batch& batch) override {
        const std::lock_guard lock(mutex_);
        store_.now_ms += 1;
        return store_.apply(batch);
    }

    Result<std::vector<Row>> query(const store::SqlStatement& statement) override {
        const std::lock_guard lock(mutex_);
        return store_.query(statement);
    }

  private:
    std::mutex mutex_;
    TemporaryJobStore store_;
};

class GrantsTest : public testing::Test {
  protected:
    GrantsTest() {
        EXPECT_TRUE(migrate(store_));
        for (const char* node : {"a", "b", "c"}) {
            tokens_.push_back(std::make_unique<identity::TokenAuthenticator>(
                identity::TokenOptions{.issuers = {{.rules = {.issuer = provider_.issuer(),
                                                              .algorithms = {identity::Algorithm::kEs256},
                                                              .audiences = {"mesh"},
                                                              .skew = std::chrono::seconds(0)},
                                                    .fetch =
                                                        [this] {
                                                            return Result<identity::KeyDocument>(
                                                                identity::KeyDocument{provider_.keys()});
                                                        }}},
                                       .rules = {{"analyst", provider_.issuer(), {}}},
                                       .node = node},
                denied_));
            grants_.push_back(std::make_unique<Grants>(
                GrantOptions{node, sealingKeyOf(Secret("key")), 90, {{{provider_.issuer()}, {"mesh"}}}}, store_,
                tokens_.back().get(), denied_));
        }
    }

    identity::Principal ann() { return *tokens_[0]->signIn("", provider_.accessToken(), {true, "test"}); }

    Result<identity::Principal> use(std::size_t node, const Definition& definition = definitionOf()) {
        return grants_[node]->principalFor(definition, [](std::chrono::milliseconds time) {
            std::this_thread::sleep_for(time);
            return true;
        });
    }

    void give() {
        const auto given = grants_[0]->give(definitionOf(), {"tessera", "mesh", provider_.newRefreshToken(), 7}, ann());
        ASSERT_TRUE(given) << given.error().describe();
    }

    RotatingProvider provider_;
    SharedStore store_;
    identity::DenyList denied_;
    std::vector<std::unique_ptr<identity::TokenAuthenticator>> tokens_;
    std::vector<std::unique_ptr<Grants>> grants_;
};

TEST_F(GrantsTest, NodesThatUseItAtOnceUseNoTokenTwice) {
    // No longer than what must be left of one when a step begins: each use needs one of its own.
    provider_.access_seconds = 2;
    give();
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> nodes;
        for (std::size_t node = 0; node < grants_.size(); ++node) {
            nodes.emplace_back([&, node] {
                for (int round = 0; round < 5; ++round) {
                    const auto person = use(node);
                    EXPECT_TRUE(person) << person.error().describe();
                    failures += person ? 0 : 1;
                }
            });
        }
    }
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(provider_.used_twice, 0);
    EXPECT_GE(provider_.refreshes, 15);
}

TEST_F(GrantsTest, ActsAsItsPersonLongerThanTheAccessTokenAndNotLongerThanItself) {
    provider_.access_seconds = 60;
    give();
    const auto person = use(1);
    ASSERT_TRUE(person) << person.error().describe();
    EXPECT_EQ(person->role, "analyst");
    EXPECT_EQ(identity::personOf(*person)->subject, "ann");
    const auto context = nlohmann::json::parse(*person->context);
    const auto left = context.at("expires").get<std::int64_t>() - time(nullptr);
    EXPECT_GT(left, 11 * 3600);
    EXPECT_LE(left, 12 * 3600);
    // While the access token lasts, the provider is not asked again.
    const int before = provider_.refreshes;
    ASSERT_TRUE(use(1));
    EXPECT_EQ(provider_.refreshes, before);
    EXPECT_NE(grants_[0]->effectKey("run-1/a"), "run-1/a");
    EXPECT_EQ(grants_[0]->effectKey("run-1/a"), grants_[1]->effectKey("run-1/a"));
}

TEST_F(GrantsTest, EndsAtItsDateAndErasesTheToken) {
    give();
    GrantRecord grant = readGrant(store_, "nightly").value().value();
    EXPECT_FALSE(grant.sealed.empty());
    EXPECT_TRUE(decodeBase64(grant.sealed));
    grant.until_ms = grant.given_ms - 1;
    ASSERT_TRUE(store_.apply(giveGrant(grant)).value());
    EXPECT_THAT(use(0).error().message, HasSubstr("its time is over"));
    grant = readGrant(store_, "nightly").value().value();
    EXPECT_EQ(grant.sealed, "");
    EXPECT_EQ(grant.ended, "its time is over");
}

TEST_F(GrantsTest, WhoWritesTheStoreCannotUseItForAnything) {
    give();
    const GrantRecord good = readGrant(store_, "nightly").value().value();
    GrantRecord changed = good;
    changed.digest = digestOf(definitionOf("DROP TABLE t"));
    ASSERT_TRUE(store_.apply(giveGrant(changed)).value());
    EXPECT_THAT(use(1, definitionOf("DROP TABLE t")).error().message, HasSubstr("does not open"));
    changed = good;
    changed.until_ms += 365 * kDayMs;
    ASSERT_TRUE(store_.apply(giveGrant(changed)).value());
    EXPECT_THAT(use(1).error().message, HasSubstr("does not open"));
    changed = good;
    changed.role = "governor";
    ASSERT_TRUE(store_.apply(giveGrant(changed)).value());
    EXPECT_THAT(use(1).error().message, HasSubstr("does not open"));
    // Nothing was asked of the provider, and the right one is as good as before.
    ASSERT_TRUE(store_.apply(giveGrant(good)).value());
    const auto person = use(1);
    EXPECT_TRUE(person) << person.error().describe();
}

TEST_F(GrantsTest, OneThatIsRevokedWhileANodeUsesItStaysRevoked) {
    give();
    provider_.at_refresh = [&] {
        provider_.at_refresh = nullptr;
        EXPECT_TRUE(grants_[0]->revoke("nightly", ann(), false));
    };
    EXPECT_THAT(use(1).error().message, HasSubstr("has ended: revoked by ann@example.org"));
    EXPECT_EQ(readGrant(store_, "nightly").value().value().sealed, "");
    // What came of the refresh was given back.
    EXPECT_EQ(provider_.good(), 0U);
}

TEST_F(GrantsTest, ALostNextTokenEndsItAndSaysSo) {
    give();
    const GrantRecord before = readGrant(store_, "nightly").value().value();
    ASSERT_TRUE(use(1));
    // As if the node had died before it kept what came.
    ASSERT_TRUE(store_.apply(giveGrant(before)).value());
    EXPECT_THAT(use(2).error().message, HasSubstr("the identity provider has ended it"));
    EXPECT_EQ(provider_.used_twice, 1);
}

}  // namespace
}  // namespace tessera::jobs
