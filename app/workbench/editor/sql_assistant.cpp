// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/sql_assistant.h"

#include "app/core/sql/name_lookup.h"
#include "app/workbench/editor/completion_popup.h"
#include "app/workbench/ui/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QThreadPool>
#include <QTimer>
#include <QToolTip>
#include <algorithm>
#include <utility>

namespace tessera::workbench {

namespace {

bool isNameCharacter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '"' ||
           c >= 0x80;
}

QString signatureText(const app::Signature& signature, std::size_t argument) {
    QString text = QString::fromStdString(signature.name).toHtmlEscaped() + QStringLiteral("(");
    const std::size_t count = signature.arguments.size();
    for (std::size_t i = 0; i < count; ++i) {
        const QString shown = QString::fromStdString(signature.arguments[i]).toHtmlEscaped();
        const bool is_variadic = signature.arguments[i].starts_with("VARIADIC");
        const bool is_current = i == argument || (is_variadic && i + 1 == count && argument >= i);
        text +=
            (i == 0 ? QString() : QStringLiteral(", ")) + (is_current ? QStringLiteral("<b>%1</b>").arg(shown) : shown);
    }
    return text + QStringLiteral(") → ") + QString::fromStdString(signature.result).toHtmlEscaped();
}

}  // namespace

SqlAssistant::SqlAssistant(SqlEditor* editor)
    : QObject(editor),
      editor_(editor),
      popup_(new CompletionPopup(editor)),
      signature_(new QLabel(editor, Qt::ToolTip | Qt::FramelessWindowHint | Qt::WindowDoesNotAcceptFocus)),
      snippet_(new SnippetSession(editor)),
      owner_thread_(this) {
    signature_->setObjectName(QStringLiteral("signatureHelp"));
    signature_->setTextFormat(Qt::RichText);
    signature_->setAttribute(Qt::WA_ShowWithoutActivating);
    signature_->setContentsMargins(8, 4, 8, 4);
    editor_->installEventFilter(this);
    editor_->viewport()->installEventFilter(this);
    connect(editor_, &QsciScintillaBase::SCN_CHARADDED, this, &SqlAssistant::onCharacterAdded);
    connect(editor_, &QsciScintilla::cursorPositionChanged, this, [this] {
        if (signature_->isVisible()) {
            updateSignature();
        }
    });
    connect(popup_, &CompletionPopup::accepted, this, &SqlAssistant::accept);
}

void SqlAssistant::complete() {
    propose(true);
}

void SqlAssistant::onCharacterAdded(int character) {
    if (character == '(' || character == ',') {
        showSignature();
    }
    if (options_.proposes && (isNameCharacter(character) || character == '.')) {
        propose(false);
    } else if (options_.proposes && character == ' ') {
        proposeJoins();
    } else {
        hide();
    }
}

void SqlAssistant::propose(bool is_asked_for) {
    ++request_;
    const SqlPiece piece = editor_->statementAround(editor_->caret());
    const app::Scope scope = app::scopeAt(piece.sql, editor_->caret() - piece.begin, names_.get());
    const bool is_due = is_asked_for || !scope.prefix.empty() || !scope.qualifier.empty();
    if (!is_due || scope.expected == app::Expected::kNothing) {
        hide();
        return;
    }
    replace_begin_ = piece.begin + scope.replace_begin;
    replace_end_ = piece.begin + scope.replace_end;
    std::vector<app::Proposal> proposals = app::complete(scope, names_.get(), {options_.has_upper_case_keywords});
    addSnippets(scope, proposals);
    const bool is_written = proposals.size() == 1 && proposals[0].insert == scope.prefix && !is_asked_for;
    if (proposals.empty() || is_written) {
        hide();
        if (proposals.empty() && names_) {
            proposeFuzzily(scope);
        }
        return;
    }
    show(std::move(proposals));
}

/// Behind JOIN and ON what joins is shown at once: nobody knows of it who has not seen it.
void SqlAssistant::proposeJoins() {
    const SqlPiece piece = editor_->statementAround(editor_->caret());
    const app::Scope scope = app::scopeAt(piece.sql, editor_->caret() - piece.begin, names_.get());
    const bool is_behind_word =
        scope.expected == app::Expected::kJoinTable || scope.expected == app::Expected::kJoinCondition;
    const bool has_joins = is_behind_word && scope.prefix.empty() && [&] {
        const auto proposals = app::complete(scope, names_.get(), {options_.has_upper_case_keywords});
        return !proposals.empty() && proposals.front().join_basis.has_value();
    }();
    if (has_joins) {
        propose(true);
    } else {
        hide();
    }
}

void SqlAssistant::proposeFuzzily(const app::Scope& scope) {
    QThreadPool::globalInstance()->start(
        [this, post = owner_thread_.poster(), request = request_, scope, names = names_] {
            auto proposals = std::make_shared<std::vector<app::Proposal>>(app::completeFuzzily(scope, *names));
            post([this, request, proposals] {
                if (request == request_ && !proposals->empty()) {
                    show(std::move(*proposals));
                }
            });
        });
}

