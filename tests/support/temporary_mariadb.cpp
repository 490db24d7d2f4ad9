#include "tests/support/temporary_mariadb.h"

#include "common/net.h"
#include "tests/support/data_template.h"

#include <cstdlib>
#include <fstream>

namespace tessera {

namespace fs = std::filesystem;

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr int kPortAttempts = 5;
constexpr milliseconds kStartTimeout = seconds(60);
constexpr const char* kInstallHint = "install it with 'apt-get install mariadb-server' (./dev setup does)";

/// TESSERA_MYSQL_HOME: a MySQL 8 that is unpacked there; empty: MariaDB.
fs::path mysqlHome() {
    const char* home = std::getenv("TESSERA_MYSQL_HOME");  // NOLINT(concurrency-mt-unsafe)
    return home != nullptr ? home : "";
}

/// The server is in sbin, which is not in every user's PATH.
Result<fs::path> serverProgram() {
    if (TemporaryMariaDb::isMysql()) {
        return mysqlHome() / "bin/mysqld";
    }
    for (const fs::path candidate : {"/usr/sbin/mariadbd", "/usr/bin/mariadbd", "/usr/local/bin/mariadbd"}) {
        std::error_code error;
        if (fs::exists(candidate, error)) {
            return candidate;
        }
    }
    return fail(ErrorCode::kFailedPrecondition, "MariaDB's server is not on this machine", kInstallHint);
}

std::string accounts() {
    const std::string account = "'" + std::string(TemporaryMariaDb::kUser) + "'@'%'";
    return std::string(TemporaryMariaDb::isMysql()
                           ? ""
                           : "FLUSH PRIVILEGES;\nDELETE FROM mysql.global_priv WHERE User = '';\n") +
           "CREATE USER " + account + " IDENTIFIED BY '" + TemporaryMariaDb::kPassword + "';\nGRANT ALL ON *.* TO " +
           account + " WITH GRANT OPTION;\nCREATE DATABASE IF NOT EXISTS " + TemporaryMariaDb::kDatabase + ";\n";
}

}  // namespace

bool TemporaryMariaDb::isMysql() {
    return !mysqlHome().empty();
}

Result<TemporaryMariaDb> TemporaryMariaDb::start(std::vector<std::string> arguments) {
    TemporaryMariaDb server;
    server.arguments_ = std::move(arguments);
    server.user_ = TSR_TRY(serviceUser());
    TSR_TRY(copyDataTemplate(isMysql() ? "mysql" : "mariadb", server.user_, server.folder() / "data",
                             [&] { return server.initialise(); }));
    for (int attempt = 1;; ++attempt) {
        server.port_ = TSR_TRY(freeLoopbackPort());
        const auto started = server.launch();
        if (started) {
            return server;
        }
        if (started.error().code != ErrorCode::kUnavailable || attempt == kPortAttempts) {
            return started.error();
        }
    }
}

Result<> TemporaryMariaDb::initialise() {
    const std::string program = TSR_TRY(serverProgram());
    const fs::path data = folder() / "data";
    TSR_TRY(makePrivateDirectory(user_, data));
    if (isMysql()) {
        const fs::path script = folder() / "accounts.sql";
        std::ofstream(script) << accounts();
        fs::permissions(script, fs::perms(0644));
        TSR_TRY(runChecked(
            {.arguments = {program, "--no-defaults", "--basedir=" + mysqlHome().string(), "--datadir=" + data.string(),
                           "--init-file=" + script.string(), "--initialize-insecure"},
             .working_directory = "/",
             .run_as = user_.runAs()},
            std::chrono::minutes(3)));
        return {};
    }
    TSR_TRY(runChecked({.arguments = {"mariadb-install-db", "--no-defaults", "--datadir=" + data.string(),
                                      "--auth-root-authentication-method=normal", "--skip-test-db"},
                        .working_directory = "/",
                        .run_as = user_.runAs()},
                       std::chrono::minutes(3)));
    TSR_TRY(runChecked({.arguments = {program, "--no-defaults", "--bootstrap", "--datadir=" + data.string()},
                        .working_directory = "/",
                        .run_as = user_.runAs(),
                        .standard_input = accounts()},
                       std::chrono::minutes(3)));
    return {};
}

Result<> TemporaryMariaDb::launch() {
    const std::string program = TSR_TRY(serverProgram());
    const fs::path log_file = folder() / "log";
    const std::size_t log_start = log().size();
    TSR_TRY(makePrivateDirectory(user_, folder() / "socket"));
    std::vector<std::string> arguments = {
        program, "--no-defaults", "--datadir=" + (folder() / "data").string(),
        "--socket=" + (folder() / "socket/mariadb").string(), "--pid-file=" + (folder() / "socket/pid").string(),
        // A server that starts removes the temporary files of all others there.
        "--tmpdir=" + (folder() / "socket").string(), "--port=" + std::to_string(port_), "--bind-address=127.0.0.1",
        "--skip-networking=0", "--skip-name-resolve", "--local-infile=1", "--character-set-server=utf8mb4",
        "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0", "--innodb-fast-shutdown=2",
        "--skip-log-bin"};
    if (isMysql()) {
        arguments.insert(arguments.end(), {"--basedir=" + mysqlHome().string(), "--mysqlx=OFF"});
    }
    arguments.insert(arguments.end(), arguments_.begin(), arguments_.end());
    process_ = TSR_TRY(Process::start({.arguments = std::move(arguments),
                                       .working_directory = "/",
                                       .run_as = user_.runAs(),
                                       .standard_output = ProcessOutput::toFile(log_file),
                                       .standard_error = ProcessOutput::toFile(log_file),
                                       .signal_on_parent_death = SIGKILL,
                                       .own_process_group = true}));

    const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
    while (log().find("ready for connections", log_start) == std::string::npos) {
        const auto ended = process_->wait(milliseconds(3));
        if (!ended && std::chrono::steady_clock::now() < deadline) {
            continue;
        }
        const std::string text = log().substr(log_start);
        if (text.find("Address already in use") != std::string::npos) {
            return fail(ErrorCode::kUnavailable, "port " + std::to_string(port_) + " on 127.0.0.1 is in use");
        }
        Error error = fail(ErrorCode::kInternal,
                           "MariaDB did not start: it " + (ended ? ended->describe() : "did not get ready in time"));
        error.detail = lastLines(text, 15);
        return error;
    }
    return {};
}

Result<std::string> TemporaryMariaDb::execute(const std::string& sql, const std::string& database) const {
    return runChecked(
        {.arguments = {"mariadb", "--no-defaults", "--batch", "--skip-column-names", "--local-infile=1",
                       "--default-character-set=utf8mb4", "--protocol=tcp", "--host=" + std::string(kHost),
                       "--port=" + std::to_string(port_), "--user=" + std::string(kUser), "--database=" + database},
         .environment = {{"MYSQL_PWD", kPassword}},
         .standard_input = sql},
        std::chrono::minutes(2));
}

void TemporaryMariaDb::kill() {
    process_->terminate(milliseconds(0));
}

Result<> TemporaryMariaDb::restart() {
    return launch();
}

std::string TemporaryMariaDb::log() const {
    return readFile(folder() / "log");
}

}  // namespace tessera
