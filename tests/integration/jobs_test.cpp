/// Jobs on a real tessera-node process: one that runs every second, its history, log and rights. No time is asserted.

#include "tests/integration/jobs_nodes.h"
#include "tests/support/http_listener.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tessera {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

class JobsOfOneNode : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto node = prepareNode("solo");
        ASSERT_TRUE(node) << node.error().describe();
        node_ = std::make_unique<TemporaryNode>(std::move(*node));
        const auto launched = node_->launch();
        ASSERT_TRUE(launched) << launched.error().describe();
        ASSERT_THAT(node_->httpGet("/metrics"), HasSubstr("tessera_init_failed 0\n")) << node_->log();
    }

    static void TearDownTestSuite() { node_.reset(); }

    static bool ends(std::int64_t run, const std::string& state) {
        client::JobRunDetails last;
        const bool is_so = waitUntil(
            [&] {
                const auto details = clientOf(*node_)->run(run);
                last = details.value_or(client::JobRunDetails());
                return details && details->run.hasEnded();
            },
            kPatience);
        EXPECT_EQ(last.run.state, state) << last.run.error;
        return is_so && last.run.state == state;
    }

    static std::string value(const std::string& sql) {
        auto connection = node_->connect("etl", "e");
        EXPECT_TRUE(connection) << connection.error().describe();
        const auto found = connection->queryValue(sql);
        return found ? found->value_or("") : found.error().describe();
    }

    inline static std::unique_ptr<TemporaryNode> node_;
    const std::shared_ptr<JobsClient> etl_ = clientOf(*node_, "etl", "e");
};

/// The same by REST, to whom the configuration lets.
TEST_F(JobsOfOneNode, AreSeenStartedAndCancelledByHttp) {
    ASSERT_EQ(applied(*etl_,
                      "job: by-http\nowner: etl\ndocumentation: Waits\nparameters: [{name: seconds, type: integer}]\n"
                      "steps:\n  - {name: wait, sql: 'SELECT pg_sleep(${seconds})'}\n"),
              "");
    const auto ask = [](const std::string& user, const std::string& path, std::vector<std::string> more = {}) {
        std::vector<std::string> arguments = {"curl", "-sS", "-w", "\n%{http_code}", "-u", user};
        arguments.insert(arguments.end(), more.begin(), more.end());
        arguments.push_back("http://127.0.0.1:" + std::to_string(node_->port()) + "/api/v1/jobs" + path);
        const auto done = runChecked({.arguments = arguments}, kPatience);
        EXPECT_TRUE(done) << done.error().describe();
        const std::string text = done.value_or("\n0");
        const std::size_t end = text.rfind('\n');
        return std::pair(std::stoi(text.substr(end + 1)), nlohmann::json::parse(text.substr(0, end), nullptr, false));
    };
    const auto start = [&](const std::string& user, const std::string& body) {
        return ask(user, "/by-http/runs", {"-d", body});
    };
    const auto [listed, jobs] = ask("reader:r", "");
    EXPECT_EQ(listed, 200);
    ASSERT_TRUE(std::any_of(jobs["jobs"].begin(), jobs["jobs"].end(), [](const nlohmann::json& job) {
        return job["name"] == "by-http";
    })) << jobs;
    EXPECT_THAT(ask("reader:r", "/by-http").second["text"].get<std::string>(), HasSubstr("pg_sleep"));
    // A run from beginning to end.
    const auto [status, started] = start("support:s", R"({"parameters": {"seconds": "0"}, "key": "k"})");
    ASSERT_EQ(status, 200) << started;
    EXPECT_EQ(start("support:s", R"({"parameters": {"seconds": "0"}, "key": "k"})").second, started);
    const std::int64_t id = started["run"].get<std::int64_t>();
    ASSERT_TRUE(ends(id, "succeeded"));
    const std::string path = "/by-http/runs/" + std::to_string(id);
    const auto run = ask("reader:r", path).second;
    EXPECT_EQ(run["asked_by"], "support");
    EXPECT_EQ(run["parameters"], (nlohmann::json{{"seconds", "0"}}));
    EXPECT_EQ(run["steps"][0]["state"], "succeeded");
    const auto log = ask("reader:r", path + "/log").second;
    EXPECT_TRUE(log["ended"].get<bool>()) << log;
    EXPECT_FALSE(log["lines"].empty());
    EXPECT_EQ(ask("reader:r", path + "/log?after=100000").second["lines"], nlohmann::json::array());
    // One that is cancelled.
    const std::int64_t long_one =
        start("support:s", R"({"parameters": {"seconds": "600"}})").second["run"].get<std::int64_t>();
    EXPECT_EQ(ask("support:s", "/by-http/runs/" + std::to_string(long_one), {"-X", "DELETE"}).first, 200);
    EXPECT_TRUE(ends(long_one, "cancelled"));
    const auto runs = ask("reader:r", "/by-http/runs?limit=1").second["runs"];
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_EQ(runs[0]["id"], long_one);
    EXPECT_EQ(ask("reader:r", "/by-http/runs?before=" + std::to_string(long_one)).second["runs"][0]["id"], id);
    // Who may not, and what is wrong.
    EXPECT_EQ(ask("stranger:x", "").first, 403);
    EXPECT_EQ(start("reader:r", "{}").first, 403);
    EXPECT_EQ(ask("reader:r", path, {"-X", "DELETE"}).first, 403);
    EXPECT_EQ(ask("reader:r", "/none").first, 404);
    EXPECT_EQ(ask("reader:r", "/none/runs/" + std::to_string(id)).first, 404);
    EXPECT_EQ(ask("reader:r", "/by-http/runs/x").first, 400);
    EXPECT_EQ(ask("reader:r", "/by-http/runs?state=x").first, 400);
    EXPECT_EQ(start("support:s", R"({"parameters": {"seconds": 1}})").first, 400);
    EXPECT_EQ(start("support:s", R"({"parameters": {"minutes": "1"}})").first, 400);
    EXPECT_EQ(ask("support:s", "/by-http", {"-X", "DELETE"}).first, 405);
}

