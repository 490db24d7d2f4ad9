/// What operators do to a store of three real nodes: read its past, put another database in its place, and go on when
/// two of the three are lost for ever.

#include "tests/support/store_nodes.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>

namespace tessera {
namespace {

using testing::HasSubstr;

class StoreOperators : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        nodes_ = std::make_unique<Nodes>(Nodes::Links::kOwn,
                                         NodesMore{.sections = "jobs: {run_as: [reader], administrators: [tester]}\n"});
        nodes_->start();
    }

    static void TearDownTestSuite() { nodes_.reset(); }

    StoreOperators() {
        std::string text = "mesh: trial\nnodes:\n";
        for (std::size_t i = 0; i < kMembers; ++i) {
            text += "  - {name: " + Nodes::nameOf(i) + ", address: '127.0.0.1:" + std::to_string(nodes_->at(i).port()) +
                    "', user: " + TemporaryNode::kUser + ", password: '" + TemporaryNode::kPassword + "'}\n";
        }
        writeFile(mesh_, text);
    }

    static ProcessResult program(std::vector<std::string> arguments, const std::filesystem::path& mesh = {},
                                 const std::string& input = {}) {
        auto result = run({.arguments = std::move(arguments),
                           .environment = {{"TESSERA_MESH", mesh.string()}},
                           .standard_input = input},
                          kPatience);
        EXPECT_TRUE(result) << result.error().describe();
        return result ? *result : ProcessResult{};
    }

    ProcessResult tessera(std::vector<std::string> arguments, const std::string& input = {}) const {
        arguments.insert(arguments.begin(), {TESSERA_BUILD_DIR "/bin/tessera", "store"});
        return program(std::move(arguments), mesh_, input);
    }

    ProcessResult recover(std::size_t member, bool is_sure) const {
        std::vector<std::string> arguments = {TESSERA_BUILD_DIR "/bin/tessera-node", "store", "recover", "--config",
                                              nodes_->at(member).configFile().string()};
        if (is_sure) {
            arguments.push_back("--yes");
        }
        return program(std::move(arguments));
    }

    inline static std::unique_ptr<Nodes> nodes_;
    TemporaryDirectory folder_;
    const std::filesystem::path mesh_ = folder_.path() / "mesh.yaml";
};

TEST_F(StoreOperators, ReadThePastAndSeveralMembersAtOnce) {
    EXPECT_EQ(
        tessera({"sql", "--timeout", "60s", "-"}, "CREATE TABLE past(a); INSERT INTO past VALUES (1), (2), (3), (4);")
            .status.exit_code,
        0);
    const ProcessResult mixed = tessera({"sql", "--atomic", "--format", "csv",
                                         "SELECT count(*) AS before FROM past; DELETE FROM past WHERE a > 2; "
                                         "SELECT count(*) AS after FROM past"});
    EXPECT_EQ(mixed.output, "before\n4\nafter\n2\n") << mixed.error;
    const std::size_t at = mixed.error.find("entry ");
    ASSERT_NE(at, std::string::npos) << mixed.error;
    const std::uint64_t entry = std::stoull(mixed.error.substr(at + 6));
    client::StoreReadPoint before = client::StoreConsistency::kAtIndex;
    before.index = entry - 1;
    for (std::size_t i = 0; i < kMembers; ++i) {
        const auto rows = ask(*clientOf(nodes_->at(i)), "SELECT count(*) FROM past", before);
        ASSERT_TRUE(rows) << rows.error().describe();
        EXPECT_EQ(rows->at(0), "4") << Nodes::nameOf(i);
    }
    const ProcessResult then =
        tessera({"sql", "--at-index", std::to_string(entry - 1), "--format", "csv", "SELECT count(*) FROM past"});
    EXPECT_THAT(then.output, HasSubstr("4")) << then.error;
    const ProcessResult long_ago = tessera({"sql", "--at-time", "2001-01-01", "SELECT count(*) FROM past"});
    EXPECT_NE(long_ago.status.exit_code, 0);
    // All of the past is kept still: then there was nothing.
    EXPECT_THAT(long_ago.error, HasSubstr("no such table: past"));
    const ProcessResult recent = tessera({"sql", "--max-age", "1m", "--format", "csv", "SELECT count(*) FROM past"});
    EXPECT_THAT(recent.output, HasSubstr("2")) << recent.error;
    const ProcessResult mapped =
        tessera({"mapreduce", "--split", "past", "--parts", "2", "--at-index", std::to_string(entry - 1), "--map",
                 "SELECT sum(a) AS s FROM past WHERE rowid BETWEEN ? AND ?", "--reduce",
                 "SELECT sum(s) AS total FROM mapped", "--format", "csv", "--timeout", "60s"});
    EXPECT_EQ(mapped.output, "total\n10\n") << mapped.error;
}

