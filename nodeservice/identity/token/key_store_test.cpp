#include "nodeservice/identity/token/key_store.h"

#include "nodeservice/identity/token/key_fetch.h"
#include "tests/support/token_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace tessera::identity {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::Contains;
using testing::HasSubstr;

/// An issuer under the test's hand, and its keys as we know them.
class KeyStoreTest : public testing::Test {
  protected:
    KeyStoreTest()
        : store_(
              "issuer",
              [this]() -> Result<KeyDocument> {
                  ++fetches_;
                  return answer_;
              },
              [this] { return now_; }) {
        publish({&first_});
    }

    void publish(const std::vector<const SigningKey*>& keys, seconds fresh_for = seconds(300)) {
        answer_ = KeyDocument{jwkSet(keys), fresh_for};
    }

    void goAway() { answer_ = fail(ErrorCode::kUnavailable, "away"); }

    std::size_t found(const std::string& id) {
        const auto keys = store_.find(id, Algorithm::kEs256);
        return keys ? keys->size() : 99;
    }

    const SigningKey first_ = SigningKey::p256("1");
    const SigningKey second_ = SigningKey::p256("2");
    Result<KeyDocument> answer_ = KeyDocument{};
    steady_clock::time_point now_{std::chrono::hours(1000)};
    int fetches_ = 0;
    KeyStore store_;
};

TEST_F(KeyStoreTest, AsksOnceWhileTheKeysAreFresh) {
    EXPECT_EQ(found("1"), 1u);
    now_ += seconds(299);
    EXPECT_EQ(found("1"), 1u);
    EXPECT_EQ(fetches_, 1);
    now_ += seconds(1);
    EXPECT_EQ(found("1"), 1u);
    EXPECT_EQ(fetches_, 2);
}

TEST_F(KeyStoreTest, ANewKeyIsAskedForAtOnceAndAWithdrawnOneStops) {
    EXPECT_EQ(found("1"), 1u);
    const auto before = store_.generation();
    publish({&second_});
    now_ += seconds(31);
    EXPECT_EQ(found("2"), 1u);
    EXPECT_EQ(found("1"), 0u);
    EXPECT_NE(store_.generation(), before);
}

TEST_F(KeyStoreTest, AFloodOfUnknownKeysAsksRarely) {
    EXPECT_EQ(found("1"), 1u);
    for (int i = 0; i < 1000; ++i) {
        now_ += std::chrono::milliseconds(100);
        EXPECT_EQ(found("x" + std::to_string(i)), 0u);
    }
    EXPECT_LE(fetches_, 1 + 100 / 30 + 1);
}

TEST_F(KeyStoreTest, OutlivesAnOutageOfADay) {
    EXPECT_EQ(found("1"), 1u);
    goAway();
    now_ += std::chrono::hours(23);
    EXPECT_EQ(found("1"), 1u);
    now_ += std::chrono::hours(2);
    EXPECT_EQ(found("1"), 99u);
    publish({&first_});
    now_ += seconds(30);
    EXPECT_EQ(found("1"), 1u);
}

TEST_F(KeyStoreTest, ABrokenOrEmptySetChangesNothing) {
    EXPECT_EQ(found("1"), 1u);
    for (const char* text : {"", "{}", R"({"keys": []})", R"({"keys": 1})", "<html>", R"({"keys":[],"keys":[]})"}) {
        answer_ = KeyDocument{text};
        now_ += seconds(301);
        EXPECT_EQ(found("1"), 1u) << text;
    }
}

TEST_F(KeyStoreTest, WithoutAnIdOnlyTheOneThatFitsIsMeant) {
    EXPECT_EQ(found(""), 1u);
    publish({&first_, &second_});
    now_ += seconds(301);
    EXPECT_EQ(found(""), 0u);
}

TEST(KeyStore, ManyWhoComeAtOnceAskOnce) {
    const SigningKey key = SigningKey::p256("1");
    std::atomic<int> fetches = 0;
    KeyStore store("issuer", [&]() -> Result<KeyDocument> {
        ++fetches;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return KeyDocument{jwkSet({&key})};
    });
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            const auto keys = store.find("1", Algorithm::kEs256);
            good += keys && keys->size() == 1 ? 1 : 0;
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(good, 8);
    EXPECT_EQ(fetches, 1);
}

