#include "nodeservice/jobs/definition/read.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tessera::jobs {
namespace {

using std::chrono::seconds;

constexpr const char* kNightly = R"(job: nightly-export
documentation: |
  Yesterday's orders, as files.
  One for each shop.
owner: "anna@example.org"
nodes: [lake]
timeout: 2h
retries:
  count: 3
concurrency: skip
parameters:
  - name: day
    type: date
    default: "${run.date}"
triggers:
  - cron: "30 2 * * mon-fri"
    zone: Europe/Berlin
    jitter: 5m
    missed: catch_up
  - after: load-orders
steps:
  - name: clean
    sql: |
      DELETE FROM stage
      WHERE day < ${day}
  - name: export
    export:
      query: "SELECT * FROM orders WHERE day = ${day}"
      to: "/data/orders/${day}"
      partition_by: [shop]
  - name: copy
    after: [clean]
    copy:
      query: "SELECT * FROM orders"
      into: warehouse.orders
      mode: upsert
      key: [id]
    retries:
      count: 1
      wait: 5s
  - name: tell
    after: [export, copy]
    http:
      url: "https://example.org/done?day=${day}"
      credential: reporting
alerts:
  - webhook: https://example.org/alarm
)";

std::vector<std::string> errorsOf(const std::string& text) {
    std::vector<std::string> messages;
    for (const Error& error : readDefinition(text, "x.yaml").errors) {
        messages.push_back(error.message + (error.hint.empty() ? "" : " | " + error.hint));
    }
    return messages;
}

std::string minimal(const std::string& more) {
    return "job: a\nowner: b\n" + more;
}

std::string withStep(const std::string& step) {
    return minimal("steps:\n  - name: s\n" + step);
}

TEST(JobFile, IsReadAndWrittenTheSame) {
    const ReadDefinition read = readDefinition(kNightly, "jobs/nightly.yaml");
    ASSERT_TRUE(read.errors.empty()) << read.errors.front().describe();
    const Definition& job = read.definition;
    EXPECT_EQ(job.name, "nightly-export");
    EXPECT_EQ(job.timeout, seconds(7200));
    EXPECT_EQ(job.concurrency, Concurrency::kSkip);
    EXPECT_EQ(job.triggers.at(0).schedule()->describe(), "every weekday at 02:30 (Europe/Berlin)");
    EXPECT_EQ(job.triggers.at(0).missed, MissedRuns::kCatchUp);
    EXPECT_EQ(job.triggers.at(1).schedule(), std::nullopt);
    EXPECT_EQ(job.steps.at(1).after, std::vector<std::string>{"clean"});
    EXPECT_EQ(std::get<SqlStep>(job.steps.at(0).action).sql, "DELETE FROM stage\nWHERE day < ${day}\n");
    EXPECT_EQ(job.retriesOf(job.steps.at(2)).wait, seconds(5));
    EXPECT_EQ(job.retriesOf(job.steps.at(1)).count, 3);
    EXPECT_EQ(writeDefinition(job), kNightly);
}