TEST_F(JobsOfOneNode, OneThatRunsEverySecondRunsOnceForEach) {
    ASSERT_EQ(applied(*etl_,
                      "job: ticking\nowner: etl\ntriggers: [{every: 1s, missed: catch_up}]\nsteps:\n"
                      "  - {name: note, sql: 'INSERT INTO public.done VALUES (${run.id}, ''note'')'}\n"),
              "");
    ASSERT_TRUE(waitUntil(
        [&] {
            const auto runs = etl_->runs({.job = "ticking", .state = "succeeded"});
            return runs && runs->size() >= 5;
        },
        kPatience));
    ASSERT_TRUE(etl_->pause("ticking", true));
    ASSERT_TRUE(waitUntil(
        [&] {
            const auto jobs = etl_->list();
            return jobs && jobs->at(0).active_runs == 0;
        },
        kPatience));
    const auto runs = etl_->runs({.job = "ticking"});
    ASSERT_TRUE(runs) << runs.error().describe();
    for (std::size_t i = 0; i < runs->size(); ++i) {
        EXPECT_EQ((*runs)[i].state, "succeeded") << (*runs)[i].error;
        EXPECT_EQ((*runs)[i].cause, "time");
        EXPECT_EQ((*runs)[i].node, "solo");
        EXPECT_EQ((*runs)[i].scheduled_ms, runs->front().scheduled_ms - static_cast<std::int64_t>(i) * 1000);
    }
    EXPECT_EQ(value("SELECT count(*) || ' ' || count(DISTINCT run) FROM public.done WHERE step = 'note'"),
              std::to_string(runs->size()) + " " + std::to_string(runs->size()));
    const auto details = etl_->run(runs->front().id);
    ASSERT_TRUE(details);
    EXPECT_EQ(details->steps.at(0).state, "succeeded");
    EXPECT_EQ(details->steps.at(0).kind, "sql");
    EXPECT_THAT(node_->httpGet("/metrics"), HasSubstr("tessera_jobs_schedules 1\n"));
}

