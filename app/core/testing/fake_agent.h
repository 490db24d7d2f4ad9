#pragma once

/// An agent for tests without one: says what the test wants, and remembers which grant was wished for. Any thread.

#include "app/core/mesh/agent_watch.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace tessera::app {

/// What the agent of a test says.
struct FakeAgent {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_there = true;
    client::AgentStatus status;
    std::vector<client::LocalPort> ports;
    std::optional<client::JobGrantWish> wish;
    /// What becomes of it once the person has signed in; none while they are in their browser.
    std::optional<Result<client::JobGranted>> granted;
    bool is_given_up = false;

    /// `change(FakeAgent&)` while nobody asks.
    template <class Change>
    void with(Change change) {
        const std::lock_guard lock(mutex);
        change(*this);
        changed.notify_all();
    }
};

class FakeAgentClient final : public client::AgentClient {
  public:
    explicit FakeAgentClient(std::shared_ptr<FakeAgent> agent) : agent_(std::move(agent)) {}

    static AgentConnector connector(std::shared_ptr<FakeAgent> agent) {
        return [agent = std::move(agent)]() -> Result<std::unique_ptr<client::AgentClient>> {
            const std::lock_guard lock(agent->mutex);
            if (!agent->is_there) {
                return fail(ErrorCode::kNotFound, "no agent runs");
            }
            return std::unique_ptr<client::AgentClient>(std::make_unique<FakeAgentClient>(agent));
        };
    }

    Result<client::AgentStatus> status() override {
        const std::lock_guard lock(agent_->mutex);
        return agent_->status;
    }

    Result<client::SignedIn> login(const std::string&, bool,
                                   const std::function<void(const client::LoginStep&)>&) override {
        return fail(ErrorCode::kUnimplemented, "not here");
    }

    Result<client::JobGranted> grantJob(const client::JobGrantWish& wish,
                                        const std::function<void(const client::LoginStep&)>& on_step) override {
        on_step({"https://login.example.org/once-more", "", ""});
        std::unique_lock lock(agent_->mutex);
        agent_->wish = wish;
        agent_->changed.wait(lock, [this] { return agent_->granted || agent_->is_given_up; });
        return agent_->granted ? *agent_->granted
                               : Result<client::JobGranted>(fail(ErrorCode::kCancelled, "the sign-in was given up"));
    }

    void cancelLogin() override {
        agent_->with([](FakeAgent& agent) { agent.is_given_up = true; });
    }

    Result<std::pair<std::string, std::string>> logout(const std::string&) override {
        return fail(ErrorCode::kUnimplemented, "not here");
    }

    Result<client::LocalPort> openPort(const client::LocalPort& wanted) override {
        const std::lock_guard lock(agent_->mutex);
        if (wanted.node == "lake") {
            return fail(ErrorCode::kUnavailable, "port 6432 is in use");
        }
        client::LocalPort port = wanted;
        port.database = "tessera";
        port.port = 6432;
        port.user = "ann";
        port.socket_directory = "/run/user/1000/tessera/ports";
        agent_->ports = {port};
        port.password = "only shown";
        return port;
    }

    Result<> closePort(const std::string&, const std::string&) override {
        const std::lock_guard lock(agent_->mutex);
        agent_->ports.clear();
        return {};
    }

    Result<std::vector<client::LocalPort>> listPorts() override {
        const std::lock_guard lock(agent_->mutex);
        return agent_->ports;
    }

    Result<client::LocalPort> showPort(const std::string&, const std::string&) override {
        return fail(ErrorCode::kUnimplemented, "not here");
    }

  private:
    const std::shared_ptr<FakeAgent> agent_;
};

/// Ann, signed in to "demo", whose nodes are those of the window's tests.
inline std::shared_ptr<FakeAgent> annsAgent() {
    client::AgentProfile profile;
    profile.name = "demo";
    profile.is_signed_in = true;
    profile.subject = "ann";
    profile.person = "Ann Example";
    profile.access_until = 1'767'268'800;
    profile.nodes = {{"operations", "127.0.0.1:1"}, {"lake", "127.0.0.1:2"}};
    auto agent = std::make_shared<FakeAgent>();
    agent->status.profiles = {profile};
    agent->status.is_persistent = true;
    return agent;
}

}  // namespace tessera::app
