// Goal: a job's file is read into a tree, changed by path and written again as what a node understands; what is wrong
// is found at its field; every change can be undone; saving tells what the mesh says. Method: texts, and a fake node.
#include "app/core/jobs/job_draft.h"

#include "app/core/jobs/run_request.h"
#include "app/core/testing/event_loop.h"
#include "app/core/testing/fake_jobs_client.h"
#include "nodeservice/jobs/definition/read.h"

#include <gtest/gtest.h>

#include <QSignalSpy>

namespace tessera::app {
namespace {

constexpr const char* kFile = R"(job: nightly
documentation: |
  Two lines,
  each of them kept.
owner: "anna@example.org"
run_as: etl
retries:
  count: 3
parameters:
  - name: day
    type: date
    default: "${run.date}"
triggers:
  - cron: "30 2 * * mon-fri"
    zone: Europe/Berlin
steps:
  - name: clean
    sql: |-
      DELETE FROM stage
        WHERE day < ${day};

      SELECT 1
  - name: orders
    after: []
    export:
      query: SELECT * FROM orders
      to: "/data/orders-${day}.parquet"
  - name: tell
    after: [clean, orders]
    http:
      url: "https://example.org/done"
      headers:
        X-Job: nightly
)";

TEST(YamlDocument, WritesWhatItReadWithTheSameMeaning) {
    const auto document = YamlDocument::parse(kFile);
    ASSERT_TRUE(document) << document.error().describe();
    const auto before = jobs::readDefinition(kFile, "a");
    const auto after = jobs::readDefinition(document->text(), "b");
    ASSERT_TRUE(before.errors.empty()) << before.errors.front().describe();
    ASSERT_TRUE(after.errors.empty()) << after.errors.front().describe() << document->text();
    EXPECT_EQ(before.definition, after.definition) << document->text();
    EXPECT_EQ(document->value("steps/1/export/to"), "/data/orders-${day}.parquet");
    EXPECT_EQ(document->list("steps/2/after"), (std::vector<std::string>{"clean", "orders"}));
    EXPECT_EQ(document->pairs("steps/2/http/headers").at(0), std::pair(std::string("X-Job"), std::string("nightly")));
    EXPECT_FALSE(YamlDocument::parse("- a list"));
    EXPECT_FALSE(YamlDocument::parse("job: [never closed"));
    EXPECT_TRUE(YamlDocument::parse("")->text().empty());
}

TEST(YamlDocument, ChangesByPathAndKnowsItsLines) {
    auto document = *YamlDocument::parse(kFile);
    document.set("retries/count", "");
    EXPECT_FALSE(document.has("retries")) << "a map without keys is none";
    document.set("timeout", "2h");
    document.insertItem("triggers", 0);
    document.set("triggers/0/every", "15m");
    EXPECT_EQ(document.size("triggers"), 2U);
    EXPECT_EQ(document.value("triggers/1/zone"), "Europe/Berlin");
    document.insertItem("alerts", 0);
    document.set("alerts/0/email", "anna@example.org");
    document.remove("steps/1");
    EXPECT_EQ(document.value("steps/1/name"), "tell");
    document.setPairs("steps/1/http/headers", {});
    EXPECT_FALSE(document.has("steps/1/http/headers"));
    // Every line of the text leads to what stands in it.
    const std::string text = document.text();
    int line = 1;
    for (std::size_t begin = 0; begin < text.size(); ++line) {
        const std::size_t end = text.find('\n', begin);
        const std::string shown = text.substr(begin, end - begin);
        if (shown.find("every:") != std::string::npos) {
            EXPECT_EQ(YamlDocument::pathAt(text, line, 0), "triggers/0/every");
        } else if (shown.find("url:") != std::string::npos) {
            EXPECT_EQ(YamlDocument::pathAt(text, line, 0), "steps/1/http/url");
        }
        begin = end + 1;
    }
    EXPECT_EQ(YamlDocument::pathAt("job: [", 1, 0), "");
}

class JobDraftTest : public testing::Test {
  protected:
    void SetUp() override {
        client::JobDetails details;
        details.job.name = "nightly";
        details.job.version = 4;
        details.text = kFile;
        draft_.open(details);
    }

    void set(const char* path, const char* value) {
        draft_.change(path, [&](YamlDocument& document) { document.set(path, value); });
    }

