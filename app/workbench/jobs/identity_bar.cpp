// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/jobs/identity_bar.h"

#include "app/workbench/ui/note_label.h"

#include <QHBoxLayout>
#include <QPushButton>

namespace tessera::workbench {

IdentityBar::IdentityBar(QWidget* parent)
    : QWidget(parent),
      words_(new NoteLabel(QStringLiteral("jobIdentity"))),
      grant_(new QPushButton),
      revoke_(new QPushButton(tr("End the grant…"))) {
    grant_->setObjectName(QStringLiteral("grantJobButton"));
    grant_->setToolTip(tr("For its owner, who signs in once more"));
    revoke_->setObjectName(QStringLiteral("revokeGrantButton"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 0, 12, 10);
    layout->setSpacing(8);
    layout->addWidget(words_, 1);
    for (QPushButton* button : {grant_, revoke_}) {
        button->setProperty("secondary", true);
        layout->addWidget(button);
    }
    connect(grant_, &QPushButton::clicked, this, &IdentityBar::grantRequested);
    connect(revoke_, &QPushButton::clicked, this, &IdentityBar::revokeRequested);
    setIdentity({}, false);
}

void IdentityBar::setIdentity(const app::JobIdentity& identity, bool can_act) {
    const bool fails = identity.is_person && !identity.is_granted;
    words_->setNote(identity.words, fails ? NoteLabel::Tone::kError : NoteLabel::Tone::kMuted);
    grant_->setText(identity.is_granted ? tr("Grant again…") : tr("Let it run as you…"));
    grant_->setVisible(identity.is_person);
    grant_->setEnabled(can_act);
    revoke_->setVisible(identity.is_granted);
    revoke_->setEnabled(can_act);
    setVisible(!identity.words.isEmpty());
}

}  // namespace tessera::workbench
