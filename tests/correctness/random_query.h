#pragma once

/// Queries by seed over "$t" and "$u": join trees of every kind with conditions that a source can and can't evaluate,
/// below DISTINCT, groupings with sets, window functions, and the first rows of an order. Each has one right answer as
/// a set of rows.

#include "tests/correctness/hostile_table.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tessera::correctness {

class RandomQuery {
  public:
    RandomQuery(const HostileTable& table, std::uint32_t seed);

    std::string next();

  private:
    bool chance(int percent);
    std::size_t below(std::size_t count);
    std::string column();
    std::string relation();
    std::string condition(const std::string& alias);
    std::string exists(const std::string& alias, int depth);
    std::string from();
    std::string where();
    std::string anyAlias();
    std::string ids() const;
    std::string aggregate(const std::string& alias);

    std::string rows();
    std::string distinct();
    std::string groups();
    std::string windows();
    std::string firstOfEach();

    std::mt19937 random_;
    std::vector<std::string> columns_;
    std::vector<std::string> aliases_;
    int names_ = 0;
};

}  // namespace tessera::correctness