    std::shared_ptr<FakeJobsClient> node_ = std::make_shared<FakeJobsClient>();
    JobDraft draft_{std::make_shared<JobNodes>([this]() -> Result<JobsClients> { return JobsClients{node_}; })};
};

TEST_F(JobDraftTest, WhatIsWrongStandsAtItsField) {
    EXPECT_TRUE(draft_.problems().empty());
    EXPECT_FALSE(draft_.isChanged());
    EXPECT_EQ(draft_.yaml(), jobs::writeDefinition(jobs::readDefinition(kFile, "a").definition));
    set("triggers/0/cron", "30 25 * * *");
    EXPECT_TRUE(draft_.isChanged());
    EXPECT_TRUE(draft_.problemOf("triggers/0/cron").contains(QLatin1String("25"))) << draft_.yaml();
    EXPECT_EQ(draft_.problemsBeneath("triggers"), 1);
    EXPECT_EQ(draft_.problemsBeneath("steps"), 0);
    EXPECT_FALSE(draft_.definition());
    set("triggers/0/cron", "30 5 * * *");
    EXPECT_TRUE(draft_.problems().empty());
    set("job", "another");
    EXPECT_FALSE(draft_.problemOf("job").isEmpty()) << "saving would make another job";
}

TEST_F(JobDraftTest, UndoGoesBackAFieldAtATime) {
    for (const char* typed : {"1", "10", "10m"}) {
        set("timeout", typed);
    }
    set("keep", "30d");
    draft_.undo();
    EXPECT_EQ(draft_.document().value("keep"), "");
    EXPECT_EQ(draft_.document().value("timeout"), "10m");
    draft_.undo();
    EXPECT_EQ(draft_.document().value("timeout"), "");
    EXPECT_FALSE(draft_.isChanged());
    EXPECT_FALSE(draft_.canUndo());
    draft_.redo();
    draft_.redo();
    EXPECT_EQ(draft_.document().value("keep"), "30d");
    EXPECT_FALSE(draft_.canRedo());
    draft_.undo();
    set("timeout", "5m");
    EXPECT_FALSE(draft_.canRedo()) << "what was undone is gone with a change";
}

TEST_F(JobDraftTest, TextThatIsNoYamlStaysAsItIsUntilItIs) {
    draft_.setYaml("job: [nightly\n");
    EXPECT_FALSE(draft_.isReadable());
    EXPECT_EQ(draft_.yaml(), "job: [nightly\n");
    EXPECT_FALSE(draft_.problems().empty());
    set("timeout", "1h");
    EXPECT_EQ(draft_.yaml(), "job: [nightly\n") << "forms cannot change what cannot be read";
    draft_.setYaml("# a comment\njob: nightly\nowner: etl\nsteps: [{sql: SELECT 2, name: two}]\n");
    EXPECT_TRUE(draft_.isReadable());
    EXPECT_EQ(draft_.yaml(), "job: nightly\nowner: etl\nsteps:\n  - name: two\n    sql: \"SELECT 2\"\n");
    EXPECT_EQ(draft_.document().value("steps/0/sql"), "SELECT 2");
}

TEST_F(JobDraftTest, TheMeshIsAskedBeforeAndWhenItIsSaved) {
    const QSignalSpy checked(&draft_, &JobDraft::checked);
    const QSignalSpy saved(&draft_, &JobDraft::saved);
    const auto answered = [&] { return processEventsUntil([&] { return !draft_.isAsking(); }); };
    set("timeout", "1h");
    draft_.check();
    ASSERT_TRUE(answered());
    ASSERT_EQ(checked.size(), 1);
    EXPECT_TRUE(checked.at(0).at(0).toString().contains(QLatin1String("+a: new")));
    EXPECT_TRUE(draft_.isChanged());
    // What only the mesh knows stands at its field, too.
    int line = 1;
    while (YamlDocument::pathAt(draft_.text(), line, 0) != "run_as") {
        ++line;
    }
    node_->with([&](FakeJobsClient::Content& content) {
        content.problems = {fail(ErrorCode::kInvalidArgument,
                                 "job.yaml:" + std::to_string(line) + ":1: the role 'x' may not", "ask somebody")};
    });
    draft_.save();
    ASSERT_TRUE(answered());
    EXPECT_EQ(saved.size(), 0);
    EXPECT_EQ(draft_.problemOf("run_as"), QStringLiteral("the role 'x' may not: ask somebody"));
    node_->with([](FakeJobsClient::Content& content) { content.problems.clear(); });
    draft_.save();
    ASSERT_TRUE(answered());
    EXPECT_EQ(saved.size(), 1);
    EXPECT_FALSE(draft_.isChanged());
    EXPECT_EQ(draft_.version(), 5);
    EXPECT_TRUE(draft_.problems().empty());
    EXPECT_EQ(node_->done(), (std::vector<std::string>{"check 4", "apply 4", "apply 4"}));
    draft_.undo();
    EXPECT_TRUE(draft_.isChanged()) << "undo goes back over a save";
    const QSignalSpy tested(&draft_, &JobDraft::testStarted);
    draft_.test({{"day", "2026-11-22"}});
    ASSERT_TRUE(answered());
    ASSERT_EQ(tested.size(), 1);
    EXPECT_EQ(node_->done().back(), "test day=2026-11-22");
}

TEST(RunRequest, TimesOfADayAreThoseOfTheTriggersZone) {
    const auto read = jobs::readDefinition(
        "job: a\nowner: etl\ntriggers: [{cron: '30 2 * * *', zone: Europe/Berlin}, {after: b}, {every: 6h}]\n"
        "steps: [{name: a, sql: SELECT 1}]\n",
        "a");
    ASSERT_TRUE(read.errors.empty()) << read.errors.front().describe();
    EXPECT_EQ(timedTriggers(read.definition), (std::vector<std::size_t>{0, 2}));
    // The night in which clocks jump from 2 to 3, and the one after.
    const MissedTimes two = missedTimes(read.definition.triggers[0], QDate(2026, 3, 29), QDate(2026, 3, 30));
    EXPECT_EQ(two.count, 2);
    EXPECT_EQ(two.first_ms, 1774746000000);  // 01:00 UTC
    EXPECT_EQ(two.last_ms, 1774830600000);   // 00:30 UTC
    EXPECT_EQ(missedTimes(read.definition.triggers[2], QDate(2026, 3, 29), QDate(2026, 3, 29)).count, 4);
}

}  // namespace
}  // namespace tessera::app
