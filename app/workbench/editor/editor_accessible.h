// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What a screen reader is told of the editor: its text by characters, words and lines, the caret, the selection.
/// QScintilla has an own, which counts from the text's start at every question; this one answers in steps of
/// app::Utf16Index. Offsets are UTF-16 units, as everywhere in Qt's accessibility. GUI thread.

#include <QAccessibleWidget>

namespace tessera::workbench {

class SqlEditor;

class EditorAccessible : public QAccessibleWidget,
                         public QAccessibleTextInterface,
                         public QAccessibleEditableTextInterface {
  public:
    /// Makes Qt take this for every SqlEditor from now on.
    static void install();
    /// Tells who listens, if anybody does, where caret and selection are.
    static void tellCaret(SqlEditor* editor);

    explicit EditorAccessible(SqlEditor* editor);

    void* interface_cast(QAccessible::InterfaceType type) override;
    QAccessible::State state() const override;
    QString text(QAccessible::Text kind) const override;

    int characterCount() const override;
    QString text(int start, int end) const override;
    QString textAtOffset(int offset, QAccessible::TextBoundaryType type, int* start, int* end) const override;
    QString textBeforeOffset(int offset, QAccessible::TextBoundaryType type, int* start, int* end) const override;
    QString textAfterOffset(int offset, QAccessible::TextBoundaryType type, int* start, int* end) const override;
    int cursorPosition() const override;
    void setCursorPosition(int position) override;
    int selectionCount() const override;
    void selection(int index, int* start, int* end) const override;
    void addSelection(int start, int end) override;
    void removeSelection(int index) override;
    void setSelection(int index, int start, int end) override;
    QRect characterRect(int offset) const override;
    int offsetAtPoint(const QPoint& point) const override;
    void scrollToSubstring(int start, int end) override;
    QString attributes(int offset, int* start, int* end) const override;

    void insertText(int offset, const QString& text) override;
    void deleteText(int start, int end) override;
    void replaceText(int start, int end, const QString& text) override;

  private:
    struct Piece {
        int start = -1;
        int end = -1;
    };

    SqlEditor& editor() const;
    std::size_t byteAt(int offset) const;
    Piece lineAround(int offset) const;
    Piece pieceAround(int offset, QAccessible::TextBoundaryType type) const;
    QString tell(Piece piece, int* start, int* end) const;
};

}  // namespace tessera::workbench
