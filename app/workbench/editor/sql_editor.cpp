// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/sql_editor.h"

#include "app/core/sql/statement_splitter.h"
#include "app/core/text/utf8.h"
#include "app/workbench/editor/sql_lexer.h"
#include "app/workbench/ui/theme.h"

#include <QEvent>
#include <algorithm>
#include <array>

namespace tessera::workbench {

namespace {

constexpr int kNumberMargin = 0;
constexpr int kStatementMargin = 1;
constexpr int kStatementMarker = 1;
constexpr int kErrorIndicator = 8;
constexpr int kAnnotationStyle = 60;
constexpr int kTabColumns = 4;
/// Pixels above and below each line.
constexpr int kLineSpacing = 2;
constexpr int kStatementMarginWidth = 6;
/// Above this the statement under the caret is only looked for when it is run.
constexpr std::size_t kMarkedTextMax = std::size_t{1} << 20U;
constexpr int kMarkDelay_ms = 60;

bool isWordByte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// The word that begins at a byte, or the one character there.
std::size_t wordEnd(std::string_view text, std::size_t begin) {
    std::size_t end = begin;
    while (end < text.size() && isWordByte(text[end])) {
        ++end;
    }
    return end == begin ? std::min(text.size(), begin + app::characterLength(text, begin)) : end;
}

}  // namespace

SqlEditor::SqlEditor(QWidget* parent) : QsciScintilla(parent), lexer_(new SqlLexer(this)) {
    setObjectName(QStringLiteral("sqlEditor"));
    setAccessibleName(tr("SQL editor"));
    setUtf8(true);
    setEolMode(QsciScintilla::EolUnix);
    setLexer(lexer_);
    setFrameShape(QFrame::NoFrame);
    setIndentationsUseTabs(false);
    setTabWidth(kTabColumns);
    setAutoIndent(true);
    setBraceMatching(QsciScintilla::SloppyBraceMatch);
    setCaretLineVisible(true);
    setWrapMode(QsciScintilla::WrapNone);
    SendScintilla(SCI_SETEXTRAASCENT, kLineSpacing);
    SendScintilla(SCI_SETEXTRADESCENT, kLineSpacing);
    setScrollWidth(1);
    setScrollWidthTracking(true);
    SendScintilla(SCI_SETMULTIPLESELECTION, true);
    SendScintilla(SCI_SETADDITIONALSELECTIONTYPING, true);
    SendScintilla(SCI_SETMULTIPASTE, static_cast<long>(SC_MULTIPASTE_EACH));
    indicatorDefine(QsciScintilla::SquiggleIndicator, kErrorIndicator);
    setAnnotationDisplay(QsciScintilla::AnnotationStandard);
    setUpMargins();
    setUpKeys();
    applyTheme();
    mark_timer_.setSingleShot(true);
    mark_timer_.setInterval(kMarkDelay_ms);
    connect(&mark_timer_, &QTimer::timeout, this, &SqlEditor::markStatement);
    connect(this, &QsciScintilla::cursorPositionChanged, &mark_timer_, qOverload<>(&QTimer::start));
    connect(this, &QsciScintilla::linesChanged, this, &SqlEditor::updateLineNumberWidth);
    connect(this, &QsciScintilla::textChanged, this, [this] {
        clearError();
        mark_timer_.start();
    });
}

std::string_view SqlEditor::utf8() const {
    const auto* text = reinterpret_cast<const char*>(SendScintillaPtrResult(SCI_GETCHARACTERPOINTER));
    return {text, static_cast<std::size_t>(SendScintilla(SCI_GETLENGTH))};
}

std::optional<SqlPiece> SqlEditor::pieceToRun() const {
    const std::string_view text = utf8();
    const auto begin = static_cast<std::size_t>(SendScintilla(SCI_GETSELECTIONSTART));
    const auto end = static_cast<std::size_t>(SendScintilla(SCI_GETSELECTIONEND));
    if (begin != end) {
        const std::string_view selected = text.substr(begin, end - begin);
        const auto statements = app::splitStatements(selected);
        if (statements.empty()) {
            return std::nullopt;
        }
        return SqlPiece{std::string(selected.substr(0, statements.back().end)), begin};
    }
    const auto caret = static_cast<std::size_t>(SendScintilla(SCI_GETCURRENTPOS));
    if (const auto statement = app::statementAt(text, caret)) {
        return SqlPiece{std::string(statement->of(text)), statement->begin};
    }
    return std::nullopt;
}

std::vector<SqlPiece> SqlEditor::allPieces() const {
    const std::string_view text = utf8();
    std::vector<SqlPiece> pieces;
    for (const app::StatementRange& statement : app::splitStatements(text)) {
        pieces.push_back({std::string(statement.of(text)), statement.begin});
    }
    return pieces;
}

void SqlEditor::showError(std::size_t byte, const QString& message) {
    clearError();
    const std::string_view text = utf8();
    std::size_t begin = std::min(byte, text.size());
    if (begin == text.size() && begin > 0) {
        // The server means the end of the text: the last character is marked.
        --begin;
    }
    const std::size_t end = wordEnd(text, begin);
    error_range_ = {begin, end};
    SendScintilla(SCI_SETINDICATORCURRENT, kErrorIndicator);
    SendScintilla(SCI_INDICATORFILLRANGE, begin, static_cast<long>(end - begin));
    const int line = static_cast<int>(SendScintilla(SCI_LINEFROMPOSITION, begin));
    annotate(line, message, kAnnotationStyle);
    ensureLineVisible(line);
}

void SqlEditor::clearError() {
    if (error_range_.second == 0) {
        return;
    }
    error_range_ = {0, 0};
    SendScintilla(SCI_SETINDICATORCURRENT, kErrorIndicator);
    SendScintilla(SCI_INDICATORCLEARRANGE, 0UL, SendScintilla(SCI_GETLENGTH));
    clearAnnotations();
}

void SqlEditor::changeEvent(QEvent* event) {
    QsciScintilla::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        applyTheme();
    }
}

