// SPDX-License-Identifier: GPL-3.0-or-later
// SqlEditor's commands on the text: comments, layout, the frame around what will run.
#include "app/core/sql/formatter.h"
#include "app/core/sql/statement_splitter.h"
#include "app/core/sql/tokens.h"
#include "app/workbench/editor/sql_editor.h"
#include "app/workbench/ui/theme.h"

#include <QDropEvent>
#include <QMimeData>
#include <QPainter>
#include <QUrl>
#include <algorithm>

namespace tessera::workbench {

namespace {

bool hasFiles(const QMimeData* data) {
    const QList<QUrl> urls = data->urls();
    return std::any_of(urls.begin(), urls.end(), [](const QUrl& url) { return url.isLocalFile(); });
}

/// With CR LF between the words, and the words as they are: a line end within a string is part of its value.
std::string withCrLf(const std::string& sql) {
    std::string text;
    std::size_t from = 0;
    const auto add_blanks = [&](std::size_t to) {
        for (; from < to; ++from) {
            const bool is_bare = sql[from] == '\n' && (from == 0 || sql[from - 1] != '\r');
            text += is_bare ? "\r\n" : std::string(1, sql[from]);
        }
    };
    for (const app::Token& token : app::tokensOf(sql, true)) {
        add_blanks(token.begin);
        text += token.of(sql);
        from = token.end;
    }
    add_blanks(sql.size());
    return text;
}

}  // namespace

void SqlEditor::applyOptions(const EditorOptions& options) {
    if (options == options_) {
        return;
    }
    options_ = options;
    setTabWidth(options.tab_width);
    setIndentationsUseTabs(options.uses_tabs);
    setWrapMode(options.wraps ? QsciScintilla::WrapWord : QsciScintilla::WrapNone);
    setWrapVisualFlags(options.wraps ? QsciScintilla::WrapFlagByText : QsciScintilla::WrapFlagNone);
    setWhitespaceVisibility(options.shows_blanks ? QsciScintilla::WsVisible : QsciScintilla::WsInvisible);
    applyTheme();
}

QFont SqlEditor::editorFont() const {
    QFont font = monospaceFont();
    if (!options_.font_family.isEmpty()) {
        font.setFamily(options_.font_family);
    }
    const double usual = EditorOptions().font_size;
    font.setPointSizeF(font.pointSizeF() * options_.font_size / usual);
    return font;
}

void SqlEditor::setLineEnd(app::LineEnd line_end) {
    setEolMode(line_end == app::LineEnd::kCrLf ? QsciScintilla::EolWindows
               : line_end == app::LineEnd::kCr ? QsciScintilla::EolMac
                                               : QsciScintilla::EolUnix);
}

void SqlEditor::dragEnterEvent(QDragEnterEvent* event) {
    hasFiles(event->mimeData()) ? event->ignore() : QsciScintilla::dragEnterEvent(event);
}

void SqlEditor::dragMoveEvent(QDragMoveEvent* event) {
    hasFiles(event->mimeData()) ? event->ignore() : QsciScintilla::dragMoveEvent(event);
}

void SqlEditor::dropEvent(QDropEvent* event) {
    hasFiles(event->mimeData()) ? event->ignore() : QsciScintilla::dropEvent(event);
}

void SqlEditor::toggleComment() {
    const long begin = SendScintilla(SCI_GETSELECTIONSTART);
    const long end = SendScintilla(SCI_GETSELECTIONEND);
    const int first = static_cast<int>(SendScintilla(SCI_LINEFROMPOSITION, begin));
    int last = static_cast<int>(SendScintilla(SCI_LINEFROMPOSITION, end));
    // A selection that ends at a line's begin does not mean that line.
    last -= last > first && SendScintilla(SCI_POSITIONFROMLINE, last) == end ? 1 : 0;
    std::vector<int> written;
    bool are_comments = true;
    for (int line = first; line <= last; ++line) {
        const QString text = this->text(line).trimmed();
        if (!text.isEmpty()) {
            written.push_back(line);
            are_comments = are_comments && text.startsWith(QLatin1String("--"));
        }
    }
    beginUndoAction();
    for (const int line : written) {
        const long start = SendScintilla(SCI_GETLINEINDENTPOSITION, line);
        if (are_comments) {
            const bool has_blank = SendScintilla(SCI_GETCHARAT, start + 2) == ' ';
            SendScintilla(SCI_DELETERANGE, start, static_cast<long>(has_blank ? 3 : 2));
        } else {
            SendScintilla(SCI_INSERTTEXT, start, "-- ");
        }
    }
    endUndoAction();
}

QString SqlEditor::format() {
    const std::string_view text = utf8();
    app::FormatSettings settings;
    settings.upper_case_keywords = options_.has_upper_case_keywords;
    settings.indent = static_cast<std::size_t>(options_.tab_width);
    const auto selection_begin = static_cast<std::size_t>(SendScintilla(SCI_GETSELECTIONSTART));
    const auto selection_end = static_cast<std::size_t>(SendScintilla(SCI_GETSELECTIONEND));
    std::size_t begin = selection_begin;
    std::size_t end = selection_end;
    if (begin == end) {
        const auto statement = app::statementAt(text, begin);
        if (!statement) {
            return {};
        }
        begin = statement->begin;
        end = statement->end;
        if (const auto formatted = app::formatStatement(statement->of(text), settings); !formatted) {
            return QString::fromStdString(formatted.error().describe());
        }
    }
    std::string formatted = app::formatScript(text.substr(begin, end - begin), settings);
    if (eolMode() == QsciScintilla::EolWindows) {
        formatted = withCrLf(formatted);
    }
    if (formatted != text.substr(begin, end - begin)) {
        replaceRange(begin, end, formatted);
    }
    return {};
}

void SqlEditor::frame(std::size_t begin, std::size_t end) {
    if (frame_ != std::pair(begin, end)) {
        frame_ = {begin, end};
        viewport()->update();
    }
}

void SqlEditor::paintEvent(QPaintEvent* event) {
    QsciScintilla::paintEvent(event);
    const auto [begin, end] = frame_;
    if (begin >= end || end > static_cast<std::size_t>(SendScintilla(SCI_GETLENGTH))) {
        return;
    }
    const long line_height = SendScintilla(SCI_TEXTHEIGHT, 0UL);
    const int top = static_cast<int>(SendScintilla(SCI_POINTYFROMPOSITION, 0UL, static_cast<long>(begin)));
    const int bottom =
        static_cast<int>(SendScintilla(SCI_POINTYFROMPOSITION, 0UL, static_cast<long>(end)) + line_height);
    int left = 0;
    for (int margin = 0; margin < margins(); ++margin) {
        left += marginWidth(margin);
    }
    QPainter painter(viewport());
    painter.setPen(currentTheme().border);
    // Pens are drawn at a pixel's right and below: one less keeps the frame within its lines.
    painter.drawRect(QRect(QPoint(left, top), QPoint(viewport()->width() - 2, bottom - 1)));
}

}  // namespace tessera::workbench
