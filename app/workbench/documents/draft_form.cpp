// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/documents/draft_form.h"

#include "app/workbench/editor/sql_editor.h"
#include "app/workbench/ui/note_label.h"
#include "app/workbench/ui/theme.h"

#include <QComboBox>
#include <QCompleter>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>

namespace tessera::workbench {

namespace {

constexpr int kLabelWidth = 130;
constexpr int kEditableHeight = 32;
constexpr int kLinesHeight = 64;
constexpr int kSqlHeight = 150;

QString qt(const std::string& text) {
    return QString::fromStdString(text);
}

/// Texts with commas between.
std::vector<std::string> splitList(const QString& text) {
    std::vector<std::string> parts;
    for (const QString& part : text.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        if (const QString one = part.trimmed(); !one.isEmpty()) {
            parts.push_back(one.toStdString());
        }
    }
    return parts;
}

std::vector<std::pair<std::string, std::string>> splitPairs(const QString& text) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const QString& line : text.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
        const QString name = line.section(QLatin1Char(':'), 0, 0).trimmed();
        if (!name.isEmpty()) {
            pairs.emplace_back(name.toStdString(), line.section(QLatin1Char(':'), 1).trimmed().toStdString());
        }
    }
    return pairs;
}

/// As object names have it: "steps/0/name" is "draft_name".
QString objectNameOf(const std::string& key) {
    QString name = QStringLiteral("draft_") + qt(key);
    return name.replace(QLatin1Char('/'), QLatin1Char('_'));
}

QPlainTextEdit* makeLines(const QString& hint) {
    auto* edit = new QPlainTextEdit;
    edit->setPlaceholderText(hint);
    edit->setTabChangesFocus(true);
    edit->setProperty("field", true);
    edit->setFixedHeight(kLinesHeight);
    return edit;
}

}  // namespace

bool DraftKeys::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() != QEvent::ShortcutOverride && event->type() != QEvent::KeyPress) {
        return QObject::eventFilter(watched, event);
    }
    auto* key = static_cast<QKeyEvent*>(event);
    const bool is_undo = key->matches(QKeySequence::Undo);
    if (!is_undo && !key->matches(QKeySequence::Redo)) {
        return QObject::eventFilter(watched, event);
    }
    if (event->type() == QEvent::KeyPress) {
        is_undo ? draft_.undo() : draft_.redo();
    }
    event->accept();
    return true;
}

DraftForm::DraftForm(app::DocumentDraft& draft, std::string root, QWidget* parent)
    : QWidget(parent), draft_(draft), root_(std::move(root)), layout_(new QFormLayout(this)) {
    layout_->setContentsMargins(0, 0, 0, 0);
    layout_->setHorizontalSpacing(16);
    layout_->setVerticalSpacing(8);
    layout_->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    connect(&draft_, &app::DocumentDraft::changed, this, &DraftForm::showAll);
}

void DraftForm::setRoot(std::string root) {
    root_ = std::move(root);
    showAll();
}

std::string DraftForm::path(const std::string& key) const {
    return root_.empty() ? key : key.empty() ? root_ : root_ + "/" + key;
}

void DraftForm::change(const std::string& key, const std::function<void(app::YamlDocument&)>& change) {
    if (!is_showing_) {
        // Without a key it is a step of its own.
        draft_.change(key.empty() ? std::string() : path(key), change);
    }
}

