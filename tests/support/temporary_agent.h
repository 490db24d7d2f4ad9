#pragma once

/// A tessera-agent with a home of its own, and `tessera` beside it; with a keychain (gnome-keyring on a session bus of
/// its own) or without one. All of it ends with its scope.

#include "common/process.h"
#include "common/result.h"
#include "tests/support/temporary_directory.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera {

/// A session bus with an unlocked keychain.
class TemporaryKeychain {
  public:
    static constexpr const char* kPassword = "only for tests";

    static Result<TemporaryKeychain> start();

    /// With what it holds; with another than its password it stays locked.
    Result<> restart(const std::string& password);

    /// It stops answering, as one does that asks a person for its password; and goes on.
    void setSilent(bool is_silent);

    std::string bus() const { return "unix:path=" + (folder_->path() / "bus").string(); }

  private:
    TemporaryKeychain() = default;

    std::unique_ptr<TemporaryDirectory> folder_ = std::make_unique<TemporaryDirectory>();
    std::optional<Process> bus_;
    std::optional<Process> keyring_;
};

class TemporaryAgent {
  public:
    /// `profiles`: the file's YAML. `bus`: the keychain's, or empty for none.
    TemporaryAgent(const std::string& profiles, std::string bus);

    ~TemporaryAgent() { stop(); }

    TemporaryAgent(const TemporaryAgent&) = delete;
    TemporaryAgent& operator=(const TemporaryAgent&) = delete;

    /// Starts it in the foreground; returns when it is ready.
    Result<> start();
    /// Also one that `tessera` has started.
    void stop();

    /// `tessera` with these arguments, to its end.
    ProcessResult tessera(std::vector<std::string> arguments, const std::string& input = {}) const;
    /// `tessera login`, with somebody who signs in as `login`: in the browser, or on another device.
    ProcessResult login(const std::string& login, bool by_device = false) const;

    /// Opens the address, which the provider's code is for if there is one, and returns the last page.
    using Browser = std::function<Result<std::string>(const std::string& url, const std::string& code)>;
    ProcessResult login(bool by_device, const Browser& browser) const;
    /// The same with another command that sends somebody to the provider: `tessera job grant`.
    ProcessResult signInBy(std::vector<std::string> command, const Browser& browser) const;

    /// The environment of all that shall find this agent.
    std::map<std::string, std::string> environment() const;

    /// The folder of the sockets, and the socket itself.
    std::filesystem::path runtime() const { return folder_.path() / "run" / "tessera"; }

    std::filesystem::path socket() const;

    /// What outlives it.
    std::filesystem::path state() const;

    /// The file with the refresh token of the profile "test"; empty when there is none.
    std::filesystem::path grantFile() const;
    std::string log() const;
    pid_t pid() const;

    /// Its profiles and what it keeps are the other's, as if the same person worked on two machines with one home.
    void shareHomeOf(const TemporaryAgent& other) { home_ = other.home_; }

  private:
    TemporaryDirectory folder_;
    std::string bus_;
    std::filesystem::path home_;
    std::optional<Process> process_;
};

}  // namespace tessera
