// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Lets a job run as its owner, who is the person here: for how long, then one more sign-in in their browser. GUI
/// thread.

#include "app/core/jobs/job_identity.h"
#include "app/core/jobs/job_nodes.h"
#include "app/core/thread/background_task.h"
#include "app/core/thread/owner_thread.h"

#include <QDialog>
#include <memory>

class QPushButton;
class QSpinBox;

namespace tessera::workbench {

class NoteLabel;

class GrantDialog : public QDialog {
    Q_OBJECT

  public:
    GrantDialog(const QString& job, std::shared_ptr<app::JobNodes> nodes, app::JobGranter granter, QWidget* parent);

  Q_SIGNALS:
    void granted(const tessera::client::JobGranted& grant);

  private:
    void askForTerms();
    void start();
    void askAgent();
    void showStep(const QString& url);
    void showProblem(const Error& error);

    const QString job_;
    const std::shared_ptr<app::JobNodes> nodes_;
    const app::JobGranter granter_;
    QString url_;
    QSpinBox* days_;
    NoteLabel* note_;
    QPushButton* start_;
    QPushButton* copy_;
    app::BackgroundTask checking_;
    app::OwnerThread owner_thread_;
    /// While the browser is waited for.
    std::unique_ptr<app::GrantCall> call_;
};

}  // namespace tessera::workbench
