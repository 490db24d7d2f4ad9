// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The text field for SQL: PostgreSQL's words coloured, line numbers, braces matched, the statement under the caret
/// marked at its left, and errors drawn where the server means them. Positions are bytes of the UTF-8 text. GUI thread.

#include "app/core/files/text_file.h"
#include "app/core/sql/script_check.h"
#include "app/core/text/utf16_index.h"
#include "app/workbench/editor/qscintilla.h"
#include "app/workbench/settings/editor_settings.h"

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
    /// The bytes [begin, end) of it, likewise, without moving the rest.
    std::string_view utf8(std::size_t begin, std::size_t end) const;
    std::size_t utf8Size() const;

    /// Where a byte stands in UTF-16 units, as Qt's strings count, and back; quick in large texts.
    std::size_t unitsBefore(std::size_t byte) const;
    std::size_t byteAtUnit(std::size_t unit) const;

    /// What QScintilla asks for at every change: UTF-16 units before the byte.
    long countForAccessibility(std::size_t byte) const;

    /// How often that was asked for, and the bytes of the text that were read for it and for the two above.
    struct Counting {
        std::size_t questions = 0;
        std::size_t bytes_read = 0;
    };

    Counting counting() const { return {counted_, index_.bytesRead()}; }

    /// The selection, if there is one, else the statement the caret stands in.
    std::optional<SqlPiece> pieceToRun() const;
    /// All statements.
    std::vector<SqlPiece> allPieces() const;

    void applyOptions(const EditorOptions& options);

    /// That of lines written from now on; those that are there keep theirs.
    void setLineEnd(app::LineEnd line_end);

    std::size_t caret() const;
    /// Puts the caret there, with nothing selected, and scrolls to it.
    void setCaret(std::size_t position);
    /// The statement around a byte, up to the semicolons around it. In a large text it is looked for near the byte
    /// only.
    SqlPiece statementAround(std::size_t position) const;
    /// As one step for undo; the caret goes `caret_back` bytes before the new text's end.
    void replaceRange(std::size_t begin, std::size_t end, const std::string& text, std::size_t caret_back = 0);

    /// Makes the selected lines comments, or comments lines again.
    void toggleComment();
    /// Lays the selection, else the statement under the caret, out anew. Says why not when it must not be touched.
    QString format();

    /// The bytes that Run would run: they have a frame.
    std::pair<std::size_t, std::size_t> framed() const { return frame_; }

    /// What is wrong in the text as it stands: errors and warnings under their words, until the next call.
    void showProblems(std::vector<app::ScriptProblem> problems);

    const std::vector<app::ScriptProblem>& problems() const { return problems_; }

    /// Null when there is none at the byte.
    const app::ScriptProblem* problemAt(std::size_t position) const;
    /// Puts the caret on the next problem behind it, errors of the server included, and says what it is.
    void goToNextProblem();

    /// Marks the word at a byte and says below its line what is wrong. Gone with the next change of the text.
    void showError(std::size_t byte, const QString& message);
    void clearError();

    /// The bytes marked as wrong; empty when there is no error shown.
    std::pair<std::size_t, std::size_t> errorRange() const { return error_range_; }

  Q_SIGNALS:
    /// The caret was brought to a problem.
    void problemReached(const QString& message);

  protected:
    /// Files that are dragged in are the window's to open.
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragMoveEvent(QDragMoveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

  private:
    void setUpMargins();
    void setUpKeys();
    void applyTheme();
    void updateLineNumberWidth();
    void markStatement();
    void frame(std::size_t begin, std::size_t end);

    QFont editorFont() const;

    SqlLexer* lexer_;
    mutable app::Utf16Index index_;
    mutable std::size_t counted_ = 0;
    EditorOptions options_;
    QTimer mark_timer_;
    std::pair<std::size_t, std::size_t> error_range_{0, 0};
    QString error_message_;
    std::vector<app::ScriptProblem> problems_;
    std::pair<std::size_t, std::size_t> frame_{0, 0};
};

}  // namespace tessera::workbench
