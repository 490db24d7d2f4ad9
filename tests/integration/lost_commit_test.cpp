/// A connection that breaks while a COMMIT is on its way back: whether it happened is not known here. That is an error
/// of its own (08007), and what was prepared is ended by the log.

#include "common/strings.h"
#include "tests/support/temporary_mariadb.h"
#include "tests/support/temporary_postgres.h"
#include "tests/support/wait_until.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace tessera {
namespace {

using postgres::Connection;
using testing::HasSubstr;

/// Stands between the node and a server, and drops the connection when the server has answered a certain request.
class Proxy {
  public:
    explicit Proxy(std::uint16_t target) : target_(target), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            ADD_FAILURE() << "no port for a proxy";
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { accept(); });
    }

    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    ~Proxy() {
        ended_ = true;
        thread_.join();
        for (std::thread& pipe : pipes_) {
            pipe.join();
        }
        ::close(listener_);
    }

    std::uint16_t port() const { return port_; }

    /// The next request with this text is passed on, its answer is not.
    void dropAnswerTo(const char* request) { request_ = request; }

    bool dropped() const { return request_ == nullptr; }

  private:
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }

    static bool readable(int socket) {
        pollfd wanted{socket, POLLIN, 0};
        return ::poll(&wanted, 1, 20) > 0;
    }

    void accept() {
        while (!ended_) {
            if (!readable(listener_)) {
                continue;
            }
            const int client = ::accept(listener_, nullptr, nullptr);
            const int server = ::socket(AF_INET, SOCK_STREAM, 0);
            const sockaddr_in address = loopback(target_);
            if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
                pipes_.emplace_back([this, client, server] { pipe(client, server); });
            }
        }
    }

    void pipe(int client, int server) {
        bool dropping = false;
        while (!ended_) {
            pollfd both[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
            if (::poll(both, 2, 20) <= 0) {
                continue;
            }
            const bool from_client = both[0].revents != 0;
            char buffer[65536];
            const ssize_t size = ::recv(from_client ? client : server, buffer, sizeof buffer, 0);
            if (size <= 0 || (dropping && !from_client)) {
                break;
            }
            const char* request = request_;
            if (from_client && request != nullptr &&
                std::string_view(buffer, static_cast<std::size_t>(size)).find(request) != std::string_view::npos) {
                dropping = true;
                request_ = nullptr;
            }
            if (::send(from_client ? server : client, buffer, static_cast<std::size_t>(size), MSG_NOSIGNAL) != size) {
                break;
            }
        }
        ::close(client);
        ::close(server);
    }

    std::uint16_t target_;
    int listener_;
    std::uint16_t port_ = 0;
    std::atomic<bool> ended_ = false;
    std::atomic<const char*> request_ = nullptr;
    std::thread thread_;
    std::vector<std::thread> pipes_;
};

