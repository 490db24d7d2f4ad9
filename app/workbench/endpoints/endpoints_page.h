// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The mesh's endpoints and models, in a tab: which there are, who calls them, what they are, and a panel that tries
/// the chosen one out. Asks the nodes while it is looked at, and only then. GUI thread.

#include "app/core/endpoints/endpoint_draft.h"
#include "app/core/endpoints/endpoint_models.h"
#include "app/core/endpoints/endpoints_watch.h"

#include <QWidget>
#include <memory>

class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTabBar;
class QTabWidget;
class QTreeView;
class QTreeWidget;

namespace tessera::workbench {

class CodeView;
class EmptyState;
class ModelTable;
class ModelTry;
class NoteLabel;
class TonedRows;
class TryPanel;

class EndpointsPage : public QWidget {
    Q_OBJECT

  public:
    using Kind = app::EndpointDraft::Kind;

    /// `address`: of a node, for commands.
    EndpointsPage(std::shared_ptr<app::EndpointNodes> nodes, QString address, QWidget* parent = nullptr);

    void setNodes(std::shared_ptr<app::EndpointNodes> nodes, const QString& address);

    app::EndpointsWatch& watch() { return watch_; }

    QTreeView& list() { return *table_; }

  Q_SIGNALS:
    void newRequested(Kind kind);
    /// `name`: of the endpoint or model; `as_copy`: a new one that is like it.
    void editRequested(Kind kind, const QString& name, const tessera::client::EndpointDetails& details, bool as_copy);

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    QWidget* buildList();
    QWidget* buildDetails();
    void connectAll();
    Kind shownKind() const;
    void choose();
    void showAll();
    void showState();
    void showChosen();
    void showModel();
    void showCommand();
    void askToRemove();
    const client::EndpointInfo* currentEndpoint() const;
    const app::ServedModel* currentModel() const;

    app::EndpointListModel endpoints_;
    std::vector<app::ServedModel> served_models_;
    app::EndpointsWatch watch_;
    std::shared_ptr<app::EndpointNodes> nodes_;
    QString address_;
    QString told_;
    bool is_told_bad_ = false;

    QStackedWidget* stack_;
    EmptyState* empty_;
    QTabBar* views_ = nullptr;
    QLineEdit* filter_ = nullptr;
    QPushButton* new_ = nullptr;
    QPushButton* edit_ = nullptr;
    NoteLabel* note_ = nullptr;
    QStackedWidget* lists_ = nullptr;
    QTreeView* table_ = nullptr;
    TonedRows* rows_ = nullptr;
    QTreeWidget* models_ = nullptr;
    QStackedWidget* details_ = nullptr;
    QTabWidget* endpoint_tabs_ = nullptr;
    QTreeWidget* facts_ = nullptr;
    TryPanel* try_ = nullptr;
    CodeView* code_ = nullptr;
    QTabWidget* model_tabs_ = nullptr;
    ModelTable* versions_ = nullptr;
    ModelTry* model_try_ = nullptr;
    CodeView* model_code_ = nullptr;
};

}  // namespace tessera::workbench
