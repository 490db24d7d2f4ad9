#include "common/process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>

// The system's table of environment variables; no header declares it without _GNU_SOURCE's unistd.h.
extern char** environ;

namespace tessera {

namespace {

using std::chrono::milliseconds;

std::string reason(int error_number) {
    return std::generic_category().message(error_number);
}

ErrorCode codeOf(int error_number) {
    switch (error_number) {
        case ENOENT:
        case ENOTDIR:
            return ErrorCode::kNotFound;
        case EACCES:
        case EPERM:
            return ErrorCode::kPermissionDenied;
        case EAGAIN:
        case ENOMEM:
        case EMFILE:
        case ENFILE:
            return ErrorCode::kResourceExhausted;
        default:
            return ErrorCode::kInternal;
    }
}

Error systemError(const std::string& what, int error_number) {
    return fail(codeOf(error_number), what + ": " + reason(error_number));
}

struct Identity {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
    std::string home;
};

Result<Identity> identityOf(const std::string& user) {
    std::array<char, 16384> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
        return fail(ErrorCode::kNotFound, "there is no system user '" + user + "'");
    }
    Identity identity{entry.pw_uid, entry.pw_gid, {}, entry.pw_dir};
    int count = 64;
    identity.groups.resize(static_cast<std::size_t>(count));
    while (::getgrouplist(user.c_str(), entry.pw_gid, identity.groups.data(), &count) < 0) {
        identity.groups.resize(static_cast<std::size_t>(count));
    }
    identity.groups.resize(static_cast<std::size_t>(count));
    return identity;
}

/// The file to execute: exec's own search of PATH is not async-signal-safe.
Result<std::string> executableOf(const std::string& program) {
    if (program.find('/') != std::string::npos) {
        return program;
    }
    const char* path = std::getenv("PATH");
    std::string folders = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
    for (std::size_t begin = 0; begin <= folders.size();) {
        const std::size_t end = std::min(folders.find(':', begin), folders.size());
        const std::string candidate = folders.substr(begin, end - begin) + "/" + program;
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
        begin = end + 1;
    }
    return fail(ErrorCode::kNotFound, "cannot run '" + program + "': it is in no folder of PATH");
}

enum class Step : int { kUser, kDirectory, kStreams, kExec };

/// What a child that could not become the program tells its parent.
struct ChildFailure {
    Step step;
    int error_number;
};

/// Everything the child uses between fork and exec, allocated before the fork.
struct Preparation {
    std::string executable;
    std::string directory;
    std::vector<std::string> environment;
    std::vector<char*> argv;
    std::vector<char*> envp;
    std::optional<Identity> identity;
    int signal_on_parent_death = 0;
    bool own_group = false;
    FileDescriptor input;
    FileDescriptor output;
    FileDescriptor error;
    pid_t parent = 0;
};

Result<FileDescriptor> memoryFile(const char* name, const std::string& content) {
    FileDescriptor file(::memfd_create(name, MFD_CLOEXEC));
    if (!file) {
        return systemError("cannot create a memory file", errno);
    }
    for (std::size_t written = 0; written < content.size();) {
        const ssize_t count = ::write(file.get(), content.data() + written, content.size() - written);
        if (count < 0) {
            return systemError("cannot write a memory file", errno);
        }
        written += static_cast<std::size_t>(count);
    }
    if (::lseek(file.get(), 0, SEEK_SET) < 0) {
        return systemError("cannot rewind a memory file", errno);
    }
    return file;
}

Result<FileDescriptor> outputOf(const ProcessOutput& output, int inherited) {
    int descriptor = -1;
    switch (output.kind) {
        case ProcessOutput::Kind::kInherit:
            descriptor = ::fcntl(inherited, F_DUPFD_CLOEXEC, 3);
            break;
        case ProcessOutput::Kind::kDiscard:
            descriptor = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
            break;
        case ProcessOutput::Kind::kFile:
            descriptor = ::open(output.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
            break;
        case ProcessOutput::Kind::kCapture:
            return memoryFile("output", {});
    }
    if (descriptor < 0) {
        return systemError("cannot open '" + output.file.string() + "' for a process's output", errno);
    }
    return FileDescriptor(descriptor);
}

std::vector<std::string> environmentOf(const ProcessOptions& options, const std::optional<Identity>& identity) {
    std::map<std::string, std::string> values;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const std::size_t equals = text.find('=');
        if (equals != std::string::npos) {
            values[text.substr(0, equals)] = text.substr(equals + 1);
        }
    }
    if (identity) {
        values["HOME"] = identity->home;
        values["USER"] = values["LOGNAME"] = options.run_as;
    }
    for (const auto& [name, value] : options.environment) {
        values[name] = value;
    }
    std::vector<std::string> result;
    result.reserve(values.size());
    for (const auto& [name, value] : values) {
        result.push_back(name + "=" + value);
    }
    return result;
}

Result<Preparation> prepare(const ProcessOptions& options) {
    if (options.arguments.empty()) {
        return fail(ErrorCode::kInvalidArgument, "cannot run a process without a program");
    }
    Preparation made;
    made.executable = TSR_TRY(executableOf(options.arguments.front()));
    made.directory = options.working_directory.string();
    if (!options.run_as.empty()) {
        made.identity = TSR_TRY(identityOf(options.run_as));
    }
    made.environment = environmentOf(options, made.identity);
    for (const std::string& argument : options.arguments) {
        made.argv.push_back(const_cast<char*>(argument.c_str()));  // exec's signature; it does not write
    }
    made.argv.push_back(nullptr);
    for (std::string& entry : made.environment) {
        made.envp.push_back(entry.data());
    }
    made.envp.push_back(nullptr);
    made.signal_on_parent_death = options.signal_on_parent_death;
    made.own_group = options.own_process_group;
    made.input = TSR_TRY(memoryFile("input", options.standard_input));
    made.output = TSR_TRY(outputOf(options.standard_output, STDOUT_FILENO));
    made.error = TSR_TRY(outputOf(options.standard_error, STDERR_FILENO));
    made.parent = ::getpid();
    return made;
}

[[noreturn]] void giveUp(int report, Step step) {
    const ChildFailure failure{step, errno};
    // Nothing can be done about a lost report: the parent then sees exit code 127.
    [[maybe_unused]] const ssize_t written = ::write(report, &failure, sizeof failure);
    ::_exit(127);
}

/// Raw system calls: glibc's wrappers would try to change the other threads, which do not exist in this child.
bool becomeUser(const Identity& identity) {
    return ::syscall(SYS_setgroups, identity.groups.size(), identity.groups.data()) == 0 &&
           ::syscall(SYS_setresgid, identity.gid, identity.gid, identity.gid) == 0 &&
           ::syscall(SYS_setresuid, identity.uid, identity.uid, identity.uid) == 0;
}

/// Runs in the child of a program with threads: async-signal-safe calls only, no allocation. All signals are blocked.
[[noreturn]] void becomeProgram(const Preparation& made, int report) {
    for (int number = 1; number < NSIG; ++number) {
        ::signal(number, SIG_DFL);  // handlers are the parent's; ignored ones would stay ignored
    }
    if (made.own_group) {
        ::setpgid(0, 0);
    }
    if (made.identity && !becomeUser(*made.identity)) {
        giveUp(report, Step::kUser);
    }
    if (made.signal_on_parent_death != 0) {
        // After the change of user, which clears it. The parent may have gone before this call.
        ::prctl(PR_SET_PDEATHSIG, made.signal_on_parent_death);
        if (::getppid() != made.parent) {
            ::_exit(127);
        }
    }
    if (!made.directory.empty() && ::chdir(made.directory.c_str()) != 0) {
        giveUp(report, Step::kDirectory);
    }
    if (::dup2(made.input.get(), STDIN_FILENO) < 0 || ::dup2(made.output.get(), STDOUT_FILENO) < 0 ||
        ::dup2(made.error.get(), STDERR_FILENO) < 0) {
        giveUp(report, Step::kStreams);
    }
    // Descriptors that some library opened without O_CLOEXEC stay out of the program.
    ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(made.executable.c_str(), made.argv.data(), made.envp.data());
    giveUp(report, Step::kExec);
}

pid_t forkChild(const Preparation& made, int report) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0) {
        becomeProgram(made, report);
    }
    const int error_number = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error_number;
    return pid;
}

