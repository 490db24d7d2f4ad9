// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/editor_accessible.h"

#include "app/workbench/editor/sql_editor.h"
#include "app/workbench/ui/accessibility.h"

#include <QFontMetrics>
#include <QTextBoundaryFinder>
#include <algorithm>

namespace tessera::workbench {

namespace {

QAccessibleInterface* makeAccessible(const QString& class_name, QObject* object) {
    if (class_name == QLatin1String(SqlEditor::staticMetaObject.className())) {
        return new EditorAccessible(static_cast<SqlEditor*>(object));
    }
    return nullptr;
}

QTextBoundaryFinder::BoundaryType finderType(QAccessible::TextBoundaryType type) {
    return type == QAccessible::WordBoundary ? QTextBoundaryFinder::Word : QTextBoundaryFinder::Grapheme;
}

bool isWithinLine(QAccessible::TextBoundaryType type) {
    return type == QAccessible::CharBoundary || type == QAccessible::WordBoundary;
}

}  // namespace

void EditorAccessible::install() {
    [[maybe_unused]] static const bool is_installed = [] {
        QAccessible::installFactory(makeAccessible);
        return true;
    }();
}

void EditorAccessible::tellCaret(SqlEditor* editor) {
    if (!isAccessibilityHeard()) {
        return;
    }
    const EditorAccessible own(editor);
    QAccessibleTextCursorEvent moved(editor, own.cursorPosition());
    tellAccessibility(moved);
    int start = 0;
    int end = 0;
    own.selection(0, &start, &end);
    QAccessibleTextSelectionEvent selected(editor, start, end);
    selected.setCursorPosition(own.cursorPosition());
    tellAccessibility(selected);
}

EditorAccessible::EditorAccessible(SqlEditor* editor) : QAccessibleWidget(editor, QAccessible::EditableText) {}

SqlEditor& EditorAccessible::editor() const {
    return *static_cast<SqlEditor*>(widget());
}

void* EditorAccessible::interface_cast(QAccessible::InterfaceType type) {
    if (type == QAccessible::TextInterface) {
        return static_cast<QAccessibleTextInterface*>(this);
    }
    if (type == QAccessible::EditableTextInterface) {
        return static_cast<QAccessibleEditableTextInterface*>(this);
    }
    return QAccessibleWidget::interface_cast(type);
}

QAccessible::State EditorAccessible::state() const {
    QAccessible::State state = QAccessibleWidget::state();
    state.editable = !editor().isReadOnly();
    state.readOnly = editor().isReadOnly();
    state.multiLine = true;
    state.selectableText = true;
    return state;
}

QString EditorAccessible::text(QAccessible::Text kind) const {
    return kind == QAccessible::Value ? editor().text() : QAccessibleWidget::text(kind);
}

std::size_t EditorAccessible::byteAt(int offset) const {
    return editor().byteAtUnit(static_cast<std::size_t>(std::max(0, offset)));
}

int EditorAccessible::characterCount() const {
    return static_cast<int>(editor().unitsBefore(editor().utf8Size()));
}

QString EditorAccessible::text(int start, int end) const {
    const std::size_t from = byteAt(start);
    const std::size_t to = std::max(from, byteAt(end));
    const std::string_view bytes = editor().utf8(from, to);
    return QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
}

EditorAccessible::Piece EditorAccessible::lineAround(int offset) const {
    const SqlEditor& editor = this->editor();
    const long line = editor.SendScintilla(QsciScintillaBase::SCI_LINEFROMPOSITION, byteAt(offset));
    const auto unitOf = [&](long of) {
        const long byte = editor.SendScintilla(QsciScintillaBase::SCI_POSITIONFROMLINE, of);
        return byte < 0 ? characterCount() : static_cast<int>(editor.unitsBefore(static_cast<std::size_t>(byte)));
    };
    return {unitOf(line), unitOf(line + 1)};
}

EditorAccessible::Piece EditorAccessible::pieceAround(int offset, QAccessible::TextBoundaryType type) const {
    if (type == QAccessible::NoBoundary) {
        return {0, characterCount()};
    }
    const Piece line = lineAround(offset);
    if (!isWithinLine(type) || line.start == line.end) {
        return line;
    }
    const QString text = this->text(line.start, line.end);
    QTextBoundaryFinder finder(finderType(type), text);
    finder.setPosition(std::clamp<qsizetype>(offset - line.start, 0, text.size()));
    if (!finder.isAtBoundary()) {
        finder.toPreviousBoundary();
    }
    const auto begin = static_cast<int>(std::max<qsizetype>(0, finder.position()));
    const auto end = static_cast<int>(finder.toNextBoundary());
    return {line.start + begin, end < 0 ? line.end : line.start + end};
}

QString EditorAccessible::tell(Piece piece, int* start, int* end) const {
    *start = piece.start;
    *end = piece.end;
    return piece.start < 0 ? QString() : text(piece.start, piece.end);
}

QString EditorAccessible::textAtOffset(int offset, QAccessible::TextBoundaryType type, int* start, int* end) const {
    constexpr int kEnd = -1;
    constexpr int kCaret = -2;
    const int at = offset == kEnd ? characterCount() : offset == kCaret ? cursorPosition() : offset;
    return tell(at < 0 || at > characterCount() ? Piece() : pieceAround(at, type), start, end);
}

QString EditorAccessible::textBeforeOffset(int offset, QAccessible::TextBoundaryType type, int* start, int* end) const {
    textAtOffset(offset, type, start, end);
    return tell(*start <= 0 ? Piece() : pieceAround(*start - 1, type), start, end);
}

QString EditorAccessible::textAfterOffset(int offset, QAccessible::TextBoundaryType type, int* start, int* end) const {
    textAtOffset(offset, type, start, end);
    return tell(*start < 0 || *end >= characterCount() ? Piece() : pieceAround(*end, type), start, end);
}

int EditorAccessible::cursorPosition() const {
    return static_cast<int>(editor().unitsBefore(editor().caret()));
}

void EditorAccessible::setCursorPosition(int position) {
    editor().setCaret(byteAt(position));
}

int EditorAccessible::selectionCount() const {
    return editor().hasSelectedText() ? 1 : 0;
}

void EditorAccessible::selection(int index, int* start, int* end) const {
    *start = *end = 0;
    if (index < selectionCount()) {
        const auto unitOf = [&](unsigned message) {
            return static_cast<int>(editor().unitsBefore(static_cast<std::size_t>(editor().SendScintilla(message))));
        };
        *start = unitOf(QsciScintillaBase::SCI_GETSELECTIONSTART);
        *end = unitOf(QsciScintillaBase::SCI_GETSELECTIONEND);
    }
}

void EditorAccessible::addSelection(int start, int end) {
    setSelection(0, start, end);
}

void EditorAccessible::removeSelection(int index) {
    if (index == 0) {
        editor().SendScintilla(QsciScintillaBase::SCI_SETEMPTYSELECTION, editor().caret());
    }
}

void EditorAccessible::setSelection(int index, int start, int end) {
    if (index == 0) {
        editor().SendScintilla(QsciScintillaBase::SCI_SETSEL, byteAt(start), static_cast<long>(byteAt(end)));
    }
}

QRect EditorAccessible::characterRect(int offset) const {
    const SqlEditor& editor = this->editor();
    const auto byte = static_cast<long>(byteAt(offset));
    const auto at = [&](unsigned message) { return static_cast<int>(editor.SendScintilla(message, 0UL, byte)); };
    const QFontMetrics metrics(editor.lexer()->font(0));
    const int height = static_cast<int>(editor.SendScintilla(QsciScintillaBase::SCI_TEXTHEIGHT, 0UL));
    const QRect rect(at(QsciScintillaBase::SCI_POINTXFROMPOSITION), at(QsciScintillaBase::SCI_POINTYFROMPOSITION),
                     metrics.horizontalAdvance(text(offset, offset + 1)), height);
    return {editor.viewport()->mapToGlobal(rect.topLeft()), rect.size()};
}

int EditorAccessible::offsetAtPoint(const QPoint& point) const {
    const QPoint own = editor().viewport()->mapFromGlobal(point);
    const long byte = editor().SendScintilla(QsciScintillaBase::SCI_POSITIONFROMPOINTCLOSE,
                                             static_cast<unsigned long>(own.x()), static_cast<long>(own.y()));
    return byte < 0 ? -1 : static_cast<int>(editor().unitsBefore(static_cast<std::size_t>(byte)));
}

void EditorAccessible::scrollToSubstring(int start, int end) {
    editor().SendScintilla(QsciScintillaBase::SCI_SCROLLRANGE, byteAt(end), static_cast<long>(byteAt(start)));
}

QString EditorAccessible::attributes(int offset, int* start, int* end) const {
    // What is marked as wrong is so for those who do not see the mark, too.
    if (const app::ScriptProblem* problem = editor().problemAt(byteAt(offset))) {
        *start = static_cast<int>(editor().unitsBefore(problem->begin));
        *end = static_cast<int>(editor().unitsBefore(problem->end));
        return QStringLiteral("invalid:true;");
    }
    *start = offset;
    *end = std::min(offset + 1, characterCount());
    return {};
}

void EditorAccessible::insertText(int offset, const QString& text) {
    replaceText(offset, offset, text);
}

void EditorAccessible::deleteText(int start, int end) {
    replaceText(start, end, QString());
}

void EditorAccessible::replaceText(int start, int end, const QString& text) {
    if (!editor().isReadOnly()) {
        editor().replaceRange(byteAt(start), byteAt(end), text.toStdString());
    }
}

}  // namespace tessera::workbench
