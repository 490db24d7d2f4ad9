/// Against a server that answers as a HashiCorp Vault does: its documented API; Debian has no vault to ask.

#include "nodeservice/daemon/vault.h"

#include "common/process.h"
#include "nodeservice/daemon/node_config.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace tessera::node {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Knows one secret, for the token "s.good", in the namespace "team".
class FakeVault {
  public:
    FakeVault() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(socket_.get(), 8), 0);
        EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
        ::setenv("VAULT_ADDR", ("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/").c_str(), 1);
        thread_ = std::thread([this] {
            while (true) {
                const FileDescriptor client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
                if (!client) {
                    return;
                }
                const std::string text = answerTo(readRequest(client.get()));
                (void)::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
            }
        });
    }

    ~FakeVault() {
        ::shutdown(socket_.get(), SHUT_RDWR);
        thread_.join();
    }

  private:
    static std::string readRequest(int client) {
        std::string request;
        char part[4096];
        while (request.find("\r\n\r\n") == std::string::npos) {
            const ssize_t more = ::recv(client, part, sizeof part, 0);
            if (more <= 0) {
                break;
            }
            request.append(part, static_cast<std::size_t>(more));
        }
        return request;
    }

    static std::string answerTo(const std::string& request) {
        const auto has = [&](const char* header) { return request.find(header) != std::string::npos; };
        if (!has("X-Vault-Token: s.good\r\n") || !has("X-Vault-Request: true\r\n") ||
            !has("X-Vault-Namespace: team\r\n")) {
            return answer("403 Forbidden", R"({"errors":["permission denied"]})");
        }
        if (request.starts_with("GET /v1/secret/data/crm HTTP/1.1\r\n")) {
            return answer("200 OK", R"({"request_id":"1","data":{"data":{"password":"from the vault","port":5432},)"
                                    R"("metadata":{"version":3,"destroyed":false}}})");
        }
        if (request.starts_with("GET /v1/old/crm HTTP/1.1\r\n")) {
            return answer("200 OK", R"({"data":{"password":"of version 1"}})");
        }
        return answer("404 Not Found", R"({"errors":[]})");
    }

    static std::string answer(const std::string& status, const std::string& body) {
        return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    FileDescriptor socket_;
    std::thread thread_;
};

class Vault : public testing::Test {
  protected:
    void SetUp() override {
        ::setenv("VAULT_TOKEN", "s.good", 1);
        ::setenv("VAULT_NAMESPACE", "team", 1);
    }

    void TearDown() override {
        for (const char* name : {"VAULT_ADDR", "VAULT_TOKEN", "VAULT_TOKEN_FILE", "VAULT_NAMESPACE"}) {
            ::unsetenv(name);
        }
    }

    static std::string refusal(const std::string& name) {
        const auto value = readFromVault(name);
        EXPECT_FALSE(value) << name;
        return value ? "" : value.error().describe();
    }
};

TEST_F(Vault, GivesASecretsField) {
    const FakeVault vault;
    const auto value = readFromVault("secret/data/crm#password");
    ASSERT_TRUE(value) << value.error().describe();
    EXPECT_EQ(*value, "from the vault");
}

TEST_F(Vault, TakesItsTokenFromAFile) {
    const FakeVault vault;
    const std::filesystem::path file =
        std::filesystem::path(testing::TempDir()) / ("vault_test." + std::to_string(::getpid()));
    std::ofstream(file) << "s.good\n";
    ::unsetenv("VAULT_TOKEN");
    ::setenv("VAULT_TOKEN_FILE", file.c_str(), 1);
    const auto value = readFromVault("secret/data/crm#password");
    std::filesystem::remove(file);
    ASSERT_TRUE(value) << value.error().describe();
    EXPECT_EQ(*value, "from the vault");
    EXPECT_THAT(refusal("secret/data/crm#password"), HasSubstr("cannot read"));
}

TEST_F(Vault, SaysWhatIsWrongAndNoSecret) {
    const FakeVault vault;
    EXPECT_THAT(refusal("secret/data/other#password"), HasSubstr("status 404"));
    EXPECT_THAT(refusal("secret/data/crm#nothing"), HasSubstr("no text field 'nothing'"));
    EXPECT_THAT(refusal("secret/data/crm#port"), HasSubstr("no text field 'port'"));
    EXPECT_THAT(refusal("old/crm#password"), HasSubstr("version 2"));
    for (const char* name : {"", "#x", "secret/data/crm", "secret/data/crm#", "a b#c", "../sys/seal#x", "a?b#c"}) {
        EXPECT_THAT(refusal(name), HasSubstr("names no secret")) << name;
    }
    ::setenv("VAULT_TOKEN", "s.bad", 1);
    EXPECT_THAT(refusal("secret/data/crm#password"), AllOf(HasSubstr("status 403"), Not(HasSubstr("s.bad"))));
    ::setenv("VAULT_TOKEN", "a\r\nX-Other: b", 1);
    EXPECT_THAT(refusal("secret/data/crm#password"), HasSubstr("no token"));
    ::setenv("VAULT_ADDR", "http://vault.example.org", 1);
    ::setenv("VAULT_TOKEN", "s.good", 1);
    EXPECT_THAT(refusal("secret/data/crm#password"), HasSubstr("not safe"));
    ::unsetenv("VAULT_ADDR");
    EXPECT_THAT(refusal("secret/data/crm#password"), HasSubstr("VAULT_ADDR"));
}

TEST_F(Vault, SecretsOfEveryKindComeFromIt) {
    const FakeVault vault;
    const auto file = config::parse(R"(node: lake
data_directory: /var/lib/x
users: [{name: etl, password: "${vault:secret/data/crm#password}"}]
sources:
  - {name: crm, connector: postgres, options: {host: db}, credentials: {user: u, password: "${vault:secret/data/crm#password}"}}
)",
                                    "n.yaml", "/", nodeSchema(), {.vault = readFromVault});
    ASSERT_TRUE(file) << file.error().describe();
    EXPECT_THAT(config::show(*file), Not(HasSubstr("from the vault")));
    const auto config = readNodeConfig(*file);
    ASSERT_TRUE(config) << config.error().describe();
    EXPECT_EQ(config->sources.at(0).credentials.at(1).second.reveal(), "from the vault");
    EXPECT_TRUE(config->users.at(0).verifier->matches("from the vault"));
}

}  // namespace
}  // namespace tessera::node