TEST_F(JobsOfOneNode, ByHandWithParametersALogAndAnErrorThatNamesTheStep) {
    ASSERT_EQ(applied(*etl_,
                      "job: greet\nowner: anna\nrun_as: etl\nparameters: [{name: who}]\nsteps:\n"
                      "  - {name: hello, sql: \"DO $do$ BEGIN RAISE NOTICE 'hello there'; END $do$\"}\n"
                      "  - {name: note, sql: 'INSERT INTO public.done VALUES (${run.id}, ${who})'}\n"
                      "  - {name: wrong, sql: SELECT 1 / 0}\n  - {name: never, sql: SELECT 1}\n"),
              "");
    const auto without = etl_->start("greet", {}, "");
    ASSERT_FALSE(without);
    EXPECT_EQ(without.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(without.error().message, HasSubstr("needs a value for its parameter 'who'"));
    EXPECT_FALSE(etl_->start("greet", {{"who", "x"}, {"whom", "y"}}, ""));
    const auto run = etl_->start("greet", {{"who", "O'Brien"}}, "key");
    ASSERT_TRUE(run) << run.error().describe();
    EXPECT_EQ(*etl_->start("greet", {{"who", "O'Brien"}}, "key"), *run) << "the same key is the same run";
    // Followed to its end.
    const std::vector<std::string> log = logOf(*etl_, *run, true);
    EXPECT_THAT(log, testing::Contains("hello: NOTICE: hello there"));
    EXPECT_THAT(log, testing::Contains(HasSubstr("wrong: failed: division by zero")));
    EXPECT_THAT(log.back(), HasSubstr("the run has failed"));
    ASSERT_TRUE(ends(*run, "failed"));
    EXPECT_EQ(value("SELECT count(*) FROM public.done WHERE step = 'O''Brien'"), "1");
    const auto details = etl_->run(*run);
    ASSERT_TRUE(details);
    EXPECT_EQ(details->run.asked_by, "etl");
    EXPECT_EQ(details->steps.at(3).state, "blocked");
    // Again: what succeeded is not repeated, unless it is asked for.
    ASSERT_TRUE(etl_->runAgain(*run, ""));
    ASSERT_TRUE(ends(*run, "failed"));
    EXPECT_EQ(value("SELECT count(*) FROM public.done WHERE step = 'O''Brien'"), "1");
    const auto nowhere = etl_->runAgain(*run, "noet");
    ASSERT_FALSE(nowhere);
    EXPECT_THAT(nowhere.error().hint, HasSubstr("note"));
    ASSERT_TRUE(etl_->runAgain(*run, "note"));
    ASSERT_TRUE(ends(*run, "failed"));
    EXPECT_EQ(value("SELECT count(*) FROM public.done WHERE step = 'O''Brien'"), "2");
}

/// A service user that is denied does nothing by its jobs either: what runs ends, and nothing begins.
TEST_F(JobsOfOneNode, RunAsNobodyWhoIsDenied) {
    const auto tester = clientOf(*node_);
    ASSERT_EQ(applied(*etl_,
                      "job: barred\nowner: anna\nrun_as: etl\nparameters: [{name: seconds}]\nsteps:\n"
                      "  - {name: sleep, sql: 'SELECT pg_sleep(${seconds}::int)'}\n"),
              "");
    const auto running = tester->start("barred", {{"seconds", "600"}}, "");
    ASSERT_TRUE(running) << running.error().describe();
    ASSERT_TRUE(waitUntil(
        [&] {
            return value(
                       "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' "
                       "AND state = 'active'") == "1";
        },
        kPatience));
    auto administrator = node_->connect();
    ASSERT_TRUE(administrator);
    ASSERT_TRUE(administrator->execute("INSERT INTO tessera_governance.denied (user_name) VALUES ('etl')"));
    EXPECT_TRUE(ends(*running, "failed"));
    const auto barred = tester->start("barred", {{"seconds", "0"}}, "");
    ASSERT_TRUE(barred) << barred.error().describe();
    EXPECT_TRUE(ends(*barred, "failed"));
    EXPECT_THAT(logOf(*tester, *barred),
                testing::Contains(HasSubstr("the access of 'etl' to this node has been withdrawn")));
    ASSERT_TRUE(administrator->execute("DELETE FROM tessera_governance.denied"));
    EXPECT_TRUE(waitUntil([&] { return node_->connect("etl", "e").has_value(); }, kPatience));
    const auto allowed = tester->start("barred", {{"seconds", "0"}}, "");
    ASSERT_TRUE(allowed) << allowed.error().describe();
    EXPECT_TRUE(ends(*allowed, "succeeded"));
}

TEST_F(JobsOfOneNode, CancelStopsAStepAtOnce) {
    ASSERT_EQ(
        applied(
            *etl_,
            "job: long\nowner: etl\nsteps:\n"
            "  - {name: sleep, sql: \"INSERT INTO public.done VALUES (${run.id}, 'slept'); SELECT pg_sleep(600)\"}\n"),
        "");
    const auto run = etl_->start("long", {}, "");
    ASSERT_TRUE(run) << run.error().describe();
    ASSERT_TRUE(waitUntil(
        [&] {
            return value(
                       "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> "
                       "pg_backend_pid()") == "1";
        },
        kPatience));
    ASSERT_TRUE(etl_->cancel(*run));
    ASSERT_TRUE(ends(*run, "cancelled"));
    EXPECT_TRUE(waitUntil(
        [&] {
            return value(
                       "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> "
                       "pg_backend_pid() AND state = 'active'") == "0";
        },
        kPatience));
    EXPECT_EQ(value("SELECT count(*) FROM public.done WHERE step = 'slept'"), "0");
    const auto again = etl_->cancel(*run);
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().message, HasSubstr("has ended: cancelled"));
}

