// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// As whom the chosen job runs, and, where that is by its owner's grant, what gives and ends it. GUI thread.

#include "app/core/jobs/job_identity.h"

#include <QWidget>

class QPushButton;

namespace tessera::workbench {

class NoteLabel;

class IdentityBar : public QWidget {
    Q_OBJECT

  public:
    explicit IdentityBar(QWidget* parent = nullptr);

    void setIdentity(const app::JobIdentity& identity, bool can_act);

  Q_SIGNALS:
    void grantRequested();
    void revokeRequested();

  private:
    NoteLabel* words_;
    QPushButton* grant_;
    QPushButton* revoke_;
};

}  // namespace tessera::workbench