/// The kernel sends the parent-death signal when the *thread* that forked ends, so children that must live as long as
/// this program are forked by a thread that lives as long.
class Spawner {
  public:
    static Spawner& instance() {
        static Spawner spawner;
        return spawner;
    }

    std::pair<pid_t, int> forkChild(const Preparation& made, int report) {
        std::packaged_task<std::pair<pid_t, int>()> task([&made, report] {
            const pid_t pid = tessera::forkChild(made, report);
            return std::pair(pid, errno);
        });
        auto forked = task.get_future();
        {
            const std::lock_guard lock(mutex_);
            tasks_.push_back(std::move(task));
        }
        wake_.notify_one();
        return forked.get();
    }

  private:
    Spawner() : thread_([this](const std::stop_token& stop) { work(stop); }) {
        ::pthread_setname_np(thread_.native_handle(), "spawner");
    }

    void work(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (wake_.wait(lock, stop, [this] { return !tasks_.empty(); })) {
            auto task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<std::packaged_task<std::pair<pid_t, int>()>> tasks_;
    std::jthread thread_;  // last: it uses the others
};

Error startError(const ChildFailure& failure, const ProcessOptions& options) {
    const std::string& program = options.arguments.front();
    switch (failure.step) {
        case Step::kUser:
            return systemError("cannot run '" + program + "' as user '" + options.run_as + "'", failure.error_number);
        case Step::kDirectory:
            return systemError("cannot run '" + program + "' in folder '" + options.working_directory.string() + "'",
                               failure.error_number);
        case Step::kStreams:
        case Step::kExec:
            break;
    }
    return systemError("cannot run '" + program + "'", failure.error_number);
}

std::string contentOf(const FileDescriptor& file) {
    std::string text;
    std::array<char, 65536> buffer{};
    ssize_t count = 0;
    while (file && (count = ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
}

/// Whether the process of `pidfd` ended within the time.
bool waitForEnd(int pidfd, milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (true) {
        const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd entry{pidfd, POLLIN, 0};
        const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000'000)));
        if (ready > 0) {
            return true;
        }
        if (ready == 0 || errno != EINTR) {
            return false;
        }
    }
}

}  // namespace

FileDescriptor::~FileDescriptor() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

std::string ExitStatus::describe() const {
    if (signal != 0) {
        return "was ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
    }
    return "ended with exit code " + std::to_string(exit_code);
}

Result<Process> Process::start(const ProcessOptions& options) {
    Preparation made = TSR_TRY(prepare(options));
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return systemError("cannot run '" + options.arguments.front() + "'", errno);
    }
    const FileDescriptor report_read(ends[0]);
    FileDescriptor report_write(ends[1]);

    pid_t pid = -1;
    int fork_error = 0;
    if (options.signal_on_parent_death != 0) {
        std::tie(pid, fork_error) = Spawner::instance().forkChild(made, report_write.get());
    } else {
        pid = forkChild(made, report_write.get());
        fork_error = errno;
    }
    if (pid < 0) {
        return systemError("cannot run '" + options.arguments.front() + "'", fork_error);
    }
    report_write = FileDescriptor();

    Process process;
    process.pid_ = pid;
    process.own_group_ = options.own_process_group;
    process.pidfd_ =
        FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));  // glibc 2.36's header is not for C++
    ChildFailure failure{};
    ssize_t count = 0;
    // The pipe closes without a word when exec succeeds.
    while ((count = ::read(report_read.get(), &failure, sizeof failure)) < 0 && errno == EINTR) {
    }
    if (count == static_cast<ssize_t>(sizeof failure)) {
        process.reap();
        return startError(failure, options);
    }
    if (!process.pidfd_) {
        const int error_number = errno;
        ::kill(pid, SIGKILL);
        process.reap();
        return systemError("cannot watch process '" + options.arguments.front() + "' (Linux 5.3 or later is needed)",
                           error_number);
    }
    if (options.standard_output.kind == ProcessOutput::Kind::kCapture) {
        process.output_ = std::move(made.output);
    }
    if (options.standard_error.kind == ProcessOutput::Kind::kCapture) {
        process.error_ = std::move(made.error);
    }
    return process;
}

