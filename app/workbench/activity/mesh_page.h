// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The mesh at work, in a tab: its nodes and sources as a graph with a list as its twin, what runs on all nodes, who
/// ran what for those who may know, the replicated store, and sharded tables. Asks the nodes while it is looked at, and
/// only then. GUI thread.

#include "app/core/activity/activity_model.h"
#include "app/core/activity/mesh_watch.h"
#include "app/core/mesh/store_watch.h"

#include <QWidget>
#include <memory>

class QAction;
class QLabel;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QStackedWidget;
class QTabWidget;
class QTreeView;
class QTreeWidget;

namespace tessera::workbench {

class AuditView;
class EmptyState;
class GraphView;
class NoteLabel;
class ShardsView;
class StoreView;

class MeshPage : public QWidget {
    Q_OBJECT

  public:
    enum class Section { kMesh, kRunning, kAudit, kStore, kShards };

    MeshPage(std::shared_ptr<const app::Mesh> mesh, app::StoreConnector store, QWidget* parent = nullptr);

    void setMesh(std::shared_ptr<const app::Mesh> mesh);
    void showSection(Section section);

    app::MeshWatch& watch() { return watch_; }

  Q_SIGNALS:
    /// The person wants this text in the editor.
    void queryRequested(const QString& node, const QString& sql);

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    QWidget* buildMesh();
    QWidget* buildRunning();
    void onMeshChanged();
    void onNodeChanged(int node);
    void updateGraph();
    void updateList();
    void updateFacts();
    void updateRunning();
    void showObject(const QString& id);
    void cancelSelected();
    void onCancelEnded(const QString& node, int pid, const QString& problem);
    void openText();
    const app::RunningStatement* current() const;

    std::shared_ptr<const app::Mesh> mesh_;
    app::MeshWatch watch_;
    app::ActivityModel statements_;

    QTabWidget* sections_;
    GraphView* graph_ = nullptr;
    QTreeWidget* list_ = nullptr;
    QTreeWidget* facts_ = nullptr;
    NoteLabel* problem_ = nullptr;
    QStackedWidget* running_stack_ = nullptr;
    EmptyState* running_empty_ = nullptr;
    QTreeView* running_ = nullptr;
    QSortFilterProxyModel* sorted_ = nullptr;
    QLineEdit* filter_ = nullptr;
    QPushButton* cancel_ = nullptr;
    QPushButton* open_ = nullptr;
    QLabel* note_ = nullptr;
    QString cancel_note_;
    AuditView* audit_ = nullptr;
    StoreView* store_ = nullptr;
    ShardsView* shards_ = nullptr;
};

}  // namespace tessera::workbench
