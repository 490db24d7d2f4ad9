/// LIMIT and OFFSET that are parameters of a generic plan: NULL is no limit, zero is no row, what is negative is an
/// error, at every source as in PostgreSQL.

#include "tests/correctness/mesh.h"

#include <gtest/gtest.h>

namespace tessera::correctness {
namespace {

class BoundLimits : public testing::TestWithParam<const char*> {};

TEST_P(BoundLimits, MeanWhatTheyMeanInPostgres) {
    auto mesh = Mesh::start(GetParam());
    ASSERT_TRUE(mesh) << mesh.error().describe();
    // Every row that crosses costs, so that bounds go to the source where they can.
    ASSERT_TRUE(
        mesh->execute("SET plan_cache_mode = force_generic_plan;"
                      "ALTER SERVER source OPTIONS (ADD fdw_tuple_cost '100')"));
    for (const char* schema : {"src", "copy"}) {
        const std::string tail = Mesh::inSchema(" FROM $t ORDER BY id ", schema);
        for (const std::string& statement :
             {"PREPARE " + std::string(schema) + "_limit(bigint, bigint) AS SELECT id" + tail + "LIMIT $1 OFFSET $2",
              "PREPARE " + std::string(schema) + "_only(bigint, bigint) AS SELECT id" + tail + "LIMIT $1 - $2",
              "PREPARE " + std::string(schema) + "_skip(bigint, bigint) AS SELECT id" + tail + "OFFSET $1 + $2"}) {
            const auto prepared = mesh->execute(statement);
            ASSERT_TRUE(prepared) << prepared.error().describe();
        }
    }
    const std::string plan = mesh->plan("EXECUTE src_limit(1, 1)");
    const char* bound = mesh->dialect() == "postgres" ? " LIMIT $1::int8 OFFSET $2::int8"
                        : mesh->dialect() == "duckdb" ? " LIMIT CAST($1 AS BIGINT) OFFSET CAST($2 AS BIGINT)"
                                                      : " LIMIT ? OFFSET ?";
    EXPECT_NE(plan.find(bound), std::string::npos) << plan;
    for (const char* form : {"_limit", "_only", "_skip"}) {
        for (const char* values : {"3, 0", "3, 2", "0, 0", "NULL, 0", "NULL, 5", "3, NULL", "NULL, NULL", "-1, 0",
                                   "3, -1", "NULL, -2", "9223372036854775807, 0", "5, 100000", "-1, -1",
                                   "9223372036854775807, 9223372036854775807", "NULL, 9223372036854775807"}) {
            const auto run = [&](const char* schema) {
                return mesh->run("EXECUTE " + std::string(schema) + form + "(" + values + ")");
            };
            const Outcome expected = run("copy");
            const Outcome actual = run("src");
            EXPECT_EQ(actual, expected) << form << "(" << values << ") " << difference(actual, expected);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Dialects, BoundLimits, testing::Values("postgres", "mysql", "sqlite", "duckdb"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
