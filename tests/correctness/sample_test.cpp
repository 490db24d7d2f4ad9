/// TABLESAMPLE of a partitioned table whose partition is foreign: PostgreSQL leaves it to the wrapper.

#include "tests/correctness/mesh.h"

#include <gtest/gtest.h>

namespace tessera::correctness {
namespace {

class Samples : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        auto mesh = Mesh::start(GetParam());
        ASSERT_TRUE(mesh) << mesh.error().describe();
        mesh_ = std::make_unique<Mesh>(std::move(*mesh));
        const auto made = mesh_->execute(
            "CREATE TABLE parts (LIKE src.t) PARTITION BY RANGE (id);"
            "ALTER TABLE parts ATTACH PARTITION src.t FOR VALUES FROM (MINVALUE) TO (MAXVALUE)");
        ASSERT_TRUE(made) << made.error().describe();
        all_ = number("SELECT count(*) FROM parts");
        ASSERT_GE(all_, 30);
    }

    long number(const std::string& sql) {
        const Outcome outcome = mesh_->run(sql);
        EXPECT_EQ(outcome.message, "") << sql;
        return outcome.rows.size() == 1 ? std::stol(outcome.rows[0][0].value_or("-1")) : -1;
    }

    bool isPostgres() const { return GetParam() == std::string("postgres"); }

    std::unique_ptr<Mesh> mesh_;
    long all_ = 0;
};

TEST_P(Samples, HoldAboutSoManyRows) {
    for (const std::string method : {"BERNOULLI", "SYSTEM"}) {
        EXPECT_EQ(number("SELECT count(*) FROM parts TABLESAMPLE " + method + " (0)"), 0);
        EXPECT_EQ(number("SELECT count(*) FROM parts TABLESAMPLE " + method + " (100)"), all_);
    }
    const std::string half = "parts TABLESAMPLE BERNOULLI (50)";
    for (const std::string& query :
         {"SELECT count(*) FROM " + half, "SELECT count(*) FROM (SELECT id FROM " + half + " ORDER BY id LIMIT 1000) s",
          "SELECT count(*) FROM src.t JOIN " + half + " USING (id)",
          "SELECT count(*) FROM src.t WHERE id IN (SELECT id FROM " + half + ")"}) {
        const long rows = number(query);
        EXPECT_GT(rows, 0) << query;
        EXPECT_LT(rows, all_) << query;
    }
}

TEST_P(Samples, AreTakenOnceAStatement) {
    ASSERT_TRUE(mesh_->execute("SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off"));
    for (const std::string inner : {"parts", "src.t"}) {
        const long pairs = number("SELECT count(*) FROM generate_series(1, 16) g LEFT JOIN (SELECT id FROM " +
                                  (inner == "parts" ? inner + " TABLESAMPLE BERNOULLI (50)" : inner) +
                                  ") s ON s.id <> g * 0 - 1000000");
        EXPECT_EQ(pairs % 16, 0) << inner;
    }
}

TEST_P(Samples, AreRepeatedWhereTheSourceCan) {
    const std::string query = "SELECT sum(id), count(*) FROM parts TABLESAMPLE BERNOULLI (50) REPEATABLE (7)";
    const Outcome first = mesh_->run(query);
    if (!isPostgres()) {
        EXPECT_EQ(first.sqlstate, "0A000");
        EXPECT_NE(first.message.find("no repeatable samples"), std::string::npos) << first.message;
        return;
    }
    EXPECT_EQ(first.message, "");
    EXPECT_EQ(mesh_->run(query), first);
}

TEST_P(Samples, AreRefusedWithTheReason) {
    const auto error = [&](const std::string& percent) {
        return mesh_->run("SELECT count(*) FROM parts TABLESAMPLE BERNOULLI (" + percent + ")");
    };
    EXPECT_EQ(error("101").sqlstate, "2202H");
    EXPECT_EQ(error("-1").sqlstate, "2202H");
    EXPECT_EQ(error("'NaN'").sqlstate, "2202H");
    EXPECT_EQ(error("NULL").sqlstate, "2202H");
    EXPECT_EQ(error("random() * 100").sqlstate, "0A000");
}

INSTANTIATE_TEST_SUITE_P(Dialects, Samples, testing::Values("postgres", "mysql", "sqlite", "duckdb"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
