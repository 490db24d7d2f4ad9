/// Sessions in clear go on between the client and PostgreSQL alone; what is the gateway's of them holds all the same.

#include "tests/support/node_test.h"
#include "tests/support/raw_client.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tessera {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace fs = std::filesystem;

class HandoverTest : public NodeTest {
  protected:
    static void SetUpTestSuite() {
        startNode({.yaml = "gateway: {idle_seconds: 2}\naudit: {statements: true, text: full}" + identityYaml(),
                   .listen = kTls});
    }

    static std::string person(const std::string& subject, const std::string& more = "sslmode=disable") {
        return target("user=analyst password=" + tokenOf(subject) + " " + more);
    }

    /// Does the process hold the other end of the client's connection?
    static bool holdsClient(pid_t process, PGconn* client) {
        sockaddr_in own{};
        socklen_t size = sizeof own;
        EXPECT_EQ(::getsockname(PQsocket(client), reinterpret_cast<sockaddr*>(&own), &size), 0);
        char local[16];
        char remote[16];
        std::snprintf(local, sizeof local, "0100007F:%04X", node_->port());
        std::snprintf(remote, sizeof remote, "0100007F:%04X", ntohs(own.sin_port));
        std::ifstream table("/proc/net/tcp");
        std::string inode = "?";
        for (std::string number, from, to, skipped; table >> number >> from >> to;) {
            std::string rest;
            std::getline(table, rest);
            if (from == local && to == remote) {
                std::istringstream fields(rest);
                for (int i = 0; i < 7; ++i) {
                    fields >> inode;
                }
            }
        }
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(process) + "/fd", ignored)) {
            if (fs::read_symlink(entry, ignored) == "socket:[" + inode + "]") {
                return true;
            }
        }
        return false;
    }
};

TEST_F(HandoverTest, WhatIsClearIsHandedOverAndWhatIsEncryptedIsRelayed) {
    const SessionClient clear(person("ann"));
    EXPECT_TRUE(holdsClient(clear.pid(), clear.get()));
    EXPECT_TRUE(waitUntil([&] { return !holdsClient(node_->pid(), clear.get()); }));
    const SessionClient encrypted(person("ann", "sslmode=require"));
    EXPECT_FALSE(holdsClient(encrypted.pid(), encrypted.get()));
    EXPECT_TRUE(holdsClient(node_->pid(), encrypted.get()));
    for (const SessionClient* client : {&clear, &encrypted}) {
        EXPECT_EQ(client->ask("SELECT tessera.user_id()"), "ann");
        EXPECT_EQ(client->ask("SELECT length(repeat('x', 50000000))"), "50000000");
        EXPECT_THAT(client->ask("SELECT 1/0"), HasSubstr("division by zero"));
        EXPECT_EQ(client->ask("LISTEN news"), "(done)");
        EXPECT_EQ(client->ask("NOTIFY news, 'hello'"), "(done)");
        const Handle<PGnotify, PQfreemem> notification(PQnotifies(client->get()));
        EXPECT_TRUE(notification && std::string(notification->extra) == "hello");
    }
}

TEST_F(HandoverTest, LeavesNoTraceInTheSession) {
    const SessionClient fresh(person("ann"));
    const SessionClient looking(person("ann"));
    EXPECT_EQ(looking.ask("SELECT query || state FROM pg_stat_activity WHERE pid = " + std::to_string(fresh.pid())),
              "idle");
    EXPECT_EQ(looking.ask("SELECT 'marker-of-the-audit'"), "marker-of-the-audit");
    const fs::path audit = node_->dataDirectory() / "log" / "audit.jsonl";
    ASSERT_TRUE(waitUntil([&] { return readFile(audit).find("marker-of-the-audit") != std::string::npos; }));
    EXPECT_THAT(readFile(audit), Not(HasSubstr("adopt_client")));
}

