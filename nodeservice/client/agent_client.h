#pragma once

/// A program's connection to its person's agent, which signs in at identity providers and carries calls to nodes. No
/// token ever comes this way.
///
/// Every function waits: seconds at most, but for login(). Not on a GUI thread; one thread at a time.

#include "common/result.h"
#include "nodeservice/client/mesh_file.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tessera::client {

struct AgentProfile {
    std::string name;
    std::string issuer;
    bool is_signed_in = false;
    std::string subject;
    std::string person;
    std::string note;
    /// Seconds since 1970; 0 when there is no access token.
    std::int64_t access_until = 0;
    std::vector<std::pair<std::string, std::string>> nodes;  // name and address
};

struct AgentStatus {
    std::string version;
    int pid = 0;
    std::string profiles_file;
    std::string log_file;
    bool is_persistent = false;
    std::string storage_note;
    std::vector<AgentProfile> profiles;
};

/// What the person has to do: open a page, there to enter the code if there is one.
struct LoginStep {
    std::string url;
    std::string code;
    std::string complete_url;
};

struct SignedIn {
    std::string profile;
    std::string subject;
    std::string person;
    std::string note;
};

/// Which job shall run as the person while they are away.
struct JobGrantWish {
    /// Empty: the only one.
    std::string profile;
    /// Empty: the profile's first.
    std::string node;
    std::string job;
    /// 0: what is usual at the node.
    std::int64_t days = 0;
    bool by_device = false;
};

struct JobGranted {
    std::string job;
    std::string person;
    std::int64_t until_ms = 0;
};

struct LocalPort {
    std::string profile;
    std::string node;
    std::string database;
    std::uint16_t port = 0;
    std::string socket_directory;
    std::string user;
    /// Of showPort() and openPort() only. Never logged.
    std::string password;
    bool is_temporary = false;
    std::string error;
};

class AgentClient {
  public:
    /// The agent that runs; kNotFound when none does.
    static Result<std::unique_ptr<AgentClient>> connect();
    /// Starts it if need be.
    static Result<std::unique_ptr<AgentClient>> start();
    virtual ~AgentClient() = default;

    virtual Result<AgentStatus> status() = 0;
    /// `profile` empty: the only one. Returns when the person has signed in, or cannot.
    virtual Result<SignedIn> login(const std::string& profile, bool by_device,
                                   const std::function<void(const LoginStep&)>& on_step) = 0;
    /// By a sign-in of its own. Returns when the node has the grant, or cannot have it.
    virtual Result<JobGranted> grantJob(const JobGrantWish& wish,
                                        const std::function<void(const LoginStep&)>& on_step) = 0;
    /// Ends the login() or grantJob() that waits, or the next one; any thread.
    virtual void cancelLogin() = 0;
    /// Returns the profile's name and, when the identity provider could not be told, why.
    virtual Result<std::pair<std::string, std::string>> logout(const std::string& profile) = 0;
    virtual Result<LocalPort> openPort(const LocalPort& wanted) = 0;
    virtual Result<> closePort(const std::string& profile, const std::string& node) = 0;
    virtual Result<std::vector<LocalPort>> listPorts() = 0;
    virtual Result<LocalPort> showPort(const std::string& profile, const std::string& node) = 0;
};

/// Which mesh a program shall speak to.
struct MeshChoice {
    /// --mesh
    std::optional<std::filesystem::path> file;
    /// --profile: of the agent.
    std::string profile;
};

/// The mesh of a person, in this order: the file or profile that was chosen, $TESSERA_MESH, a profile that the agent is
/// signed in to (it is started if there are profiles), the usual mesh file.
Result<MeshFile> findMesh(const MeshChoice& choice);

}  // namespace tessera::client