TEST_F(JobsOfOneNode, AJobRunsAnotherAndWaitsForIt) {
    ASSERT_EQ(applied(*etl_,
                      "job: inner\nowner: etl\nparameters: [{name: who}]\nsteps:\n"
                      "  - {name: note, sql: 'INSERT INTO public.done VALUES (${run.id}, ${who})'}\n"),
              "");
    ASSERT_EQ(applied(*etl_,
                      "job: outer\nowner: etl\nsteps:\n"
                      "  - {name: call, job: {name: inner, parameters: {who: inner-of-outer}}}\n"
                      "  - {name: after, sql: \"INSERT INTO public.done VALUES (${run.id}, 'after-inner')\"}\n"),
              "");
    const auto run = etl_->start("outer", {}, "");
    ASSERT_TRUE(run) << run.error().describe();
    ASSERT_TRUE(ends(*run, "succeeded"));
    EXPECT_EQ(value("SELECT string_agg(step, ' ' ORDER BY at) FROM public.done WHERE step LIKE '%inner%'"),
              "inner-of-outer after-inner");
    EXPECT_THAT(applied(*etl_, "job: inner\nowner: etl\nsteps: [{name: back, job: {name: outer}}]\n"),
                HasSubstr("jobs start each other"));
    const auto removed = etl_->remove("inner");
    ASSERT_FALSE(removed);
    EXPECT_THAT(removed.error().message, HasSubstr("the job 'outer' runs 'inner'"));
}

