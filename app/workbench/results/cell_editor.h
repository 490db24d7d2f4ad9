// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Where the text of one cell is typed, over the cell. Enter takes it, Shift+Enter is a line, Esc leaves the cell as it
/// was; going elsewhere takes it, too. Deletes itself. GUI thread.

#include <QPlainTextEdit>
#include <QRect>

namespace tessera::workbench {

class CellEditor : public QPlainTextEdit {
    Q_OBJECT

  public:
    /// `cell` in the parent.
    CellEditor(QWidget* parent, const QRect& cell);

    /// Selected, to be replaced by the first key; or as the first key, behind which more is typed.
    void begin(const QString& text, bool is_selected);

  Q_SIGNALS:
    /// Not when nothing was changed.
    void taken(const QString& text);
    void closed();

  protected:
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

  private:
    void end(bool is_taken);

    QString original_;
    bool was_typed_ = false;
    bool has_ended_ = false;
};

}  // namespace tessera::workbench
