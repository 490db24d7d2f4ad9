#include "nodeservice/postgres/cluster.h"

#include "common/strings.h"

#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>
#include <thread>

namespace tessera::postgres {

namespace fs = std::filesystem;

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// PostgreSQL's own files have no finer notification than their content; asked this often.
constexpr milliseconds kAskInterval{3};
constexpr milliseconds kPredecessorTimeout = seconds(15);

const std::map<std::string, std::string> kServerEnvironment = {{"LC_ALL", "C.UTF-8"}};

std::string readFrom(const fs::path& file, std::uintmax_t offset) {
    std::ifstream stream(file);
    stream.seekg(static_cast<std::streamoff>(offset));
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

std::uintmax_t sizeOf(const fs::path& file) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(file, error);
    return error ? 0 : size;
}

/// Replaces a file that the server reads, readable by its user only.
Result<> writeFile(const ServiceUser& user, const fs::path& file, const std::string& text) {
    {
        std::ofstream stream(file, std::ios::trunc);
        stream << text;
        stream.flush();
        if (!stream) {
            return fail(ErrorCode::kPermissionDenied, "cannot write '" + file.string() + "'");
        }
    }
    std::error_code error;
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, error);
    return giveTo(user, file);
}

/// The PostgreSQL processes that work in a data directory: it is their current folder, be they orphans or not.
std::vector<pid_t> serversOn(const fs::path& data_directory) {
    std::vector<pid_t> found;
    std::error_code error;
    const fs::path directory = fs::canonical(data_directory, error);
    for (fs::directory_iterator entry("/proc", error); !error && entry != fs::end(entry); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        pid_t pid = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr != name.data() + name.size()) {
            continue;
        }
        std::error_code unreadable;
        if (fs::read_symlink(entry->path() / "cwd", unreadable) != directory || unreadable) {
            continue;
        }
        std::string program;
        std::getline(std::ifstream(entry->path() / "comm") >> std::ws, program);
        if (program == "postgres" && pid != ::getpid()) {
            found.push_back(pid);
        }
    }
    return found;
}

Result<> checkSocketPath(const fs::path& directory, std::uint16_t port) {
    const std::string socket = (directory / (".s.PGSQL." + std::to_string(port))).string();
    if (socket.size() >= sizeof(sockaddr_un::sun_path)) {
        return fail(ErrorCode::kInvalidArgument,
                    "the unix socket '" + socket + "' has a path of " + std::to_string(socket.size()) +
                        " bytes, the system allows " + std::to_string(sizeof(sockaddr_un::sun_path) - 1),
                    "choose a shorter folder");
    }
    return {};
}

std::string settingLine(const std::string& name, const std::string& value) {
    // In postgresql.conf, unlike in SQL, a backslash escapes.
    std::string text;
    for (const char character : value) {
        text += character;
        if (character == '\'' || character == '\\') {
            text += character;
        }
    }
    return name + " = '" + text + "'\n";
}

}  // namespace

Cluster::Cluster(ClusterOptions options) : options_(std::move(options)) {}

Cluster::~Cluster() {
    stop();
}

Result<bool> Cluster::isInitialised() const {
    std::string version;
    if (!(std::ifstream(options_.data_directory / "PG_VERSION") >> version)) {
        return false;
    }
    if (version != std::to_string(kMajorVersion)) {
        return fail(ErrorCode::kFailedPrecondition,
                    "the data directory '" + options_.data_directory.string() + "' was made by PostgreSQL " + version +
                        ", this is PostgreSQL " + std::to_string(kMajorVersion),
                    "choose another data directory, or remove this one if nothing in it is needed");
    }
    return true;
}

Result<> Cluster::initialise() {
    std::error_code error;
    if (fs::exists(options_.data_directory, error) && !fs::is_empty(options_.data_directory, error)) {
        return fail(ErrorCode::kFailedPrecondition,
                    "the data directory '" + options_.data_directory.string() + "' is not empty",
                    "choose another one, or empty it if nothing in it is needed");
    }
    TSR_TRY(makePrivateDirectory(options_.user, options_.data_directory));
    std::vector<std::string> arguments = {(options_.installation.bin_directory / "initdb").string(),
                                          "--pgdata=" + options_.data_directory.string(),
                                          "--username=" + options_.superuser,
                                          "--encoding=UTF8",
                                          "--locale=C",
                                          "--lc-ctype=C.UTF-8",
                                          "--auth-local=peer",
                                          "--auth-host=reject",
                                          "--no-instructions"};
    if (!options_.superuser_password.empty()) {
        arguments.push_back("--pwfile=/dev/stdin");
    }
    arguments.insert(arguments.end(), options_.initdb_arguments.begin(), options_.initdb_arguments.end());
    const auto made = runChecked({.arguments = arguments,
                                  .environment = kServerEnvironment,
                                  .working_directory = "/",
                                  .run_as = options_.user.runAs(),
                                  .standard_input = options_.superuser_password},
                                 std::chrono::minutes(5));
    if (!made) {
        return Error(made.error())
            .withContext("creating the data directory '" + options_.data_directory.string() + "'");
    }
    return {};
}

