#pragma once

/// The agent's centre: profiles and their sign-ins, the keychain, local ports. Main thread, but for find() and post().

#include "agent/access.h"
#include "agent/keychain/sealed_store.h"
#include "agent/localport/local_ports.h"
#include "agent/notices/notice_board.h"
#include "agent/signin/session.h"
#include "nodeservice/client/agent_client.h"
#include "nodeservice/client/agent_paths.h"

#include <QObject>
#include <QTimer>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tessera::agent {

class Agent final : public Access {
  public:
    explicit Agent(client::AgentPaths paths);
    ~Agent() override;

    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    /// Reads what there is, asks the keychain, and opens the ports.
    void start();

    void find(std::string profile, std::string node, std::function<void(Result<NodeAccess>)> done) override;
    /// Runs it on the main thread once the keychain has answered, or is not waited for any more; any thread.
    void post(std::function<void()> task);

    /// Is an answer under way that must not be lost?
    bool isRefreshing() const;

    // For the control service, by post():
    void status(Done<client::AgentStatus> done);
    void login(const std::string& profile, bool by_device, Session::OnStep on_step, Done<client::SignedIn> done);
    void grantJob(const client::JobGrantWish& wish, Session::OnStep on_step, Done<client::JobGranted> done);
    void cancelLogin(const std::string& profile);
    void logout(const std::string& profile, Done<std::pair<std::string, std::string>> done);
    Result<client::LocalPort> openPort(client::LocalPort wanted);
    Result<> closePort(const std::string& profile, const std::string& node);
    std::vector<client::LocalPort> listPorts();
    Result<client::LocalPort> showPort(const std::string& profile, const std::string& node);

    /// Null before it is ready.
    NoticeBoard* notices() { return notices_.get(); }

  private:
    /// Of all nodes that the person is signed in to.
    void followNotices();
    void keychainOpened(Result<Secret> key);
    /// What it said after the agent had gone on without.
    void keychainCame(Result<Secret> key);
    void open(Secret key);
    Result<> loadProfilesIfChanged();
    client::AgentStatus statusNow(const std::string& fault) const;
    /// By name; without one the only profile.
    Result<Session*> session(const std::string& profile);
    void findNow(const std::string& profile, const std::string& node, std::function<void(Result<NodeAccess>)> done);

    const client::AgentPaths paths_;
    std::string storage_note_;
    std::unique_ptr<SealedStore> store_;
    std::filesystem::file_time_type read_at_{};
    std::vector<std::unique_ptr<Session>> sessions_;
    std::unique_ptr<LocalPorts> ports_;
    std::unique_ptr<NoticeBoard> notices_;
    /// Sign-ins come and go, and nodes of a mesh.
    QTimer notices_timer_;
    std::vector<std::function<void()>> until_ready_;
    QObject context_;
};

}  // namespace tessera::agent
