#include "nodeservice/jobs/steps/sql_steps.h"

#include "tests/support/temporary_postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace tessera::jobs {
namespace {

const Values kValues = {{"least", {ParameterType::kInteger, "2"}}, {"name", {ParameterType::kText, "O'Brien"}}};

class SqlSteps : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto started = TemporaryPostgres::start();
        ASSERT_TRUE(started) << started.error().describe();
        server_.emplace(std::move(*started));
        auto connection = server_->connect();
        ASSERT_TRUE(connection && prepareEffects(*connection) && prepareEffects(*connection));
    }

    static void TearDownTestSuite() { server_.reset(); }

    SqlSteps() : connection_(std::move(*server_->connect())) {
        EXPECT_TRUE(
            connection_.execute("DROP TABLE IF EXISTS source, target CASCADE;"
                                "CREATE TABLE source(id int, name text, at timestamptz);"
                                "INSERT INTO source SELECT i, 'n' || i, '2026-01-01'::timestamptz + i * "
                                "interval '1 day' FROM generate_series(1, 5) i;"
                                "CREATE TABLE target(at timestamptz, name text, id int PRIMARY KEY, more int)"));
    }

    Result<StepResult> run(decltype(Step::action) action, const std::string& key = "") {
        Step step;
        step.action = std::move(action);
        return runSqlStep(connection_, step, kValues, key.empty() ? "k" + std::to_string(++keys_) : key);
    }

    std::string target() {
        return connection_.queryValue("SELECT string_agg(id || name, ' ' ORDER BY id) FROM target")->value_or("");
    }

    static inline std::optional<TemporaryPostgres> server_;
    static inline int keys_ = 0;
    postgres::Connection connection_;
};

TEST_F(SqlSteps, AScriptIsDoneAsAWhole) {
    EXPECT_TRUE(run(SqlStep{"INSERT INTO target(id, name) VALUES (1, ${name}); UPDATE target SET more = ${least}"}));
    EXPECT_EQ(target(), "1O'Brien");
    EXPECT_FALSE(run(SqlStep{"INSERT INTO target(id) VALUES (2); SELECT 1 / 0"}));
    EXPECT_EQ(target(), "1O'Brien");
    // The connection can be used again.
    EXPECT_TRUE(run(SqlStep{"SELECT 1"}));
}

TEST_F(SqlSteps, WhatIsDoneIsNotDoneAgain) {
    EXPECT_EQ(run(CopyStep{"SELECT id, name FROM source", "target"}, "run-1/copy")->rows, 5);
    EXPECT_EQ(run(CopyStep{"SELECT id, name FROM source", "target"}, "run-1/copy")->rows, 5);
    EXPECT_EQ(target(), "1n1 2n2 3n3 4n4 5n5");
    EXPECT_FALSE(run(CopyStep{"SELECT id, name FROM source", "target"}, "run-2/copy")) << "the key is there already";
    // What failed leaves no record.
    EXPECT_TRUE(connection_.execute("DELETE FROM target"));
    EXPECT_TRUE(run(CopyStep{"SELECT id, name FROM source", "target"}, "run-2/copy"));
}

TEST_F(SqlSteps, AnAttemptWaitsForAnotherThatIsStillUnderWay) {
    auto other = *server_->connect();
    EXPECT_TRUE(other.execute("BEGIN"));
    EXPECT_TRUE(other.query("SELECT pg_advisory_xact_lock(hashtextextended('tessera_jobs/run-9/a', 0))"));
    EXPECT_TRUE(connection_.execute("SET lock_timeout = '50ms'"));
    const auto result = run(SqlStep{"INSERT INTO target(id) VALUES (1)"}, "run-9/a");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().sqlstate, "55P03");
    EXPECT_EQ(target(), "");
}

TEST_F(SqlSteps, AScriptCannotEndItsTransaction) {
    for (const char* sql : {"INSERT INTO target(id) VALUES (1); ROLLBACK", "COMMIT", "COMMIT; BEGIN"}) {
        const auto result = run(SqlStep{sql});
        ASSERT_FALSE(result) << sql;
        EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    }
    EXPECT_TRUE(run(SqlStep{"SELECT 1"}));
}

TEST_F(SqlSteps, CopiesByNameAppendReplaceAndUpsert) {
    EXPECT_EQ(
        run(CopyStep{"SELECT id, name, at FROM source WHERE id >= ${least} -- all but one", "public.target"})->rows, 4);
    EXPECT_EQ(target(), "2n2 3n3 4n4 5n5");
    EXPECT_EQ(run(CopyStep{"SELECT id, name FROM source WHERE id < 3;", "target", CopyMode::kReplace})->rows, 2);
    EXPECT_EQ(target(), "1n1 2n2");
    EXPECT_TRUE(connection_.execute("UPDATE target SET more = 7; UPDATE source SET name = 'x' WHERE id = 2"));
    EXPECT_EQ(run(CopyStep{"SELECT id, name FROM source", "target", CopyMode::kUpsert, {"id"}})->rows, 5);
    EXPECT_EQ(target(), "1n1 2x 3n3 4n4 5n5");
    EXPECT_EQ(*connection_.queryValue("SELECT count(*) FROM target WHERE more = 7"), "2") << "other columns stay";
    EXPECT_TRUE(run(CopyStep{"SELECT id FROM source", "target", CopyMode::kUpsert, {"id"}}));
}

