#include "tests/support/temporary_agent.h"

#include "tests/support/temporary_identity_provider.h"
#include "tests/support/wait_until.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <regex>

namespace tessera {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kPatience{90};

fs::path makePrivate(const fs::path& folder) {
    fs::create_directories(folder);
    fs::permissions(folder, fs::perms::owner_all);
    return folder;
}

fs::path program(const char* name) {
    return fs::path(TESSERA_BUILD_DIR) / "bin" / name;
}

}  // namespace

Result<TemporaryKeychain> TemporaryKeychain::start() {
    TemporaryKeychain keychain;
    const fs::path folder = keychain.folder_->path();
    // It starts no service: whether a machine has a program that asks for a locked keychain's password, and whether
    // that ends without a display, is not to decide.
    writeFile(
        folder / "bus.conf",
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
        "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\"><busconfig><type>session</type><listen>" +
            keychain.bus() +
            "</listen><auth>EXTERNAL</auth><policy context=\"default\"><allow send_destination=\"*\" "
            "eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>");
    keychain.bus_ = TSR_TRY(Process::start(
        {.arguments = {"dbus-daemon", "--config-file=" + (folder / "bus.conf").string(), "--nofork", "--nopidfile"},
         .standard_output = ProcessOutput::discard(),
         .standard_error = ProcessOutput::discard(),
         .signal_on_parent_death = SIGTERM}));
    if (!waitUntil([&] { return fs::exists(folder / "bus"); }, kPatience)) {
        return fail(ErrorCode::kUnavailable, "the session bus did not start");
    }
    TSR_TRY(keychain.restart(kPassword));
    return keychain;
}

Result<> TemporaryKeychain::restart(const std::string& password) {
    const fs::path folder = folder_->path();
    const auto is_there = [this] {
        const auto names = run({.arguments = {"dbus-send", "--bus=" + bus(), "--print-reply",
                                              "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.ListNames"}},
                               kPatience);
        return names && names->output.find("org.freedesktop.secrets") != std::string::npos;
    };
    keyring_.reset();
    waitUntil([&] { return !is_there(); }, kPatience);
    // Unlocked before anybody asks for it: a keychain that the bus starts would want to ask for its password.
    keyring_ = TSR_TRY(
        Process::start({.arguments = {"gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets"},
                        .environment = {{"DBUS_SESSION_BUS_ADDRESS", bus()},
                                        {"HOME", makePrivate(folder / "home").string()},
                                        {"XDG_DATA_HOME", makePrivate(folder / "home" / "data").string()},
                                        {"XDG_RUNTIME_DIR", makePrivate(folder / "run").string()}},
                        .standard_input = password + "\n",
                        .standard_output = ProcessOutput::discard(),
                        .standard_error = ProcessOutput::discard(),
                        .signal_on_parent_death = SIGTERM}));
    return waitUntil(is_there, kPatience) ? Result<>() : fail(ErrorCode::kUnavailable, "the keychain did not start");
}

void TemporaryKeychain::setSilent(bool is_silent) {
    ::kill(keyring_->pid(), is_silent ? SIGSTOP : SIGCONT);
}

TemporaryAgent::TemporaryAgent(const std::string& profiles, std::string bus)
    : bus_(std::move(bus)), home_(makePrivate(folder_.path() / "home")) {
    makePrivate(folder_.path() / "run");
    writeFile(home_ / "profiles.yaml", profiles);
}

std::map<std::string, std::string> TemporaryAgent::environment() const {
    return {{"HOME", home_.string()},
            {"TESSERA_PROFILES", (home_ / "profiles.yaml").string()},
            {"XDG_CONFIG_HOME", (home_ / "config").string()},
            {"XDG_STATE_HOME", (home_ / "state").string()},
            {"XDG_RUNTIME_DIR", (folder_.path() / "run").string()},
            {"DBUS_SESSION_BUS_ADDRESS", bus_.empty() ? "disabled:" : bus_},
            {"DISPLAY", ""},
            {"WAYLAND_DISPLAY", ""}};
}

