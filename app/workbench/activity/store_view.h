// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The members of the replicated store as they are now: who leads, how far each one's log and data are. Follows the
/// nodes while it is looked at, and only then. GUI thread.

#include "app/core/mesh/store_model.h"
#include "app/core/mesh/store_watch.h"

#include <QWidget>
#include <memory>

class QStackedWidget;
class QTreeView;

namespace tessera::workbench {

class EmptyState;
class NoteLabel;
class StoreFaultsBar;

class StoreView : public QWidget {
    Q_OBJECT

  public:
    explicit StoreView(app::StoreConnector reach, QWidget* parent = nullptr);

    void setMesh(std::shared_ptr<const app::Mesh> mesh);
    /// Opens the streams anew, also those that are not tried again by themselves.
    void refresh();

    app::StoreWatch& watch() { return watch_; }

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    void showState();
    void showNothing();
    void showMembers(const app::StoreOverview& overview);
    void chooseMember();

    app::StoreWatch watch_;
    app::StoreModel model_;
    NoteLabel* note_;
    QTreeView* table_;
    QStackedWidget* stack_;
    EmptyState* empty_;
    StoreFaultsBar* faults_;
};

}  // namespace tessera::workbench
