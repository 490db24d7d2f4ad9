// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/shell/onboarding_page.h"

#include "app/core/mesh/agent_words.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QFileInfo>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace tessera::workbench {

namespace {

constexpr int kCardWidth = 480;
constexpr int kIconSize = 40;
constexpr int kStepIconSize = 16;
constexpr int kTitlePixels = 20;
constexpr int kRecentMax = 5;

QLabel* plainLabel(const char* object_name) {
    auto* label = new QLabel;
    label->setObjectName(QLatin1String(object_name));
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    return label;
}

QString asSentence(QString text) {
    if (!text.isEmpty()) {
        text[0] = text[0].toUpper();
        text += QStringLiteral(".?!…").contains(text.back()) ? QString() : QStringLiteral(".");
    }
    return text;
}

void setColor(QWidget* widget, const QColor& color) {
    widget->setStyleSheet(QStringLiteral("color: %1;").arg(color.name()));
}

}  // namespace

OnboardingPage::OnboardingPage(QWidget* parent)
    : QWidget(parent),
      icon_(new QLabel),
      title_(plainLabel("onboardingTitle")),
      sentence_(plainLabel("onboardingSentence")),
      advice_(plainLabel("onboardingAdvice")) {
    choices_ = buildChoices();
    steps_ = buildSteps();
    setObjectName(QStringLiteral("onboarding"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    title_->setText(tr("Connect to your mesh"));
    QFont font = title_->font();
    font.setPixelSize(kTitlePixels);
    font.setWeight(QFont::DemiBold);
    title_->setFont(font);
    advice_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* card = new QWidget;
    card->setFixedWidth(kCardWidth);
    auto* column = new QVBoxLayout(card);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(icon_);
    column->addSpacing(4);
    column->addWidget(title_);
    column->addWidget(sentence_);
    column->addWidget(advice_);
    column->addSpacing(12);
    column->addWidget(choices_);
    column->addWidget(steps_);
    // Not by alignment: the height of what is aligned is that of its texts as wide as the page, in fewer lines.
    auto* row = new QHBoxLayout;
    row->addStretch();
    row->addWidget(card);
    row->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->addStretch(2);
    layout->addLayout(row);
    layout->addStretch(3);
    setRecent({});
    setStep(Step::kNone);
}

QWidget* OnboardingPage::buildChoices() {
    sign_in_ = new QPushButton(tr("Sign in…"));
    sign_in_->setObjectName(QStringLiteral("onboardingSignIn"));
    sign_in_->setToolTip(tr("With your organisation's account, in your browser"));
    auto* open = new QPushButton(tr("Open a mesh file…"));
    open->setObjectName(QStringLiteral("onboardingOpen"));
    open->setToolTip(tr("A file with the nodes' addresses"));
    auto* again = new QPushButton(tr("Try again"));
    again->setObjectName(QStringLiteral("onboardingRetry"));
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(sign_in_);
    for (QPushButton* button : {open, again}) {
        button->setProperty("secondary", true);
        buttons->addWidget(button);
    }
    buttons->addStretch();
    recent_ = new QWidget;
    recent_files_ = new QVBoxLayout(recent_);
    recent_files_->setContentsMargins(0, 12, 0, 0);
    recent_files_->setSpacing(4);
    auto* choices = new QWidget;
    auto* layout = new QVBoxLayout(choices);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(buttons);
    layout->addWidget(recent_);
    connect(sign_in_, &QPushButton::clicked, this, &OnboardingPage::signInRequested);
    connect(open, &QPushButton::clicked, this, &OnboardingPage::openRequested);
    connect(again, &QPushButton::clicked, this, &OnboardingPage::retryRequested);
    return choices;
}

QWidget* OnboardingPage::buildSteps() {
    auto* steps = new QWidget;
    auto* layout = new QVBoxLayout(steps);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    const QString texts[] = {tr("The agent starts"), tr("Your browser asks who you are"), tr("The mesh is read")};
    for (int i = 0; i < 3; ++i) {
        step_icons_[i] = new QLabel;
        step_icons_[i]->setFixedWidth(kStepIconSize + 8);
        step_texts_[i] = new QLabel(texts[i]);
        auto* row = new QHBoxLayout;
        row->addWidget(step_icons_[i]);
        row->addWidget(step_texts_[i], 1);
        layout->addLayout(row);
    }
    copy_ = new QPushButton(tr("Copy the page's address"));
    copy_->setObjectName(QStringLiteral("onboardingCopy"));
    auto* cancel = new QPushButton(tr("Cancel"));
    cancel->setObjectName(QStringLiteral("onboardingCancel"));
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    for (QPushButton* button : {copy_, cancel}) {
        button->setProperty("secondary", true);
        buttons->addWidget(button);
    }
    buttons->addStretch();
    layout->addSpacing(4);
    layout->addLayout(buttons);
    connect(copy_, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(url_); });
    connect(cancel, &QPushButton::clicked, this, &OnboardingPage::signInCancelled);
    return steps;
}

void OnboardingPage::setProblem(const Error& error) {
    is_error_ = error.code != ErrorCode::kNotFound && error.code != ErrorCode::kCancelled;
    sentence_->setText(asSentence(app::agentWords(error.message)));
    advice_->setText(asSentence(app::agentWords(error.hint)));
    advice_->setVisible(!error.hint.empty());
    applyColors();
}

void OnboardingPage::setRecent(const QStringList& files) {
    while (QLayoutItem* item = recent_files_->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    recent_->setVisible(!files.isEmpty());
    auto* heading = new QLabel(tr("Opened before"));
    setColor(heading, currentTheme().muted_text);
    recent_files_->addWidget(heading);
    for (const QString& file : files.mid(0, kRecentMax)) {
        auto* button = new QPushButton(
            icon("mesh"), QFileInfo(file).fileName() + QStringLiteral("  ·  ") + QFileInfo(file).absolutePath());
        button->setObjectName(QStringLiteral("onboardingRecent"));
        button->setProperty("secondary", true);
        button->setToolTip(file);
        connect(button, &QPushButton::clicked, this, [this, file] { Q_EMIT recentChosen(file); });
        recent_files_->addWidget(button);
    }
}

void OnboardingPage::setStep(Step step, const QString& url) {
    step_ = step;
    url_ = url;
    choices_->setVisible(step == Step::kNone);
    steps_->setVisible(step != Step::kNone);
    sentence_->setVisible(step == Step::kNone);
    advice_->setVisible(step == Step::kNone && !advice_->text().isEmpty());
    copy_->setVisible(!url.isEmpty());
    applyColors();
}

QString OnboardingPage::sentence() const {
    return sentence_->text();
}

void OnboardingPage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        applyColors();
    }
    QWidget::changeEvent(event);
}

void OnboardingPage::applyColors() {
    const Theme& theme = currentTheme();
    icon_->setPixmap(iconPixmap("tessera", theme.accent, kIconSize, devicePixelRatioF()));
    setColor(sentence_, is_error_ ? theme.error : theme.text);
    setColor(advice_, theme.muted_text);
    const int now = static_cast<int>(step_) - 1;
    for (int i = 0; i < 3; ++i) {
        const char* name = i < now ? "done" : "waiting";
        const QColor color = i < now ? theme.success : i == now ? theme.accent : theme.muted_text;
        step_icons_[i]->setPixmap(iconPixmap(name, color, kStepIconSize, devicePixelRatioF()));
        setColor(step_texts_[i], i == now ? theme.text : theme.muted_text);
    }
}

}  // namespace tessera::workbench
