// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/settings/snippets_page.h"

#include "app/workbench/ui/theme.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

using Kind = app::LibraryItem::Kind;

}  // namespace

SnippetsPage::SnippetsPage(app::Library& library, QWidget* parent)
    : QWidget(parent),
      library_(&library),
      list_(new QListWidget),
      word_(new QLineEdit),
      note_(new QLineEdit),
      body_(new QPlainTextEdit),
      remove_(new QPushButton(tr("Delete"))) {
    setObjectName(QStringLiteral("snippetsPage"));
    list_->setObjectName(QStringLiteral("snippetsList"));
    list_->setAccessibleName(tr("Snippets"));
    constexpr int kListWidth = 120;
    list_->setFixedWidth(kListWidth);
    word_->setObjectName(QStringLiteral("snippetWord"));
    note_->setObjectName(QStringLiteral("snippetNote"));
    body_->setObjectName(QStringLiteral("snippetBody"));
    body_->setAccessibleName(tr("What it writes"));
    body_->setFont(monospaceFont());
    body_->setTabChangesFocus(true);
    remove_->setObjectName(QStringLiteral("snippetDelete"));
    remove_->setProperty("secondary", true);
    remove_->setAutoDefault(false);
    auto* add = new QPushButton(tr("New snippet"));
    add->setObjectName(QStringLiteral("snippetAdd"));
    add->setAutoDefault(false);
    auto* form = new QFormLayout;
    form->addRow(tr("Word"), word_);
    form->addRow(tr("What it is"), note_);
    auto* help =
        new QLabel(tr("Type the word in an editor, then Tab. ${1:name} is the first place to be filled in, "
                      "${1} the same again; Tab goes on, Shift+Tab back."));
    help->setWordWrap(true);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(add);
    buttons->addStretch();
    buttons->addWidget(remove_);
    auto* right = new QVBoxLayout;
    right->addLayout(form);
    right->addWidget(body_, 1);
    right->addWidget(help);
    right->addLayout(buttons);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 4, 0, 0);
    layout->setSpacing(12);
    layout->addWidget(list_);
    layout->addLayout(right, 1);
    connect(list_, &QListWidget::currentItemChanged, this, [this](const QListWidgetItem* item) {
        keep();
        show(item != nullptr ? item->data(Qt::UserRole).toLongLong() : 0);
    });
    connect(word_, &QLineEdit::editingFinished, this, &SnippetsPage::keep);
    connect(note_, &QLineEdit::editingFinished, this, &SnippetsPage::keep);
    body_->installEventFilter(this);
    connect(add, &QPushButton::clicked, this, &SnippetsPage::add);
    connect(remove_, &QPushButton::clicked, this, &SnippetsPage::remove);
    connect(&library, &app::Library::changed, this, &SnippetsPage::fill);
    fill();
    library.refresh();
}

SnippetsPage::~SnippetsPage() {
    if (library_) {
        library_->disconnect(this);
        keep();
    }
}

bool SnippetsPage::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusOut) {
        keep();
    }
    return QWidget::eventFilter(watched, event);
}

void SnippetsPage::fill() {
    const QSignalBlocker blocker(list_);
    list_->clear();
    int current = -1;
    for (const app::LibraryItem& item : library_->items()) {
        if (item.kind == Kind::kSnippet) {
            auto* row = new QListWidgetItem(item.name, list_);
            row->setData(Qt::UserRole, item.id);
            row->setToolTip(item.note);
            current = item.id == shown_.id ? list_->count() - 1 : current;
        }
    }
    list_->setCurrentRow(current >= 0 ? current : list_->count() > 0 ? 0 : -1);
    if (current < 0) {
        show(list_->currentItem() != nullptr ? list_->currentItem()->data(Qt::UserRole).toLongLong() : 0);
    }
}

void SnippetsPage::show(qint64 id) {
    const app::LibraryItem* item = library_->find(id);
    shown_ = item != nullptr ? *item : app::LibraryItem();
    word_->setText(shown_.name);
    note_->setText(shown_.note);
    body_->setPlainText(shown_.text);
    for (QWidget* field : std::initializer_list<QWidget*>{word_, note_, body_, remove_}) {
        field->setEnabled(item != nullptr);
    }
}

void SnippetsPage::keep() {
    if (shown_.id == 0) {
        return;
    }
    const QString word = word_->text().simplified().remove(u' ');
    if (!word.isEmpty() && word != shown_.name) {
        library_->rename(shown_.id, word);
        shown_.name = word;
    }
    if (body_->toPlainText() != shown_.text || note_->text() != shown_.note) {
        shown_.text = body_->toPlainText();
        shown_.note = note_->text();
        library_->setText(shown_.id, shown_.text, shown_.note, shown_.revision);
        // Changes are made one after the other: the next one finds it so.
        ++shown_.revision;
    }
}

void SnippetsPage::add() {
    keep();
    library_->add({0, Kind::kSnippet, 0, tr("new"), QStringLiteral("SELECT ${1:1};")},
                  [page = QPointer<SnippetsPage>(this)](qint64 id, qint64) {
                      if (page && id != 0) {
                          page->show(id);
                          page->fill();
                          page->word_->setFocus();
                          page->word_->selectAll();
                      }
                  });
}

void SnippetsPage::remove() {
    const qint64 removed = std::exchange(shown_, {}).id;
    library_->remove(removed);
}

}  // namespace tessera::workbench
