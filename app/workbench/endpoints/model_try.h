// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Tries a model out: which of its endpoints, a version that reads or one that writes, and the panel for it. GUI
/// thread; never waits.

#include "app/core/endpoints/endpoint_nodes.h"
#include "app/core/thread/background_task.h"
#include "nodeservice/client/endpoints_client.h"

#include <QWidget>
#include <memory>
#include <optional>
#include <string>
#include <vector>

class QComboBox;

namespace tessera::workbench {

class NoteLabel;
class TryPanel;

class ModelTry : public QWidget {
    Q_OBJECT

  public:
    explicit ModelTry(std::shared_ptr<app::EndpointNodes> nodes, QWidget* parent = nullptr);

    void setNodes(std::shared_ptr<app::EndpointNodes> nodes);

    /// "customer@v2", "customer@v2-insert", …; `version`: of the model's file, whose endpoints are read anew with
    /// another. `note`: of what is called, or why nothing can be.
    void setEndpoints(const std::vector<std::string>& names, std::int64_t version, const QString& note = {});

    std::optional<client::EndpointCall> call() const;

  Q_SIGNALS:
    /// Another call() than before.
    void callChanged();

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    void read();

    std::shared_ptr<app::EndpointNodes> nodes_;
    std::vector<std::string> names_;
    std::int64_t version_ = 0;
    QString note_text_;
    /// What the panel shows; empty: nothing yet.
    std::string shown_;
    QComboBox* endpoint_;
    NoteLabel* note_;
    TryPanel* panel_;
    app::BackgroundTask reading_;
};

}  // namespace tessera::workbench
