#pragma once

/// Nodes that know each other, act for people who signed in with a token, and look into each other's tables; one
/// certificate for all, as an organisation's authority vouches for all.

#include "tests/support/temporary_node.h"
#include "tests/support/token_maker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tessera {

class NodeRowTest : public testing::Test {
  protected:
    /// Puts them in place; configure() and launch() follow.
    static void prepare(const std::vector<std::string>& names) {
        key_ = std::make_unique<SigningKey>(SigningKey::p256("k1"));
        names_ = names;
        for (const std::string& name : names) {
            auto node = TemporaryNode::prepare(
                {.name = name, .listen = "tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key"});
            ASSERT_TRUE(node) << node.error().describe();
            nodes_.push_back(std::make_unique<TemporaryNode>(std::move(*node)));
            writeFile(nodes_.back()->folder() / "keys.json", jwkSet({key_.get()}));
        }
        makeCertificate();
    }

    static void TearDownTestSuite() {
        nodes_.clear();
        names_.clear();
    }

    static TemporaryNode& node(const std::string& name) {
        const auto found = std::find(names_.begin(), names_.end(), name);
        return *nodes_.at(static_cast<std::size_t>(found - names_.begin()));
    }

    /// Its section `identity`, which lets every other node bring people; `more`: keys of that section.
    static std::string identityOf(const std::string& name, const std::string& more = {}) {
        std::string others;
        std::string list;
        for (const std::string& other : names_) {
            if (other != name) {
                others += (others.empty() ? "" : ", ") + other;
                list += "    - {name: " + other +
                        ", jwks_url: \"https://127.0.0.1:" + std::to_string(node(other).port()) +
                        "/.well-known/jwks.json\", ca_file: \"@FOLDER@/node.pem\"}\n";
            }
        }
        return "identity:\n" + more +
               "  issuers: [{name: corp, issuer: https://login.example.org, jwks_file: \"@FOLDER@/keys.json\", "
               "algorithms: [ES256], audiences: [mesh], clock_skew: 0}]\n"
               "  roles:\n    - {role: analyst, issuer: corp, nodes: [" +
               others + "], when: [{claim: [groups], any: [analysts]}]}\n  nodes:\n" + list;
    }

    /// Its section `peers`: what another node has in a schema, under the same name; `port`: of a link to it.
    static std::string peerOf(const std::string& name, const std::string& schema, std::uint16_t port = 0) {
        return "peers:\n  - {name: " + name +
               ", people: delegate, tls_ca: \"@FOLDER@/node.pem\", address: \"127.0.0.1:" +
               std::to_string(port != 0 ? port : node(name).port()) + "\", user: " + TemporaryNode::kUser +
               ", password: " + TemporaryNode::kPassword + ", import: [{schema: " + schema + ", into: " + schema +
               "}]}\n";
    }

    static void launch(const std::string& name) {
        const auto launched = node(name).launch();
        ASSERT_TRUE(launched) << name << ": " << launched.error().describe();
    }

    static std::string token(const std::string& subject, const std::string& tenant, int seconds = 300,
                             const nlohmann::json& groups = {"analysts"}) {
        const auto now = std::time(nullptr);
        return makeToken({{"iss", "https://login.example.org"},
                          {"aud", "mesh"},
                          {"sub", subject},
                          {"exp", now + seconds},
                          {"iat", now},
                          {"groups", groups},
                          {"tenant", tenant}},
                         *key_, "ES256");
    }

    /// A line for each row; "error SQLSTATE what" where there is one.
    static std::string answerOf(const Result<QueryAnswer>& answer) {
        if (!answer) {
            return "error " + answer.error().sqlstate + " " + answer.error().describe();
        }
        std::string text;
        for (const auto& row : answer->rows) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                text += (i == 0 ? "" : "|") + row[i].value_or("NULL");
            }
            text += "\n";
        }
        return text;
    }

    static std::string ask(const TemporaryNode& node, const std::string& bearer, const std::string& sql) {
        return answerOf(runQuery(*node.clientWithToken(bearer), sql));
    }

    inline static std::unique_ptr<SigningKey> key_;
    inline static std::vector<std::string> names_;
    inline static std::vector<std::unique_ptr<TemporaryNode>> nodes_;

  private:
    static void makeCertificate() {
        namespace fs = std::filesystem;
        const fs::path first = nodes_.front()->folder();
        const auto made =
            runChecked({.arguments = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                      "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                                      "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                                      (first / "node.key").string(), "-out", (first / "node.pem").string()}},
                       std::chrono::seconds(60));
        ASSERT_TRUE(made) << made.error().describe();
        fs::permissions(first / "node.key", fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
        for (std::size_t i = 1; i < nodes_.size(); ++i) {
            fs::copy_file(first / "node.key", nodes_[i]->folder() / "node.key");
            fs::copy_file(first / "node.pem", nodes_[i]->folder() / "node.pem");
        }
    }
};

}  // namespace tessera
