#pragma once

/// Child processes with an owner: a Process is terminated when it goes out of scope, so nothing is left running by an
/// early return. Needs Linux 5.3 (pidfd).
///
/// Starting is safe in a program with threads: everything the child needs is prepared before fork, and only
/// async-signal-safe calls happen between fork and exec. A program that cannot be run is an Error of start(), not an
/// exit code. Output is captured in memory files, so a child never blocks on a pipe that nobody reads.
///
/// Thread: one owner at a time; signal() may also be called by others while the owner waits.

#include "common/result.h"

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tessera {

/// A file descriptor that closes itself. -1 is none.
class FileDescriptor {
  public:
    FileDescriptor() = default;

    explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}

    FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }

    ~FileDescriptor();

    int get() const { return descriptor_; }

    /// Gives it to another owner.
    int release() { return std::exchange(descriptor_, -1); }

    explicit operator bool() const { return descriptor_ >= 0; }

  private:
    int descriptor_ = -1;
};

/// Where a child's output goes.
struct ProcessOutput {
    enum class Kind { kInherit, kDiscard, kFile, kCapture };

    Kind kind = Kind::kInherit;
    /// kFile: appended to; created when missing, readable by its owner only.
    std::filesystem::path file;

    static ProcessOutput discard() { return {Kind::kDiscard, {}}; }

    static ProcessOutput toFile(std::filesystem::path file) { return {Kind::kFile, std::move(file)}; }

    static ProcessOutput capture() { return {Kind::kCapture, {}}; }
};

struct ProcessOptions {
    /// The program first: a path, or a name that is looked up in PATH.
    std::vector<std::string> arguments = {};
    /// Added to this process's environment, or replacing what is there.
    std::map<std::string, std::string> environment = {};
    /// Empty: this process's own.
    std::filesystem::path working_directory = {};
    /// The user to become, with that user's groups and HOME. Empty: stay who we are. Needs root.
    std::string run_as = {};
    /// What the child reads; nothing (an empty file) by default. Passwords go this way, never in arguments.
    std::string standard_input = {};
    ProcessOutput standard_output = {};
    ProcessOutput standard_error = {};
    /// The signal that the kernel sends to the child when this process ends, however it ends. 0: none.
    int signal_on_parent_death = 0;
    /// The child leads a process group of its own: a terminal's Ctrl+C does not reach it, and what it leaves behind in
    /// the group is killed when it ends.
    bool own_process_group = false;
};

struct ExitStatus {
    /// What the process returned; 128 + signal when a signal ended it, as a shell says it.
    int exit_code = 0;
    /// The signal that ended it, or 0.
    int signal = 0;

    bool ok() const { return exit_code == 0; }

    /// "ended with exit code 3", "was ended by signal 9 (Killed)".
    std::string describe() const;
};

class Process {
  public:
    static Result<Process> start(const ProcessOptions& options);

    Process(Process&& other) noexcept = default;
    Process& operator=(Process&& other) noexcept;
    /// terminate() with ten seconds' grace, if it still runs.
    ~Process();

    pid_t pid() const { return pid_; }

    /// Never reaches another process that got the same pid. An Error when the process has ended already.
    Result<> signal(int number) const;

    /// How it ended, or nothing while it runs.
    std::optional<ExitStatus> poll();

    /// Waits for the end, at most so long; nothing when it runs still.
    std::optional<ExitStatus> wait(std::chrono::milliseconds timeout);

    /// SIGTERM, then SIGKILL after `grace`. Returns how it ended.
    ExitStatus terminate(std::chrono::milliseconds grace = std::chrono::seconds(10));

    /// What was captured up to now.
    std::string capturedOutput() const;
    std::string capturedError() const;
    /// Of its output.
    std::size_t capturedBytes() const;

  private:
    Process() = default;

    void reap();

    pid_t pid_ = -1;
    bool own_group_ = false;
    FileDescriptor pidfd_;
    FileDescriptor output_;
    FileDescriptor error_;
    std::optional<ExitStatus> status_;
};

struct ProcessResult {
    ExitStatus status;
    std::string output;
    std::string error;
};

/// Runs to the end; outputs that the options leave at kInherit are captured. kDeadlineExceeded, and the process is
/// killed, when it takes longer than `timeout`.
Result<ProcessResult> run(ProcessOptions options, std::chrono::milliseconds timeout);

/// As run(), and an exit code other than 0 is an Error with the last lines that the program wrote. Returns its output.
Result<std::string> runChecked(ProcessOptions options, std::chrono::milliseconds timeout);

/// The last `lines` lines of a text: what an error message can carry of a log.
std::string lastLines(const std::string& text, std::size_t lines);

}  // namespace tessera
