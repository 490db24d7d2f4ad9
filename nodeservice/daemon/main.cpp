/// tessera-node: the headless daemon. This file is its command line; daemon/node.h is what runs.

#include "common/config/section.h"
#include "common/log.h"
#include "nodeservice/daemon/node.h"
#include "nodeservice/daemon/node_config.h"
#include "nodeservice/daemon/store_recovery.h"
#include "nodeservice/daemon/vault.h"
#include "plugins/sdk/dialect_file/dialect_file.h"

#include <CLI/CLI.hpp>
#include <pthread.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace tessera::node {
namespace {

// What the program returns to its caller; `--help` says it too.
constexpr int kExitOk = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

constexpr const char* kFooter =
    "Exit codes: 0 ended as asked, 1 failed while running, 2 wrong usage or configuration.\n"
    "Start with resources/config/node.example.yaml and `tessera-node config check --config FILE`.";

struct ConfigArguments {
    std::string file;
    std::vector<std::string> values;
};

int report(const Error& error, int exit_code) {
    std::cerr << "tessera-node: " << error.describe() << '\n';
    return exit_code;
}

Result<std::map<std::string, std::string>> splitArguments(const std::vector<std::string>& values) {
    std::map<std::string, std::string> arguments;
    for (const std::string& value : values) {
        const std::size_t equals = value.find('=');
        if (equals == std::string::npos || equals == 0) {
            return fail(ErrorCode::kInvalidArgument, "'" + value + "' is no argument for the configuration",
                        "write --arg NAME=VALUE");
        }
        arguments[value.substr(0, equals)] = value.substr(equals + 1);
    }
    return arguments;
}

Result<config::Section> loadFile(const ConfigArguments& given) {
    return config::load(given.file, nodeSchema(),
                        {.arguments = TSR_TRY(splitArguments(given.values)), .vault = readFromVault});
}

Result<NodeConfig> loadConfig(const ConfigArguments& given) {
    return readNodeConfig(TSR_TRY(loadFile(given)));
}

int showConfig(const ConfigArguments& given) {
    const auto file = loadFile(given);
    if (!file) {
        return report(file.error(), kExitUsage);
    }
    std::cout << config::show(*file);
    return kExitOk;
}

int checkConfig(const ConfigArguments& given) {
    const auto config = loadConfig(given);
    if (!config) {
        return report(config.error(), kExitUsage);
    }
    const auto dialect_errors =
        config->dialect_directory ? dialect::checkFolder(*config->dialect_directory) : std::vector<Error>();
    for (const Error& error : dialect_errors) {
        report(error, kExitUsage);
    }
    if (!dialect_errors.empty()) {
        return kExitUsage;
    }
    std::cout << given.file << ": node '" << config->name << "' with " << config->sources.size()
              << " sources and peers, " << config->users.size() << " users: right\n";
    return kExitOk;
}

log::Level levelOf(const std::string& name) {
    return name == "debug"   ? log::Level::kDebug
           : name == "warn"  ? log::Level::kWarn
           : name == "error" ? log::Level::kError
                             : log::Level::kInfo;
}

/// Waits for SIGTERM, SIGINT and SIGHUP on a thread of its own, and tells the node. Blocked in every other thread.
class Signals {
  public:
    Signals() {
        sigemptyset(&signals_);
        for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
            sigaddset(&signals_, number);
        }
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
        std::signal(SIGPIPE, SIG_IGN);
        // A bound on files' sizes is an error of the write then, as a full disk is.
        std::signal(SIGXFSZ, SIG_IGN);
    }

    /// `on_stop` is called at the first signal to end, `on_reload` at each SIGHUP before, from the waiting thread.
    template <class Stop, class Reload>
    void listen(Stop on_stop, Reload on_reload) {
        thread_ = std::thread([this, on_stop, on_reload] {
            int number = 0;
            while (sigwait(&signals_, &number) == 0 && number == SIGHUP) {
                on_reload();
            }
            // SIGUSR1 is how the destructor ends the wait.
            if (number != SIGUSR1) {
                log::info("node.stopping", {{"signal", number}});
                stopped_ = true;
                on_stop();
            }
            stopped_.notify_all();
        });
    }

    bool wasStopped() const { return stopped_; }

    void waitUntilStopped() const { stopped_.wait(false); }

    ~Signals() {
        if (thread_.joinable()) {
            pthread_kill(thread_.native_handle(), SIGUSR1);
            thread_.join();
        }
    }