bool DraftForm::eventFilter(QObject* watched, QEvent* event) {
    // A wheel over a field that nobody is in scrolls the page, and changes nothing.
    if (event->type() == QEvent::Wheel && !static_cast<QWidget*>(watched)->hasFocus()) {
        event->ignore();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void DraftForm::addField(const std::string& key, const QString& label, QWidget* editor, std::function<void()> show) {
    if (editor->objectName().isEmpty()) {
        editor->setObjectName(objectNameOf(key));
    }
    editor->setAccessibleName(label);
    editor->installEventFilter(new DraftKeys(draft_, editor));
    if (qobject_cast<QComboBox*>(editor) != nullptr) {
        editor->installEventFilter(this);
        editor->setFocusPolicy(Qt::StrongFocus);
    }
    auto* problem = new NoteLabel(editor->objectName() + QStringLiteral("_problem"));
    auto* cell = new QWidget;
    auto* column = new QVBoxLayout(cell);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addWidget(editor);
    column->addWidget(problem);
    auto* title = new QLabel(label);
    title->setBuddy(editor);
    title->setMinimumWidth(kLabelWidth);
    layout_->addRow(title, cell);
    fields_.push_back({key, cell, problem, std::move(show), {}});
    is_showing_ = true;
    fields_.back().show();
    is_showing_ = false;
}

void DraftForm::addWidget(const std::string& key, const QString& label, QWidget* widget, std::function<void()> show) {
    addField(key, label, widget, std::move(show));
}

void DraftForm::onlyWith(const std::string& key) {
    onlyIf([this, key] { return document().has(path(key)); });
}

void DraftForm::onlyIf(std::function<bool()> holds) {
    fields_.back().is_there = std::move(holds);
    layout_->setRowVisible(fields_.back().cell, fields_.back().is_there());
}

QLineEdit* DraftForm::addText(const std::string& key, const QString& label, const QString& hint, WhenEmpty when_empty) {
    auto* edit = new QLineEdit;
    edit->setPlaceholderText(hint);
    connect(edit, &QLineEdit::textEdited, this, [this, key, when_empty](const QString& text) {
        change(key, [&](app::YamlDocument& document) {
            const std::string value = text.toStdString();
            when_empty == WhenEmpty::kKeep ? document.put(path(key), value) : document.set(path(key), value);
        });
    });
    addField(key, label, edit, [this, edit, key] {
        if (const QString text = qt(document().value(path(key))); edit->text() != text) {
            edit->setText(text);
        }
    });
    return edit;
}

QPlainTextEdit* DraftForm::addLines(const std::string& key, const QString& label, const QString& hint) {
    QPlainTextEdit* edit = makeLines(hint);
    connect(edit, &QPlainTextEdit::textChanged, this, [this, edit, key] {
        change(key, [&](app::YamlDocument& document) { document.set(path(key), edit->toPlainText().toStdString()); });
    });
    addField(key, label, edit, [this, edit, key] {
        if (const QString text = qt(document().value(path(key))); edit->toPlainText() != text) {
            edit->setPlainText(text);
        }
    });
    return edit;
}

SqlEditor* DraftForm::addSql(const std::string& key, const QString& label) {
    auto* edit = new SqlEditor;
    edit->setObjectName(objectNameOf(key));
    edit->setMinimumHeight(kSqlHeight);
    edit->setFrameShape(QFrame::StyledPanel);
    connect(edit, &SqlEditor::textChanged, this, [this, edit, key] {
        change(key, [&](app::YamlDocument& document) { document.put(path(key), std::string(edit->utf8())); });
    });
    addField(key, label, edit, [this, edit, key] {
        const std::string text = document().value(path(key));
        if (edit->utf8() != text) {
            const std::size_t caret = edit->caret();
            edit->setText(qt(text));
            edit->setCaret(std::min(caret, text.size()));
        }
    });
    return edit;
}

QComboBox* DraftForm::addChoice(const std::string& key, const QString& label,
                                const std::vector<std::pair<std::string, QString>>& choices) {
    auto* combo = new QComboBox;
    for (const auto& [value, name] : choices) {
        combo->addItem(name, qt(value));
    }
    connect(combo, &QComboBox::activated, this, [this, combo, key](int index) {
        const std::string value = index == 0 ? std::string() : combo->itemData(index).toString().toStdString();
        change(key, [&](app::YamlDocument& document) { document.set(path(key), value); });
    });
    addField(key, label, combo, [this, combo, key] {
        const QString value = qt(document().value(path(key)));
        combo->setCurrentIndex(value.isEmpty() ? 0 : combo->findData(value));
    });
    return combo;
}

QComboBox* DraftForm::addProposals(const std::string& key, const QString& label, const QStringList& proposals,
                                   const QString& hint, WhenEmpty when_empty) {
    auto* combo = new QComboBox;
    combo->setEditable(true);
    // Its text field is smaller than one that stands by itself.
    combo->setMinimumHeight(kEditableHeight);
    combo->setInsertPolicy(QComboBox::NoInsert);
    combo->addItems(proposals);
    combo->lineEdit()->setPlaceholderText(hint);
    combo->lineEdit()->installEventFilter(new DraftKeys(draft_, combo));
    combo->completer()->setCompletionMode(QCompleter::PopupCompletion);
    combo->completer()->setFilterMode(Qt::MatchContains);
    connect(combo, &QComboBox::currentTextChanged, this, [this, key, when_empty](const QString& text) {
        change(key, [&](app::YamlDocument& document) {
            const std::string value = text.toStdString();
            when_empty == WhenEmpty::kKeep ? document.put(path(key), value) : document.set(path(key), value);
        });
    });
    addField(key, label, combo, [this, combo, key] {
        if (const QString text = qt(document().value(path(key))); combo->currentText() != text) {
            combo->setCurrentIndex(combo->findText(text));
            combo->setEditText(text);
        }
    });
    return combo;
}

QLineEdit* DraftForm::addList(const std::string& key, const QString& label, const QString& hint) {
    auto* edit = new QLineEdit;
    edit->setPlaceholderText(hint);
    connect(edit, &QLineEdit::textEdited, this, [this, key](const QString& text) {
        change(key, [&](app::YamlDocument& document) {
            const std::vector<std::string> parts = splitList(text);
            parts.empty() ? document.remove(path(key)) : document.setList(path(key), parts);
        });
    });
    addField(key, label, edit, [this, edit, key] {
        QStringList parts;
        for (const std::string& part : document().list(path(key))) {
            parts += qt(part);
        }
        // Not while one types: a comma at the end is the begin of the next part.
        if (splitList(edit->text()) != document().list(path(key))) {
            edit->setText(parts.join(QStringLiteral(", ")));
        }
    });
    return edit;
}

QPlainTextEdit* DraftForm::addPairs(const std::string& key, const QString& label, const QString& hint) {
    QPlainTextEdit* edit = makeLines(hint);
    connect(edit, &QPlainTextEdit::textChanged, this, [this, edit, key] {
        change(key,
               [&](app::YamlDocument& document) { document.setPairs(path(key), splitPairs(edit->toPlainText())); });
    });
    addField(key, label, edit, [this, edit, key] {
        const auto pairs = document().pairs(path(key));
        if (splitPairs(edit->toPlainText()) != pairs) {
            QStringList lines;
            for (const auto& [name, value] : pairs) {
                lines += qt(name) + QStringLiteral(": ") + qt(value);
            }
            edit->setPlainText(lines.join(QLatin1Char('\n')));
        }
    });
    return edit;
}

QComboBox* DraftForm::addKind(const QString& label, const std::vector<std::pair<std::string, QString>>& kinds) {
    auto* combo = new QComboBox;
    for (const auto& [key, name] : kinds) {
        combo->addItem(name, qt(key));
    }
    const auto current = [this, kinds] {
        const auto found = std::find_if(kinds.begin(), kinds.end(),
                                        [&](const auto& kind) { return document().has(path(kind.first)); });
        return static_cast<int>(found == kinds.end() ? -1 : found - kinds.begin());
    };
    connect(combo, &QComboBox::activated, this, [this, kinds, current](int index) {
        const int before = current();
        if (before == index) {
            return;
        }
        change("kind", [&](app::YamlDocument& document) {
            if (before >= 0) {
                document.remove(path(kinds[static_cast<std::size_t>(before)].first));
            }
            document.put(path(kinds[static_cast<std::size_t>(index)].first), {});
        });
    });
    addField("kind", label, combo, [combo, current] { combo->setCurrentIndex(current()); });
    return combo;
}

void DraftForm::showAll() {
    // Fields whose place is gone: somebody removes this form in a moment.
    if (!root_.empty() && !document().has(root_)) {
        return;
    }
    is_showing_ = true;
    for (const Field& field : fields_) {
        field.show();
        const bool is_there = !field.is_there || field.is_there();
        layout_->setRowVisible(field.cell, is_there);
        // Of the field itself and what stands beneath it, as of a list.
        field.problem->setNote(is_there ? draft_.problemOf(path(field.key)) : QString(), NoteLabel::Tone::kError);
    }
    is_showing_ = false;
}

QWidget* inScrollArea(DraftForm* form) {
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(20, 16, 20, 16);
    column->addWidget(form);
    column->addStretch();
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    // Tab goes from field to field, and the page scrolls with it.
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(content);
    return scroll;
}

}  // namespace tessera::workbench
