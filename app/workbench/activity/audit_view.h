// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Who ran what on a node, the newest first, for those who may read its audit trail. Asks when it is looked at, when
/// the filter changes and when it is told to; never by itself, for its own question is written down, too. GUI thread.

#include "app/core/activity/activity.h"
#include "app/core/mesh/mesh.h"

#include <QTimer>
#include <QWidget>
#include <memory>
#include <vector>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTreeView;

namespace tessera::workbench {

class EmptyState;

class AuditView : public QWidget {
    Q_OBJECT

  public:
    explicit AuditView(QWidget* parent = nullptr);

    void setMesh(std::shared_ptr<const app::Mesh> mesh);
    /// Those whose trail may be read; the chosen one stays.
    void setNodes(const QStringList& nodes);
    /// When it is looked at.
    void refresh();

  Q_SIGNALS:
    void queryRequested(const QString& node, const QString& sql);

  protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;

  private:
    void take(Result<app::RowsQuery::Rows> rows);
    void applyColors();
    void openText();

    std::shared_ptr<const app::Mesh> mesh_;
    std::vector<app::AuditEntry> entries_;
    QComboBox* node_;
    QLineEdit* filter_;
    QCheckBox* only_failed_;
    QPushButton* open_;
    QStackedWidget* stack_;
    EmptyState* empty_;
    QTreeView* table_;
    /// A filter counts when nobody types any more.
    QTimer filter_timer_;
    app::RowsQuery query_;
};

}  // namespace tessera::workbench