TEST_F(HandoverTest, OnlyTheNodeHandsOver) {
    for (const char* mode : {"sslmode=disable", "sslmode=require"}) {
        const SessionClient client(person("ann", mode));
        ASSERT_THAT(client.ask("SELECT tessera.challenge()"), StartsWith(std::to_string(client.pid())));
        EXPECT_THAT(client.ask("SELECT tessera.adopt_client('\\x00')"), StartsWith("(error)"));
        EXPECT_THAT(client.ask("SELECT tessera.adopt_client(decode(repeat('00', 64), 'hex'))"), StartsWith("(error)"));
        EXPECT_EQ(client.ask("SELECT 7"), "7");
    }
}

TEST_F(HandoverTest, CancelsReachIt) {
    const SessionClient client(person("ann"));
    const SessionClient looking(person("ann"));
    ASSERT_EQ(PQsendQuery(client.get(), "SELECT pg_sleep(60)"), 1);
    ASSERT_TRUE(waitUntil([&] {
        return looking.ask("SELECT state FROM pg_stat_activity WHERE pid = " + std::to_string(client.pid()) +
                           " AND query LIKE 'SELECT pg_sleep%'") == "active";
    }));
    const Handle<PGcancel, PQfreeCancel> cancel(PQgetCancel(client.get()));
    char error[256] = "";
    ASSERT_EQ(PQcancel(cancel.get(), error, sizeof error), 1) << error;
    const postgres::ResultHandle result(PQgetResult(client.get()));
    EXPECT_STREQ(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE), "57014");
}

TEST_F(HandoverTest, ItsPlaceIsFreeWhenItEndsAndNotBefore) {
    // The page's own.
    constexpr double kNone = 1;
    ASSERT_TRUE(waitUntil([] { return metric("tessera_connections") == kNone; }));
    {
        const SessionClient first(person("ann"));
        const SessionClient second(person("ann"));
        EXPECT_EQ(second.ask("SELECT 1"), "1");
        EXPECT_GE(metric("tessera_connections"), kNone + 2);
        // However it ends.
        EXPECT_EQ(first.ask("SELECT pg_terminate_backend(" + std::to_string(second.pid()) + ")"), "t");
        EXPECT_THAT(second.ask("SELECT 1"), HasSubstr("terminating connection due to administrator command"));
        EXPECT_TRUE(waitUntil([&] { return metric("tessera_connections") == kNone + 1; }));
    }
    EXPECT_TRUE(waitUntil([&] { return metric("tessera_connections") == kNone; }));
}

TEST_F(HandoverTest, ItsTimesEndIt) {
    const SessionClient idle(person("ann"));
    ASSERT_TRUE(waitUntil([&] { return ::kill(idle.pid(), 0) != 0; }));
    EXPECT_THAT(idle.ask("SELECT 1"), HasSubstr("idle-session timeout"));
    // Past its end by a part of what clocks may differ by: there is a little left of it.
    const SessionClient ending(
        target("user=analyst sslmode=disable password=" + tokenOf("bob", {{"exp", std::time(nullptr) - 20}})));
    EXPECT_THAT(ending.ask("SELECT pg_sleep(60)"), HasSubstr("the identity of this session has expired"));
}

/// It may end, but must not go on with what the backend's descriptors were before.
TEST_F(HandoverTest, ServersThatDieLetTheirClientsGo) {
    const SessionClient client(person("ann"));
    const pid_t postmaster = node_->postmasterPid();
    ASSERT_EQ(::kill(client.pid(), SIGKILL), 0);
    EXPECT_THAT(client.ask("SELECT 1"), StartsWith("(error)"));
    ASSERT_TRUE(waitUntil([&] {
        const postgres::ConnectionHandle again(PQconnectdb(person("ann").c_str()));
        const postgres::ResultHandle result(PQexec(again.get(), "SELECT 1"));
        return PQresultStatus(result.get()) == PGRES_TUPLES_OK;
    }));
    EXPECT_EQ(node_->postmasterPid(), postmaster);
}

}  // namespace
}  // namespace tessera
