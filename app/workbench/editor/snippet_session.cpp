// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/snippet_session.h"

#include "app/workbench/editor/sql_editor.h"
#include "app/workbench/ui/theme.h"

#include <QScopedValueRollback>
#include <algorithm>

namespace tessera::workbench {

namespace {

constexpr int kIndicator = 11;

}  // namespace

SnippetSession::SnippetSession(SqlEditor* editor) : QObject(editor), editor_(editor) {
    editor_->indicatorDefine(QsciScintilla::StraightBoxIndicator, kIndicator);
    connect(editor_, &QsciScintillaBase::SCN_MODIFIED, this,
            [this](int position, int modification, const char*, int length) {
                onModified(position, modification, length);
            });
    connect(editor_, &QsciScintilla::cursorPositionChanged, this, &SnippetSession::onCaretMoved);
}

QString SnippetSession::indentAt(std::size_t position) const {
    const int line = static_cast<int>(editor_->SendScintilla(QsciScintillaBase::SCI_LINEFROMPOSITION, position));
    QString indent;
    for (const QChar c : editor_->text(line)) {
        if (c != u' ' && c != u'\t') {
            break;
        }
        indent += c;
    }
    return indent;
}

void SnippetSession::start(std::size_t begin, std::size_t end, const QString& body) {
    stop();
    const char* line_end = editor_->eolMode() == QsciScintilla::EolWindows ? "\r\n"
                           : editor_->eolMode() == QsciScintilla::EolMac   ? "\r"
                                                                           : "\n";
    const app::SnippetText snippet = app::snippetText(body.toStdString(), indentAt(begin).toStdString(), line_end);
    editor_->replaceRange(begin, end, snippet.text);
    fields_ = snippet.fields;
    for (app::SnippetField& field : fields_) {
        field.begin += begin;
        field.end += begin;
    }
    select(0);
}

void SnippetSession::select(std::size_t field) {
    current_ = field;
    {
        const QScopedValueRollback moving(is_moving_, true);
        editor_->SendScintilla(QsciScintillaBase::SCI_SETSEL, fields_[field].begin,
                               static_cast<long>(fields_[field].end));
    }
    if (fields_[field].number == 0) {
        stop();
    } else {
        draw();
    }
}

void SnippetSession::move(int step) {
    mirror();
    const int number = fields_[current_].number;
    std::size_t next = current_;
    while (fields_[next].number == number) {
        if (step < 0 && next == 0) {
            next = 0;
            break;
        }
        next += step < 0 ? static_cast<std::size_t>(-1) : 1;
    }
    // The first occurrence is the one to be filled in.
    while (next > 0 && fields_[next - 1].number == fields_[next].number) {
        --next;
    }
    select(next);
}

void SnippetSession::stop() {
    if (!isActive()) {
        return;
    }
    mirror();
    fields_.clear();
    draw();
}

void SnippetSession::mirror() {
    const QScopedValueRollback moving(is_moving_, true);
    const app::SnippetField from = fields_[current_];
    const std::string text(editor_->utf8().substr(from.begin, from.end - from.begin));
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        const app::SnippetField to = fields_[i];
        if (i == current_ || to.number != from.number || to.number == 0 ||
            editor_->utf8().substr(to.begin, to.end - to.begin) == text) {
            continue;
        }
        editor_->SendScintilla(QsciScintillaBase::SCI_SETTARGETRANGE, to.begin, static_cast<long>(to.end));
        editor_->SendScintilla(QsciScintillaBase::SCI_REPLACETARGET, text.size(), text.c_str());
        // By onModified()'s rule what came stands before it.
        fields_[i].begin = to.begin;
        fields_[i].end = to.begin + text.size();
    }
}

void SnippetSession::onModified(int position, int modification, int length) {
    if (!isActive()) {
        return;
    }
    const auto at = static_cast<std::size_t>(position);
    const auto count = static_cast<std::size_t>(length);
    if ((modification & QsciScintillaBase::SC_MOD_INSERTTEXT) != 0) {
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            app::SnippetField& field = fields_[i];
            // What is typed at the edge of the current place is part of it, and of no other.
            const bool is_within =
                i == current_ ? at >= field.begin && at <= field.end : at > field.begin && at < field.end;
            if (is_within) {
                field.end += count;
            } else if (at <= field.begin) {
                field.begin += count;
                field.end += count;
            }
        }
    } else if ((modification & QsciScintillaBase::SC_MOD_DELETETEXT) != 0) {
        const app::SnippetField& current = fields_[current_];
        const bool is_within = at >= current.begin && at + count <= current.end;
        const bool hits_one = std::any_of(fields_.begin(), fields_.end(), [&](const app::SnippetField& field) {
            return at < field.end && at + count > field.begin;
        });
        if (!is_moving_ && hits_one && !is_within) {
            // Places were taken away as a whole, by undo or by another text: there is nothing left to fill in.
            fields_.clear();
            return;
        }
        const auto moved = [&](std::size_t edge) {
            return edge <= at ? edge : std::max(at, edge - std::min(edge, count));
        };
        for (app::SnippetField& field : fields_) {
            field.begin = moved(field.begin);
            field.end = moved(field.end);
        }
    }
}

void SnippetSession::onCaretMoved() {
    if (!isActive() || is_moving_) {
        return;
    }
    const std::size_t caret = editor_->caret();
    if (caret < fields_[current_].begin || caret > fields_[current_].end) {
        stop();
    } else {
        draw();
    }
}

void SnippetSession::draw() {
    constexpr int kFaint = 60;
    QColor color = currentTheme().accent;
    color.setAlpha(kFaint);
    editor_->setIndicatorForegroundColor(color, kIndicator);
    editor_->setIndicatorDrawUnder(true, kIndicator);
    editor_->SendScintilla(QsciScintillaBase::SCI_SETINDICATORCURRENT, kIndicator);
    editor_->SendScintilla(QsciScintillaBase::SCI_INDICATORCLEARRANGE, 0UL,
                           editor_->SendScintilla(QsciScintillaBase::SCI_GETLENGTH));
    for (const app::SnippetField& field : fields_) {
        if (field.end > field.begin) {
            editor_->SendScintilla(QsciScintillaBase::SCI_INDICATORFILLRANGE, field.begin,
                                   static_cast<long>(field.end - field.begin));
        }
    }
}

}  // namespace tessera::workbench
