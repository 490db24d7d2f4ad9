// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/sql_editor.h"

#include "app/core/sql/statement_splitter.h"
#include "app/workbench/editor/editor_accessible.h"
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
constexpr int kSyntaxIndicator = 9;
constexpr int kWarningIndicator = 10;
constexpr int kAnnotationStyle = 60;
constexpr int kTabColumns = 4;
/// Pixels above and below each line.
constexpr int kLineSpacing = 2;
constexpr int kStatementMarginWidth = 6;
constexpr int kFoldMargin = 2;
/// Above this the statement under the caret is only looked for when it is run.
constexpr std::size_t kMarkedTextMax = std::size_t{1} << 20U;
constexpr int kMarkDelay_ms = 60;

/// How far from a byte its statement is looked for in a text above kMarkedTextMax.
constexpr std::size_t kStatementReach = std::size_t{64} << 10U;

}  // namespace

SqlEditor::SqlEditor(QWidget* parent)
    : QsciScintilla(parent),
      lexer_(new SqlLexer(this)),
      index_([this](std::size_t begin, std::size_t end) { return utf8(begin, end); }) {
    EditorAccessible::install();
    setObjectName(QStringLiteral("sqlEditor"));
    setAccessibleName(tr("SQL editor"));
    connect(this, &QsciScintillaBase::SCN_MODIFIED, this, [this](int position, int kind) {
        if ((kind & (SC_MOD_BEFOREINSERT | SC_MOD_BEFOREDELETE)) != 0) {
            index_.changesAt(static_cast<std::size_t>(position));
        }
    });
    connect(this, &QsciScintilla::cursorPositionChanged, this, [this] { EditorAccessible::tellCaret(this); });
    connect(this, &QsciScintilla::selectionChanged, this, [this] { EditorAccessible::tellCaret(this); });
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
    for (const int indicator : {kErrorIndicator, kSyntaxIndicator, kWarningIndicator}) {
        indicatorDefine(QsciScintilla::SquiggleIndicator, indicator);
    }
    setAnnotationDisplay(QsciScintilla::AnnotationStandard);
    setUpMargins();
    setUpKeys();
    applyTheme();
    mark_timer_.setSingleShot(true);
    mark_timer_.setInterval(kMarkDelay_ms);
    connect(&mark_timer_, &QTimer::timeout, this, &SqlEditor::markStatement);
    connect(this, &QsciScintilla::cursorPositionChanged, &mark_timer_, qOverload<>(&QTimer::start));
    connect(this, &QsciScintilla::selectionChanged, &mark_timer_, qOverload<>(&QTimer::start));
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

std::string_view SqlEditor::utf8(std::size_t begin, std::size_t end) const {
    const auto* text =
        reinterpret_cast<const char*>(SendScintilla(SCI_GETRANGEPOINTER, begin, static_cast<long>(end - begin)));
    return {text, end - begin};
}

std::size_t SqlEditor::utf8Size() const {
    return static_cast<std::size_t>(SendScintilla(SCI_GETLENGTH));
}

std::size_t SqlEditor::unitsBefore(std::size_t byte) const {
    return index_.unitsBefore(std::min(byte, utf8Size()));
}

std::size_t SqlEditor::byteAtUnit(std::size_t unit) const {
    return index_.byteAt(unit, utf8Size());
}

long SqlEditor::countForAccessibility(std::size_t byte) const {
    ++counted_;
    return static_cast<long>(unitsBefore(byte));
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
    const std::size_t end = app::wordEndAt(text, begin);
    error_range_ = {begin, end};
    error_message_ = message;
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

std::size_t SqlEditor::caret() const {
    return static_cast<std::size_t>(SendScintilla(SCI_GETCURRENTPOS));
}

void SqlEditor::setCaret(std::size_t position) {
    SendScintilla(SCI_GOTOPOS, position);
    SendScintilla(SCI_SCROLLCARET);
}

SqlPiece SqlEditor::statementAround(std::size_t position) const {
    const std::string_view text = utf8();
    position = std::min(position, text.size());
    std::size_t begin = 0;
    std::size_t end = text.size();
    if (text.size() > kMarkedTextMax) {
        // A semicolon at a line's end, with luck not within a string.
        const std::size_t from = position - std::min(position, kStatementReach);
        const std::size_t before = text.substr(0, position).rfind(";\n");
        begin = before == std::string_view::npos || before < from ? from : before + 2;
        const std::size_t behind = text.find(";\n", position);
        end = std::min({behind, position + kStatementReach, text.size()});
    }
    const std::string_view part = text.substr(begin, end - begin);
    for (const app::StatementRange& statement : app::splitStatements(part)) {
        // Up to the semicolon: blanks behind the last word belong to what is being written.
        const bool is_terminated =
            statement.terminator > 0 && part[statement.terminator - 1] == ';' && statement.terminator > statement.end;
        const std::size_t stop = is_terminated ? statement.terminator - 1 : part.size();
        if (position < begin + statement.begin) {
            break;  // between two statements
        }
        if (position <= begin + stop) {
            return {std::string(part.substr(statement.begin, stop - statement.begin)), begin + statement.begin};
        }
    }
    return {std::string(), position};
}

void SqlEditor::replaceRange(std::size_t begin, std::size_t end, const std::string& text, std::size_t caret_back) {
    beginUndoAction();
    SendScintilla(SCI_SETTARGETRANGE, begin, static_cast<long>(end));
    SendScintilla(SCI_REPLACETARGET, text.size(), text.c_str());
    endUndoAction();
    setCaret(begin + text.size() - caret_back);
}

void SqlEditor::showProblems(std::vector<app::ScriptProblem> problems) {
    for (const int indicator : {kSyntaxIndicator, kWarningIndicator}) {
        SendScintilla(SCI_SETINDICATORCURRENT, indicator);
        SendScintilla(SCI_INDICATORCLEARRANGE, 0UL, SendScintilla(SCI_GETLENGTH));
    }
    problems_ = std::move(problems);
    for (const app::ScriptProblem& problem : problems_) {
        SendScintilla(SCI_SETINDICATORCURRENT, problem.is_warning ? kWarningIndicator : kSyntaxIndicator);
        SendScintilla(SCI_INDICATORFILLRANGE, problem.begin, static_cast<long>(problem.end - problem.begin));
    }
}

const app::ScriptProblem* SqlEditor::problemAt(std::size_t position) const {
    const auto found = std::find_if(problems_.begin(), problems_.end(), [&](const app::ScriptProblem& problem) {
        return problem.begin <= position && position < problem.end;
    });
    return found == problems_.end() ? nullptr : &*found;
}

void SqlEditor::goToNextProblem() {
    std::vector<std::pair<std::size_t, QString>> places;
    for (const app::ScriptProblem& problem : problems_) {
        places.emplace_back(problem.begin, QString::fromStdString(problem.message));
    }
    if (error_range_.second != 0) {
        places.emplace_back(error_range_.first, error_message_);
    }
    if (places.empty()) {
        return;
    }
    std::stable_sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    const auto behind =
        std::find_if(places.begin(), places.end(), [this](const auto& place) { return place.first > caret(); });
    const auto& [position, message] = behind == places.end() ? places.front() : *behind;
    setCaret(position);
    Q_EMIT problemReached(message);
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
    setFolding(QsciScintilla::PlainFoldStyle, kFoldMargin);
    for (int margin = kFoldMargin + 1; margin < margins(); ++margin) {
        setMarginWidth(margin, 0);
    }
}

void SqlEditor::setUpKeys() {
    // Keys that Scintilla binds and the workbench uses or wants free: they belong to its actions.
    const std::array keys{int(Qt::Key_Escape),
                          int(Qt::CTRL) | int(Qt::Key_T),
                          int(Qt::CTRL) | int(Qt::Key_L),
                          int(Qt::CTRL) | int(Qt::Key_D),
                          int(Qt::CTRL) | int(Qt::Key_Slash),
                          int(Qt::CTRL) | int(Qt::SHIFT) | int(Qt::Key_L),
                          int(Qt::CTRL) | int(Qt::SHIFT) | int(Qt::Key_T)};
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
    lexer_->applyTheme(editorFont());
    setColor(theme.text);
    setPaper(theme.surface);
    setCaretForegroundColor(theme.text);
    setCaretLineBackgroundColor(theme.caret_line);
    setSelectionBackgroundColor(theme.selection);
    setSelectionForegroundColor(theme.selection_text);
    setMarginsFont(editorFont());
    setMarginsBackgroundColor(theme.surface);
    setMarginsForegroundColor(theme.line_number);
    setFoldMarginColors(theme.surface, theme.surface);
    setMarkerBackgroundColor(theme.accent, kStatementMarker);
    setMarkerForegroundColor(theme.accent, kStatementMarker);
    setMatchedBraceBackgroundColor(theme.selection);
    setMatchedBraceForegroundColor(theme.selection_text);
    setUnmatchedBraceForegroundColor(theme.error);
    setUnmatchedBraceBackgroundColor(theme.surface);
    setIndicatorForegroundColor(theme.error, kErrorIndicator);
    setIndicatorForegroundColor(theme.error, kSyntaxIndicator);
    setIndicatorForegroundColor(theme.warning, kWarningIndicator);
    const QFont font = editorFont();
    SendScintilla(SCI_STYLESETFORE, kAnnotationStyle, theme.error);
    SendScintilla(SCI_STYLESETBACK, kAnnotationStyle, theme.error_surface);
    SendScintilla(SCI_STYLESETFONT, kAnnotationStyle, font.family().toUtf8().constData());
    SendScintilla(SCI_STYLESETSIZEFRACTIONAL, kAnnotationStyle, static_cast<long>(QFontInfo(font).pointSizeF() * 100));
    updateLineNumberWidth();
}

void SqlEditor::updateLineNumberWidth() {
    if (!options_.shows_line_numbers) {
        setMarginWidth(kNumberMargin, 0);
        return;
    }
    const auto digits = std::max<qsizetype>(3, QString::number(lines()).size());
    setMarginWidth(kNumberMargin, QString(digits + 1, QLatin1Char('9')));
}

void SqlEditor::markStatement() {
    markerDeleteAll(kStatementMarker);
    std::optional<SqlPiece> piece;
    if (utf8().size() <= kMarkedTextMax) {
        piece = pieceToRun();
    }
    if (!piece) {
        frame(0, 0);
        return;
    }
    const std::size_t end = piece->begin + piece->sql.size();
    frame(piece->begin, end);
    const int first = static_cast<int>(SendScintilla(SCI_LINEFROMPOSITION, piece->begin));
    const int last = static_cast<int>(SendScintilla(SCI_LINEFROMPOSITION, end));
    for (int line = first; line <= last; ++line) {
        markerAdd(line, kStatementMarker);
    }
}

}  // namespace tessera::workbench
