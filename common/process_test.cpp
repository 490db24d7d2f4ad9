#include "common/process.h"

#include "tests/support/wait_until.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

namespace tessera {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Whether a process runs: neither gone nor a zombie that nobody has reaped yet.
bool isRunning(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (!std::getline(file, line)) {
        return false;
    }
    return line.at(line.rfind(')') + 2) != 'Z';
}

TEST(Process, CapturesBothOutputsAndTheExitCode) {
    const auto result = run({.arguments = {"sh", "-c", "echo out; echo err >&2; exit 3"}}, seconds(30));
    ASSERT_TRUE(result) << result.error().describe();
    EXPECT_EQ(result->output, "out\n");
    EXPECT_EQ(result->error, "err\n");
    EXPECT_EQ(result->status.exit_code, 3);
    EXPECT_EQ(result->status.describe(), "ended with exit code 3");
}

TEST(Process, ReadsItsInputAndMoreOutputThanAPipeHolds) {
    const std::string text(3'000'000, 'x');
    const auto result = run({.arguments = {"cat"}, .standard_input = text}, seconds(30));
    ASSERT_TRUE(result) << result.error().describe();
    EXPECT_EQ(result->output, text);
}

TEST(Process, GetsEnvironmentAndFolder) {
    const auto result = runChecked({.arguments = {"sh", "-c", "echo $TESSERA_PROBE; pwd"},
                                    .environment = {{"TESSERA_PROBE", "here"}},
                                    .working_directory = "/usr"},
                                   seconds(30));
    ASSERT_TRUE(result) << result.error().describe();
    EXPECT_EQ(*result, "here\n/usr\n");
}

TEST(Process, MissingProgramIsAnErrorThatNamesIt) {
    const auto by_path = Process::start({.arguments = {"/nonexistent/program"}});
    ASSERT_FALSE(by_path);
    EXPECT_EQ(by_path.error().message, "cannot run '/nonexistent/program': No such file or directory");
    EXPECT_EQ(by_path.error().code, ErrorCode::kNotFound);

    const auto by_name = Process::start({.arguments = {"no-such-program"}});
    ASSERT_FALSE(by_name);
    EXPECT_EQ(by_name.error().message, "cannot run 'no-such-program': it is in no folder of PATH");

    const auto folder = Process::start({.arguments = {"true"}, .working_directory = "/nonexistent"});
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().message, "cannot run 'true' in folder '/nonexistent': No such file or directory");
}

TEST(Process, MissingUserIsAnError) {
    const auto result = Process::start({.arguments = {"true"}, .run_as = "no-such-user"});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "there is no system user 'no-such-user'");
}

TEST(Process, BecomesTheUserWhenRoot) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can become another user";
    }
    const auto result =
        runChecked({.arguments = {"sh", "-c", "id -un; id -Gn; echo $HOME"}, .run_as = "nobody"}, seconds(30));
    ASSERT_TRUE(result) << result.error().describe();
    EXPECT_EQ(*result, "nobody\nnogroup\n/nonexistent\n");
}

TEST(Process, FailingProgramIsAnErrorWithItsLastLines) {
    const auto result = runChecked({.arguments = {"sh", "-c", "seq 1 100 >&2; exit 1"}}, seconds(30));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "'sh' ended with exit code 1");
    EXPECT_EQ(result.error().detail.substr(0, 3), "86\n");
}

TEST(Process, IsKilledAtTheDeadline) {
    const auto result = run({.arguments = {"sleep", "1000"}}, milliseconds(20));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kDeadlineExceeded);
}

