// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/ui/empty_state.h"

#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QApplication>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

constexpr int kIconSize = 32;
constexpr int kTextWidthMax = 560;
constexpr int kSentencePixels = 15;

QLabel* centredLabel(QWidget* parent, const char* object_name) {
    auto* label = new QLabel(parent);
    label->setObjectName(QLatin1String(object_name));
    label->setAlignment(Qt::AlignHCenter);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setMaximumWidth(kTextWidthMax);
    return label;
}

/// By style sheet: the program's one takes the place of a label's palette.
void setColor(QLabel* label, const QColor& color) {
    label->setStyleSheet(QStringLiteral("color: %1;").arg(color.name()));
}

/// Errors are clauses ("cannot read 'x'"), so that they can follow a colon; standing alone they are sentences.
QString asSentence(QString text) {
    if (!text.isEmpty()) {
        text[0] = text[0].toUpper();
        const QChar last = text.back();
        text += QStringLiteral(".?!…").contains(last) ? QString() : QStringLiteral(".");
    }
    return text;
}

}  // namespace

EmptyState::EmptyState(QWidget* parent)
    : QWidget(parent),
      icon_(centredLabel(this, "emptyStateIcon")),
      sentence_(centredLabel(this, "emptyStateSentence")),
      advice_(centredLabel(this, "emptyStateAdvice")),
      action_(new QPushButton(this)),
      second_action_(new QPushButton(this)) {
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    action_->setObjectName(QStringLiteral("emptyStateAction"));
    second_action_->setObjectName(QStringLiteral("emptyStateSecondAction"));
    second_action_->setProperty("secondary", true);
    QFont sentence_font = font();
    sentence_font.setPixelSize(kSentencePixels);
    sentence_font.setWeight(QFont::DemiBold);
    sentence_->setFont(sentence_font);
    connect(action_, &QPushButton::clicked, this, &EmptyState::actionTriggered);
    connect(second_action_, &QPushButton::clicked, this, &EmptyState::secondActionTriggered);

    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addStretch();
    buttons->addWidget(action_);
    buttons->addWidget(second_action_);
    buttons->addStretch();

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(24, 24, 24, 24);
    layout->setSpacing(8);
    layout->addStretch();
    for (QLabel* label : {icon_, sentence_, advice_}) {
        auto* row = new QHBoxLayout;
        row->addStretch();
        row->addWidget(label, 100);
        row->addStretch();
        layout->addLayout(row);
    }
    layout->addSpacing(8);
    layout->addLayout(buttons);
    layout->addStretch();
    setAction({});
    setSecondAction({});
}

void EmptyState::setMessage(const char* icon_name, const QString& sentence, const QString& advice, Tone tone) {
    icon_name_ = icon_name;
    tone_ = tone;
    sentence_->setText(asSentence(sentence));
    advice_->setText(asSentence(advice));
    advice_->setVisible(!advice.isEmpty());
    applyColors();
}

void EmptyState::setAction(const QString& text) {
    action_->setText(text);
    action_->setVisible(!text.isEmpty());
}

void EmptyState::setSecondAction(const QString& text) {
    second_action_->setText(text);
    second_action_->setVisible(!text.isEmpty());
}

void EmptyState::takeFocusOfHidden(const QWidget& page) {
    const QWidget* focus = QApplication::focusWidget();
    const bool is_lost = focus == &page || (focus != nullptr && page.isAncestorOf(focus) && !focus->isVisible());
    if (is_lost && action_->isVisible()) {
        action_->setFocus();
    }
}

QString EmptyState::sentence() const {
    return sentence_->text();
}

void EmptyState::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        applyColors();
    }
    QWidget::changeEvent(event);
}

void EmptyState::applyColors() {
    const Theme& theme = currentTheme();
    const QColor icon_color = tone_ == Tone::kError ? theme.error : theme.muted_text;
    icon_->setPixmap(iconPixmap(icon_name_, icon_color, kIconSize, devicePixelRatioF()));
    setColor(sentence_, tone_ == Tone::kError ? theme.error : theme.text);
    setColor(advice_, theme.muted_text);
}

}  // namespace tessera::workbench
