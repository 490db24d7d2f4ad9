// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Find and replace below an editor: plain text or regular expressions (ECMAScript), with the number of hits. Enter and
/// Shift+Enter go on and back, Esc closes. GUI thread.

#include <QWidget>

class QLabel;
class QLineEdit;
class QToolButton;

namespace tessera::workbench {

class SqlEditor;

class EditorFindBar : public QWidget {
    Q_OBJECT

  public:
    EditorFindBar(SqlEditor* editor, QWidget* parent);

    /// Shows it, with what is selected as the text to look for.
    void open();

    bool findNext(bool is_forward);
    /// Replaces the hit that is selected, and goes to the next.
    void replaceOne();
    /// As one step for undo. How many were replaced.
    int replaceAll();

  protected:
    void keyPressEvent(QKeyEvent* event) override;

  private:
    bool findFrom(int line, int index, bool is_forward, bool wraps);
    void say(const QString& text);

    SqlEditor* editor_;
    QLineEdit* find_;
    QLineEdit* replace_;
    QToolButton* case_;
    QToolButton* regex_;
    QLabel* status_;
};

}  // namespace tessera::workbench
