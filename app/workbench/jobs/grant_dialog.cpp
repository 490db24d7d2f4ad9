// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/grant_dialog.h"

#include "app/core/mesh/agent_words.h"
#include "app/workbench/ui/note_label.h"

#include <QClipboard>
#include <QDesktopServices>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QUrl>
#include <QVBoxLayout>
#include <utility>

namespace tessera::workbench {

GrantDialog::GrantDialog(const QString& job, std::shared_ptr<app::JobNodes> nodes, app::JobGranter granter,
                         QWidget* parent)
    : QDialog(parent),
      job_(job),
      nodes_(std::move(nodes)),
      granter_(std::move(granter)),
      days_(new QSpinBox),
      note_(new NoteLabel(QStringLiteral("grantNote"))),
      checking_(this),
      owner_thread_(this) {
    setObjectName(QStringLiteral("grantDialog"));
    setWindowTitle(tr("Let %1 run as you").arg(job));
    auto* explanation =
        new QLabel(tr("You sign in once more. By this you let the job, as it stands, run as you, with what you may do "
                      "at that moment, also while you are away. You can end it at any time; when somebody changes the "
                      "job, it ends by itself."));
    explanation->setWordWrap(true);
    days_->setObjectName(QStringLiteral("grantDays"));
    days_->setAccessibleName(tr("For how many days"));
    // What any node could allow; which one does is asked.
    constexpr int kMost = 3650;
    constexpr int kUsual = 30;
    days_->setRange(1, kMost);
    days_->setValue(kUsual);
    days_->setSuffix(tr(" days"));
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->addRow(tr("For"), days_);
    auto* buttons = new QDialogButtonBox;
    copy_ = buttons->addButton(tr("Copy the page's address"), QDialogButtonBox::HelpRole);
    copy_->setObjectName(QStringLiteral("grantCopy"));
    start_ = buttons->addButton(tr("Sign in…"), QDialogButtonBox::ActionRole);
    start_->setObjectName(QStringLiteral("grantStart"));
    start_->setDefault(true);
    QPushButton* cancel = buttons->addButton(QDialogButtonBox::Cancel);
    for (QPushButton* button : {copy_, cancel}) {
        button->setProperty("secondary", true);
        button->setAutoDefault(false);
    }
    // Not hidden: a button box shows all its buttons when the style changes.
    copy_->setEnabled(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 16, 20, 16);
    layout->setSpacing(12);
    layout->addWidget(explanation);
    layout->addLayout(form);
    layout->addWidget(note_);
    layout->addStretch();
    layout->addWidget(buttons);
    connect(start_, &QPushButton::clicked, this, &GrantDialog::start);
    connect(copy_, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(url_); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    constexpr QSize kSize(480, 240);
    resize(kSize);
    askForTerms();
}

/// What stands in the way, or for how long at most, is said before anything is chosen.
void GrantDialog::askForTerms() {
    checking_.start(
        [nodes = nodes_, job = job_.toStdString()](const app::TaskControl&) {
            return nodes->ask([&](client::JobsClient& node) { return node.checkGrant(job, 0); });
        },
        [this](const Result<std::int64_t>& most) {
            if (!most) {
                showProblem(most.error());
                return;
            }
            if (*most > 0) {
                days_->setMaximum(static_cast<int>(*most));
                note_->setNote(tr("The node allows %n days at most.", nullptr, static_cast<int>(*most)));
            }
        });
}

/// The mesh is asked again, now for these days, before anybody is sent to the identity provider.
void GrantDialog::start() {
    start_->setEnabled(false);
    days_->setEnabled(false);
    note_->setNote(tr("The mesh is asked whether you may…"));
    checking_.start(
        [nodes = nodes_, job = job_.toStdString(), days = days_->value()](const app::TaskControl&) {
            return nodes->ask([&](client::JobsClient& node) { return node.checkGrant(job, days); });
        },
        [this](const Result<std::int64_t>& may) { may ? askAgent() : showProblem(may.error()); });
}

void GrantDialog::askAgent() {
    call_ = granter_(job_.toStdString(), days_->value(),
                     {[this, post = owner_thread_.poster()](const client::LoginStep& step) {
                          post([this, url = QString::fromStdString(step.url)] { showStep(url); });
                      },
                      [this, post = owner_thread_.poster()](const Result<client::JobGranted>& result) {
                          post([this, result] {
                              if (!result) {
                                  showProblem(result.error());
                                  return;
                              }
                              Q_EMIT granted(*result);
                              accept();
                          });
                      }});
}

void GrantDialog::showStep(const QString& url) {
    url_ = url;
    copy_->setEnabled(true);
    note_->setNote(tr("Sign in on the page that opens in your browser. This window closes when that is done."));
    QDesktopServices::openUrl(QUrl(url, QUrl::StrictMode));
}

void GrantDialog::showProblem(const Error& error) {
    call_.reset();
    copy_->setEnabled(false);
    start_->setEnabled(true);
    days_->setEnabled(true);
    note_->setNote(QString::fromStdString(app::agentWords(error).describe()), NoteLabel::Tone::kError);
}

}  // namespace tessera::workbench