TEST_F(StoreOperators, SeeWhatChanged) {
    const ProcessResult made =
        tessera({"sql", "--timeout", "60s", "--atomic", "CREATE TABLE paint(name TEXT PRIMARY KEY, tone)"});
    const std::size_t at = made.error.find("entry ");
    ASSERT_NE(at, std::string::npos) << made.error;
    const std::string since = std::to_string(std::stoull(made.error.substr(at + 6)));
    EXPECT_EQ(tessera({"sql", "INSERT INTO paint VALUES ('wall', 'white'), ('door', 7)"}).status.exit_code, 0);
    EXPECT_EQ(tessera({"sql", "UPDATE paint SET tone = 'it''s red' WHERE name = 'door'"}).status.exit_code, 0);
    EXPECT_EQ(tessera({"sql", "DELETE FROM paint WHERE name = 'wall'"}).status.exit_code, 0);
    const ProcessResult told = tessera({"changes", "--since", since, "--table", "paint"});
    EXPECT_EQ(told.status.exit_code, 0) << told.error;
    EXPECT_THAT(told.output, HasSubstr("  + paint name='wall' tone='white'\n"));
    EXPECT_THAT(told.output, HasSubstr("  ~ paint name='door': tone 7 -> 'it''s red'\n"));
    EXPECT_THAT(told.output, HasSubstr("  - paint name='wall' tone='white'\n"));
    EXPECT_THAT(told.output, testing::ContainsRegex("entry [0-9]+, 20[0-9-]+ [0-9:.]+ UTC\n"));
    const ProcessResult difference = tessera({"diff", since, "--json", "--table", "paint"});
    EXPECT_THAT(difference.output, HasSubstr("\"change\":\"insert\",\"table\":\"paint\",\"key\":{\"name\":\"door\"},"
                                             "\"after\":{\"name\":\"door\",\"tone\":\"it's red\"}}"))
        << difference.error;
    EXPECT_THAT(difference.output, testing::Not(HasSubstr("wall"))) << "it came and went";
    const ProcessResult wrong = tessera({"diff", "yesterday"});
    EXPECT_EQ(wrong.status.exit_code, 2);
    EXPECT_THAT(wrong.error, HasSubstr("yesterday"));
}

/// Each member in turn goes away: one of them is the one that was asked.
TEST_F(StoreOperators, FollowChangesWhicheverMemberGoesAway) {
    const auto write = [&](const std::string& sql) {
        return tessera({"sql", "--timeout", "60s", "-"}, sql).status.exit_code == 0;
    };
    ASSERT_TRUE(write("CREATE TABLE heard(a INTEGER PRIMARY KEY);"));
    auto follower = Process::start(
        {.arguments = {TESSERA_BUILD_DIR "/bin/tessera", "store", "changes", "--follow", "--json", "--table", "heard"},
         .environment = {{"TESSERA_MESH", mesh_.string()}},
         .standard_output = ProcessOutput::capture(),
         .standard_error = ProcessOutput::capture()});
    ASSERT_TRUE(follower) << follower.error().describe();
    const auto hears = [&](int number) {
        return waitUntil(
            [&] {
                return follower->capturedOutput().find("\"after\":{\"a\":" + std::to_string(number) + "}") !=
                       std::string::npos;
            },
            kPatience);
    };
    // Where it begins is known once it hears something.
    int number = 0;
    ASSERT_TRUE(waitUntil(
        [&] {
            write("INSERT INTO heard VALUES (" + std::to_string(++number) + ");");
            return follower->capturedBytes() > 0;
        },
        kPatience))
        << follower->capturedError();
    for (std::size_t gone = 0; gone < kMembers; ++gone) {
        nodes_->at(gone).kill();
        ASSERT_TRUE(write("INSERT INTO heard VALUES (" + std::to_string(++number) + ");"));
        EXPECT_TRUE(hears(number)) << "without " << Nodes::nameOf(gone) << ": " << follower->capturedError();
        ASSERT_TRUE(nodes_->at(gone).launch());
    }
    ASSERT_TRUE(follower->signal(SIGINT));
    const auto ended = follower->wait(kPatience);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->exit_code, 130) << follower->capturedError();
    const std::string output = follower->capturedOutput();
    for (int i = 2; i <= number; ++i) {
        const std::string row = "\"after\":{\"a\":" + std::to_string(i) + "}";
        const std::size_t first = output.find(row);
        EXPECT_TRUE(first == std::string::npos ? i < number - 2 : output.find(row, first + 1) == std::string::npos)
            << row << " is there once";
    }
}

