#pragma once

/// Members of a store with real threads and files, in one process, whose links are in the test's hand.

#include "nodeservice/store/driver/channel_transport.h"
#include "nodeservice/store/driver/replica.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tessera::store {

using raft::NodeId;
using raft::Role;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Fate = Execution::Fate;

inline constexpr seconds kPatience{30};

inline Command command(std::vector<std::string> statements, std::uint64_t client = 0, std::uint64_t sequence = 0) {
    Command made;
    made.client = client;
    made.sequence = sequence;
    for (std::string& sql : statements) {
        made.statements.push_back({std::move(sql), {}});
    }
    return made;
}

/// The first column of the rows as text, or the error.
inline std::string ask(Replica& replica, const std::string& sql, Consistency consistency,
                       milliseconds most = kPatience) {
    std::string answer;
    const auto done = replica.query({sql, {}}, consistency, most,
                                    {[](const auto&, raft::Index) { return Result<>(); },
                                     [&](std::vector<sqlite::Value> row) {
                                         answer += answer.empty() ? "" : ",";
                                         if (const auto* number = std::get_if<std::int64_t>(&row[0])) {
                                             answer += std::to_string(*number);
                                         } else if (const auto* text = std::get_if<std::string>(&row[0])) {
                                             answer += *text;
                                         }
                                         return Result<>();
                                     }});
    return done ? answer : "error: " + done.error().message;
}

/// The store needs a process whose local time is UTC.
[[maybe_unused]] inline const bool kIsUtc = [] {
    setenv("TZ", "UTC", 1);
    tzset();
    return true;
}();

class StoreTest : public testing::Test {
  protected:
    explicit StoreTest(std::size_t members = 3) {
        for (NodeId id = 1; id <= members; ++id) {
            founders_.voters.insert(id);
        }
    }

    void start(NodeId id, std::unique_ptr<Storage> storage = nullptr) {
        ReplicaOptions options;
        options.raft = raft_;
        options.raft.id = id;
        options.folder = folder_.path() / std::to_string(id);
        std::filesystem::create_directories(options.folder);
        options.founders = founders_;
        options.tick = tick_;
        options.max_log_bytes = max_log_bytes_;
        options.trailing_log_bytes = trailing_log_bytes_.value_or(max_log_bytes_ / 4);
        auto replica = storage ? Replica::open(options, std::move(storage), *way_) : Replica::open(options, *way_);
        ASSERT_TRUE(replica) << replica.error().describe();
        replicas_[id] = std::move(*replica);
        Replica* receiver = replicas_[id].get();
        hub_.connect(id, [receiver](raft::Message message) { receiver->receive(std::move(message)); });
    }

    void startAll() {
        for (const NodeId id : founders_.voters) {
            start(id);
        }
    }

    void stop(NodeId id) {
        hub_.disconnect(id);
        replicas_.erase(id);
    }

    void TearDown() override {
        while (!replicas_.empty()) {
            stop(replicas_.begin()->first);
        }
    }

    /// Other than `not_this`.
    NodeId awaitLeader(NodeId not_this = raft::kNoNode) {
        NodeId leader = raft::kNoNode;
        EXPECT_TRUE(waitUntil([&] {
            for (const auto& [id, replica] : replicas_) {
                if (id != not_this && replica->status().role == Role::kLeader) {
                    leader = id;
                    return true;
                }
            }
            return false;
        }));
        return leader;
    }

    Execution execute(NodeId id, const Command& what, milliseconds most = kPatience) {
        return replicas_.at(id)->execute(what, most);
    }

    /// By whoever leads, until it is known what became of it.
    Execution executeSomewhere(const Command& what) {
        Execution last;
        EXPECT_TRUE(waitUntil([&] {
            for (const auto& [id, replica] : replicas_) {
                last = replica->execute(what, milliseconds(500));
                if (last.fate == Fate::kApplied) {
                    return true;
                }
            }
            return false;
        })) << last.error.message;
        return last;
    }

    bool awaitSameState() {
        return waitUntil([&] {
            const ReplicaStatus first = replicas_.begin()->second->status();
            return std::all_of(replicas_.begin(), replicas_.end(), [&](const auto& one) {
                const ReplicaStatus other = one.second->status();
                return other.applied == other.commit && other.applied == first.applied && other.hash == first.hash;
            });
        });
    }

    TemporaryDirectory folder_;
    ChannelHub hub_;
    ChannelTransport transport_{hub_};
    /// What members that are started use; another one damages what goes through it.
    Transport* way_ = &transport_;
    raft::Membership founders_;
    raft::Options raft_;
    milliseconds tick_{20};
    std::size_t max_log_bytes_ = std::size_t{64} << 20U;
    /// A quarter of it if not said.
    std::optional<std::size_t> trailing_log_bytes_;
    std::map<NodeId, std::unique_ptr<Replica>> replicas_;
};

/// Snapshots come soon.
class SmallLogTest : public StoreTest {
  protected:
    SmallLogTest() { max_log_bytes_ = 16 << 10; }

    void fill(int from, int to) {
        for (int i = from; i <= to; ++i) {
            executeSomewhere(
                command({"INSERT INTO t VALUES (" + std::to_string(i) + ", '" + std::string(500, 'x') + "')"}, 1,
                        static_cast<std::uint64_t>(i + 1)));
        }
    }
};

}  // namespace tessera::store
