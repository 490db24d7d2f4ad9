#include "agent/profile/profiles.h"

#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::agent {
namespace {

using testing::HasSubstr;

class Profiles : public testing::Test {
  protected:
    Result<std::vector<Profile>> load(const std::string& yaml) {
        return loadProfiles(writeFile(folder_.path() / "profiles.yaml", yaml));
    }

    std::string refusal(const std::string& yaml) {
        const auto loaded = load(yaml);
        return loaded ? "accepted" : loaded.error().describe();
    }

    TemporaryDirectory folder_;
};

TEST_F(Profiles, ReadsAProfileWithItsDefaults) {
    const auto loaded = load(R"(
profiles:
  - name: demo
    issuer: https://login.example.org
    client: tessera
    audience: urn:demo
    nodes:
      - {name: here, address: "127.0.0.1:7410"}
      - {name: there, address: "data.example.org:7410", audience: urn:there}
)");
    ASSERT_TRUE(loaded) << loaded.error().describe();
    const Profile& profile = loaded->front();
    EXPECT_THAT(profile.scopes, testing::ElementsAre("openid", "offline_access"));
    EXPECT_FALSE(profile.nodes[0].tls);
    EXPECT_EQ(profile.nodes[0].audience, "urn:demo");
    EXPECT_TRUE(profile.nodes[1].tls) << "another machine is never spoken to in clear";
    EXPECT_EQ(profile.nodes[1].audience, "urn:there");
    EXPECT_THAT(profile.node("heer").error().hint, HasSubstr("here"));
}

TEST_F(Profiles, RefusesWhatIsNotSafeOrNotKnown) {
    const std::string node = "    nodes: [{name: n, address: '127.0.0.1:1'}]\n";
    EXPECT_THAT(refusal("profiles:\n  - name: a\n    issuer: http://login.example.org\n    client: c\n" + node),
                HasSubstr("is not a https URL"));
    EXPECT_THAT(refusal("profiles:\n  - name: ../a\n    issuer: https://x\n    client: c\n" + node),
                HasSubstr("is no name"));
    EXPECT_THAT(refusal("profiles:\n  - name: a\n    isuer: https://x\n    client: c\n" + node),
                HasSubstr("did you mean 'issuer'?"));
    EXPECT_THAT(refusal("profiles:\n  - name: a\n    issuer: https://x\n    client: c\n"),
                HasSubstr("needs either nodes or discovery"));
    EXPECT_THAT(loadProfiles(folder_.path() / "none.yaml").error().hint, HasSubstr("TESSERA_PROFILES"));
}

TEST_F(Profiles, ReadsWhatADiscoveryUrlAnswers) {
    Profile profile;
    profile.audience = "urn:demo";
    profile.discovery = "https://mesh.example.org/nodes.json";
    const auto nodes = parseDiscovery(R"({"nodes": [{"name": "a", "address": "data.example.org:7410"}]})", profile);
    ASSERT_TRUE(nodes) << nodes.error().describe();
    EXPECT_EQ(nodes->front().audience, "urn:demo");
    EXPECT_TRUE(nodes->front().tls);
    EXPECT_FALSE(parseDiscovery(R"({"nodes": [{"name": "${env:HOME}", "address": "a:1"}]})", profile));
    const auto escaped =
        parseDiscovery(R"({"nodes": [{"name": "a", "address": "a:1", "audience": "\u0024{env:HOME}"}]})", profile);
    ASSERT_TRUE(escaped) << escaped.error().describe();
    EXPECT_EQ(escaped->front().audience, "${env:HOME}");
    EXPECT_FALSE(parseDiscovery("<html>", profile));
}

TEST(SafeUrls, AreHttpsOrOfThisMachine) {
    for (const char* url :
         {"https://login.example.org", "http://127.0.0.1:7480/x", "http://localhost", "http://[::1]:1/"}) {
        EXPECT_TRUE(isSafeUrl(url)) << url;
    }
    for (const char* url : {"http://login.example.org", "http://127.0.0.1.example.org/", "ftp://127.0.0.1", "https://",
                            "http://127.0.0.1@example.org/", "javascript:alert(1)"}) {
        EXPECT_FALSE(isSafeUrl(url)) << url;
    }
}

}  // namespace
}  // namespace tessera::agent
