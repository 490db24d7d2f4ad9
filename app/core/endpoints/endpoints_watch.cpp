#include "app/core/endpoints/endpoints_watch.h"

#include <utility>

namespace tessera::app {

EndpointsWatch::EndpointsWatch(QObject* parent) : QObject(parent), reading_(this), acting_(this) {
    timer_.setSingleShot(true);
    timer_.setInterval(kInterval_ms);
    connect(&timer_, &QTimer::timeout, this, &EndpointsWatch::refresh);
}

void EndpointsWatch::setNodes(std::shared_ptr<EndpointNodes> nodes) {
    nodes_ = std::move(nodes);
    reading_.cancel();
    acting_.cancel();
    is_known_ = false;
    endpoints_.clear();
    models_.clear();
    details_.reset();
    error_.reset();
    Q_EMIT changed();
    if (is_running_) {
        refresh();
    }
}

void EndpointsWatch::start() {
    is_running_ = true;
    refresh();
}

void EndpointsWatch::stop() {
    is_running_ = false;
    timer_.stop();
    reading_.cancel();
}

void EndpointsWatch::choose(const std::string& stored) {
    if (stored == chosen_) {
        return;
    }
    chosen_ = stored;
    details_.reset();
    if (is_running_) {
        refresh();
    }
}

EndpointsWatch::Round EndpointsWatch::ask(EndpointNodes& nodes, const std::string& chosen) {
    Round round;
    const auto all = nodes.ask([](client::EndpointsClient& node) { return node.list(); });
    if (!all) {
        round.error = all.error();
        return round;
    }
    round.endpoints = *all;
    // A node of an earlier version keeps no files of models.
    const auto models = nodes.ask([](client::EndpointsClient& node) { return node.models(); });
    if (models) {
        round.models = *models;
    }
    if (!chosen.empty()) {
        auto details = nodes.ask([&](client::EndpointsClient& node) { return node.get(chosen, 0); });
        if (details) {
            round.details = std::move(*details);
        } else {
            round.error = details.error();
        }
    }
    return round;
}

void EndpointsWatch::refresh() {
    if (!nodes_) {
        return;
    }
    timer_.stop();
    reading_.start([nodes = nodes_, chosen = chosen_](const TaskControl&) { return ask(*nodes, chosen); },
                   [this](Round round) {
                       error_ = std::move(round.error);
                       if (!error_ || !round.endpoints.empty()) {
                           is_known_ = true;
                           endpoints_ = std::move(round.endpoints);
                           models_ = std::move(round.models);
                           details_ = std::move(round.details);
                       }
                       Q_EMIT changed();
                       if (is_running_) {
                           timer_.start();
                       }
                   });
}

void EndpointsWatch::remove(const std::vector<std::string>& stored) {
    if (!nodes_ || acting_.isRunning()) {
        return;
    }
    acting_.start(
        [nodes = nodes_, stored](const TaskControl&) -> Result<> {
            for (const std::string& name : stored) {
                // Asked again elsewhere after it was done, it is gone: that is what was wanted.
                const auto done = nodes->ask([&](client::EndpointsClient& node) { return node.remove(name); });
                if (!done && done.error().code != ErrorCode::kNotFound) {
                    return done.error();
                }
            }
            return {};
        },
        [this](const Result<>& done) {
            refresh();
            Q_EMIT removed(done ? QString() : QString::fromStdString(done.error().describe()));
        });
}

}  // namespace tessera::app
