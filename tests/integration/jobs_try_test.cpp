/// Goal: a job is tried out as it is written, without being saved, and nobody saves over what they have not seen.
/// Method: a real node, and what its runs leave behind.

#include "nodeservice/client/jobs_client.h"
#include "tests/support/temporary_node.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr std::chrono::seconds kPatience{90};

/// A file is tried out as it stands, and becomes no version of its job; nor is it saved over what its author never saw.
TEST(JobsTried, ATestRunIsBesideTheVersionsAndNothingFollowsIt) {
    auto node = TemporaryNode::start(
        {.name = "solo", .yaml = "jobs: {run_as: [etl], authors: [etl]}\n", .users = "{name: etl, password: e}"});
    ASSERT_TRUE(node) << node.error().describe();
    auto connection = node->connect("etl", "e");
    ASSERT_TRUE(connection) << connection.error().describe();
    ASSERT_TRUE(connection->execute("CREATE TABLE public.done(run bigint, step text)"));
    const auto made = client::JobsClient::create({"solo", "127.0.0.1:" + std::to_string(node->port()), "etl", "e"});
    ASSERT_TRUE(made);
    const auto& etl = *made;
    const auto applied = [&](const std::string& file) {
        const auto done = etl->apply({{"job.yaml", file}}, false);
        return !done ? done.error().describe() : done->problems.empty() ? "" : done->problems.front().describe();
    };
    const auto ends = [&](std::int64_t run, const std::string& state) {
        return waitUntil(
            [&] {
                const auto details = etl->run(run);
                return details && details->run.state == state;
            },
            kPatience);
    };
    const auto value = [&](const std::string& sql) { return connection->queryValue(sql)->value_or(""); };
    const auto text = [](const std::string& word) {
        return "job: tried\nowner: etl\nconcurrency: replace\nparameters: [{name: more, default: '!'}]\nsteps:\n"
               "  - {name: note, sql: \"INSERT INTO public.done VALUES (${run.id}, '" +
               word + "' || ${more})\"}\n";
    };
    EXPECT_FALSE(etl->test({"job.yaml", text("early")}, {}, "")) << "a job that is not there has nowhere to run";
    ASSERT_EQ(applied(text("saved")), "");
    ASSERT_EQ(applied("job: follower\nowner: etl\ntriggers: [{after: tried, end: any}]\nsteps:\n"
                      "  - {name: note, sql: \"INSERT INTO public.done VALUES (${run.id}, 'followed')\"}\n"),
              "");
    const auto tried = etl->test({"job.yaml", text("tested")}, {{"more", "?"}}, "key");
    ASSERT_TRUE(tried) << tried.error().describe();
    EXPECT_EQ(etl->test({"job.yaml", text("tested")}, {{"more", "?"}}, "key")->run, tried->run);
    ASSERT_TRUE(ends(tried->run, "succeeded"));
    EXPECT_EQ(value("SELECT string_agg(step, ' ') FROM public.done WHERE step LIKE '%ed?' OR step LIKE '%ed!'"),
              "tested?");
    const auto details = etl->get("tried", 0);
    EXPECT_THAT(details->versions, SizeIs(1));
    EXPECT_EQ(etl->run(tried->run)->run.cause, "test");
    // The next run is of the job as it was saved, and only that one is followed.
    const auto run = etl->start("tried", {}, "");
    ASSERT_TRUE(run) << run.error().describe();
    ASSERT_TRUE(ends(*run, "succeeded"));
    ASSERT_TRUE(
        waitUntil([&] { return value("SELECT count(*) FROM public.done WHERE step = 'followed'") == "1"; }, kPatience));
    EXPECT_EQ(value("SELECT count(*) FROM public.done WHERE step = 'saved!'"), "1");
    EXPECT_THAT(etl->test({"job.yaml", "job: tried\nowner: etl\nsteps: []\n"}, {}, "")->problems, SizeIs(1));
    // Whoever has seen version 1 may make version 2, once.
    EXPECT_THAT(etl->apply({{"job.yaml", text("two"), 1}}, false)->problems, SizeIs(0));
    const auto late = etl->apply({{"job.yaml", text("late"), 1}}, true);
    ASSERT_THAT(late->problems, SizeIs(1));
    EXPECT_THAT(late->problems.at(0).message, HasSubstr("'tried' is at version 2 by etl, which you have not seen"));
    EXPECT_THAT(etl->apply({{"job.yaml", text("new"), 0}}, false)->problems, SizeIs(1));
    ASSERT_TRUE(etl->remove("follower"));
}

/// Opening a session takes longer than most steps do.
TEST(JobsAtOnce, RunsUseSessionsAgain) {
    constexpr int kAtOnce = 8;
    constexpr int kRounds = 3;
    auto node = TemporaryNode::start(
        {.name = "solo", .yaml = "jobs: {run_as: [etl], authors: [etl]}\n", .users = "{name: etl, password: e}"});
    ASSERT_TRUE(node) << node.error().describe();
    auto connection = node->connect("etl", "e");
    ASSERT_TRUE(connection) << connection.error().describe();
    ASSERT_TRUE(connection->execute("CREATE TABLE public.done(session int)"));
    const auto etl = client::JobsClient::create({"solo", "127.0.0.1:" + std::to_string(node->port()), "etl", "e"});
    ASSERT_TRUE(etl);
    const auto applied =
        (*etl)->apply({{"job.yaml",
                        "job: crowd\nowner: etl\nconcurrency: allow\nsteps:\n  - {name: one, sql: INSERT "
                        "INTO public.done SELECT pg_backend_pid() FROM pg_sleep(0.5)}\n"}},
                      false);
    ASSERT_TRUE(applied && applied->problems.empty());
    for (int round = 0; round < kRounds; ++round) {
        std::vector<std::int64_t> runs;
        for (int i = 0; i < kAtOnce; ++i) {
            runs.push_back((*etl)->start("crowd", {}, "").value_or(0));
        }
        for (const std::int64_t run : runs) {
            EXPECT_TRUE(waitUntil(
                [&] {
                    const auto details = (*etl)->run(run);
                    return details && details->run.state == "succeeded";
                },
                kPatience));
        }
    }
    EXPECT_EQ(connection->queryValue("SELECT count(*) FROM public.done")->value_or(""),
              std::to_string(kAtOnce * kRounds));
    EXPECT_LE(std::stoi(connection->queryValue("SELECT count(DISTINCT session) FROM public.done")->value_or("99")),
              kAtOnce);
}

}  // namespace
}  // namespace tessera