TEST(JobFile, AllErrorsAtOnceWithTheirPlaces) {
    const auto errors = errorsOf(R"(job: Nightly
owner: anna
timout: 2h
parameters:
  - name: api_token
  - name: day
    type: dat
triggers:
  - cron: "0 25 * * *"
    zone: Europe/Berlim
  - every: 5x
  - cron: "@daily"
    after: other
steps:
  - name: a
    after: [b]
    sql: "SELECT '${day}'"
  - name: b
    after: [a]
    sql: "SELECT ${dya}"
  - name: c
    after: [d]
    copy: {query: "SELECT 1", into: t, mode: upsert}
  - name: e
)");
    EXPECT_THAT(
        errors,
        testing::ElementsAre(
            testing::HasSubstr("x.yaml:1:6: 'Nightly' is not a name | write up to 63 lower-case letters"),
            "x.yaml:1:1: steps wait for each other: a, b, a | take one 'after' away",
            "x.yaml:3:1: unknown key 'timout' | did you mean 'timeout'?",
            testing::HasSubstr("x.yaml:5:5: 'api_token' would hold a secret | jobs are read by everybody"),
            "x.yaml:7:11: 'type' cannot be 'dat' | did you mean 'date'?",
            "x.yaml:9:11: the hour '25' holds 25 | it may be 0 to 23",
            "x.yaml:10:11: there is no time zone 'Europe/Berlim' | did you mean 'Europe/Berlin'?",
            testing::HasSubstr("x.yaml:11:12: '5x' is not a time span | write days"),
            "x.yaml:12:5: the trigger has both 'cron' and 'after' | write one of cron, every, after",
            testing::HasSubstr("x.yaml:15:5: '${day}' stands within quotes or a comment | write it without quotes"),
            "x.yaml:18:5: there is no parameter 'dya' | did you mean 'day'?",
            "x.yaml:21:5: the step 'c' is after 'd', which is not a step of this job | did you mean 'a'?",
            "x.yaml:23:11: mode upsert needs 'key'",
            testing::HasSubstr("x.yaml:24:5: the step 'e' says nothing to do | write one of sql, export")));
}

TEST(JobFile, WhatIsRefused) {
    const std::string sql = "    sql: SELECT 1\n";
    for (const std::string& text : {
             std::string("["),
             std::string(""),
             std::string("- a"),
             minimal(""),
             minimal("steps: []"),
             withStep(sql + "    refresh: v\n"),
             withStep("    export: {query: SELECT 1}\n"),
             withStep("    export: {query: SELECT 1, to: x, format: excel}\n"),
             withStep("    http: {url: ftp://x}\n"),
             withStep("    copy: {query: SELECT 1, into: t, key: [a]}\n"),
             withStep("    sql: [a]\n"),
             withStep("    sql: \"\"\n"),
             withStep(sql + "    timeout: -5s\n"),
             withStep(sql + "  - name: s\n" + sql),
             withStep(sql + "    after: [s]\n"),
             withStep(sql) + "concurrency: maybe\n",
             withStep(sql) + "retries: {count: 100}\n",
             withStep(sql) + "retries: {wait: 2h, longest_wait: 1h}\n",
             withStep(sql) + "parameters: [{name: a}, {name: a}]\n",
             withStep(sql) + "parameters: [{name: a.b}]\n",
             withStep(sql) + "parameters: [{name: n, type: integer, default: many}]\n",
             withStep(sql) + "triggers: [{every: 5m, parameters: {n: 1}}]\n",
             withStep(sql) + "triggers: [{every: 5m, zone: UTC}]\n",
             withStep(sql) + "triggers: [{cron: 0 0 30 2 *}]\n",
             withStep(sql) + "alerts: [{on: failure}]\n",
             withStep(sql) + "alerts: [{webhook: \"\"}]\n",
             withStep(sql) + "alerts: [{webhook: example.org}]\n",
             withStep(sql) + "alerts: [{email: \"\"}]\n",
             withStep(sql) + "alerts: [{email: anna}]\n",
             withStep(sql) + "alerts: [{desktop: \"\"}]\n",
             withStep(sql) + "alerts: [{webhook: \"https://a:b@x\"}]\n",
             withStep("    http: {url: https://x, headers: {Authorization: abc}}\n"),
             withStep("    sql: \"SELECT dblink('postgres://anna:geheim@host/db')\"\n"),
             withStep("    sql: \"SELECT dblink('host=db user=anna password=geheim')\"\n"),
             withStep("    http: {url: https://x, body: \"key=AKIAIOSFODNN7EXAMPLE\"}\n"),
             withStep("    http: {url: https://x, headers: {X-To: ghp_abcdefghijklmnopqrstuvwxyz0123456789}}\n"),
             withStep("    http: {url: https://x, body: \"-----BEGIN RSA PRIVATE KEY-----\"}\n"),
             withStep(
                 "    http: {url: https://x, body: "
                 "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U}\n"),
         }) {
        EXPECT_FALSE(errorsOf(text).empty()) << text;
    }
    for (const std::string& text : {
             withStep(sql),
             // What only looks a little like one.
             withStep("    sql: UPDATE accounts SET password=NULL WHERE name = 'xoxb-'\n"),
         }) {
        EXPECT_THAT(errorsOf(text), testing::IsEmpty()) << text;
    }
}

