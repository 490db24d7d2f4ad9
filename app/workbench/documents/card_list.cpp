// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/documents/card_list.h"

#include "app/workbench/documents/draft_form.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/note_label.h"

#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>
#include <utility>

namespace tessera::workbench {

namespace {

/// In the colour of the theme, also when that changes.
class RemoveButton final : public QToolButton {
  public:
    RemoveButton() { setIcon(workbench::icon("close")); }

  protected:
    void changeEvent(QEvent* event) override {
        if (event->type() == QEvent::PaletteChange) {
            setIcon(workbench::icon("close"));
        }
        QToolButton::changeEvent(event);
    }
};

}  // namespace

CardList::CardList(app::DocumentDraft& draft, std::string key, Texts texts, std::function<void(DraftForm&)> fill,
                   std::function<void(app::YamlDocument&, const std::string& path)> begin, QWidget* parent)
    : QWidget(parent), draft_(draft), key_(std::move(key)), texts_(std::move(texts)), fill_(std::move(fill)) {
    auto* content = new QWidget;
    cards_layout_ = new QVBoxLayout(content);
    cards_layout_->setContentsMargins(20, 16, 20, 16);
    cards_layout_->setSpacing(12);
    auto* empty = new NoteLabel;
    empty->setNote(texts_.empty);
    empty_ = empty;
    auto* add = new QPushButton(texts_.add);
    add->setObjectName(QStringLiteral("add_") + QString::fromStdString(key_));
    add->setProperty("secondary", true);
    auto* add_row = new QHBoxLayout;
    add_row->addWidget(add);
    add_row->addStretch();
    cards_layout_->addWidget(empty_);
    cards_layout_->addLayout(add_row);
    cards_layout_->addStretch();
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(content);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll);
    connect(add, &QPushButton::clicked, this, [this, begin = std::move(begin)] {
        draft_.change({}, [&](app::YamlDocument& document) {
            const std::size_t position = document.size(key_);
            document.insertItem(key_, position);
            begin(document, key_ + "/" + std::to_string(position));
        });
        if (!cards_.empty()) {
            cards_.back()->setFocus();
        }
    });
    connect(&draft_, &app::DocumentDraft::changed, this, &CardList::showAll);
    showAll();
}

void CardList::showAll() {
    const std::size_t count = draft_.document().size(key_);
    while (cards_.size() > count) {
        cards_.back()->hide();
        cards_.back()->deleteLater();
        cards_.pop_back();
    }
    while (cards_.size() < count) {
        addCard(cards_.size());
    }
    empty_->setVisible(count == 0);
}

void CardList::addCard(std::size_t position) {
    const std::string path = key_ + "/" + std::to_string(position);
    auto* card = new QFrame;
    card->setObjectName(QStringLiteral("draftCard"));
    card->setProperty("card", true);
    auto* form = new DraftForm(draft_, path);
    fill_(*form);
    card->setFocusProxy(form->findChild<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
    auto* remove = new RemoveButton;
    remove->setObjectName(QStringLiteral("remove_") + QString::fromStdString(key_));
    remove->setAutoRaise(true);
    remove->setToolTip(texts_.remove);
    remove->setAccessibleName(texts_.remove);
    auto* row = new QHBoxLayout(card);
    row->setContentsMargins(16, 12, 8, 12);
    row->addWidget(form, 1);
    row->addWidget(remove, 0, Qt::AlignTop);
    connect(remove, &QToolButton::clicked, this,
            [this, path] { draft_.change({}, [&](app::YamlDocument& document) { document.remove(path); }); });
    // Behind the sentence and the cards before it.
    cards_layout_->insertWidget(static_cast<int>(position) + 1, card);
    cards_.push_back(card);
}

}  // namespace tessera::workbench
