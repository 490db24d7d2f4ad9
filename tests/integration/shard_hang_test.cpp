/// A node that hangs: its programs are stopped (SIGSTOP), so that their sockets stay and say nothing. Whoever asks it
/// gets an error after a while and never waits without end, copies are read instead of it, and when it goes on it is
/// asked again.

#include "tests/support/mesh_nodes.h"
#include "tests/support/mesh_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tessera {
namespace {

using postgres::Connection;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

/// The process and all that it has started.
std::vector<pid_t> treeOf(pid_t root) {
    std::multimap<pid_t, pid_t> children;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        if (entry.path().filename().string().find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        std::ifstream file(entry.path() / "stat");
        const std::string stat{std::istreambuf_iterator<char>(file), {}};
        const std::size_t name_end = stat.rfind(')');
        pid_t parent = 0;
        // "pid (name) state parent …"
        if (name_end != std::string::npos && std::sscanf(stat.c_str() + name_end, ") %*c %d", &parent) == 1) {
            children.emplace(parent, std::stoi(stat));
        }
    }
    std::vector<pid_t> tree{root};
    for (std::size_t i = 0; i < tree.size(); ++i) {
        const auto [begin, end] = children.equal_range(tree[i]);
        for (auto child = begin; child != end; ++child) {
            tree.push_back(child->second);
        }
    }
    return tree;
}

/// Stopped as long as this is there.
class Stopped {
  public:
    explicit Stopped(std::vector<pid_t> processes) : processes_(std::move(processes)) {
        for (const pid_t process : processes_) {
            // One of its sessions may have ended.
            EXPECT_TRUE(::kill(process, SIGSTOP) == 0 || errno == ESRCH);
        }
    }

    Stopped(const Stopped&) = delete;
    Stopped& operator=(const Stopped&) = delete;

    ~Stopped() {
        for (const pid_t process : processes_) {
            (void)::kill(process, SIGCONT);
        }
    }

  private:
    const std::vector<pid_t> processes_;
};

class ShardHang : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const std::string columns =
            " (id bigint NOT NULL, customer int NOT NULL, amount numeric(12,2), PRIMARY KEY (customer, id));";
        std::string sql;
        for (const char* table : {"orders", "copy", "alone"}) {
            sql += "CREATE TABLE " + std::string(table) + columns;
        }
        mesh_ = std::make_unique<MeshNodes>(sql);
        EXPECT_EQ(ask(1,
                      "SELECT tessera.create_sharded_table('s.orders', 'hash (customer)', '[{\"at\": \"a/crm.orders\", "
                      "\"replicas\": [\"c/crm.copy\"]}, \"b/crm.orders\"]', key => '{customer, id}', writers => "
                      "'{tester}')"),
                  "NULL\n");
        EXPECT_EQ(ask(1,
                      "SELECT tessera.create_sharded_table('s.alone', 'hash (customer)', '[\"a/crm.alone\"]', key => "
                      "'{customer, id}', writers => '{tester}')"),
                  "NULL\n");
        for (const char* table : {"s.orders", "s.alone"}) {
            EXPECT_THAT(
                ask(1, "INSERT INTO " + std::string(table) + " SELECT i, i % 97, i FROM generate_series(1, 4000) i"),
                Not(HasSubstr("error")));
        }
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    void TearDown() override { held_.reset(); }

    static std::string ask(std::size_t node, const std::string& sql) {
        auto at = mesh_->at(node).connect();
        return at ? answerOf(*at, sql) : "error 08006 " + at.error().describe();
    }

    /// And has the last changes, too, which it follows.
    static bool awaitInStep() {
        return waitUntil(
            [] {
                return ask(1, "SELECT state FROM tessera.shard_replicas") == "in step\n" &&
                       ask(2, "SELECT state FROM tessera.shard_replicas") == "in step\n" &&
                       rowsIn("crm_c", "copy") == rowsIn("crm_a", "orders");
            },
            2 * kPatience);
    }

    static std::string rowsIn(const std::string& database, const std::string& table) {
        Connection source = mesh_->direct(database);
        return answerOf(source, "SELECT count(*), sum(id), sum(amount) FROM " + table);
    }

