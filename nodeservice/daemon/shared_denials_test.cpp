/// Nodes that tell one store, and each other through it, who is denied: in any order, twice, and late.

#include "nodeservice/daemon/shared_denials.h"

#include "tests/support/temporary_job_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>

namespace tessera::node {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

SaidDenial denial(const std::string& key, const std::string& node = "a") {
    return {key, {}, {}, key, {}, {}, "why", "chief", "now", node};
}

DenialState readStore(jobs::TemporaryJobStore& store) {
    const auto found = store.query(statementToFindDenials());
    if (!found || found->at(0).at(0) != store::sqlite::Value(std::int64_t{1})) {
        return {};
    }
    const auto rows = store.query(statementToReadDenials());
    return rows ? denialsOf(*rows) : DenialState{};
}

/// A node's list as its table keeps it.
struct List {
    DenialState state;

    void say(const std::string& key) { state.said.push_back(denial(key)); }

    void lift(const std::string& key) {
        if (std::erase_if(state.said, [&](const auto& entry) { return entry.key == key; }) > 0) {
            state.lifted.push_back({key, "chief", "later", "a"});
        }
    }

    void hear(const DenialState& news) {
        state.said.insert(state.said.end(), news.said.begin(), news.said.end());
        for (const LiftedDenial& lifted : news.lifted) {
            const auto is_it = [&](const auto& entry) { return entry.key == lifted.key; };
            std::erase_if(state.said, is_it);
            std::erase_if(state.lifted, is_it);
        }
    }

    void exchange(jobs::TemporaryJobStore& store) {
        const DenialNews news = newsOf(state, readStore(store));
        hear(news.for_node);
        if (!news.for_store.empty()) {
            EXPECT_TRUE(store.apply(batchOf(news.for_store)));
        }
    }

    std::set<std::string> keys() const {
        std::set<std::string> all;
        for (const SaidDenial& entry : state.said) {
            EXPECT_TRUE(all.insert(entry.key).second) << entry.key << " twice";
        }
        return all;
    }
};

TEST(SharedDenials, WhatOneSaysAllHaveUntilOneLiftsIt) {
    jobs::TemporaryJobStore store;
    List a;
    List b;
    a.say("ann");
    a.exchange(store);
    b.exchange(store);
    ASSERT_THAT(b.state.said, SizeIs(1));
    EXPECT_EQ(b.state.said[0], a.state.said[0]);
    b.lift("ann");
    b.exchange(store);
    b.exchange(store);
    a.exchange(store);
    EXPECT_TRUE(a.state.empty());
    EXPECT_TRUE(b.state.empty()) << "what the store knows need not be kept";
}

TEST(SharedDenials, EveryFieldArrives) {
    jobs::TemporaryJobStore store;
    const SaidDenial person{"k1", {}, "https://x", "ann", "jti-1", "1795000000", "it's \"over\"\n", "chief", "t", "a"};
    const SaidDenial user{"k2", "etl", {}, {}, {}, {}, "", "boss", "u", "b"};
    ASSERT_TRUE(store.apply(batchOf({{person, user}, {}})));
    EXPECT_THAT(readStore(store).said, testing::UnorderedElementsAre(person, user));
    ASSERT_TRUE(store.apply(batchOf({{}, {{"k1", "boss", "v", "b"}}})));
    EXPECT_THAT(readStore(store).said, ElementsAre(user));
    EXPECT_THAT(readStore(store).lifted, ElementsAre(LiftedDenial{"k1", "boss", "v", "b"}));
}

/// A request of which nobody knew whether it had come, and which came at last.
TEST(SharedDenials, AnEntryThatComesLateDoesNotUndoItsEnd) {
    jobs::TemporaryJobStore store;
    ASSERT_TRUE(store.apply(batchOf({{}, {{"ann", "chief", "later", "a"}}})));
    ASSERT_TRUE(store.apply(batchOf({{denial("ann")}, {}})));
    EXPECT_THAT(readStore(store).said, IsEmpty());
    ASSERT_TRUE(store.apply(batchOf({{}, {{"ann", "other", "even later", "b"}}})));
    EXPECT_EQ(readStore(store).lifted.at(0).lifted_by, "chief") << "who did it first";
}

/// The store's data are replaced by a backup of before; or a node is let in that has a list already.
TEST(SharedDenials, AStoreThatHasForgottenIsToldAgain) {
    jobs::TemporaryJobStore old;
    List a;
    a.say("ann");
    a.say("bob");
    a.exchange(old);
    jobs::TemporaryJobStore store;
    a.exchange(store);
    EXPECT_THAT(readStore(store).said, SizeIs(2));
    EXPECT_THAT(a.keys(), ElementsAre("ann", "bob")) << "nobody is let in by that";
}

/// Whatever the order: in the end all have the same, and nobody has lost what was said and not lifted.
TEST(SharedDenials, AllOrdersEndAlike) {
    for (unsigned seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        std::mt19937 random(seed);
        jobs::TemporaryJobStore store;
        std::array<List, 3> nodes;
        std::vector<jobs::Batch> late;
        std::set<std::string> expected;
        for (int step = 0; step < 30; ++step) {
            List& node = nodes.at(random() % nodes.size());
            switch (random() % 5) {
                case 0: {
                    const std::string key = "k" + std::to_string(step);
                    node.say(key);
                    expected.insert(key);
                    break;
                }
                case 1:
                    if (const auto keys = node.keys(); !keys.empty()) {
                        const std::string key = *std::next(keys.begin(), static_cast<int>(random() % keys.size()));
                        node.lift(key);
                        expected.erase(key);
                    }
                    break;
                case 2:
                    late.push_back(batchOf(newsOf(node.state, readStore(store)).for_store));
                    break;
                case 3:
                    if (!late.empty()) {
                        ASSERT_TRUE(store.apply(late.back()));
                        late.pop_back();
                    }
                    break;
                default:
                    node.exchange(store);
            }
        }
        for (const jobs::Batch& batch : late) {
            ASSERT_TRUE(store.apply(batch));
        }
        for (int round = 0; round < 3; ++round) {
            for (List& node : nodes) {
                node.exchange(store);
            }
        }
        for (const List& node : nodes) {
            ASSERT_EQ(node.keys(), expected);
            ASSERT_THAT(node.state.lifted, IsEmpty());
        }
    }
}

}  // namespace
}  // namespace tessera::node
