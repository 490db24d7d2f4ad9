// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The places of a snippet that was just written: Tab goes to the next, Shift+Tab back, Escape or a caret elsewhere
/// ends it. What was typed in a place stands in its other occurrences when it is left. GUI thread.

#include "app/core/sql/snippet.h"
#include "app/workbench/editor/qscintilla.h"

#include <QObject>

namespace tessera::workbench {

class SqlEditor;

class SnippetSession : public QObject {
    Q_OBJECT

  public:
    explicit SnippetSession(SqlEditor* editor);

    bool isActive() const { return !fields_.empty(); }

    /// Writes the snippet over these bytes and selects its first place.
    void start(std::size_t begin, std::size_t end, const QString& body);
    /// The next place, or the one before; behind the last one it ends.
    void move(int step);
    void stop();

  private:
    void onModified(int position, int modification, int length);
    void onCaretMoved();
    void select(std::size_t field);
    /// Brings the current place's text to its other occurrences.
    void mirror();
    void draw();
    QString indentAt(std::size_t position) const;

    SqlEditor* editor_;
    std::vector<app::SnippetField> fields_;
    std::size_t current_ = 0;
    /// It moves the caret itself.
    bool is_moving_ = false;
};

}  // namespace tessera::workbench
