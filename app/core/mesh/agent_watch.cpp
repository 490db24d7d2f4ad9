#include "app/core/mesh/agent_watch.h"

#include <algorithm>
#include <utility>

namespace tessera::app {

namespace {

Result<AgentNews> ask(const AgentConnector& connect) {
    const auto agent = connect();
    if (!agent) {
        return AgentNews{};
    }
    AgentNews news;
    news.status = TSR_TRY((*agent)->status());
    news.ports = TSR_TRY((*agent)->listPorts());
    return news;
}

Result<client::LocalPort> open(const AgentConnector& connect, const std::string& profile, const std::string& node) {
    const auto agent = TSR_TRY(connect());
    client::LocalPort wanted;
    wanted.profile = profile;
    wanted.node = node;
    return agent->openPort(wanted);
}

}  // namespace

const client::AgentProfile* AgentNews::profileOf(const std::string& mesh) const {
    if (!status) {
        return nullptr;
    }
    const auto& profiles = status->profiles;
    const auto named = std::find_if(profiles.begin(), profiles.end(),
                                    [&](const client::AgentProfile& profile) { return profile.name == mesh; });
    const auto signed_in = std::find_if(profiles.begin(), profiles.end(),
                                        [](const client::AgentProfile& profile) { return profile.is_signed_in; });
    const auto found = named != profiles.end() ? named : signed_in;
    return found != profiles.end() ? &*found : nullptr;
}

const client::LocalPort* AgentNews::portOf(const std::string& profile, const std::string& node) const {
    const auto found = std::find_if(ports.begin(), ports.end(), [&](const client::LocalPort& port) {
        return port.profile == profile && port.node == node;
    });
    return found != ports.end() ? &*found : nullptr;
}

AgentWatch::AgentWatch(AgentConnector connect, QObject* parent)
    : QObject(parent), connect_(std::move(connect)), asking_(this), acting_(this) {
    timer_.setSingleShot(true);
    timer_.setInterval(kInterval_ms);
    QObject::connect(&timer_, &QTimer::timeout, this, &AgentWatch::refresh);
}

void AgentWatch::refresh() {
    if (asking_.isRunning()) {
        // Its answer may be older than what the caller wants to know.
        must_ask_again_ = true;
        return;
    }
    must_ask_again_ = false;
    timer_.stop();
    asking_.start([connect = connect_](TaskControl&) { return ask(connect); },
                  [this](Result<AgentNews> news) {
                      // One that goes away between two questions is not there.
                      news_ = news ? std::move(*news) : AgentNews{};
                      timer_.start();
                      if (must_ask_again_) {
                          refresh();
                      }
                      Q_EMIT changed();
                  });
}

void AgentWatch::showPort(const std::string& profile, const std::string& node) {
    acting_.start([connect = connect_, profile, node](TaskControl&) { return open(connect, profile, node); },
                  [this](const Result<client::LocalPort>& port) {
                      if (port) {
                          Q_EMIT portShown(*port);
                      } else {
                          Q_EMIT failed(QString::fromStdString(port.error().message));
                      }
                      refresh();
                  });
}

void AgentWatch::closePort(const std::string& profile, const std::string& node) {
    acting_.start(
        [connect = connect_, profile, node](TaskControl&) -> Result<> {
            const auto agent = TSR_TRY(connect());
            return agent->closePort(profile, node);
        },
        [this](const Result<>& closed) {
            if (!closed) {
                Q_EMIT failed(QString::fromStdString(closed.error().message));
            }
            refresh();
        });
}

}  // namespace tessera::app