fs::path TemporaryAgent::socket() const {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(runtime(), none)) {
        if (entry.path().extension() == ".sock") {
            return entry.path();
        }
    }
    return {};
}

Result<> TemporaryAgent::start() {
    const fs::path log = folder_.path() / "agent.log";
    fs::remove(log);
    process_ = TSR_TRY(Process::start({.arguments = {program("tessera-agent").string(), "run"},
                                       .environment = environment(),
                                       .standard_error = ProcessOutput::toFile(log),
                                       .signal_on_parent_death = SIGTERM}));
    const bool ready = waitUntil(
        [&] { return process_->poll() || readFile(log).find("agent.ready") != std::string::npos; }, kPatience);
    if (!ready || process_->poll()) {
        return fail(ErrorCode::kUnavailable, "the agent did not start:\n" + readFile(log));
    }
    return {};
}

void TemporaryAgent::stop() {
    if (process_) {
        process_->terminate(kPatience);
        process_.reset();
    } else if (const pid_t started = pid(); started > 0) {
        ::kill(started, SIGTERM);
        waitUntil([&] { return ::kill(started, 0) != 0; }, kPatience);
    }
}

pid_t TemporaryAgent::pid() const {
    if (process_) {
        return process_->pid();
    }
    if (socket().empty()) {
        return -1;
    }
    std::smatch found;
    const std::string status = tessera({"status"}).error;
    return std::regex_search(status, found, std::regex("process ([0-9]+)")) ? std::stoi(found[1].str()) : -1;
}

ProcessResult TemporaryAgent::tessera(std::vector<std::string> arguments, const std::string& input) const {
    arguments.insert(arguments.begin(), program("tessera").string());
    auto result = run({.arguments = std::move(arguments), .environment = environment(), .standard_input = input},
                      std::chrono::seconds(60));
    return result ? *result : ProcessResult{{-1, 0}, {}, result.error().describe()};
}

ProcessResult TemporaryAgent::login(const std::string& login, bool by_device) const {
    return this->login(by_device,
                       [&login](const std::string& url, const std::string& code) { return browse(url, login, code); });
}

ProcessResult TemporaryAgent::login(bool by_device, const Browser& browser) const {
    return signInBy({"login", by_device ? "--device" : "--no-browser"}, browser);
}

ProcessResult TemporaryAgent::signInBy(std::vector<std::string> command, const Browser& browser) const {
    command.insert(command.begin(), program("tessera").string());
    auto process = Process::start({.arguments = std::move(command),
                                   .environment = environment(),
                                   .standard_output = ProcessOutput::capture(),
                                   .standard_error = ProcessOutput::capture()});
    if (!process) {
        return {{-1, 0}, {}, process.error().describe()};
    }
    const std::regex page(R"((http://127[^\s]*))");
    const std::regex code("enter the code ([A-Z0-9-]+)");
    std::smatch url;
    std::smatch shown_code;
    std::string text;
    waitUntil(
        [&] {
            text = process->capturedError();
            return process->poll() || (std::regex_search(text, url, page) && text.back() == '\n');
        },
        kPatience);
    std::string last_page;
    if (!url.empty()) {
        const bool has_code = std::regex_search(text, shown_code, code);
        const auto browsed = browser(url[1].str(), has_code ? shown_code[1].str() : std::string());
        last_page = browsed ? *browsed : browsed.error().describe();
    }
    const auto ended = process->wait(kPatience);
    return {ended.value_or(ExitStatus{-1, 0}), process->capturedOutput(),
            process->capturedError() + "\nthe browser's last page: " + last_page};
}

fs::path TemporaryAgent::state() const {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(home_ / "state" / "tessera", none)) {
        return entry.path();
    }
    return {};
}

fs::path TemporaryAgent::grantFile() const {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(state(), none)) {
        if (entry.path().filename().string().starts_with("grant-test") && entry.path().extension() == ".sealed") {
            return entry.path();
        }
    }
    return {};
}

std::string TemporaryAgent::log() const {
    return readFile(process_ ? folder_.path() / "agent.log" : state() / "agent.log");
}

}  // namespace tessera