TEST_F(SqlSteps, AReplacementThatFailsReplacesNothing) {
    EXPECT_TRUE(run(CopyStep{"SELECT id, name FROM source", "target"}));
    EXPECT_FALSE(run(CopyStep{"SELECT id, 1 / (id - 4) || '' AS name FROM source", "target", CopyMode::kReplace}));
    EXPECT_EQ(target(), "1n1 2n2 3n3 4n4 5n5");
}

TEST_F(SqlSteps, AnIncrementalCopyTakesWhatIsNew) {
    const CopyStep step{"SELECT id, name, at FROM source", "target", CopyMode::kIncremental, {}, "at"};
    EXPECT_EQ(run(step)->rows, 5);
    EXPECT_EQ(run(step)->rows, 0);
    EXPECT_TRUE(connection_.execute("INSERT INTO source VALUES (6, 'n6', '2026-03-01')"));
    EXPECT_EQ(run(step)->rows, 1);
    EXPECT_EQ(target(), "1n1 2n2 3n3 4n4 5n5 6n6");
}

TEST_F(SqlSteps, RefreshesAView) {
    EXPECT_TRUE(
        connection_.execute("CREATE MATERIALIZED VIEW \"Many\" AS SELECT count(*) AS n FROM source;"
                            "INSERT INTO source VALUES (6)"));
    EXPECT_TRUE(run(RefreshStep{"\"Many\""}));
    EXPECT_EQ(*connection_.queryValue("SELECT n FROM \"Many\""), "6");
}

TEST_F(SqlSteps, SaysWhatIsWrong) {
    const auto message = [&](const CopyStep& step) {
        const auto result = run(step);
        return result ? std::string("no error") : result.error().describe();
    };
    using testing::HasSubstr;
    EXPECT_THAT(message({"SELECT id, name AS nmae FROM source", "target"}), HasSubstr("nmae"));
    EXPECT_THAT(message({"SELECT id FROM source", "target", CopyMode::kUpsert, {"idd"}}),
                HasSubstr("the query has no column 'idd'"));
    EXPECT_THAT(message({"SELECT id FROM source", "target", CopyMode::kIncremental, {}, "at"}),
                HasSubstr("the query has no column 'at'"));
    for (const char* name : {"", "target; DROP TABLE target", "target (id) --", "a.b.c.d", "\"open", ".target",
                             "target.", "a b", "\"x\"y"}) {
        EXPECT_THAT(message({"SELECT id FROM source", name}), HasSubstr("is not the name of a table")) << name;
    }
}

/// And says which column, of which table, and what to do; what was there before stays, whatever the mode.
TEST_F(SqlSteps, ATableWithOtherColumnsIsSaidAndLosesNothing) {
    using testing::AllOf;
    using testing::HasSubstr;
    EXPECT_TRUE(
        connection_.execute("INSERT INTO target(id, name) VALUES (1, 'kept'); DROP TABLE IF EXISTS strict;"
                            "CREATE TABLE strict(id int, shop text NOT NULL)"));
    const auto expectError = [&](const CopyStep& step, const auto& matches) {
        const auto result = run(step);
        ASSERT_FALSE(result) << step.query;
        EXPECT_THAT(result.error().describe(), matches);
        EXPECT_EQ(target(), "1kept");
    };
    for (const CopyMode mode : {CopyMode::kAppend, CopyMode::kReplace}) {
        expectError(
            {"SELECT id, name AS nmae FROM source", "target", mode},
            AllOf(HasSubstr("\"nmae\""), HasSubstr("\"target\""), HasSubstr("the query's columns are id, nmae")));
        expectError({"SELECT name AS id FROM source", "target", mode},
                    AllOf(HasSubstr("\"id\" is of type integer"), HasSubstr("text"), HasSubstr("cast")));
        expectError({"SELECT id FROM source", "strict", mode},
                    AllOf(HasSubstr("\"shop\""), HasSubstr("\"strict\""), HasSubstr("their defaults")));
        expectError({"SELECT id FROM source", "targets", mode}, HasSubstr("\"targets\" does not exist"));
    }
    expectError({"SELECT id, name FROM source", "target", CopyMode::kUpsert, {"name"}},
                AllOf(HasSubstr("'target' has no unique index on \"name\""),
                      HasSubstr("CREATE UNIQUE INDEX ON target (\"name\")")));
    expectError({"SELECT id, name, at AS later FROM source", "target", CopyMode::kIncremental, {}, "later"},
                HasSubstr("\"later\""));
}

}  // namespace
}  // namespace tessera::jobs
