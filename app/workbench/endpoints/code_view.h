// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What programs call an endpoint with, as the mesh generates it: TypeScript, JavaScript, OpenAPI, JSON Schema; and the
/// call of the moment as a command. GUI thread; never waits.

#include "app/core/endpoints/endpoint_nodes.h"
#include "app/core/thread/background_task.h"

#include <QWidget>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

class QComboBox;
class QPlainTextEdit;
class QPushButton;

namespace tessera::workbench {

class NoteLabel;

class CodeView : public QWidget {
    Q_OBJECT

  public:
    explicit CodeView(std::shared_ptr<app::EndpointNodes> nodes, QWidget* parent = nullptr);

    void setNodes(std::shared_ptr<app::EndpointNodes> nodes);

    /// Of these endpoints; asked for when it is looked at. `version`: another one means other code.
    void setEndpoints(const std::vector<std::string>& names, std::int64_t version);
    /// The call as a command; empty: there is none.
    void setCall(const std::optional<client::EndpointCall>& call, const QString& node);

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    void ask();
    void showText(const QString& text);

    std::shared_ptr<app::EndpointNodes> nodes_;
    std::vector<std::string> names_;
    std::int64_t version_ = 0;
    QString curl_;
    QString python_;
    /// By format, of those endpoints.
    std::map<std::string, QString> texts_;
    QComboBox* language_;
    QPushButton* copy_;
    NoteLabel* note_;
    QPlainTextEdit* text_;
    app::BackgroundTask reading_;
};

}  // namespace tessera::workbench