TEST(JobFile, JobsAreCheckedTogether) {
    const auto job = [](const std::string& name, const std::string& more) {
        const std::string text = "job: " + name + "\nowner: b\nsteps: [{name: s, sql: SELECT 1}" + more;
        const ReadDefinition read = readDefinition(text, name + ".yaml");
        EXPECT_TRUE(read.errors.empty()) << text << read.errors.front().describe();
        return read.definition;
    };
    const auto messages = [](const std::vector<Definition>& jobs) {
        std::vector<std::string> found;
        for (const Error& error : checkTogether(jobs)) {
            found.push_back(error.message);
        }
        return found;
    };
    const auto first = job("first", "]\ntriggers: [{after: second}]");
    const auto second = job("second", ", {name: t, job: {name: first}}]");
    EXPECT_THAT(messages({first, second}),
                testing::ElementsAre("first.yaml:1:1: jobs start each other: first, second, first"));
    EXPECT_THAT(messages({first}), testing::ElementsAre("first.yaml:4:12: there is no job 'second'"));
    EXPECT_THAT(messages({first, job("second", "]"), job("second", "]")}),
                testing::ElementsAre("second.yaml:1:1: the job 'second' is also in second.yaml:1:1"));
    EXPECT_THAT(messages({first, job("second", "]")}), testing::IsEmpty());
}

TEST(JobFile, ADifferenceShowsTheLinesAroundIt) {
    const Definition before = readDefinition(kNightly, "a").definition;
    Definition after = before;
    EXPECT_EQ(diffDefinitions(before, after), "");
    after.retries.count = 4;
    after.alerts.clear();
    EXPECT_EQ(diffDefinitions(before, after), R"(  nodes: [lake]
  timeout: 2h
  retries:
-   count: 3
+   count: 4
  concurrency: skip
  parameters:
    - name: day
…
      http:
        url: "https://example.org/done?day=${day}"
        credential: reporting
- alerts:
-   - webhook: https://example.org/alarm
)");
}

/// Texts that YAML could read as something else.
std::string hostileText(std::mt19937_64& random) {
    static const std::vector<std::string> kTexts = {"plain",
                                                    "two words",
                                                    "null",
                                                    "~",
                                                    "Null",
                                                    "true",
                                                    "- x",
                                                    "a: b",
                                                    "a:",
                                                    "#no",
                                                    "x # y",
                                                    "\"",
                                                    "'",
                                                    "\\",
                                                    "\\n",
                                                    "tab\there",
                                                    "line\nline",
                                                    "line\nline\n",
                                                    "line\n\n  indented\n",
                                                    "\nfirst",
                                                    " leading\nx",
                                                    "x\n ",
                                                    "x\n\n",
                                                    "x\r\ny",
                                                    "é ü 漢",
                                                    "{a: b}",
                                                    "[a]",
                                                    "&a",
                                                    "*a",
                                                    "!tag",
                                                    "|",
                                                    ">",
                                                    "%",
                                                    "@at",
                                                    "`",
                                                    "---",
                                                    "...",
                                                    "1",
                                                    "0x1",
                                                    ",",
                                                    "x\n   \ny",
                                                    "\tx\ny",
                                                    "a\x7F",
                                                    "$${x}"};
    return kTexts[random() % kTexts.size()];
}