    /// Whatever it is, there is an answer.
    static std::string inTime(MeshReader& reader, const std::string& sql) {
        const auto begin = std::chrono::steady_clock::now();
        auto answer = std::async(std::launch::async, [&] { return reader.ask(sql); });
        // Past all time-outs.
        if (answer.wait_for(kPatience) != std::future_status::ready) {
            ADD_FAILURE() << "waits without end: " << sql;
            held_.reset();
        }
        std::string text = answer.get();
        std::printf("%lld ms: %s: %s\n",
                    static_cast<long long>(
                        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin)
                            .count()),
                    sql.c_str(), text.substr(0, text.find('\n')).c_str());
        return text;
    }

    /// Reads and writes go on beside the node that is stopped, and with it afterwards.
    /// `stopped`: of the node's process, those that are stopped.
    template <class Of>
    static void goOnBeside(Of&& stopped) {
        ASSERT_TRUE(awaitInStep()) << ask(1, "SELECT * FROM tessera.shard_replicas");
        const std::string all = "SELECT count(*), sum(id), sum(amount) FROM s.orders";
        const std::string expected = ask(1, all);
        ASSERT_THAT(expected, Not(HasSubstr("error")));
        const std::string of_a =
            ask(0,
                "SELECT c.relname FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid WHERE i.inhparent = "
                "'s.orders'::regclass AND c.relname LIKE '%\\_s0\\_%'");
        const std::string customer = ask(0, "SELECT min(customer) FROM tessera_shard." + of_a);
        MeshReader b(mesh_->connect(1));
        MeshReader c(mesh_->connect(2));
        MeshReader writer(mesh_->connect(1));
        MeshReader alone(mesh_->connect(1));
        EXPECT_EQ(b.ask(all), expected);
        EXPECT_EQ(c.ask(all), expected);
        EXPECT_THAT(alone.ask("SELECT count(*) FROM s.alone"), "4000\n");
        EXPECT_THAT(writer.ask("BEGIN"), Not(HasSubstr("error")));
        EXPECT_THAT(writer.ask("UPDATE s.orders SET amount = amount WHERE customer = " + customer),
                    Not(HasSubstr("error")));
        held_ = std::make_unique<Stopped>(stopped(mesh_->at(0).pid()));
        // On its way to the node in the moment in which it hangs: it ends, and says which node it is.
        const auto answered_or_named = [](const std::string& expected_or_empty) {
            return AnyOf(expected_or_empty, AllOf(HasSubstr("error 08"), HasSubstr("node 'a'")));
        };
        EXPECT_THAT(inTime(b, all), answered_or_named(expected));
        EXPECT_THAT(inTime(writer, "COMMIT"), answered_or_named(""));
        EXPECT_THAT(inTime(alone, "SELECT count(*) FROM s.alone"), answered_or_named("4000\n"));
        for (MeshReader* reader : {&b, &c}) {
            reader->warnings();
            EXPECT_TRUE(
                waitUntil([&] { return inTime(*reader, all) == expected && !reader->warnings().empty(); }, kPatience));
            EXPECT_EQ(inTime(*reader, all), expected);
            EXPECT_THAT(reader->warnings(),
                        HasSubstr("shard 0 of s.orders is read from its copy c/crm.copy, which may lack the last "
                                  "changes: node 'a' can't be reached since 20"));
            for (const std::string& change :
                 {"UPDATE s.orders SET amount = 0 WHERE customer = " + customer,
                  "INSERT INTO s.orders VALUES (1000000, " + customer.substr(0, customer.size() - 1) + ", 1)"}) {
                EXPECT_THAT(inTime(*reader, change),
                            AllOf(HasSubstr("error 57P03"),
                                  HasSubstr("shard 0 of s.orders can not be changed: node 'a' can't be reached since")))
                    << change;
            }
        }
        // Nobody has a copy of this one.
        for (const char* sql : {"SELECT count(*) FROM s.alone", "DELETE FROM s.alone"}) {
            MeshReader reader(mesh_->connect(2));
            EXPECT_THAT(inTime(reader, sql), AllOf(HasSubstr("error 08"), HasSubstr("node 'a'"))) << sql;
        }
        // The map is changed beside it; nothing of it waits for the node without end.
        MeshReader administrator(mesh_->connect(1));
        EXPECT_THAT(inTime(administrator, "SELECT tessera.move_shard('s.alone', 0, 'c/crm.alone')"),
                    AnyOf("NULL\n", HasSubstr("error")));
        EXPECT_THAT(inTime(administrator, "SELECT tessera.cancel_move('s.alone', 0)"),
                    AnyOf("NULL\n", HasSubstr("error")));
        held_.reset();
        for (MeshReader* reader : {&b, &c}) {
            EXPECT_TRUE(waitUntil(
                [&] {
                    reader->warnings();
                    return inTime(*reader, all) == expected && reader->warnings().empty();
                },
                2 * kPatience));
        }
        EXPECT_TRUE(waitUntil(
            [&] {
                return ask(2, "UPDATE s.orders SET amount = amount WHERE customer = " + customer).find("error") ==
                       std::string::npos;
            },
            2 * kPatience));
        EXPECT_TRUE(waitUntil([] { return ask(1, "SELECT count(*) FROM s.alone") == "4000\n"; }, 2 * kPatience));
        EXPECT_EQ(ask(0, all), expected);
        EXPECT_TRUE(awaitInStep());
        EXPECT_TRUE(waitUntil([] { return ask(1, "SELECT count(*) FROM tessera.shard_moves") == "0\n"; }, kPatience))
            << ask(1, "SELECT * FROM tessera.shard_moves");
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
    inline static std::unique_ptr<Stopped> held_;
};

TEST_F(ShardHang, OfAWholeNode) {
    goOnBeside(treeOf);
}

/// Sessions that there are go on, by PostgreSQL alone; nobody gets a new one.
TEST_F(ShardHang, OfTheGatewayAlone) {
    goOnBeside([](pid_t node) { return std::vector<pid_t>{node}; });
}

}  // namespace
}  // namespace tessera