void SqlAssistant::show(std::vector<app::Proposal> proposals) {
    const int line_height = static_cast<int>(editor_->SendScintilla(QsciScintillaBase::SCI_TEXTHEIGHT, 0UL));
    popup_->showProposals(std::move(proposals), caretPlace(), line_height);
}

QPoint SqlAssistant::caretPlace() const {
    const auto position = static_cast<long>(editor_->caret());
    const long x = editor_->SendScintilla(QsciScintillaBase::SCI_POINTXFROMPOSITION, 0UL, position);
    const long y = editor_->SendScintilla(QsciScintillaBase::SCI_POINTYFROMPOSITION, 0UL, position);
    return editor_->viewport()->mapToGlobal(QPoint(static_cast<int>(x), static_cast<int>(y)));
}

void SqlAssistant::hide() {
    ++request_;
    popup_->hide();
}

void SqlAssistant::accept() {
    const app::Proposal* current = popup_->current();
    if (current == nullptr) {
        return;
    }
    app::Proposal proposal = *current;
    hide();
    if (proposal.kind == app::Proposal::Kind::kSnippet) {
        for (const app::LibraryItem& snippet : snippets_) {
            if (snippet.name.toStdString() == proposal.label) {
                snippet_->start(replace_begin_, replace_end_, snippet.text);
                return;
            }
        }
    }
    const std::string_view text = editor_->utf8();
    if (proposal.kind == app::Proposal::Kind::kFunction && text.substr(replace_end_, 1) == "(") {
        proposal.insert.resize(proposal.insert.size() - 2);
        proposal.caret_back = 0;
    }
    editor_->replaceRange(replace_begin_, replace_end_, proposal.insert, proposal.caret_back);
    if (proposal.insert.ends_with('.')) {
        propose(false);
    } else if (proposal.caret_back > 0) {
        showSignature();
    }
}

void SqlAssistant::setSnippets(const std::vector<app::LibraryItem>& items) {
    snippets_.clear();
    for (const app::LibraryItem& item : items) {
        if (item.kind == app::LibraryItem::Kind::kSnippet) {
            snippets_.push_back(item);
        }
    }
}

void SqlAssistant::addSnippets(const app::Scope& scope, std::vector<app::Proposal>& proposals) const {
    if (scope.prefix.empty() || !scope.qualifier.empty()) {
        return;
    }
    for (const app::LibraryItem& snippet : snippets_) {
        const std::string word = snippet.name.toStdString();
        if (word.starts_with(scope.prefix)) {
            app::Proposal proposal{app::Proposal::Kind::kSnippet, word, word, snippet.note.toStdString(), {}, {}};
            proposal.comment = snippet.text.toStdString();
            // Whoever wrote all of it means it.
            proposals.insert(word == scope.prefix ? proposals.begin() : proposals.end(), std::move(proposal));
        }
    }
}

bool SqlAssistant::handleSnippetKey(QKeyEvent* key) {
    const bool is_back = key->key() == Qt::Key_Backtab;
    if (key->key() == Qt::Key_Escape && snippet_->isActive()) {
        snippet_->stop();
        return true;
    }
    if (key->key() != Qt::Key_Tab && !is_back) {
        return false;
    }
    if (snippet_->isActive()) {
        hide();
        snippet_->move(is_back ? -1 : 1);
        return true;
    }
    if (is_back || editor_->hasSelectedText()) {
        return false;
    }
    const std::string_view text = editor_->utf8();
    const std::size_t end = editor_->caret();
    std::size_t begin = end;
    while (begin > 0 && isNameCharacter(static_cast<unsigned char>(text[begin - 1]))) {
        --begin;
    }
    const std::string word(text.substr(begin, end - begin));
    for (const app::LibraryItem& snippet : snippets_) {
        if (!word.empty() && snippet.name.toStdString() == word) {
            hide();
            snippet_->start(begin, end, snippet.text);
            return true;
        }
    }
    return false;
}

bool SqlAssistant::handleKey(QKeyEvent* key) {
    if (!popup_->isVisible()) {
        return handleSnippetKey(key);
    }
    switch (key->key()) {
        case Qt::Key_Tab:
            accept();
            return true;
        case Qt::Key_Escape:
            hide();
            return true;
        case Qt::Key_Down:
        case Qt::Key_Up:
            popup_->moveBy(key->key() == Qt::Key_Down ? 1 : -1);
            return true;
        case Qt::Key_PageDown:
        case Qt::Key_PageUp:
            popup_->moveByPage(key->key() == Qt::Key_PageDown ? 1 : -1);
            return true;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (popup_->hasChosen() && key->modifiers() == Qt::NoModifier) {
                accept();
                return true;
            }
            hide();
            return false;
        case Qt::Key_Backspace:
            // The text changes after this filter.
            QTimer::singleShot(0, this, [this] { propose(false); });
            return false;
        default:
            if (key->text().isEmpty() && key->key() != Qt::Key_Shift && key->key() != Qt::Key_Control) {
                hide();
            }
            return false;
    }
}