TEST(JobFile, AnyJobIsWrittenAndReadBack) {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        std::mt19937_64 random(seed);
        const auto text = [&] { return hostileText(random); };
        const auto chance = [&] { return random() % 2 == 0; };
        Definition job;
        job.name = "job-" + std::to_string(seed);
        job.documentation = text();
        job.owner = text();
        job.run_as = text();
        job.timeout = seconds(1 + random() % 100'000);
        job.keep = seconds(1 + random() % 10'000'000);
        job.concurrency = static_cast<Concurrency>(random() % 4);
        job.retries = {static_cast<int>(random() % 21), seconds(1 + random() % 10'000),
                       static_cast<int>(1 + random() % 10), seconds(10'000 + random() % 1000)};
        job.parameters.push_back({"p", ParameterType::kText, text(), chance() ? std::optional(text()) : std::nullopt});
        Trigger trigger{.when = Interval{seconds(1 + random() % 10'000), {}}};
        if (chance()) {
            trigger.when = *Cron::parse("*/5 * * * *", *TimeZone::find("Asia/Tokyo"));
        }
        trigger.missed = static_cast<MissedRuns>(random() % 3);
        trigger.jitter = seconds(random() % 2 * 60);
        trigger.parameters = {{"p", text()}};
        job.triggers.push_back(trigger);
        job.alerts.push_back({static_cast<RunEnd>(random() % 3), Alert::Channel::kEmail, "@" + text()});
        for (int i = 0; i < 4; ++i) {
            Step step;
            step.name = "s" + std::to_string(i);
            if (chance() && i > 0) {
                step.after = {"s" + std::to_string(random() % static_cast<std::uint64_t>(i))};
            }
            switch (random() % 6) {
                case 0:
                    step.action = SqlStep{text()};
                    break;
                case 1:
                    step.action = ExportStep{text(), text(), static_cast<ExportFormat>(random() % 4), {text(), text()}};
                    break;
                case 2:
                    step.action = CopyStep{text(), text(), CopyMode::kIncremental, {}, text()};
                    break;
                case 3:
                    step.action = RefreshStep{text()};
                    break;
                case 4:
                    step.action = HttpStep{"https://" + text(), "PUT", {{"X", text()}}, text(), text()};
                    break;
                default:
                    step.action = JobStep{text(), {{text(), text()}}};
            }
            if (chance()) {
                step.retries = Retries{1, seconds(5), 3, seconds(3600)};
            }
            job.steps.push_back(step);
        }
        const std::string written = writeDefinition(job);
        const ReadDefinition read = readDefinition(written, "x.yaml");
        ASSERT_TRUE(read.errors.empty()) << read.errors.front().describe() << "\n" << written;
        ASSERT_EQ(read.definition, job) << written;
        ASSERT_EQ(writeDefinition(read.definition), written);
    }
}

TEST(RunValues, ComeFromTheCallerTheDefaultAndTheRun) {
    const Definition job = readDefinition(kNightly, "a").definition;
    const Values run = {{"run.date", {ParameterType::kDate, "2026-11-22"}}};
    EXPECT_EQ(runValues(job, {}, run)->at("day").text, "2026-11-22");
    EXPECT_EQ(runValues(job, {{"day", "2025-01-01"}}, run)->at("day").text, "2025-01-01");
    EXPECT_FALSE(runValues(job, {{"day", "yesterday"}}, run));
    EXPECT_FALSE(runValues(job, {{"dya", "2025-01-01"}}, run));
    // Who gives a secret is told so, without it.
    Definition open = job;
    open.parameters.push_back({"note", ParameterType::kText, "", "x", {}});
    const auto refused = runValues(open, {{"note", "host=db user=anna password=geheim"}}, run);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().describe(),
                testing::AllOf(testing::HasSubstr("'note'"), testing::HasSubstr("password"),
                               testing::HasSubstr("credential"), testing::Not(testing::HasSubstr("geheim"))));
    Definition strict = job;
    strict.parameters[0].default_value.reset();
    EXPECT_FALSE(runValues(strict, {}, run));
}

TEST(Retries, WaitLongerEachTime) {
    const Retries retries{5, seconds(10), 3, seconds(100)};
    EXPECT_EQ(retries.waitAfter(1), seconds(10));
    EXPECT_EQ(retries.waitAfter(2), seconds(30));
    EXPECT_EQ(retries.waitAfter(3), seconds(90));
    EXPECT_EQ(retries.waitAfter(4), seconds(100));
    EXPECT_EQ(retries.waitAfter(1000), seconds(100));
}

}  // namespace
}  // namespace tessera::jobs
