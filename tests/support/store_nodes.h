#pragma once

/// Three real tessera-node processes that hold one store, and what tests ask of them.

#include "nodeservice/client/store_client.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tessera {

inline constexpr std::chrono::seconds kPatience{60};
inline constexpr std::size_t kMembers = 3;

inline std::shared_ptr<client::StoreClient> clientOf(const TemporaryNode& node,
                                                     const std::string& user = TemporaryNode::kUser,
                                                     const std::string& password = TemporaryNode::kPassword) {
    auto made = client::StoreClient::create({"node", "127.0.0.1:" + std::to_string(node.port()), user, password});
    EXPECT_TRUE(made) << made.error().describe();
    return made.value_or(nullptr);
}

/// Again while the node cannot be reached: a connection that its process has left shows that only when it is used.
template <class T, class Ask>
Result<T> untilReached(Ask ask) {
    Result<T> answer = ask();
    waitUntil(
        [&] {
            const bool is_away = !answer && answer.error().code == ErrorCode::kUnavailable;
            if (is_away) {
                answer = ask();
            }
            return !is_away;
        },
        kPatience);
    return answer;
}

using Rows = std::vector<std::string>;

/// The first column, or the error.
inline Result<Rows> ask(client::StoreClient& client, const std::string& sql,
                        const client::StoreReadPoint& point = client::StoreConsistency::kLinearizable) {
    return untilReached<Rows>([&]() -> Result<Rows> {
        Rows values;
        TSR_TRY(client.query({sql}, point, kPatience,
                             {[](const auto&, std::uint64_t) { return Result<>(); },
                              [&](std::vector<client::StoreValue> row) -> Result<> {
                                  if (const auto* number = std::get_if<std::int64_t>(&row[0])) {
                                      values.push_back(std::to_string(*number));
                                  } else if (const auto* text = std::get_if<std::string>(&row[0])) {
                                      values.push_back(*text);
                                  }
                                  return {};
                              }}));
        return values;
    });
}

inline Result<client::StoreStatus> statusOf(const TemporaryNode& node) {
    return untilReached<client::StoreStatus>([&] { return clientOf(node)->status(); });
}

class Nodes;

/// More of each node's configuration.
struct NodesMore {
    /// Members of the section `identity`: ", issuers: […]".
    std::string identity = {};
    /// Sections of their own.
    std::string sections = {};
    /// Members of the list of users: ", {name: …}".
    std::string users = {};
    /// More sections, which differ from node to node.
    std::function<std::string(std::size_t node, Nodes& nodes)> sections_of = {};
};

/// A, B and C.
class ThreeNodes {
  public:
    TemporaryNode& at(std::size_t i) { return *nodes_[i]; }

    std::uint16_t portOf(std::size_t i) const { return nodes_[i]->port(); }

    /// Other than `not_this`, by what the members themselves say.
    std::size_t awaitLeader(std::size_t not_this = kMembers) {
        std::size_t leader = kMembers;
        EXPECT_TRUE(waitUntil(
            [&] {
                for (std::size_t i = 0; i < kMembers; ++i) {
                    const auto status = i == not_this || nodes_[i]->pid() < 0
                                            ? Result<client::StoreStatus>(fail(ErrorCode::kUnavailable, "left out"))
                                            : clientOf(*nodes_[i])->status();
                    if (status && status->role == "leader") {
                        leader = i;
                        return true;
                    }
                }
                return false;
            },
            kPatience));
        return leader;
    }

    static std::string nameOf(std::size_t i) { return std::string(1, static_cast<char>('a' + i)); }

  protected:
    void prepare(std::size_t i, TemporaryNodeOptions options) {
        options.name = nameOf(i);
        auto node = TemporaryNode::prepare(std::move(options));
        ASSERT_TRUE(node) << node.error().describe();
        nodes_[i] = std::make_unique<TemporaryNode>(std::move(*node));
    }

    /// All at once.
    void launch() {
        std::vector<std::thread> starting;
        std::array<Result<>, kMembers> done;
        for (std::size_t i = 0; i < kMembers; ++i) {
            starting.emplace_back([&, i] { done[i] = nodes_[i]->launch(); });
        }
        for (std::size_t i = 0; i < kMembers; ++i) {
            starting[i].join();
            EXPECT_TRUE(done[i]) << done[i].error().describe();
        }
    }

    std::array<std::unique_ptr<TemporaryNode>, kMembers> nodes_;
};

/// Each reaches the others through links of its own, which can be cut.
class Nodes : public ThreeNodes {
  public:
    /// Without links of their own they speak to each other directly.
    enum class Links { kOwn, kNone };

    explicit Nodes(Links links = Links::kOwn, NodesMore more = {})
        : has_links_(links == Links::kOwn), more_(std::move(more)) {}

    void start() {
        for (std::size_t i = 0; i < kMembers; ++i) {
            ASSERT_NO_FATAL_FAILURE(
                prepare(i, {.users = "{name: reader, password: r}, {name: stranger, password: s}" + more_.users}));
            std::filesystem::create_directory(nodes_[i]->folder() / "init");
        }
        for (std::size_t from = 0; from < kMembers; ++from) {
            for (std::size_t to = 0; to < kMembers; ++to) {
                links_[from][to] = std::make_unique<FaultProxy>(nodes_[to]->port());
            }
            nodes_[from]->setYaml(yamlOf(from));
        }
        launch();
    }

    /// Everything between this member and the others.
    void isolate(std::size_t member) {
        for (std::size_t other = 0; other < kMembers; ++other) {
            links_[member][other]->cut();
            links_[other][member]->cut();
        }
    }

    /// What `from` says to `to` is not heard; the other way is open.
    void cut(std::size_t from, std::size_t to) { links_[from][to]->cut(); }

    void setSpeed(std::size_t from, std::size_t to, LinkSpeed speed) { links_[from][to]->setSpeed(speed); }

    void heal() {
        for (auto& row : links_) {
            for (auto& link : row) {
                link->heal();
            }
        }
    }

    /// From the next launches on: it is to be let in.
    void isToJoin(std::size_t member) {
        joining_.insert(member);
        for (std::size_t i = 0; i < kMembers; ++i) {
            nodes_[i]->setYaml(yamlOf(i));
        }
    }

  private:
    std::string yamlOf(std::size_t from) {
        std::string keys;
        std::string members;
        for (std::size_t to = 0; to < kMembers; ++to) {
            if (to != from) {
                keys += std::string(keys.empty() ? "" : ", ") + "{name: " + nameOf(to) +
                        ", jwks_url: 'http://127.0.0.1:" + std::to_string(nodes_[to]->port()) +
                        "/.well-known/jwks.json'}";
            }
            members +=
                std::string(members.empty() ? "" : ", ") + "{node: " + nameOf(to) + ", id: " + std::to_string(to + 1) +
                ", address: '127.0.0.1:" + std::to_string(has_links_ ? links_[from][to]->port() : nodes_[to]->port()) +
                (joining_.contains(to) ? "', founder: false}" : "'}");
        }
        return "identity: {nodes: [" + keys + "]" + more_.identity + "}\nstore:\n  members: [" + members +
               "]\n  readers: [reader]\n  administrators: [" + TemporaryNode::kUser + "]\n" + more_.sections +
               (more_.sections_of ? more_.sections_of(from, *this) : "");
    }

    const bool has_links_;
    const NodesMore more_;
    std::set<std::size_t> joining_;
    std::array<std::array<std::unique_ptr<FaultProxy>, kMembers>, kMembers> links_;
};

}  // namespace tessera