TEST_F(StoreOperators, RestoreABackup) {
    std::filesystem::create_directory(folder_.path() / "jobs");
    writeFile(folder_.path() / "jobs" / "one.yaml",
              "job: one\nowner: reader\nsteps:\n  - {name: only, sql: SELECT 1}\n");
    const ProcessResult applied =
        program({TESSERA_BUILD_DIR "/bin/tessera", "job", "apply", (folder_.path() / "jobs").string()}, mesh_);
    ASSERT_EQ(applied.status.exit_code, 0) << applied.error;
    EXPECT_EQ(tessera({"sql", "--timeout", "60s", "-"}, "CREATE TABLE kept(a); INSERT INTO kept VALUES (7);")
                  .status.exit_code,
              0);
    const std::string file = (folder_.path() / "backup.db").string();
    ASSERT_EQ(tessera({"backup", file}).status.exit_code, 0);
    EXPECT_EQ(tessera({"sql", "DROP TABLE kept; CREATE TABLE later(a)"}).status.exit_code, 0);
    const ProcessResult unsure = tessera({"restore", file});
    EXPECT_NE(unsure.status.exit_code, 0);
    EXPECT_THAT(unsure.error, HasSubstr("--yes"));
    const auto jobs = ask(*clientOf(nodes_->at(0)), "SELECT changes || ' ' || version FROM job_schema");
    ASSERT_TRUE(jobs) << jobs.error().describe();
    const ProcessResult restored = tessera({"restore", "--yes", file});
    EXPECT_EQ(restored.status.exit_code, 0) << restored.error;
    EXPECT_THAT(restored.error, HasSubstr("jobs, endpoints and denials stay as they were"));
    EXPECT_EQ(ask(*clientOf(nodes_->at(0)), "SELECT changes || ' ' || version FROM job_schema").value_or(Rows{}),
              *jobs);
    for (std::size_t i = 0; i < kMembers; ++i) {
        const auto rows = ask(*clientOf(nodes_->at(i)), "SELECT a FROM kept");
        ASSERT_TRUE(rows) << rows.error().describe();
        EXPECT_EQ(*rows, std::vector<std::string>{"7"});
        EXPECT_FALSE(ask(*clientOf(nodes_->at(i)), "SELECT a FROM later"));
    }
    const ProcessResult all = tessera({"restore", "--yes", "--with-control-plane", file});
    EXPECT_EQ(all.status.exit_code, 0) << all.error;
    EXPECT_EQ(ask(*clientOf(nodes_->at(1)), "SELECT changes || ' ' || version FROM job_schema").value_or(Rows{}),
              *jobs);
    writeFile(folder_.path() / "text", "no database at all, but a text that is long enough to be one\n");
    const ProcessResult text = tessera({"restore", "--yes", (folder_.path() / "text").string()});
    EXPECT_NE(text.status.exit_code, 0);
    EXPECT_THAT(text.error, HasSubstr("no SQLite database"));
    EXPECT_NE(tessera({"restore", "--yes", "/nowhere.db"}).status.exit_code, 0);
}

/// The last one: two of its nodes are gone afterwards, and come again as new ones.
TEST_F(StoreOperators, GoOnWhenTheMajorityIsLost) {
    EXPECT_EQ(tessera({"sql", "--timeout", "60s", "-"}, "CREATE TABLE saved(a); INSERT INTO saved VALUES (1);")
                  .status.exit_code,
              0);
    const ProcessResult running = recover(0, true);
    EXPECT_NE(running.status.exit_code, 0);
    EXPECT_THAT(running.error, HasSubstr("in use by another tessera-node"));
    ASSERT_TRUE(ask(*clientOf(nodes_->at(0)), "SELECT a FROM saved"));
    for (std::size_t i = 0; i < kMembers; ++i) {
        nodes_->at(i).kill();
    }
    nodes_->isToJoin(1);
    nodes_->isToJoin(2);
    for (const std::size_t lost : {1, 2}) {
        std::filesystem::remove_all(nodes_->at(lost).dataDirectory() / "store");
    }
    const ProcessResult looked = recover(0, false);
    EXPECT_EQ(looked.status.exit_code, 0) << looked.error;
    EXPECT_THAT(looked.output, HasSubstr("a, b, c"));
    EXPECT_THAT(looked.output, HasSubstr("Nothing was changed"));
    const ProcessResult done = recover(0, true);
    EXPECT_EQ(done.status.exit_code, 0) << done.error;
    EXPECT_THAT(done.output, HasSubstr("only member"));
    ASSERT_TRUE(nodes_->at(0).launch());
    const auto alone = ask(*clientOf(nodes_->at(0)), "SELECT a FROM saved");
    ASSERT_TRUE(alone) << alone.error().describe();
    EXPECT_EQ(*alone, std::vector<std::string>{"1"});
    for (const std::size_t lost : {1, 2}) {
        const auto started = nodes_->at(lost).launch();
        ASSERT_TRUE(started) << started.error().describe();
        const std::string id = std::to_string(lost + 1);
        const auto changed = [&](const std::string& how, const std::string& part) {
            return waitUntil(
                [&] {
                    tessera({"members", how, id, "--node", "a"});
                    const std::string list = tessera({"members", "list", "--format", "csv", "--node", "a"}).output;
                    const std::size_t line = list.find("\n" + id + ",");
                    return line != std::string::npos && list.find(part, line) < list.find('\n', line + 1);
                },
                kPatience);
        };
        ASSERT_TRUE(changed("add", "learner"));
        ASSERT_TRUE(changed("promote", "voter"));
    }
    const auto everywhere = ask(*clientOf(nodes_->at(2)), "SELECT a FROM saved");
    ASSERT_TRUE(everywhere) << everywhere.error().describe();
    EXPECT_EQ(*everywhere, std::vector<std::string>{"1"});
}

}  // namespace
}  // namespace tessera
