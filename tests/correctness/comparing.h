#pragma once

/// For tests with a dialect as their parameter: statements on foreign tables give what they give on local copies, and
/// are one statement at the source where that is said.

#include "tests/correctness/mesh.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tessera::correctness {

class Comparing : public testing::TestWithParam<const char*> {
  protected:
    static void TearDownTestSuite() { mesh_.reset(); }

    void SetUp() override {
        if (!mesh_ || mesh_->dialect() != GetParam()) {
            mesh_.reset();
            auto started = Mesh::start(GetParam());
            ASSERT_TRUE(started) << started.error().describe();
            mesh_ = std::make_unique<Mesh>(std::move(*started));
        }
    }

    static void must(const std::string& sql) {
        const auto done = mesh_->execute(sql);
        ASSERT_TRUE(done) << sql << "\n" << done.error().describe();
    }

    /// Of errors it is enough that both are: a source says in its own words that a subquery has several rows.
    static void expectAlike(const std::string& sql, const Outcome& expected, const char* way) {
        const Outcome actual = mesh_->run(Mesh::inSchema(sql, "src"));
        const std::string family = actual.sqlstate.substr(0, 2);
        const bool alike = expected.sqlstate.empty() ? actual == expected
                                                     : !actual.sqlstate.empty() && family != "42" && family != "XX";
        EXPECT_TRUE(alike) << way << " differs; TESSERA_SEED=" << seed() << "\n"
                           << difference(actual, expected) << sql << "\n"
                           << mesh_->plan(sql);
    }

    static void comparePushed(const std::string& sql) {
        const Outcome expected = mesh_->run(Mesh::inSchema(sql, "copy"));
        ASSERT_NE(expected.sqlstate.substr(0, 2), "42") << sql << "\n" << expected.message;
        expectAlike(sql, expected, "pushed down");
    }

    /// Also not pushed down, which asks the source anew for each row of a correlated subquery.
    static void compare(const std::string& sql) {
        comparePushed(sql);
        must("SET tessera.pushdown = off");
        expectAlike(sql, mesh_->run(Mesh::inSchema(sql, "copy")), "not pushed");
        must("RESET tessera.pushdown");
    }

    /// Compares; and with these dialects the plan is one remote statement.
    static void check(const std::string& sql, const std::string& dialects = "postgres mysql sqlite duckdb") {
        compare(sql);
        if (dialects.find(GetParam()) != std::string::npos) {
            const std::string text = mesh_->plan(sql);
            EXPECT_EQ(text.rfind("Foreign Scan", 0), 0U) << sql << "\n" << text;
            EXPECT_EQ(text.find("SubPlan 1\n"), std::string::npos) << sql << "\n" << text;
        }
    }

    inline static std::unique_ptr<Mesh> mesh_;
};

}  // namespace tessera::correctness