json keyWith(json key, const char* name, json value) {
    key[name] = std::move(value);
    return key;
}

TEST(JwkSet, TakesOnlyStrongKeysForSignatures) {
    const json rsa = SigningKey::rsa("r").jwk();
    const json ec = SigningKey::p256("e").jwk();
    const json ed = SigningKey::ed25519("d").jwk();
    const auto judge = [](const json& key) {
        auto set = parseJwkSet(json{{"keys", json::array({key})}}.dump());
        EXPECT_TRUE(set);
        return set && set->keys.size() == 1 ? "taken" : set && set->left_out.empty() ? "passed over" : "left out";
    };
    EXPECT_STREQ(judge(rsa), "taken");
    EXPECT_STREQ(judge(ec), "taken");
    EXPECT_STREQ(judge(ed), "taken");
    EXPECT_STREQ(judge(keyWith(ec, "use", "enc")), "passed over");
    EXPECT_STREQ(judge(keyWith(ec, "alg", "ECDH-ES")), "passed over");
    EXPECT_STREQ(judge(keyWith(ec, "crv", "P-521")), "passed over");
    EXPECT_STREQ(judge({{"kty", "oct"}, {"k", "c2VjcmV0"}, {"kid", "r"}}), "passed over");
    EXPECT_STREQ(judge(SigningKey::rsa("w", 1024).jwk()), "left out");
    EXPECT_STREQ(judge(keyWith(rsa, "e", "AQ")), "left out");    // 1
    EXPECT_STREQ(judge(keyWith(rsa, "e", "Aw")), "left out");    // 3
    EXPECT_STREQ(judge(keyWith(rsa, "e", "AQAA")), "left out");  // even
    EXPECT_STREQ(judge(keyWith(rsa, "n", "")), "left out");
    EXPECT_STREQ(judge(keyWith(rsa, "n", std::string(4000, 'A'))), "left out");
    EXPECT_STREQ(judge(keyWith(ec, "x", ec.at("y"))), "left out");  // no point of the curve
    EXPECT_STREQ(judge(keyWith(ec, "x", "AAAA")), "left out");
    EXPECT_STREQ(judge(keyWith(ed, "x", "AAAA")), "left out");
    EXPECT_STREQ(judge(keyWith(ed, "kid", 5)), "left out");
    EXPECT_STREQ(judge(keyWith(ed, "kid", std::string(300, 'k'))), "left out");
    EXPECT_STREQ(judge("key"), "left out");
}

TEST(JwkSet, HasBounds) {
    json keys = json::array();
    for (int i = 0; i < 65; ++i) {
        keys.push_back({{"kty", "oct"}});
    }
    EXPECT_FALSE(parseJwkSet(json{{"keys", keys}}.dump()));
    EXPECT_FALSE(parseJwkSet(R"({"keys": [], "x": ")" + std::string(kMostKeySetBytes, 'x') + "\"}"));
}

TEST(KeyFetch, OnlySafeAddresses) {
    for (const char* url : {"http://login.example.org/keys", "file:///etc/passwd", "ftp://127.0.0.1/keys",
                            "http://127.0.0.1.example.org/", "http://127.0.0.1@example.org/", "HTTP://127.0.0.1/",
                            "http://localhost:80@example.org/", ""}) {
        EXPECT_FALSE(fetchFromUrl(url, {})) << url;
    }
    EXPECT_TRUE(fetchFromUrl("https://login.example.org/keys", {}));
    EXPECT_TRUE(fetchFromUrl("http://127.0.0.1:8080/keys", {}));
}

TEST(KeyFetch, FreshnessIsFromFiveMinutesToAnHour) {
    EXPECT_EQ(freshnessOf(""), seconds(300));
    EXPECT_EQ(freshnessOf("no-store"), seconds(300));
    EXPECT_EQ(freshnessOf("public, max-age=1200"), seconds(1200));
    EXPECT_EQ(freshnessOf("max-age=0"), seconds(300));
    EXPECT_EQ(freshnessOf("max-age=999999999999999999999"), seconds(300));
    EXPECT_EQ(freshnessOf("max-age=86400"), seconds(3600));
    EXPECT_EQ(freshnessOf("max-age=-5"), seconds(300));
}

}  // namespace
}  // namespace tessera::identity