TEST(Process, DestructorEndsTheProcessAndItsGroup) {
    pid_t child = 0;
    pid_t grandchild = 0;
    {
        auto process = Process::start({.arguments = {"sh", "-c", "sleep 1000 & echo $!; wait"},
                                       .standard_output = ProcessOutput::capture(),
                                       .own_process_group = true});
        ASSERT_TRUE(process) << process.error().describe();
        child = process->pid();
        ASSERT_TRUE(waitUntil([&] { return process->capturedOutput().ends_with('\n'); }));
        grandchild = std::stoi(process->capturedOutput());
        EXPECT_TRUE(isRunning(child));
        EXPECT_FALSE(process->poll());
    }
    EXPECT_FALSE(isRunning(child));
    EXPECT_TRUE(waitUntil([&] { return !isRunning(grandchild); }));
}

TEST(Process, StubbornProcessIsKilledAfterTheGrace) {
    auto process = Process::start({.arguments = {"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"},
                                   .standard_output = ProcessOutput::capture(),
                                   .own_process_group = true});
    ASSERT_TRUE(process) << process.error().describe();
    ASSERT_TRUE(waitUntil([&] { return process->capturedOutput() == "ready\n"; }));
    const ExitStatus status = process->terminate(milliseconds(50));
    EXPECT_EQ(status.signal, SIGKILL);
    EXPECT_EQ(status.describe(), "was ended by signal 9 (Killed)");
    EXPECT_FALSE(process->signal(SIGTERM));
}

TEST(Process, AssignmentEndsTheFormerProcess) {
    auto first = Process::start({.arguments = {"sleep", "1000"}});
    auto second = Process::start({.arguments = {"sleep", "1000"}});
    ASSERT_TRUE(first && second);
    const pid_t former = first->pid();
    const pid_t latter = second->pid();
    *first = std::move(*Process::start({.arguments = {"sleep", "1000"}}));
    EXPECT_FALSE(isRunning(former));
    EXPECT_TRUE(isRunning(first->pid()));
    EXPECT_TRUE(isRunning(latter));
}

TEST(Process, OutlivesTheThreadThatStartedIt) {
    Result<Process> process = fail(ErrorCode::kUnknown, "not started");
    std::thread([&] {
        process = Process::start({.arguments = {"sleep", "1000"}, .signal_on_parent_death = SIGKILL});
    }).join();
    ASSERT_TRUE(process) << process.error().describe();
    EXPECT_FALSE(process->wait(milliseconds(50)));
}

constexpr const char* kPidFile = "TESSERA_PID_FILE";

/// What DiesWithItsParent runs in a process of its own: starts a child, says the child's pid, waits to be killed.
void startChildAndWait(const char* pid_file) {
    const auto process = Process::start({.arguments = {"sleep", "1000"}, .signal_on_parent_death = SIGTERM});
    ASSERT_TRUE(process);
    std::ofstream(pid_file) << process->pid() << std::endl;
    ::pause();
}

TEST(Process, DiesWithItsParent) {
    if (const char* pid_file = std::getenv(kPidFile)) {
        startChildAndWait(pid_file);
        return;
    }
    const std::string pid_file = testing::TempDir() + "process_test." + std::to_string(::getpid());
    auto parent = Process::start({.arguments = {"/proc/self/exe", "--gtest_filter=Process.DiesWithItsParent"},
                                  .environment = {{kPidFile, pid_file}},
                                  .standard_output = ProcessOutput::discard()});
    ASSERT_TRUE(parent) << parent.error().describe();
    pid_t child = 0;
    ASSERT_TRUE(waitUntil([&] { return bool(std::ifstream(pid_file) >> child); }));
    EXPECT_TRUE(isRunning(child));
    ASSERT_TRUE(parent->signal(SIGKILL));
    EXPECT_TRUE(waitUntil([&] { return !isRunning(child); }));
    std::filesystem::remove(pid_file);
}

TEST(LastLines, KeepsTheEnd) {
    EXPECT_EQ(lastLines("a\nb\nc\n", 2), "b\nc");
    EXPECT_EQ(lastLines("a\nb", 5), "a\nb");
    EXPECT_EQ(lastLines("", 3), "");
}

}  // namespace
}  // namespace tessera
