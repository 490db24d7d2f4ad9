#pragma once

/// Asks the mesh for its endpoints and models, and for the file of the one that is chosen, again and again while
/// somebody looks. GUI thread; never waits.

#include "app/core/endpoints/endpoint_nodes.h"
#include "app/core/thread/background_task.h"

#include <QObject>
#include <QString>
#include <QTimer>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::app {

class EndpointsWatch : public QObject {
    Q_OBJECT

  public:
    static constexpr int kInterval_ms = 5000;

    explicit EndpointsWatch(QObject* parent = nullptr);

    /// Another mesh: nothing of the one before stays.
    void setNodes(std::shared_ptr<EndpointNodes> nodes);

    void start();
    void stop();
    /// Now, in place of what is asked.
    void refresh();

    /// Whether they were ever told; they stay while nodes are away.
    bool isKnown() const { return is_known_; }

    const std::vector<client::EndpointInfo>& endpoints() const { return endpoints_; }

    const std::vector<client::ModelInfo>& models() const { return models_; }

    const std::optional<Error>& error() const { return error_; }

    /// By the name that the mesh has for its file ("orders", "airport.yaml"); empty: none.
    void choose(const std::string& stored);

    const std::string& chosen() const { return chosen_; }

    /// Of the chosen one; none before it was told.
    const std::optional<client::EndpointDetails>& details() const { return details_; }

    /// Takes them out of service; their versions stay.
    void remove(const std::vector<std::string>& stored);

    bool isActing() const { return acting_.isRunning(); }

  Q_SIGNALS:
    void changed();
    /// `problem` is empty when all went well.
    void removed(const QString& problem);

  private:
    struct Round {
        std::optional<Error> error;
        std::vector<client::EndpointInfo> endpoints;
        std::vector<client::ModelInfo> models;
        std::optional<client::EndpointDetails> details;
    };

    static Round ask(EndpointNodes& nodes, const std::string& chosen);

    std::shared_ptr<EndpointNodes> nodes_;
    bool is_running_ = false;
    bool is_known_ = false;
    std::vector<client::EndpointInfo> endpoints_;
    std::vector<client::ModelInfo> models_;
    std::string chosen_;
    std::optional<client::EndpointDetails> details_;
    std::optional<Error> error_;
    QTimer timer_;
    BackgroundTask reading_;
    BackgroundTask acting_;
};

}  // namespace tessera::app