Process& Process::operator=(Process&& other) noexcept {
    // What this owned before ends with `other`.
    std::swap(pid_, other.pid_);
    std::swap(own_group_, other.own_group_);
    std::swap(pidfd_, other.pidfd_);
    std::swap(output_, other.output_);
    std::swap(error_, other.error_);
    std::swap(status_, other.status_);
    return *this;
}

Process::~Process() {
    if (pidfd_ && !status_) {
        terminate();
    }
}

Result<> Process::signal(int number) const {
    if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) != 0) {
        return systemError("cannot signal process " + std::to_string(pid_), errno);
    }
    return {};
}

std::optional<ExitStatus> Process::poll() {
    return wait(milliseconds(0));
}

std::optional<ExitStatus> Process::wait(milliseconds timeout) {
    if (!status_ && waitForEnd(pidfd_.get(), timeout)) {
        reap();
    }
    return status_;
}

ExitStatus Process::terminate(milliseconds grace) {
    if (!status_) {
        (void)signal(SIGTERM);  // it may have ended by itself
        if (!wait(grace)) {
            (void)signal(SIGKILL);
            reap();
        }
    }
    return *status_;
}

void Process::reap() {
    siginfo_t information{};
    if (own_group_) {
        // Its group keeps the number until it is reaped, so this cannot reach strangers.
        while (::waitid(P_PID, static_cast<id_t>(pid_), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
        }
        ::kill(-pid_, SIGKILL);
    }
    while (::waitid(P_PID, static_cast<id_t>(pid_), &information, WEXITED) != 0 && errno == EINTR) {
    }
    status_ = information.si_code == CLD_EXITED ? ExitStatus{information.si_status, 0}
                                                : ExitStatus{128 + information.si_status, information.si_status};
}

std::string Process::capturedOutput() const {
    return contentOf(output_);
}

std::string Process::capturedError() const {
    return contentOf(error_);
}

std::size_t Process::capturedBytes() const {
    struct stat facts {};

    return output_ && ::fstat(output_.get(), &facts) == 0 ? static_cast<std::size_t>(facts.st_size) : 0;
}

Result<ProcessResult> run(ProcessOptions options, milliseconds timeout) {
    for (ProcessOutput* output : {&options.standard_output, &options.standard_error}) {
        if (output->kind == ProcessOutput::Kind::kInherit) {
            *output = ProcessOutput::capture();
        }
    }
    Process process = TSR_TRY(Process::start(options));
    const auto status = process.wait(timeout);
    if (!status) {
        (void)process.signal(SIGKILL);
        return fail(ErrorCode::kDeadlineExceeded, "'" + options.arguments.front() + "' did not end within " +
                                                      std::to_string(timeout.count()) + " ms and was killed");
    }
    return ProcessResult{*status, process.capturedOutput(), process.capturedError()};
}

Result<std::string> runChecked(ProcessOptions options, milliseconds timeout) {
    const std::string program = options.arguments.empty() ? "" : options.arguments.front();
    ProcessResult result = TSR_TRY(run(std::move(options), timeout));
    if (!result.status.ok()) {
        Error error = fail(ErrorCode::kInternal, "'" + program + "' " + result.status.describe());
        error.detail = lastLines(result.error.empty() ? result.output : result.error, 15);
        return error;
    }
    return std::move(result.output);
}

std::string lastLines(const std::string& text, std::size_t lines) {
    std::size_t end = text.size();
    while (end > 0 && text[end - 1] == '\n') {
        --end;
    }
    std::size_t begin = end;
    for (std::size_t found = 0; begin > 0; --begin) {
        if (text[begin - 1] == '\n' && ++found == lines) {
            break;
        }
    }
    return text.substr(begin, end - begin);
}

}  // namespace tessera