class LostCommit : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        auto node = TemporaryPostgres::start({.with_extension = true, .settings = {{"tessera.resolve_interval", "0"}}});
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryPostgres>(std::move(*node));
        auto connection = node_->connect();
        ASSERT_TRUE(connection);
        connection_ = std::make_unique<Connection>(std::move(*connection));
        if (isMysql()) {
            auto server = TemporaryMariaDb::start();
            ASSERT_TRUE(server) << server.error().describe();
            mysql_ = std::make_unique<TemporaryMariaDb>(std::move(*server));
        } else {
            auto server = TemporaryPostgres::start({.settings = {{"max_prepared_transactions", "10"}}});
            ASSERT_TRUE(server) << server.error().describe();
            postgres_ = std::make_unique<TemporaryPostgres>(std::move(*server));
        }
        atSource("CREATE TABLE t (id int PRIMARY KEY)");
        proxy_ = std::make_unique<Proxy>(isMysql() ? mysql_->port() : postgres_->port());
        const std::string options =
            isMysql() ? "connector 'mysql', database 'test'" : "connector 'postgres', dbname 'postgres'";
        const std::string user = isMysql() ? TemporaryMariaDb::kUser : "postgres";
        const std::string password = isMysql() ? TemporaryMariaDb::kPassword : TemporaryPostgres::kPassword;
        must(
            "CREATE EXTENSION tessera_fdw; CREATE TABLE here (id int); CREATE SERVER far FOREIGN DATA WRAPPER "
            "tessera_fdw OPTIONS (" +
            options + ", host '127.0.0.1', port '" + std::to_string(proxy_->port()) +
            "'); CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user " + quoteLiteral(user) + ", password " +
            quoteLiteral(password) + "); CREATE FOREIGN TABLE t (id int) SERVER far OPTIONS (table_name 't')");
    }

    bool isMysql() const { return GetParam() == std::string("mysql"); }

    void must(const std::string& sql) {
        const auto done = connection_->execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    std::string value(const std::string& sql) {
        const auto found = connection_->queryValue(sql);
        EXPECT_TRUE(found) << sql << "\n" << found.error().describe();
        return found ? found->value_or("NULL") : "";
    }

    void atSource(const std::string& sql) {
        const bool done = isMysql() ? bool(mysql_->execute(sql)) : bool(postgres_->execute(sql));
        ASSERT_TRUE(done) << sql;
    }

    Error error(const std::string& sql) {
        const auto done = connection_->execute(sql);
        EXPECT_FALSE(done) << sql;
        return done ? fail(ErrorCode::kInternal, "no error") : done.error();
    }

    std::unique_ptr<TemporaryPostgres> node_;
    std::unique_ptr<TemporaryMariaDb> mysql_;
    std::unique_ptr<TemporaryPostgres> postgres_;
    std::unique_ptr<Proxy> proxy_;  // after what it stands before
    std::unique_ptr<Connection> connection_;
};

TEST_P(LostCommit, IsAnErrorThatSaysSo) {
    must("BEGIN; INSERT INTO here VALUES (1); INSERT INTO t VALUES (1)");
    proxy_->dropAnswerTo("COMMIT");
    const Error lost = error("COMMIT");
    EXPECT_TRUE(proxy_->dropped());
    EXPECT_EQ(lost.sqlState(), "08007") << lost.describe();
    EXPECT_THAT(lost.describe(), HasSubstr("far"));
    // It did happen, there; here all is undone, and the session goes on.
    EXPECT_EQ(value("SELECT count(*) FROM t"), "1");
    EXPECT_EQ(value("SELECT count(*) FROM here"), "0");
    must("INSERT INTO t VALUES (2)");
    EXPECT_EQ(value("SELECT count(*) FROM t"), "2");
    EXPECT_EQ(value("SELECT count(*) FROM tessera.connections"), "1");
}

TEST_P(LostCommit, OfWhatWasPreparedIsSettledByTheLog) {
    must("ALTER SERVER far OPTIONS (ADD two_phase 'true')");
    must("BEGIN; INSERT INTO here VALUES (1); INSERT INTO t VALUES (1)");
    // Not known whether it is prepared: the transaction fails, and it is rolled back there.
    proxy_->dropAnswerTo(isMysql() ? "XA PREPARE" : "PREPARE TRANSACTION");
    EXPECT_EQ(error("COMMIT").sqlState().substr(0, 2), "08");
    EXPECT_TRUE(proxy_->dropped());
    EXPECT_TRUE(waitUntil([&] { return value("SELECT tessera.resolve_in_doubt()") == "1"; }));
    EXPECT_EQ(value("SELECT count(*) FROM t") + value("SELECT count(*) FROM here"), "00");
    // Not known whether it is committed: here it is, and it will be.
    must("BEGIN; INSERT INTO here VALUES (2); INSERT INTO t VALUES (2)");
    proxy_->dropAnswerTo(isMysql() ? "XA COMMIT" : "COMMIT PREPARED");
    must("COMMIT");
    EXPECT_TRUE(proxy_->dropped());
    EXPECT_EQ(value("SELECT tessera.resolve_in_doubt()"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM t") + value("SELECT count(*) FROM here"), "11");
    EXPECT_EQ(value("SELECT count(*) FROM tessera.two_phase_log"), "0");
}

INSTANTIATE_TEST_SUITE_P(Sources, LostCommit, testing::Values("postgres", "mysql"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera
