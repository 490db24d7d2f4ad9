#pragma once

/// Changes rows of a sharded table at random through one node, each until it is done, whoever is killed meanwhile: so
/// what there has to be in the end is known.

#include "tests/support/mesh_nodes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>

namespace tessera {

/// The rows are those of numbers from 100,000 on that are its own.
class ShardWriter {
  public:
    /// The table has the columns id, customer and amount; customer is id by 97.
    ShardWriter(MeshNodes& mesh, std::string table, std::size_t node, unsigned seed)
        : mesh_(mesh), table_(std::move(table)), node_(node), random_(seed) {}

    ShardWriter(const ShardWriter&) = delete;
    ShardWriter& operator=(const ShardWriter&) = delete;

    ~ShardWriter() {
        if (thread_.joinable()) {
            finish();
        }
    }

    void start() {
        thread_ = std::thread([this] {
            while (!is_done_) {
                change();
            }
        });
    }

    /// What there has to be in the end: amounts by id.
    std::map<std::int64_t, std::int64_t> finish() {
        is_done_ = true;
        thread_.join();
        return rows_;
    }

    std::chrono::milliseconds longest() const { return longest_; }

    std::int64_t changes() const { return changes_; }

    std::int64_t refusals() const { return refusals_; }

  private:
    using Clock = std::chrono::steady_clock;

    void change() {
        const auto id = static_cast<std::int64_t>(random_() % 2000 * kMembers + node_ + 100000);
        const auto value = static_cast<std::int64_t>(random_() % 1000000);
        const std::string row = " WHERE customer = " + std::to_string(id % 97) + " AND id = " + std::to_string(id);
        const auto begin = Clock::now();
        if (!rows_.contains(id)) {
            carryOut("INSERT INTO " + table_ + " (id, customer, amount) VALUES (" + std::to_string(id) + ", " +
                     std::to_string(id % 97) + ", " + std::to_string(value) + ")");
            rows_[id] = value;
        } else if (value % 4 == 0) {
            carryOut("DELETE FROM " + table_ + row);
            rows_.erase(id);
        } else {
            carryOut("UPDATE " + table_ + " SET amount = " + std::to_string(value) + row);
            rows_[id] = value;
        }
        longest_ = std::max(longest_, std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin));
        ++changes_;
    }

    /// Again until it is so. A key that is there already is the same INSERT, whose answer was lost.
    void carryOut(const std::string& sql) {
        const auto deadline = Clock::now() + kPatience;
        std::string last;
        while (Clock::now() < deadline) {
            if (!connection_) {
                auto opened = mesh_.at(node_).connect();
                if (!opened) {
                    continue;
                }
                connection_.emplace(std::move(*opened));
            }
            const auto done = connection_->query(sql);
            if (done || (done.error().sqlstate == "23505" && !last.empty())) {
                return;
            }
            last = done.error().sqlstate + " " + done.error().message;
            ++refusals_;
            if (done.error().sqlstate != "40001") {
                connection_.reset();
            }
        }
        ADD_FAILURE() << sql << ": " << last;
    }

    MeshNodes& mesh_;
    const std::string table_;
    const std::size_t node_;
    std::mt19937 random_;
    std::map<std::int64_t, std::int64_t> rows_;
    std::optional<postgres::Connection> connection_;
    std::chrono::milliseconds longest_{0};
    std::int64_t changes_ = 0;
    std::int64_t refusals_ = 0;
    std::atomic<bool> is_done_ = false;
    std::thread thread_;
};

}  // namespace tessera