TEST_F(JobsOfOneNode, AnExportCallsAWebAddressAndItsFailureIsTold) {
    HttpListener hook(HttpListener::answerOf(200, "thanks"));
    const std::string folder = (node_->folder() / "exports").string();
    ASSERT_EQ(
        applied(*etl_,
                "job: export\nowner: etl\nparameters: [{name: divisor, type: integer}]\n"
                "alerts: [{on: failure, webhook: '" +
                    hook.url("/alert") +
                    "'}]\nsteps:\n"
                    "  - {name: files, export: {query: 'SELECT i AS id, i / ${divisor} AS part FROM generate_series(1, "
                    "10) i', to: '" +
                    folder +
                    "/parts', partition_by: [part], format: csv}}\n"
                    "  - {name: call, http: {url: '" +
                    hook.url("/done") + "', credential: hooks, body: '{}'}}\n"),
        "");
    const auto run = etl_->start("export", {{"divisor", "4"}}, "");
    ASSERT_TRUE(run) << run.error().describe();
    ASSERT_TRUE(ends(*run, "succeeded"));
    EXPECT_EQ(readFile(folder + "/parts/part=2/data_0.csv"), "id\n8\n9\n10\n");
    EXPECT_EQ(etl_->run(*run)->steps.at(0).rows, 10);
    EXPECT_THAT(hook.heard(), HasSubstr("POST /done"));
    EXPECT_EQ(hook.calls, 1);
    const auto failing = etl_->start("export", {{"divisor", "0"}}, "");
    ASSERT_TRUE(failing);
    ASSERT_TRUE(ends(*failing, "failed"));
    EXPECT_TRUE(waitUntil([&] { return hook.calls == 2; }, kPatience));
    EXPECT_THAT(hook.heard(), HasSubstr("POST /alert"));
    EXPECT_THAT(hook.heard(), HasSubstr("files: division by zero"));
    EXPECT_TRUE(waitUntil(
        [&] {
            const auto log = logOf(*etl_, *failing);
            return log.back() == ": an alert was sent";
        },
        kPatience));
    EXPECT_EQ(readFile(folder + "/parts/part=2/data_0.csv"), "id\n8\n9\n10\n") << "what failed replaced nothing";
}

TEST_F(JobsOfOneNode, BackfillRunsForEachTimeOnce) {
    ASSERT_EQ(applied(*etl_,
                      "job: daily\nowner: etl\ntriggers: [{cron: '0 3 * * *'}]\nsteps:\n"
                      "  - {name: note, sql: \"INSERT INTO public.done VALUES (${run.id}, 'day ' || ${run.date})\"}\n"),
              "");
    constexpr std::int64_t kDayMs = 86'400'000;
    const std::int64_t from_ms = 1'700'006'400'000;  // 2023-11-15
    const auto runs = etl_->backfill("daily", 0, from_ms, from_ms + 3 * kDayMs, {});
    ASSERT_TRUE(runs) << runs.error().describe();
    EXPECT_EQ(*runs, 3U);
    EXPECT_EQ(*etl_->backfill("daily", 0, from_ms, from_ms + 3 * kDayMs, {}), 0U);
    EXPECT_TRUE(waitUntil(
        [&] {
            return value("SELECT string_agg(step, ', ' ORDER BY at) FROM public.done WHERE step LIKE 'day %'") ==
                   "day 2023-11-15, day 2023-11-16, day 2023-11-17";
        },
        kPatience));
    EXPECT_FALSE(etl_->backfill("daily", 1, from_ms, from_ms + kDayMs, {}));
}

TEST_F(JobsOfOneNode, RightsAreTheConfigurations) {
    const std::string job = "job: mine\nowner: etl\nsteps: [{name: a, sql: SELECT 1}]\n";
    ASSERT_EQ(applied(*etl_, job), "");
    const auto reader = clientOf(*node_, "reader", "r");
    EXPECT_TRUE(reader->list());
    const auto refused = reader->start("mine", {}, "");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
    EXPECT_THAT(refused.error().hint, HasSubstr("jobs.operators"));
    const auto support = clientOf(*node_, "support", "s");
    EXPECT_TRUE(support->start("mine", {}, ""));
    EXPECT_THAT(applied(*support, job + "documentation: x\n"), HasSubstr("jobs.authors"));
    EXPECT_FALSE(clientOf(*node_, "stranger", "x")->list());
    // An author's jobs run as themselves; who administers has them run as anybody that the node lets.
    EXPECT_THAT(applied(*etl_, "job: other\nowner: etl\nrun_as: support\nsteps: [{name: a, sql: SELECT 1}]\n"),
                HasSubstr("may not have jobs run as 'support'"));
    const auto tester = clientOf(*node_);
    ASSERT_EQ(applied(*tester, "job: other\nowner: x\nrun_as: support\nsteps: [{name: a, sql: SELECT 1}]\n"), "");
    const auto run = tester->start("other", {}, "");
    ASSERT_TRUE(run);
    ASSERT_TRUE(ends(*run, "failed"));
    EXPECT_THAT(tester->run(*run)->run.error, HasSubstr("jobs may not run as 'support' on node 'solo'"));
}

