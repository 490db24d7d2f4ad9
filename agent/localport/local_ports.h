#pragma once

/// The local ports: 127.0.0.1:PORT and a unix socket for each node that a person wants to reach with a program that
/// speaks PostgreSQL. The program proves the port's password (TCP, SCRAM-SHA-256) or runs as the same user (unix
/// socket); the agent signs in at the node as the person.
///
/// Main thread; connections live on a thread of their own.

#include "agent/access.h"
#include "agent/keychain/sealed_store.h"
#include "agent/localport/port_listener.h"
#include "nodeservice/client/agent_client.h"
#include "nodeservice/gateway/event_loop.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tessera::agent {

class LocalPorts {
  public:
    LocalPorts(Access& access, SealedStore& store, std::filesystem::path state_directory,
               std::filesystem::path runtime_directory);
    ~LocalPorts();

    LocalPorts(const LocalPorts&) = delete;
    LocalPorts& operator=(const LocalPorts&) = delete;

    /// Opens what was open when the last agent ended. One that cannot be opened says why in list().
    void openSaved();

    Result<client::LocalPort> open(client::LocalPort wanted);
    Result<> close(const std::string& profile, const std::string& node);
    std::vector<client::LocalPort> list() const;
    /// With its password.
    Result<client::LocalPort> show(const std::string& profile, const std::string& node) const;

    /// Ends the sessions of a profile; its ports stay.
    void endSessions(const std::string& profile);

  private:
    struct Port {
        client::LocalPort shown;
        std::shared_ptr<PortListener> listener;
    };

    static std::string nameOf(const std::string& profile, const std::string& node) { return profile + "/" + node; }

    Result<> listen(Port& port);
    Result<Secret> password(const client::LocalPort& port);
    Result<> save() const;
    std::vector<client::LocalPort> saved() const;

    Access& access_;
    SealedStore& store_;
    const std::filesystem::path file_;
    const std::filesystem::path runtime_directory_;
    std::map<std::string, Port> ports_;
    gateway::EventLoop loop_{"local-ports"};
};

}  // namespace tessera::agent