  private:
    sigset_t signals_{};
    std::atomic<bool> stopped_ = false;
    std::thread thread_;
};

/// A session has several sockets here, and a system's soft limit (1,024 as a rule) is for programs that use select().
void allowAllFiles() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)::setrlimit(RLIMIT_NOFILE, &files);
    }
}

int runNode(const ConfigArguments& given) {
    auto config = loadConfig(given);
    if (!config) {
        return report(config.error(), kExitUsage);
    }
    log::setLevel(levelOf(config->log_level));
    // The store's statements must do the same on every node, wherever that stands. Before there is a second thread.
    setenv("TZ", "UTC", 1);
    tzset();
    const std::string name = config->name;
    allowAllFiles();
    Signals signals;
    auto node = Node::create(std::move(*config), TESSERA_VERSION);
    if (!node) {
        return report(std::move(node).error().withContext("starting node '" + name + "'"), kExitFailed);
    }
    signals.listen([&node] { (*node)->requestStop(); }, [&node] { (*node)->reload(); });
    auto started = (*node)->start();
    if (started) {
        signals.waitUntilStopped();
    }
    (*node)->stop();
    // What fails because it was told to stop has not failed.
    if (!started && !signals.wasStopped()) {
        return report(std::move(started).error().withContext("starting node '" + name + "'"), kExitFailed);
    }
    return kExitOk;
}

/// The store needs UTC before it opens its data.
int runStoreRecovery(const ConfigArguments& given, bool is_sure) {
    const auto config = loadConfig(given);
    if (!config) {
        return report(config.error(), kExitUsage);
    }
    setenv("TZ", "UTC", 1);
    tzset();
    const auto told = recoverStore(*config, is_sure);
    if (!told) {
        return report(told.error(), kExitFailed);
    }
    std::cout << *told;
    return kExitOk;
}

void addConfigOptions(CLI::App& command, ConfigArguments& given) {
    command.add_option("--config", given.file, "The node's YAML file")->required()->type_name("FILE");
    command.add_option("--arg", given.values, "A value for ${arg:NAME} in the file; may be repeated")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
}

int main(int argc, char** argv) {
    CLI::App app("The headless daemon of a Tessera mesh: one node, its PostgreSQL, its sources.", "tessera-node");
    app.footer(kFooter);
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("tessera-node ") + TESSERA_VERSION);
    ConfigArguments given;
    CLI::App& run_command = *app.add_subcommand("run", "Run the node until SIGTERM or Ctrl+C");
    addConfigOptions(run_command, given);
    CLI::App& config_command = *app.add_subcommand("config", "Look at the configuration");
    config_command.require_subcommand(1);
    CLI::App& show_command =
        *config_command.add_subcommand("show", "Print the file with all defaults; secrets are hidden");
    CLI::App& check_command = *config_command.add_subcommand("check", "Say whether the file is right");
    CLI::App& reference_command = *config_command.add_subcommand("reference", "Print the reference page (Markdown)");
    bool of_dialects = false;
    reference_command.add_flag("--dialects", of_dialects, "That of dialect files instead");
    addConfigOptions(show_command, given);
    addConfigOptions(check_command, given);
    CLI::App& store_command = *app.add_subcommand("store", "What can be done to the store while the node is stopped");
    store_command.require_subcommand(1);
    CLI::App& recover_command = *store_command.add_subcommand(
        "recover", "Go on alone, when the majority of the store's members is lost for ever");
    recover_command.footer(
        "The store goes on with what this node's log has, and with this node as its only member. What the others\n"
        "acknowledged and this one never got is lost; their files must not be used again. docs/store.md says how.\n"
        "Without --yes it says what there is and changes nothing.");
    addConfigOptions(recover_command, given);
    bool is_sure = false;
    recover_command.add_flag("--yes", is_sure, "Do it");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kExitOk : kExitUsage;
    }
    if (run_command.parsed()) {
        return runNode(given);
    }
    if (recover_command.parsed()) {
        return runStoreRecovery(given, is_sure);
    }
    if (show_command.parsed()) {
        return showConfig(given);
    }
    if (check_command.parsed()) {
        return checkConfig(given);
    }
    if (reference_command.parsed()) {
        std::cout << config::referencePage(of_dialects ? dialect::fileSchema() : nodeSchema());
    }
    return kExitOk;
}

}  // namespace
}  // namespace tessera::node

int main(int argc, char** argv) {
    return tessera::node::main(argc, argv);
}
