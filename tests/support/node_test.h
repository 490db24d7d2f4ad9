#pragma once

/// A fixture around one node for all tests of a suite, which trusts one issuer whose key the tests have.

#include "nodeservice/postgres/connection.h"
#include "tests/support/temporary_node.h"
#include "tests/support/token_maker.h"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tessera {

class NodeTest : public testing::Test {
  protected:
    static constexpr std::chrono::seconds kPatience{90};
    static constexpr const char* kIssuer = "https://login.example.org";
    /// For TemporaryNodeOptions::listen; startNode() makes the certificate.
    static constexpr const char* kTls = "tls_certificate: @FOLDER@/node.pem, tls_key: @FOLDER@/node.key";

    /// The configuration's section that trusts the issuer; `roles`: members of a YAML list.
    static std::string identityYaml(const std::string& roles = "{role: analyst, issuer: corp}",
                                    const std::string& more = {}) {
        return "\nidentity:\n  issuers: [{name: corp, issuer: '" + std::string(kIssuer) +
               "', jwks_file: '@FOLDER@/keys.json', algorithms: [ES256]}]\n  roles: [" + roles + "]\n" + more;
    }

    /// Puts it in place with keys.json and, where it has one, its certificate.
    static void prepareNode(TemporaryNodeOptions options) {
        const bool has_tls = options.listen.find("tls_certificate") != std::string::npos;
        key_ = std::make_unique<SigningKey>(SigningKey::p256("k1"));
        auto node = TemporaryNode::prepare(std::move(options));
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*node));
        writeFile(path("keys.json"), jwkSet({key_.get()}));
        if (has_tls) {
            makeNodeCertificate();
        }
    }

    static void launchNode() {
        ASSERT_TRUE(node_ != nullptr);
        const auto launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
    }

    static void startNode(TemporaryNodeOptions options) {
        prepareNode(std::move(options));
        launchNode();
    }

    static void TearDownTestSuite() { node_.reset(); }

    static std::filesystem::path path(const std::string& name) { return node_->folder() / name; }

    /// NAME.pem and NAME.key; self-signed unless by an authority that was made before.
    static void makeCertificate(const std::string& name, const std::string& subject, const std::string& extension = {},
                                const std::string& authority = {}) {
        const std::string base = path(name).string();
        std::vector<std::string> arguments = {
            "openssl", "req",        "-x509", "-newkey", "ec",    "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes",  "-days",      "2",     "-subj",   subject, "-keyout",  base + ".key",
            "-out",    base + ".pem"};
        if (!extension.empty()) {
            arguments.insert(arguments.end(), {"-addext", extension});
        }
        if (!authority.empty()) {
            const std::string with = path(authority).string();
            arguments.insert(arguments.end(), {"-CA", with + ".pem", "-CAkey", with + ".key"});
        }
        const auto made = runChecked({.arguments = arguments}, kPatience);
        ASSERT_TRUE(made) << made.error().describe();
        namespace fs = std::filesystem;
        fs::permissions(base + ".key", name == "node" ? fs::perms(0644) : fs::perms(0600));
    }

    static void makeNodeCertificate() {
        makeCertificate("node", "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1");
    }

    /// Five minutes long; `more` replaces or adds claims.
    static std::string tokenOf(const std::string& subject, const nlohmann::json& more = nlohmann::json::object()) {
        const auto now = std::time(nullptr);
        nlohmann::json claims = {{"iss", kIssuer}, {"aud", "node"}, {"sub", subject}, {"exp", now + 300}, {"iat", now}};
        claims.update(more);
        return makeToken(claims, *key_, "ES256");
    }

    /// For libpq.
    static std::string target(const std::string& more) {
        return "host=127.0.0.1 dbname=tessera port=" + std::to_string(node_->port()) + " " + more;
    }

    static std::string targetOfTester(const std::string& more = {}) {
        return target(std::string("user=") + TemporaryNode::kUser + " password='" + TemporaryNode::kPassword + "' " +
                      more);
    }

    /// Of the node's page /metrics, without labels; -1 when it is not there.
    static double metric(const std::string& name) {
        const std::string metrics = node_->httpGet("/metrics");
        const std::size_t at = metrics.find("\n" + name + " ");
        return at == std::string::npos ? -1 : std::stod(metrics.substr(at + name.size() + 2));
    }

    inline static std::unique_ptr<TemporaryNode> node_;
    inline static std::unique_ptr<SigningKey> key_;
};

/// A session of libpq's.
class SessionClient {
  public:
    explicit SessionClient(const std::string& target) : connection_(PQconnectdb(target.c_str())) {
        EXPECT_EQ(PQstatus(get()), CONNECTION_OK) << PQerrorMessage(get());
    }

    PGconn* get() const { return connection_.get(); }

    int pid() const { return PQbackendPID(get()); }

    /// The first value; "(error)" with the message when there is one.
    std::string ask(const std::string& sql) const {
        const postgres::ResultHandle result(PQexec(get(), sql.c_str()));
        if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) {
            return "(done)";
        }
        if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
            // The connection's, which holds all that was said: before the server closed, too.
            return std::string("(error) ") + PQerrorMessage(get());
        }
        return PQntuples(result.get()) == 0 ? "(none)" : PQgetvalue(result.get(), 0, 0);
    }

  private:
    postgres::ConnectionHandle connection_;
};

}  // namespace tessera
