/// The store's members speak TLS with each other and prove which nodes they are: three real nodes. A certificate of
/// another authority, an expired one, one of another host, and a node with another node's name and a key of its own:
/// none of them is let in, the other two go on, and the log says why.

#include "tests/support/certificate_authority.h"
#include "tests/support/store_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

namespace tessera {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

class StoreTls : public testing::Test {
  protected:
    struct Certificate {
        std::string authority = "mesh";
        std::string hosts = "DNS:localhost,IP:127.0.0.1";
        int days = 2;
    };

    static void SetUpTestSuite() {
        for (const char* name : {"mesh", "foreign"}) {
            authorities_.try_emplace(name, name);
        }
        for (std::size_t i = 0; i < kMembers; ++i) {
            auto node = TemporaryNode::prepare(
                {.name = Nodes::nameOf(i), .listen = "tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key"});
            ASSERT_TRUE(node) << node.error().describe();
            nodes_.push_back(std::make_unique<TemporaryNode>(std::move(*node)));
            fs::copy_file(authorities_.at("mesh").certificate(), nodes_[i]->folder() / "mesh.pem");
            certify(i, {});
        }
        for (std::size_t i = 0; i < kMembers; ++i) {
            nodes_[i]->setYaml(yamlOf(i));
        }
        for (auto& node : nodes_) {
            const auto launched = node->launch();
            ASSERT_TRUE(launched) << launched.error().describe();
        }
        ASSERT_TRUE(write("CREATE TABLE t(a)"));
    }

    static void TearDownTestSuite() {
        nodes_.clear();
        authorities_.clear();
    }

    static void certify(std::size_t member, const Certificate& certificate) {
        authorities_.at(certificate.authority).certify(nodes_[member]->folder(), certificate.hosts, certificate.days);
    }

    static std::string yamlOf(std::size_t self) {
        std::string keys;
        std::string members;
        for (std::size_t i = 0; i < kMembers; ++i) {
            const std::string address = "127.0.0.1:" + std::to_string(nodes_[i]->port());
            members += std::string(i == 0 ? "" : ", ") + "{node: " + Nodes::nameOf(i) +
                       ", id: " + std::to_string(i + 1) + ", address: '" + address + "'}";
            if (i != self) {
                keys += std::string(keys.empty() ? "" : ", ") + "{name: " + Nodes::nameOf(i) + ", jwks_url: 'https://" +
                        address + "/.well-known/jwks.json', ca_file: '@FOLDER@/mesh.pem'}";
            }
        }
        return "identity: {nodes: [" + keys +
               "]}\nstore: {tls_ca: '@FOLDER@/mesh.pem', administrators: [tester], members: [" + members + "]}\n";
    }

    /// By the first two, which are a majority.
    static bool write(const std::string& sql) {
        return waitUntil(
            [&] {
                return clientOf(*nodes_[0])->execute({{sql}}, kPatience) ||
                       clientOf(*nodes_[1])->execute({{sql}}, kPatience);
            },
            kPatience);
    }

    static Rows here(std::size_t member) {
        return ask(*clientOf(*nodes_[member]), "SELECT count(*) FROM t", client::StoreConsistency::kNone)
            .value_or(Rows{});
    }

    static bool comesTo(std::size_t member, int count) {
        return waitUntil([&] { return here(member) == Rows{std::to_string(count)}; }, kPatience);
    }

    /// The third is away for the others as long as it has that certificate, and back with the right one.
    static void isLeftOutWith(const Certificate& certificate) {
        ASSERT_TRUE(comesTo(2, written_));
        nodes_[2]->stop();
        certify(2, certificate);
        ASSERT_TRUE(nodes_[2]->launch());
        ASSERT_TRUE(write("INSERT INTO t VALUES (1)"));
        ++written_;
        ASSERT_TRUE(comesTo(0, written_));
        ASSERT_TRUE(comesTo(1, written_));
        const auto is_said = [](std::size_t member) {
            return nodes_[member]->log().find("store.peer_unreachable") != std::string::npos;
        };
        EXPECT_TRUE(waitUntil([&] { return is_said(0) || is_said(1); }, kPatience)) << nodes_[0]->log();
        EXPECT_EQ(here(2), Rows{std::to_string(written_ - 1)});
        nodes_[2]->stop();
        certify(2, {});
        ASSERT_TRUE(nodes_[2]->launch());
        EXPECT_TRUE(comesTo(2, written_));
    }

    inline static std::map<std::string, CertificateAuthority> authorities_;
    inline static std::vector<std::unique_ptr<TemporaryNode>> nodes_;
    inline static int written_ = 0;
};

TEST_F(StoreTls, MembersAgreeAndEachIsReadEverywhere) {
    ASSERT_TRUE(write("INSERT INTO t VALUES (0)"));
    ++written_;
    for (std::size_t i = 0; i < kMembers; ++i) {
        EXPECT_EQ(ask(*clientOf(*nodes_[i]), "SELECT count(*) FROM t").value_or(Rows{}),
                  Rows{std::to_string(written_)});
    }
}

TEST_F(StoreTls, ACertificateOfAnotherAuthorityIsNotSpokenTo) {
    isLeftOutWith({.authority = "foreign"});
}

TEST_F(StoreTls, NorAnExpiredOne) {
    isLeftOutWith({.days = -1});
}

TEST_F(StoreTls, NorOneOfAnotherHost) {
    isLeftOutWith({.hosts = "DNS:elsewhere.example.org,IP:10.9.8.7"});
}

TEST_F(StoreTls, ANodeUnderAnothersNameIsNotHeard) {
    auto other = TemporaryNode::prepare(
        {.name = Nodes::nameOf(2), .listen = "tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key"});
    ASSERT_TRUE(other) << other.error().describe();
    for (const char* name : {"mesh.pem", "node.pem", "node.key"}) {
        fs::copy_file(nodes_[2]->folder() / name, other->folder() / name);
    }
    other->setYaml(yamlOf(2));
    ASSERT_TRUE(other->launch());
    EXPECT_TRUE(
        waitUntil([&] { return nodes_[0]->log().find("store.member_refused") != std::string::npos; }, kPatience))
        << nodes_[0]->log();
    EXPECT_EQ(
        ask(*clientOf(*other), "SELECT count(*) FROM sqlite_schema WHERE name = 't'", client::StoreConsistency::kNone)
            .value_or(Rows{}),
        Rows{"0"});
    // The one whose name it is goes on.
    ASSERT_TRUE(write("INSERT INTO t VALUES (2)"));
    ++written_;
    EXPECT_TRUE(comesTo(2, written_));
}

}  // namespace
}  // namespace tessera
