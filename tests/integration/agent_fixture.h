#pragma once

/// One node and one identity provider for all of the agent's tests; each test has an agent of its own.

#include "tests/support/temporary_agent.h"
#include "tests/support/temporary_identity_provider.h"
#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tessera {

class AgentTest : public testing::Test {
  protected:
    static constexpr int kAccessSeconds = 4;
    static constexpr std::chrono::seconds kPatience{90};

    static void SetUpTestSuite() {
        auto provider = TemporaryIdentityProvider::start(kAccessSeconds);
        ASSERT_TRUE(provider) << provider.error().describe();
        provider_ = std::make_unique<TemporaryIdentityProvider>(std::move(*provider));
        auto keychain = TemporaryKeychain::start();
        ASSERT_TRUE(keychain) << keychain.error().describe();
        keychain_ = std::make_unique<TemporaryKeychain>(std::move(*keychain));
        const std::string issuer = provider_->issuer();
        auto node = TemporaryNode::prepare(
            {.name = "lake",
             .yaml = "identity:\n  issuers:\n    - {name: corp, issuer: \"" + issuer + "\", jwks_url: \"" + issuer +
                     "/jwks\", algorithms: [ES256], audiences: [\"" + TemporaryIdentityProvider::kAudience +
                     "\"]}\n  roles:\n    - {role: analyst, issuer: corp, when: [{claim: [groups], any: [analysts]}]}\n"
                     "    - {role: guest, issuer: corp}\n    - {role: app, issuer: corp, endpoints_only: "
                     "true}\ngateway: {grpc_reflection: true}\n",
             .listen = "tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key"});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*node));
        makeCertificate("node");
        makeCertificate("other");
        const Result<> launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
    }

    /// NAME.pem and NAME.key in the node's folder, of this machine.
    static void makeCertificate(const std::string& name) {
        const std::string base = (node_->folder() / name).string();
        const auto made =
            runChecked({.arguments = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                      "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                                      "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", base + ".key", "-out",
                                      base + ".pem"}},
                       kPatience);
        ASSERT_TRUE(made) << made.error().describe();
        std::filesystem::permissions(base + ".key", std::filesystem::perms(0644));
    }

    static void TearDownTestSuite() {
        node_.reset();
        keychain_.reset();
        provider_.reset();
    }

    void SetUp() override { ASSERT_NE(node_, nullptr); }

    static std::string profiles() {
        return "profiles:\n  - name: test\n    issuer: \"" + provider_->issuer() +
               "\"\n    client: tessera\n    audience: \"" + TemporaryIdentityProvider::kAudience +
               "\"\n    nodes: [{name: lake, address: \"127.0.0.1:" + std::to_string(node_->port()) + "\"}]\n";
    }

    static std::unique_ptr<TemporaryAgent> agent(const std::string& bus = keychain_->bus()) {
        return std::make_unique<TemporaryAgent>(profiles(), bus);
    }

    /// An agent that somebody is signed in at.
    static std::unique_ptr<TemporaryAgent> signedIn(const std::string& login = "ann") {
        auto made = agent();
        const Result<> started = made->start();
        EXPECT_TRUE(started) << started.error().describe();
        const ProcessResult done = made->login(login);
        EXPECT_EQ(done.status.exit_code, 0) << done.error << made->log();
        return made;
    }

    /// What a node says to a query through the agent.
    static ProcessResult ask(const TemporaryAgent& agent, const std::string& sql) {
        return agent.tessera({"query", "-q", "-f", "csv", sql});
    }

    static inline std::unique_ptr<TemporaryIdentityProvider> provider_;
    static inline std::unique_ptr<TemporaryKeychain> keychain_;
    static inline std::unique_ptr<TemporaryNode> node_;
};

}  // namespace tessera
