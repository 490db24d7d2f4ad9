// Goal: the tables that jobs' statements name, whichever way they name them. Method: job files as people write them.
#include "app/core/jobs/job_tables.h"

#include "app/core/testing/fake_jobs_client.h"

#include <gtest/gtest.h>

namespace tessera::app {
namespace {

using Tables = std::vector<NamedTable>;

constexpr const char* kNightly = R"yaml(
job: nightly
owner: ann@example.org
run_as: etl
parameters:
  - {name: day, type: date, default: "${run.date}"}
triggers:
  - cron: "30 2 * * mon-fri"
steps:
  - name: clean
    sql: |
      DELETE FROM stage.orders WHERE day < ${day};
      WITH late AS (SELECT * FROM "Flights" WHERE delay > 15) INSERT INTO stage.late SELECT * FROM late
  - name: files
    export: {query: "SELECT * FROM stage.orders WHERE day = ${day}", to: "/data/${day}"}
  - name: copies
    copy: {query: SELECT id FROM public.people, into: stage.people, mode: append}
  - name: views
    refresh: reports.daily
  - name: told
    http: {url: "https://example.org/${day}"}
)yaml";

TEST(JobTables, NamesOfEveryKindOfStatement) {
    EXPECT_EQ(tablesOf("SELECT * FROM a.b JOIN c ON true WHERE x IN (SELECT y FROM \"Q\".z)"),
              (Tables{{"a", "b", false}, {"", "c", false}, {"Q", "z", false}}));
    EXPECT_EQ(
        tablesOf("UPDATE t SET a = s.a FROM s; TRUNCATE p, q; CREATE TABLE n AS SELECT * FROM o"),
        (Tables{
            {"", "s", false}, {"", "t", true}, {"", "p", true}, {"", "q", true}, {"", "n", true}, {"", "o", false}}))
        << "FROM stands before what is changed: in the order of the tree's names";
    EXPECT_EQ(tablesOf("WITH c AS (SELECT 1) SELECT * FROM c, s.c WHERE day = ${day}"), (Tables{{"s", "c", false}}));
    EXPECT_EQ(tablesOf("INSERT INTO a SELECT 1; not SQL; SELECT * FROM b"),
              (Tables{{"", "a", true}, {"", "b", false}}));
    EXPECT_TRUE(tablesOf("").empty());
}

TEST(JobTables, UsesAreOfStepsThatNameTheTable) {
    using Uses = std::vector<JobUse>;
    EXPECT_EQ(usesOf(kNightly, "lake", "stage", "orders"),
              (Uses{{"nightly", "clean", true}, {"nightly", "files", false}}));
    EXPECT_EQ(usesOf(kNightly, "lake", "public", "Flights"), (Uses{{"nightly", "clean", false}}));
    EXPECT_EQ(usesOf(kNightly, "lake", "public", "people"), (Uses{{"nightly", "copies", false}}));
    EXPECT_EQ(usesOf(kNightly, "lake", "stage", "people"), (Uses{{"nightly", "copies", true}}));
    EXPECT_EQ(usesOf(kNightly, "lake", "reports", "daily"), (Uses{{"nightly", "views", true}}));
    EXPECT_TRUE(usesOf(kNightly, "lake", "public", "late").empty()) << "a common table expression";
    EXPECT_TRUE(usesOf(kNightly, "lake", "other", "orders").empty());
    const std::string elsewhere = std::string(kNightly) + "nodes: [operations]\n";
    EXPECT_TRUE(usesOf(elsewhere, "lake", "stage", "orders").empty());
    EXPECT_EQ(usesOf(elsewhere, "operations", "stage", "orders").size(), 2U);
    EXPECT_TRUE(usesOf("{not: [yaml", "lake", "stage", "orders").empty());
}

TEST(JobTables, EveryJobOfTheMeshIsAskedFor) {
    const auto client = std::make_shared<FakeJobsClient>();
    client->with([](FakeJobsClient::Content& content) {
        client::JobInfo nightly;
        nightly.name = "nightly";
        client::JobInfo other;
        other.name = "other";
        content.jobs = {other, nightly};
        content.files["nightly"] = kNightly;
    });
    JobNodes nodes([client] { return Result<JobsClients>(JobsClients{client}); });
    const auto uses = jobsThatUse(nodes, "lake", "stage", "late");
    ASSERT_TRUE(uses);
    EXPECT_EQ(*uses, (std::vector<JobUse>{{"nightly", "clean", true}}));
    client->with([](FakeJobsClient::Content& content) {
        content.error = Error::make(ErrorCode::kPermissionDenied, "you may not see jobs");
    });
    EXPECT_FALSE(jobsThatUse(nodes, "lake", "stage", "late"));
}

}  // namespace
}  // namespace tessera::app
