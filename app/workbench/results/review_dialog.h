// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Shows what changed cells were and are to be, row by row, before they are applied. GUI thread.

#include "app/core/edit/row_changes.h"

#include <QDialog>
#include <vector>

class QTreeWidget;

namespace tessera::workbench {

class ReviewDialog : public QDialog {
    Q_OBJECT

  public:
    /// A row with its key, "id = 7".
    struct Row {
        QString key;
        app::RowChanges::Row cells;
    };

    /// accepted() is the wish to apply them.
    ReviewDialog(const app::EditTarget& target, const std::vector<Row>& rows, QWidget* parent);

    QTreeWidget& tree() { return *tree_; }

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void applyColors();

    QTreeWidget* tree_;
};

}  // namespace tessera::workbench
