// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Tries an endpoint out: a field for each of its parameters, and the answer as an application gets it, with status,
/// headers, body and time. GUI thread; never waits.

#include "app/core/endpoints/endpoint_nodes.h"
#include "app/core/endpoints/endpoint_request.h"
#include "app/core/thread/background_task.h"

#include <QElapsedTimer>
#include <QWidget>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

class QComboBox;
class QFormLayout;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QTabWidget;
class QTreeWidget;

namespace tessera::workbench {

class NoteLabel;

class TryPanel : public QWidget {
    Q_OBJECT

  public:
    explicit TryPanel(std::shared_ptr<app::EndpointNodes> nodes, QWidget* parent = nullptr);
    ~TryPanel() override;

    void setNodes(std::shared_ptr<app::EndpointNodes> nodes);

    /// None: nothing can be called, and the note says why. What was given for parameters of the same names stays.
    void setEndpoint(const std::optional<endpoints::Definition>& endpoint, const QString& note = {});

    /// Wrong values are said beside their fields, and nothing is sent.
    void send();
    void stop();

    /// With the values as they are.
    std::optional<client::EndpointCall> call() const;

  Q_SIGNALS:
    /// Another call() than before.
    void callChanged();

  private:
    struct Field {
        std::string name;
        /// Null: one of those that all endpoints have.
        const endpoints::Parameter* parameter;
        /// A QLineEdit or a QComboBox.
        QWidget* editor;
        NoteLabel* problem;
    };

    static std::string valueOf(const Field& field);

    QWidget* buildForm();
    QWidget* buildAnswer();
    void rebuildFields();
    void addField(const std::string& name, const endpoints::Parameter* parameter, const QString& hint);
    bool showProblems();
    void updateButtons();
    void showAnswer(const Result<client::EndpointAnswer>& answer);
    app::EndpointRequest request() const;

    std::shared_ptr<app::EndpointNodes> nodes_;
    std::optional<endpoints::Definition> endpoint_;
    /// What was given last, by name.
    std::map<std::string, std::string> values_;
    std::vector<Field> fields_;
    std::string cursor_;
    std::string next_cursor_;
    bool has_tried_ = false;
    QFormLayout* form_ = nullptr;
    QWidget* form_content_ = nullptr;
    QComboBox* format_ = nullptr;
    NoteLabel* note_ = nullptr;
    QPushButton* send_ = nullptr;
    QPushButton* stop_ = nullptr;
    QPushButton* next_ = nullptr;
    NoteLabel* status_ = nullptr;
    QTabWidget* answer_ = nullptr;
    QPlainTextEdit* body_ = nullptr;
    QTreeWidget* headers_ = nullptr;
    QElapsedTimer clock_;
    std::stop_source stopping_;
    app::BackgroundTask calling_;
};

}  // namespace tessera::workbench