Result<> Cluster::writeConfiguration() const {
    std::ostringstream text;
    text << "# Written at each start; changes here are lost.\n"
         << settingLine("listen_addresses", options_.listen_on_loopback ? "127.0.0.1" : "")
         << settingLine("port", std::to_string(options_.port))
         << settingLine("unix_socket_directories", options_.socket_directory.string())
         << settingLine("password_encryption", "scram-sha-256") << settingLine("timezone", "UTC")
         << settingLine("log_timezone", "UTC") << settingLine("dynamic_shared_memory_type", "posix");
    for (const auto& [name, value] : options_.settings) {
        text << settingLine(name, value);
    }
    TSR_TRY(writeFile(options_.user, options_.data_directory / "postgresql.conf", text.str()));
    TSR_TRY(writeFile(options_.user, options_.data_directory / "pg_hba.conf", options_.host_based_authentication));
    return writeFile(options_.user, options_.data_directory / "pg_ident.conf", options_.user_name_maps);
}

Result<> Cluster::waitForPredecessor() const {
    // A predecessor's parent may have been killed a moment ago: then it is on its way out.
    const auto deadline = std::chrono::steady_clock::now() + kPredecessorTimeout;
    for (auto pids = serversOn(options_.data_directory); !pids.empty(); pids = serversOn(options_.data_directory)) {
        if (std::chrono::steady_clock::now() > deadline) {
            return fail(ErrorCode::kFailedPrecondition,
                        "PostgreSQL (process " + std::to_string(pids.front()) +
                            ") already runs on the data directory '" + options_.data_directory.string() + "'",
                        "stop the program that started it, or choose another data directory");
        }
        std::this_thread::sleep_for(kAskInterval);
    }
    // With no server left, lock files are stale; one that names a number which another process of ours now has would
    // prevent the start.
    std::error_code error;
    fs::remove(options_.data_directory / "postmaster.pid", error);
    fs::remove(options_.socket_directory / (".s.PGSQL." + std::to_string(options_.port) + ".lock"), error);
    return {};
}

Result<> Cluster::start() {
    TSR_TRY(checkSocketPath(options_.socket_directory, options_.port));
    TSR_TRY(makePrivateDirectory(options_.user, options_.socket_directory));
    TSR_TRY(waitForPredecessor());
    TSR_TRY(writeConfiguration());
    log_start_ = sizeOf(options_.log_file);
    process_ = TSR_TRY(Process::start({.arguments = {(options_.installation.bin_directory / "postgres").string(), "-D",
                                                     options_.data_directory.string()},
                                       .environment = kServerEnvironment,
                                       .working_directory = "/",
                                       .run_as = options_.user.runAs(),
                                       .standard_output = ProcessOutput::toFile(options_.log_file),
                                       .standard_error = ProcessOutput::toFile(options_.log_file),
                                       .signal_on_parent_death = SIGQUIT,
                                       .own_process_group = true}));
    const auto ready = waitUntilReady();
    if (!ready) {
        stop(seconds(0));
        process_.reset();
    }
    return ready;
}

Result<> Cluster::waitUntilReady() {
    const auto deadline = std::chrono::steady_clock::now() + options_.start_timeout;
    while (statusOfPidFile() != "ready") {
        if (const auto ended = process_->wait(kAskInterval)) {
            return startFailure("it " + ended->describe());
        }
        if (std::chrono::steady_clock::now() > deadline) {
            return startFailure("it did not get ready within " + std::to_string(options_.start_timeout.count()) +
                                " ms");
        }
    }
    return {};
}

std::string Cluster::statusOfPidFile() const {
    // Its first line is the postmaster's pid, its eighth the status; see PostgreSQL's miscadmin.h.
    std::ifstream file(options_.data_directory / "postmaster.pid");
    std::string line;
    std::getline(file, line);
    if (line != std::to_string(process_->pid())) {
        return {};
    }
    for (int number = 2; number <= 8; ++number) {
        if (!std::getline(file, line)) {
            return {};
        }
    }
    return line.substr(0, line.find(' '));
}

Error Cluster::startFailure(const std::string& what) const {
    const std::string log = readFrom(options_.log_file, log_start_);
    if (log.find("Address already in use") != std::string::npos) {
        return fail(ErrorCode::kUnavailable, "port " + std::to_string(options_.port) + " on 127.0.0.1 is in use",
                    "stop what listens there, or choose another port");
    }
    Error error =
        fail(ErrorCode::kInternal, "PostgreSQL on '" + options_.data_directory.string() + "' did not start: " + what,
             "its log is '" + options_.log_file.string() + "'");
    error.detail = lastLines(log, 15);
    return error;
}

std::optional<ExitStatus> Cluster::wait(milliseconds timeout) {
    return process_ ? process_->wait(timeout) : ExitStatus{};
}

Result<> Cluster::signal(int number) const {
    if (!process_) {
        return fail(ErrorCode::kFailedPrecondition, "PostgreSQL was not started");
    }
    return process_->signal(number);
}

void Cluster::stop(milliseconds grace) {
    if (!process_ || process_->poll()) {
        return;
    }
    (void)process_->signal(SIGINT);  // "fast"; it may have ended by itself
    if (!process_->wait(grace)) {
        (void)process_->signal(SIGQUIT);  // "immediate"
        if (!process_->wait(seconds(10))) {
            (void)process_->signal(SIGKILL);
            process_->wait(seconds(10));
        }
    }
}

ConnectionSettings Cluster::superuserSettings(const std::string& database) const {
    return {.host = options_.socket_directory.string(),
            .port = options_.port,
            .user = options_.superuser,
            .password = {},
            .database = database};
}

}  // namespace tessera::postgres
