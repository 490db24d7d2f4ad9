// tessera-agent: signs its person in, and carries what the person's programs say to nodes. No window of its own.

#include "agent/agent.h"
#include "agent/localport/local_socket.h"
#include "agent/relay/agent_server.h"
#include "common/log.h"
#include "nodeservice/client/agent_client.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QCoreApplication>
#include <QSocketNotifier>
#include <QTimer>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace tessera::agent {
namespace {

constexpr const char* kUsage =
    R"(tessera-agent: signs you in to meshes, carries what your programs say to their nodes, and shows on your desktop what
jobs tell you

  tessera-agent start    start it in the background, unless it runs; returns when it answers
  tessera-agent run      run it here, until SIGTERM or Ctrl+C (for systemd)

It reads $TESSERA_PROFILES, else ~/.config/tessera/profiles.yaml. 'tessera status' shows what it does.
)";

constexpr std::chrono::milliseconds kSettlePause{20};
constexpr int kSettleTries = 250;
/// Less than who has asked for the start waits.
constexpr std::chrono::milliseconds kStartPause{50};
constexpr int kStartTries = 400;

/// Tokens are in this process' memory: no core of it, and no debugger of the same user.
void protectMemory() {
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
}

/// Held while the agent lives; nothing when another has it.
Result<std::optional<FileDescriptor>> lockInstance(const client::AgentPaths& paths) {
    TSR_TRY(makeOwnFolder(paths.runtime_directory));
    TSR_TRY(makeOwnFolder(paths.state_directory));
    const std::filesystem::path file = paths.socket.string() + ".lock";
    FileDescriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock) {
        return fail(ErrorCode::kUnavailable, "cannot open '" + file.string() + "': " + std::strerror(errno));
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return std::optional<FileDescriptor>();
    }
    return std::optional<FileDescriptor>(std::move(lock));
}

/// The lock, or nothing once another agent answers: several programs may start one at once, and one that ends holds it
/// for a while.
Result<std::optional<FileDescriptor>> lockUnlessAnswered(const client::AgentPaths& paths) {
    for (int i = 0; i < kStartTries; ++i) {
        auto lock = TSR_TRY(lockInstance(paths));
        if (lock || client::AgentClient::connect()) {
            return lock;
        }
        ::usleep(static_cast<useconds_t>(std::chrono::microseconds(kStartPause).count()));
    }
    return fail(ErrorCode::kUnavailable, "another agent runs and does not answer",
                "'" + (paths.state_directory / "agent.log").string() + "' may say why");
}

/// Tells whoever waits for the start that it is done, by closing what he reads.
using Started = FileDescriptor;

int serve(int argc, char** argv, const client::AgentPaths& paths, Started started) {
    protectMemory();
    ::umask(077);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    // Before any thread, which inherits it.
    ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("tessera-agent"));
    Agent agent(paths);
    const auto server = AgentServer::start(agent, paths.socket);
    if (!server) {
        std::fprintf(stderr, "tessera-agent: %s\n", server.error().describe().c_str());
        return EXIT_FAILURE;
    }
    agent.start();
    const FileDescriptor signals(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
    QSocketNotifier ended(signals.get(), QSocketNotifier::Read);
    QObject::connect(&ended, &QSocketNotifier::activated, &application, [&application] { application.quit(); });
    log::info("agent.started", {{"pid", static_cast<int>(::getpid())}, {"socket", paths.socket.string()}});
    started = Started();
    QCoreApplication::exec();
    ::unlink(paths.socket.c_str());
    // A refresh whose answer is on its way has used up its token: without the answer the person would have to sign in
    // again.
    for (int i = 0; i < kSettleTries && agent.isRefreshing(); ++i) {
        QCoreApplication::processEvents();
        ::usleep(static_cast<useconds_t>(std::chrono::microseconds(kSettlePause).count()));
    }
    log::info("agent.ended");
    // Calls and sessions end with the process; all that is to be kept is on the disk. Nothing here is worth waiting for
    // a node that does not answer.
    std::_Exit(EXIT_SUCCESS);
}

int startInBackground(int argc, char** argv, const client::AgentPaths& paths) {
    int ready[2];
    if (::pipe2(ready, O_CLOEXEC) != 0) {
        std::perror("tessera-agent");
        return EXIT_FAILURE;
    }
    FileDescriptor reader(ready[0]);
    FileDescriptor writer(ready[1]);
    const std::filesystem::path log = paths.state_directory / "agent.log";
    const pid_t child = ::fork();
    if (child == 0) {
        ::setsid();
        reader = FileDescriptor();
        const FileDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
        const FileDescriptor file(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
        ::dup2(null.get(), STDIN_FILENO);
        ::dup2(null.get(), STDOUT_FILENO);
        ::dup2(file.get(), STDERR_FILENO);
        if (::chdir("/") != 0) {
            return EXIT_FAILURE;
        }
        return serve(argc, argv, paths, std::move(writer));
    }
    writer = FileDescriptor();
    char byte = 0;
    // Ends when the child has closed its end: it serves, or it is dead.
    while (::read(reader.get(), &byte, 1) < 0 && errno == EINTR) {
    }
    if (child < 0 || ::kill(child, 0) != 0 || !std::filesystem::exists(paths.socket)) {
        std::fprintf(stderr, "tessera-agent: it did not start; '%s' says why\n", log.c_str());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
    const std::string_view command = argc == 2 ? argv[1] : "";
    if (command == "--version") {
        std::puts("tessera-agent " TESSERA_VERSION);
        return EXIT_SUCCESS;
    }
    if (command != "run" && command != "start") {
        std::fputs(kUsage, command == "--help" ? stdout : stderr);
        return command == "--help" ? EXIT_SUCCESS : 2;
    }
    const client::AgentPaths paths = client::agentPaths();
    const auto lock = command == "start" ? lockUnlessAnswered(paths) : lockInstance(paths);
    if (!lock) {
        std::fprintf(stderr, "tessera-agent: %s\n", lock.error().describe().c_str());
        return EXIT_FAILURE;
    }
    if (!*lock) {
        std::fprintf(stderr, "tessera-agent: it runs already\n");
        return EXIT_SUCCESS;
    }
    return command == "run" ? serve(argc, argv, paths, {}) : startInBackground(argc, argv, paths);
}

}  // namespace
}  // namespace tessera::agent

int main(int argc, char** argv) {
    return tessera::agent::run(argc, argv);
}
