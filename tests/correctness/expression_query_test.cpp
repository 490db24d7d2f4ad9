/// Random queries, pushed down and on local copies: the answers must be the same.
///
///     TESSERA_SEED=n       other queries; a failure prints its seed
///     TESSERA_MINUTES=m    go on for m minutes instead of 600 queries (./dev fuzz)

#include "tests/correctness/expression_query.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>

namespace tessera::correctness {
namespace {

struct Tally {
    std::size_t compared = 0;
    std::size_t errors = 0;     // the same on both sides
    std::size_t undecided = 0;  // an error that only one order of evaluation meets
    std::size_t invalid = 0;    // no PostgreSQL statement
};

class RandomExpressions : public testing::TestWithParam<const char*> {
  protected:
    enum class Verdict { kSame, kError, kUndecided, kInvalid, kDifferent };

    static std::vector<std::optional<std::string>> bound(const ExpressionQuery& query) {
        return {query.parameters.begin(), query.parameters.end()};
    }

    Outcome run(const ExpressionQuery& query, const std::string& schema) {
        return mesh_->run(Mesh::inSchema(query.sql(), schema), bound(query));
    }

    /// Can some expression of the query fail on some row? Then which rows it meets decides, and that is the planner's
    /// choice: PostgreSQL promises no order of evaluation.
    bool canFail(const ExpressionQuery& query) {
        std::vector<Term> all = query.conditions;
        all.insert(all.end(), query.group_by.begin(), query.group_by.end());
        all.insert(all.end(), query.aggregates.begin(), query.aggregates.end());
        for (const Term& term : all) {
            if (fails(term, query)) {
                return true;
            }
        }
        return false;
    }

    /// The expression or one within it, where nothing keeps it from being evaluated.
    bool fails(const Term& term, const ExpressionQuery& query) {
        if (!term.args.empty() || !term.type.empty()) {
            const std::string from = query.join.empty() ? "copy.t t" : "copy.t t CROSS JOIN copy.u u";
            const bool is_aggregate =
                term.form.starts_with("count(") || term.form.starts_with("min(") || term.form.starts_with("sum(");
            const std::string sql = is_aggregate ? "SELECT " + term.text() + " FROM " + from
                                                 : "SELECT count(" + term.text() + ") FROM " + from;
            if (!mesh_->query(sql, bound(query))) {
                return true;
            }
        }
        for (const Term& arg : term.args) {
            if (fails(arg, query)) {
                return true;
            }
        }
        return false;
    }

    Verdict judge(const ExpressionQuery& query) {
        const Outcome expected = run(query, "copy");
        const Outcome actual = run(query, "src");
        if (expected.sqlstate.starts_with("42")) {
            return Verdict::kInvalid;
        }
        if (actual == expected) {
            return expected.sqlstate.empty() ? Verdict::kSame : Verdict::kError;
        }
        const bool is_error = !expected.sqlstate.empty() || !actual.sqlstate.empty();
        const auto is_data_error = [](const Outcome& outcome) {
            return outcome.sqlstate.empty() || outcome.sqlstate.starts_with("22");
        };
        return is_error && is_data_error(actual) && is_data_error(expected) && canFail(query) ? Verdict::kUndecided
                                                                                              : Verdict::kDifferent;
    }

    void report(const ExpressionQuery& found, std::uint32_t seed) {
        const ExpressionQuery least =
            minimise(found, [this](const ExpressionQuery& query) { return judge(query) == Verdict::kDifferent; });
        std::string parameters;
        for (const std::string& parameter : least.parameters) {
            parameters += (parameters.empty() ? "" : ", ") + parameter;
        }
        ADD_FAILURE() << "TESSERA_SEED=" << seed << "\n"
                      << Mesh::inSchema(least.sql(), "src") << "\nwith (" << parameters << ")\n"
                      << difference(run(least, "src"), run(least, "copy")) << "first found as\n"
                      << Mesh::inSchema(found.sql(), "src");
    }

    std::unique_ptr<Mesh> mesh_;
};

TEST_P(RandomExpressions, AgreeWithLocalCopies) {
    constexpr std::size_t kQueries = 600;
    constexpr int kMostFailures = 3;
    auto started = Mesh::start(GetParam());
    ASSERT_TRUE(started) << started.error().describe();
    mesh_ = std::make_unique<Mesh>(std::move(*started));
    ASSERT_TRUE(mesh_->execute("SET plan_cache_mode = force_generic_plan; SET statement_timeout = '30s'"));
    auto generator = QueryGenerator::make(*mesh_, seed());
    ASSERT_TRUE(generator) << generator.error().describe();

    const char* minutes = std::getenv("TESSERA_MINUTES");  // NOLINT(concurrency-mt-unsafe)
    const auto begin = std::chrono::steady_clock::now();
    const auto end = begin + std::chrono::seconds(minutes != nullptr ? static_cast<long>(60 * std::atof(minutes)) : 0);
    Tally tally;
    int failures = 0;
    while (failures < kMostFailures &&
           (minutes != nullptr ? std::chrono::steady_clock::now() < end
                               : tally.compared + tally.errors + tally.undecided < kQueries)) {
        const ExpressionQuery query = generator->next();
        switch (judge(query)) {
            case Verdict::kSame:
                ++tally.compared;
                break;
            case Verdict::kError:
                ++tally.errors;
                break;
            case Verdict::kUndecided:
                ++tally.undecided;
                break;
            case Verdict::kInvalid:
                ++tally.invalid;
                break;
            case Verdict::kDifferent:
                ++failures;
                report(query, seed());
                break;
        }
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const std::size_t run = tally.compared + tally.errors + tally.undecided;
    std::printf(
        "%s: %zu queries in %.0f s (%.0f a second): %zu the same rows, %zu the same error, %zu an error by order "
        "of evaluation; %zu more were no statements\n",
        GetParam(), run, seconds, static_cast<double>(run) / seconds, tally.compared, tally.errors, tally.undecided,
        tally.invalid);
    // A generator whose queries mostly fail would compare nothing.
    EXPECT_GT(tally.compared, run / 5);
}

INSTANTIATE_TEST_SUITE_P(Dialects, RandomExpressions, testing::Values("postgres", "mysql", "sqlite", "duckdb"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
