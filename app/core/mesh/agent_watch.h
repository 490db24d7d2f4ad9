#pragma once

/// What the person's agent says of itself, asked now and then and whenever somebody looks; it is never started for
/// that. All asking is done on other threads. Owner's thread.

#include "app/core/thread/background_task.h"
#include "nodeservice/client/agent_client.h"

#include <QObject>
#include <QTimer>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::app {

/// How the agent is reached; tests have another one than AgentClient::connect.
using AgentConnector = std::function<Result<std::unique_ptr<client::AgentClient>>()>;

struct AgentNews {
    /// None while no agent runs.
    std::optional<client::AgentStatus> status;
    /// Without their passwords.
    std::vector<client::LocalPort> ports;

    /// Null when it has none of that name, and no other that somebody is signed in to.
    const client::AgentProfile* profileOf(const std::string& mesh) const;
    /// Null when it is not open.
    const client::LocalPort* portOf(const std::string& profile, const std::string& node) const;
};

class AgentWatch : public QObject {
    Q_OBJECT

  public:
    /// Asking makes the agent read its page of nodes, if it has one.
    static constexpr int kInterval_ms = 60'000;

    AgentWatch(AgentConnector connect, QObject* parent);

    /// Asks now; then again after a while.
    void refresh();

    const AgentNews& news() const { return news_; }

    /// Opens the node's local port unless it is open; portShown() or failed() follows.
    void showPort(const std::string& profile, const std::string& node);
    void closePort(const std::string& profile, const std::string& node);

  Q_SIGNALS:
    void changed();
    /// With its password.
    void portShown(const client::LocalPort& port);
    void failed(const QString& problem);

  private:
    const AgentConnector connect_;
    AgentNews news_;
    QTimer timer_;
    bool must_ask_again_ = false;
    BackgroundTask asking_;
    BackgroundTask acting_;
};

}  // namespace tessera::app