void SqlEditor::setUpMargins() {
    setMarginType(kNumberMargin, QsciScintilla::NumberMargin);
    updateLineNumberWidth();
    setMarginType(kStatementMargin, QsciScintilla::SymbolMargin);
    setMarginWidth(kStatementMargin, kStatementMarginWidth);
    setMarginMarkerMask(kStatementMargin, 1 << kStatementMarker);
    markerDefine(QsciScintilla::LeftRectangle, kStatementMarker);
    for (int margin = 2; margin < margins(); ++margin) {
        setMarginWidth(margin, 0);
    }
}

void SqlEditor::setUpKeys() {
    // Keys that Scintilla binds and the workbench uses or wants free: they belong to its actions.
    const std::array keys{int(Qt::Key_Escape), int(Qt::CTRL) | int(Qt::Key_T), int(Qt::CTRL) | int(Qt::Key_L),
                          int(Qt::CTRL) | int(Qt::Key_D), int(Qt::CTRL) | int(Qt::Key_Slash)};
    for (QsciCommand* command : standardCommands()->commands()) {
        if (std::find(keys.begin(), keys.end(), command->key()) != keys.end()) {
            command->setKey(0);
        }
        if (std::find(keys.begin(), keys.end(), command->alternateKey()) != keys.end()) {
            command->setAlternateKey(0);
        }
    }
}

void SqlEditor::applyTheme() {
    const Theme& theme = currentTheme();
    lexer_->applyTheme();
    setColor(theme.text);
    setPaper(theme.surface);
    setCaretForegroundColor(theme.text);
    setCaretLineBackgroundColor(theme.caret_line);
    setSelectionBackgroundColor(theme.selection);
    setSelectionForegroundColor(theme.selection_text);
    setMarginsFont(monospaceFont());
    setMarginsBackgroundColor(theme.surface);
    setMarginsForegroundColor(theme.line_number);
    setMarkerBackgroundColor(theme.accent, kStatementMarker);
    setMarkerForegroundColor(theme.accent, kStatementMarker);
    setMatchedBraceBackgroundColor(theme.selection);
    setMatchedBraceForegroundColor(theme.selection_text);
    setUnmatchedBraceForegroundColor(theme.error);
    setUnmatchedBraceBackgroundColor(theme.surface);
    setIndicatorForegroundColor(theme.error, kErrorIndicator);
    const QFont font = monospaceFont();
    SendScintilla(SCI_STYLESETFORE, kAnnotationStyle, theme.error);
    SendScintilla(SCI_STYLESETBACK, kAnnotationStyle, theme.error_surface);
    SendScintilla(SCI_STYLESETFONT, kAnnotationStyle, font.family().toUtf8().constData());
    SendScintilla(SCI_STYLESETSIZEFRACTIONAL, kAnnotationStyle, static_cast<long>(QFontInfo(font).pointSizeF() * 100));
    updateLineNumberWidth();
}

void SqlEditor::updateLineNumberWidth() {
    const auto digits = std::max<qsizetype>(3, QString::number(lines()).size());
    setMarginWidth(kNumberMargin, QString(digits + 1, QLatin1Char('9')));
}

void SqlEditor::markStatement() {
    markerDeleteAll(kStatementMarker);
    const std::string_view text = utf8();
    if (text.size() > kMarkedTextMax) {
        return;
    }
    const auto caret = static_cast<std::size_t>(SendScintilla(SCI_GETCURRENTPOS));
    const auto statement = app::statementAt(text, caret);
    if (!statement) {
        return;
    }
    const int first = static_cast<int>(SendScintilla(SCI_LINEFROMPOSITION, statement->begin));
    const int last = static_cast<int>(SendScintilla(SCI_LINEFROMPOSITION, statement->end));
    for (int line = first; line <= last; ++line) {
        markerAdd(line, kStatementMarker);
    }
}

}  // namespace tessera::workbench
