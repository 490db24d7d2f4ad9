// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The text field for SQL: PostgreSQL's words coloured, line numbers, braces matched, the statement under the caret
/// marked at its left, and errors drawn where the server means them. Positions are bytes of the UTF-8 text. GUI thread.

#include "app/workbench/editor/qscintilla.h"

#include <QTimer>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::workbench {

class SqlLexer;

/// SQL that is to be run, and where it stands in the editor.
struct SqlPiece {
    std::string sql;
    std::size_t begin = 0;

    bool operator==(const SqlPiece&) const = default;
};

class SqlEditor : public QsciScintilla {
    Q_OBJECT

  public:
    explicit SqlEditor(QWidget* parent = nullptr);

    /// The text in place; valid until the next change.
    std::string_view utf8() const;

    /// The selection, if there is one, else the statement the caret stands in.
    std::optional<SqlPiece> pieceToRun() const;
    /// All statements.
    std::vector<SqlPiece> allPieces() const;

    /// Marks the word at a byte and says below its line what is wrong. Gone with the next change of the text.
    void showError(std::size_t byte, const QString& message);
    void clearError();

    /// The bytes marked as wrong; empty when there is no error shown.
    std::pair<std::size_t, std::size_t> errorRange() const { return error_range_; }

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void setUpMargins();
    void setUpKeys();
    void applyTheme();
    void updateLineNumberWidth();
    void markStatement();

    SqlLexer* lexer_;
    QTimer mark_timer_;
    std::pair<std::size_t, std::size_t> error_range_{0, 0};
};

}  // namespace tessera::workbench