TEST_F(JobsOfOneNode, WhatIsWrongIsSaidAtOnceAndNothingIsApplied) {
    const auto done = etl_->apply(
        {{"good.yaml", "job: good\nowner: etl\nsteps: [{name: a, sql: SELECT 1}]\n"},
         {"bad.yaml",
          "job: bad\nowner: etl\ntriggers: [{cron: '99 * * * *'}, {cron: '0 3 * * *', zone: Europe/Berlim}]\n"
          "steps:\n  - {name: a, after: [b], sql: SELECT 1}\n  - {name: b, after: [a], sql: SELECT 1}\n"
          "parameters: [{name: db_password, default: hunter2}]\n"}},
        false);
    ASSERT_TRUE(done) << done.error().describe();
    std::string all;
    for (const Error& problem : done->problems) {
        all += problem.describe() + "\n";
    }
    EXPECT_THAT(all, HasSubstr("bad.yaml:3:"));
    EXPECT_THAT(all, HasSubstr("99"));
    EXPECT_THAT(all, HasSubstr("Europe/Berlin"));
    EXPECT_TRUE(done->jobs.empty());
    const auto good = etl_->get("good", 0);
    ASSERT_FALSE(good);
    EXPECT_EQ(good.error().code, ErrorCode::kNotFound);
    const auto circle = etl_->apply({{"circle.yaml",
                                      "job: circle\nowner: etl\nsteps:\n  - {name: a, after: [b], sql: SELECT 1}\n"
                                      "  - {name: b, after: [a], sql: SELECT 1}\n"}},
                                    false);
    ASSERT_TRUE(circle);
    ASSERT_THAT(circle->problems, SizeIs(1));
    EXPECT_THAT(circle->problems[0].message, HasSubstr("steps wait for each other"));
    const auto secret = etl_->apply({{"secret.yaml",
                                      "job: secret\nowner: etl\nparameters: [{name: db_password, default: hunter2}]\n"
                                      "steps: [{name: a, sql: SELECT 1}]\n"}},
                                    false);
    ASSERT_TRUE(secret);
    EXPECT_FALSE(secret->problems.empty());
}

TEST_F(JobsOfOneNode, VersionsAreKeptAndOnlyChangesMakeOne) {
    const std::string text = "job: versioned\nowner: etl\nsteps: [{name: a, sql: SELECT 1}]\n";
    ASSERT_EQ(applied(*etl_, text), "");
    const auto same = apply(*etl_, text);
    ASSERT_TRUE(same);
    EXPECT_EQ(same->jobs.at(0).change, client::AppliedJob::Change::kUnchanged);
    const auto dry = etl_->apply({{"job.yaml", text + "timeout: 1h\n"}}, true);
    ASSERT_TRUE(dry);
    EXPECT_THAT(dry->jobs.at(0).diff, HasSubstr("+ timeout: 1h"));
    ASSERT_EQ(applied(*etl_, text + "timeout: 2h\n"), "");
    const auto now = etl_->get("versioned", 0);
    ASSERT_TRUE(now) << now.error().describe();
    EXPECT_EQ(now->versions.size(), 2U);
    EXPECT_THAT(now->text, HasSubstr("timeout: 2h"));
    EXPECT_THAT(etl_->get("versioned", 1)->text, testing::Not(HasSubstr("timeout")));
    const auto misspelt = etl_->get("versionde", 0);
    ASSERT_FALSE(misspelt);
    EXPECT_THAT(misspelt.error().hint, HasSubstr("versioned"));
}

