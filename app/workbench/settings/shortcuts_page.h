// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The settings' table of actions and their keys: choose a row, press the keys. Keys that another action has are
/// refused until the person says which of the two gives way. GUI thread.

#include "app/workbench/settings/shortcuts.h"

#include <QWidget>

class QKeySequenceEdit;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace tessera::workbench {

class NoteLabel;

class ShortcutsPage : public QWidget {
    Q_OBJECT

  public:
    /// `shortcuts` outlives it.
    explicit ShortcutsPage(Shortcuts& shortcuts, QWidget* parent = nullptr);

    /// Rows whose action or keys contain the text.
    void filter(const QString& text);

  private:
    QAction* current() const;
    void fill();
    void showRow(QTreeWidgetItem* item) const;
    void onCurrentChanged();
    void onKeysPressed();
    void takeKeysAway();
    void assign();
    void updateNote();

    Shortcuts& shortcuts_;
    QTreeWidget* table_;
    QKeySequenceEdit* keys_;
    QPushButton* take_;
    QPushButton* clear_;
    QPushButton* reset_;
    NoteLabel* note_;
    bool is_filling_ = false;
};

}  // namespace tessera::workbench
