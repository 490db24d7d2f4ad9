/// Random queries, pushed down and on local copies: the answers must be the same.
///
///     TESSERA_SEED=n       other queries; a failure prints its seed
///
/// `./dev fuzz` goes on for as long as asked.

#include "tests/correctness/differential.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace tessera::correctness {
namespace {

class RandomQueries : public testing::TestWithParam<const char*> {};

TEST_P(RandomQueries, AgreeWithLocalCopies) {
    constexpr std::size_t kQueries = 600;
    // Once with all pushed that can be, once as the costs have it.
    for (const std::uint32_t once : {seed(), seed() + 1}) {
        auto differential =
            Differential::start(GetParam(), once, [](const std::string& text) { ADD_FAILURE() << text; });
        ASSERT_TRUE(differential) << differential.error().describe();
        const auto tally = differential->run(kQueries);
        ASSERT_TRUE(tally) << tally.error().describe();
        std::printf("%s: %s\n", GetParam(), tally->describe().c_str());
        // A generator whose queries mostly fail would compare nothing.
        EXPECT_GT(tally->rows, tally->compared() * 7 / 10);
        EXPECT_LT(tally->undecided, tally->compared() / 10);
        EXPECT_LT(tally->invalid, tally->compared() / 4);
    }
}

INSTANTIATE_TEST_SUITE_P(Dialects, RandomQueries,
                         testing::Values("postgres", "mysql", "sqlite", "duckdb", "odbc_postgres", "odbc_mariadb",
                                         "odbc_sqlite", "odbc_file", "store"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