TEST_F(JobsOfOneNode, TheCommandLineAppliesRunsAndSaysWhatIsWrong) {
    TemporaryDirectory folder;
    writeFile(folder.path() / "mesh.yaml", "mesh: trial\nnodes: [{name: solo, address: '127.0.0.1:" +
                                               std::to_string(node_->port()) + "', user: etl, password: e}]\n");
    const auto tessera = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {TESSERA_BUILD_DIR "/bin/tessera", "job"});
        auto result = run({.arguments = std::move(arguments),
                           .environment = {{"TESSERA_MESH", (folder.path() / "mesh.yaml").string()}}},
                          kPatience);
        EXPECT_TRUE(result) << result.error().describe();
        return result ? *result : ProcessResult{};
    };
    const std::string file = (folder.path() / "shell.yaml").string();
    writeFile(file, "job: shell\nowner: etl\nparameters: [{name: who}]\nsteps:\n  - {name: a, sql: 'SELECT ${who}'}\n");
    EXPECT_EQ(tessera({"diff", file}).status.exit_code, 1);
    const ProcessResult applied_file = tessera({"apply", file});
    EXPECT_EQ(applied_file.output, "shell: created, version 1\n") << applied_file.error;
    EXPECT_EQ(tessera({"diff", file}).status.exit_code, 0);
    const ProcessResult ran = tessera({"run", "shell", "-p", "who=x"});
    EXPECT_EQ(ran.status.exit_code, 0) << ran.error;
    EXPECT_THAT(ran.output, HasSubstr("the run has succeeded"));
    EXPECT_THAT(tessera({"history", "shell", "--format", "csv"}).output, HasSubstr("shell,succeeded"));
    EXPECT_THAT(tessera({"list", "--format", "csv"}).output, HasSubstr("shell,1,idle"));
    const ProcessResult without = tessera({"run", "shell"});
    EXPECT_EQ(without.status.exit_code, 1);
    EXPECT_THAT(without.error, HasSubstr("needs a value for its parameter 'who'"));
    writeFile(file, "job: shell\nowner: etl\ntriggers: [{cron: nonsense}]\nsteps: [{name: a, sql: SELECT 1}]\n");
    const ProcessResult bad = tessera({"apply", file});
    EXPECT_EQ(bad.status.exit_code, 1);
    EXPECT_THAT(bad.error, HasSubstr("shell.yaml:3:"));
    EXPECT_EQ(tessera({"export", "shell", "-o", (folder.path() / "out").string()}).status.exit_code, 0);
    EXPECT_THAT(readFile(folder.path() / "out" / "shell.yaml"), HasSubstr("job: shell"));
    EXPECT_EQ(tessera({"apply", (folder.path() / "nowhere.yaml").string()}).status.exit_code, 2);
    EXPECT_THAT(tessera({"log", "999999"}).error, HasSubstr("there is no run 999999"));
}

/// What a step asks of a source is in its run's history, for who reads it.
TEST_F(JobsOfOneNode, TheLogHasTheRemoteSqlOfCopiesAndExports) {
    auto tester = node_->connect();
    ASSERT_TRUE(tester && tester->execute("CREATE TABLE public.numbers(id bigint); GRANT ALL ON public.numbers TO etl"))
        << node_->log();
    ASSERT_EQ(applied(*etl_,
                      "job: asks\nowner: etl\nsteps:\n"
                      "  - {name: copied, copy: {query: SELECT id FROM toys.t WHERE id > 3, into: public.numbers}}\n"
                      "  - {name: file, export: {query: SELECT id FROM toys.t WHERE id > 4, to: " +
                          (node_->folder() / "exports/asks.csv").string() + ", format: csv}}\n"),
              "");
    const auto run = etl_->start("asks", {}, "");
    ASSERT_TRUE(run) << run.error().describe();
    const std::vector<std::string> log = logOf(*etl_, *run, true);
    EXPECT_THAT(log, Contains(AllOf(StartsWith("copied: NOTICE: remote SQL of toys: "), HasSubstr("\"id\""))));
    EXPECT_THAT(log, Contains(AllOf(StartsWith("file: NOTICE: remote SQL of toys: "), HasSubstr("\"id\""))));
    ASSERT_TRUE(ends(*run, "succeeded"));
}

}  // namespace
}  // namespace tessera
