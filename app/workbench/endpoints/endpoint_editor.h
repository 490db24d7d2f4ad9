// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The page on which an endpoint or a model is written: its file, forms, a panel that tries it out, generated code, and
/// its versions. GUI thread.

#include "app/core/catalog/mesh_names.h"
#include "app/core/endpoints/endpoint_draft.h"
#include "app/workbench/documents/document_page.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

class QLabel;
class QPushButton;
class QTabWidget;
class QToolButton;

namespace tessera::workbench {

class CodeView;
class EndpointText;
class ModelTry;
class NoteLabel;
class SqlAssistant;
class SqlEditor;
class TryPanel;
class VersionsView;
struct VersionSource;

class EndpointEditor : public DocumentPage {
    Q_OBJECT

  public:
    using Kind = app::EndpointDraft::Kind;

    /// `address`: of a node, for commands. After it the draft is begun, opened or restored, once.
    EndpointEditor(Kind kind, std::shared_ptr<app::EndpointNodes> nodes, QString address, QWidget* parent = nullptr);

    app::EndpointDraft& draft() { return draft_; }

    const app::EndpointDraft& draft() const { return draft_; }

    /// What proposals are made of: the names of the node that the file names, else of this one. Outlive the editor.
    void setNames(app::MeshNames& names, const QString& node);

    /// Of the statement; null where a model is written.
    SqlAssistant* assistant() const;
    SqlEditor* sqlEditor() const;

    QString title() const override;

    void save() override;

    bool isChanged() const override { return draft_.isChanged(); }

    std::optional<app::DocumentText> kept() const override;
    void restore(const app::DocumentText& left);

    void askBeforeClosing(const std::function<void()>& then) override;

  Q_SIGNALS:
    /// The mesh has another version of it now.
    void published();

  private:
    QWidget* buildBar();
    void addEndpointTabs();
    void addModelTabs();
    VersionSource versionSource();
    void connectDraft();
    void showAll();
    void showTabs();
    void showCheck();
    void showTry();
    void showCommand();
    void takeNames();
    void askToPublish();

    const std::shared_ptr<app::EndpointNodes> nodes_;
    const QString address_;
    app::EndpointDraft draft_;
    QString told_;
    QLabel* title_;
    NoteLabel* note_;
    QToolButton* undo_;
    QToolButton* redo_;
    QPushButton* publish_;
    QTabWidget* tabs_;
    app::MeshNames* names_ = nullptr;
    /// Where none is named.
    QString names_node_;
    EndpointText* text_ = nullptr;
    TryPanel* try_ = nullptr;
    ModelTry* model_try_ = nullptr;
    CodeView* code_ = nullptr;
    VersionsView* versions_ = nullptr;
    /// The model's endpoints that are published.
    std::vector<std::string> tried_;
    /// The definition that is published, which alone can be called.
    std::optional<endpoints::Definition> published_;
    /// By the pages' keys in the document.
    std::vector<std::pair<QWidget*, const char*>> pages_;
};

}  // namespace tessera::workbench