bool SqlAssistant::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
        case QEvent::ShortcutOverride: {
            // Escape is the window's Stop unless there is something to close here.
            auto* key = static_cast<QKeyEvent*>(event);
            if (key->key() == Qt::Key_Escape &&
                (popup_->isVisible() || signature_->isVisible() || snippet_->isActive())) {
                event->accept();
                return true;
            }
            break;
        }
        case QEvent::KeyPress: {
            auto* key = static_cast<QKeyEvent*>(event);
            if (handleKey(key)) {
                return true;
            }
            if (key->key() == Qt::Key_Escape && signature_->isVisible()) {
                signature_->hide();
                return true;
            }
            break;
        }
        case QEvent::FocusOut:
        case QEvent::MouseButtonPress:
        case QEvent::Wheel:
        case QEvent::Hide:
            hide();
            signature_->hide();
            break;
        case QEvent::ToolTip:
            if (watched == editor_->viewport()) {
                auto* help = static_cast<QHelpEvent*>(event);
                const long position = editor_->SendScintilla(QsciScintillaBase::SCI_POSITIONFROMPOINTCLOSE,
                                                             static_cast<unsigned long>(help->pos().x()),
                                                             static_cast<long>(help->pos().y()));
                const QString text = position < 0 ? QString() : hoverText(static_cast<std::size_t>(position));
                QToolTip::showText(help->globalPos(), text, editor_->viewport());
                return true;
            }
            break;
        default:
            break;
    }
    return QObject::eventFilter(watched, event);
}

void SqlAssistant::showSignature() {
    signature_->show();
    updateSignature();
}

void SqlAssistant::updateSignature() {
    const SqlPiece piece = editor_->statementAround(editor_->caret());
    const auto call = app::callAt(piece.sql, editor_->caret() - piece.begin);
    std::vector<app::Signature> signatures;
    if (call && names_) {
        signatures = app::signaturesOf(*call, *names_);
    }
    if (signatures.empty()) {
        signature_->hide();
        return;
    }
    // Those that still fit the arguments come first.
    std::stable_partition(signatures.begin(), signatures.end(),
                          [&](const app::Signature& signature) { return signature.arguments.size() > call->argument; });
    constexpr std::size_t kShown = 4;
    QStringList lines;
    for (std::size_t i = 0; i < std::min(kShown, signatures.size()); ++i) {
        lines += signatureText(signatures[i], call->argument);
    }
    if (signatures.size() > kShown) {
        lines += tr("and %n more", nullptr, static_cast<int>(signatures.size() - kShown));
    }
    if (!signatures.front().comment.empty()) {
        lines += QStringLiteral("<i>%1</i>").arg(QString::fromStdString(signatures.front().comment).toHtmlEscaped());
    }
    const Theme& theme = currentTheme();
    signature_->setStyleSheet(QStringLiteral("background: %1; color: %2; border: 1px solid %3;")
                                  .arg(theme.raised.name(), theme.text.name(), theme.border.name()));
    signature_->setText(lines.join(QStringLiteral("<br>")));
    signature_->adjustSize();
    signature_->move(caretPlace() - QPoint(0, signature_->height() + 4));
    signature_->show();
}

QString SqlAssistant::hoverText(std::size_t position) const {
    if (const app::ScriptProblem* problem = editor_->problemAt(position)) {
        return QString::fromStdString(problem->message).toHtmlEscaped();
    }
    if (!names_) {
        return {};
    }
    const SqlPiece piece = editor_->statementAround(position);
    if (position < piece.begin) {
        return {};
    }
    const auto meaning = app::meaningAt(piece.sql, position - piece.begin, *names_);
    if (!meaning) {
        return {};
    }
    QString text = QStringLiteral("<b>%1</b>").arg(QString::fromStdString(meaning->title).toHtmlEscaped());
    for (const std::string& line : meaning->lines) {
        text += QStringLiteral("<br>") + QString::fromStdString(line).toHtmlEscaped();
    }
    return text;
}

void SqlAssistant::goToDefinition() {
    const SqlPiece piece = editor_->statementAround(editor_->caret());
    const auto meaning = names_ ? app::meaningAt(piece.sql, editor_->caret() - piece.begin, *names_) : std::nullopt;
    if (!meaning) {
        return;
    }
    if (meaning->table) {
        const app::NameIndex::Table& table = names_->tables()[*meaning->table];
        const auto text = [&](app::NameIndex::Text id) {
            const std::string_view view = names_->text(id);
            return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
        };
        Q_EMIT definitionRequested(text(table.schema), text(table.name));
    } else if (meaning->kind == app::NameMeaning::Kind::kInStatement) {
        editor_->setCaret(piece.begin + meaning->defined_at);
    }
}

}  // namespace tessera::workbench
