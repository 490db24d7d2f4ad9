// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// One run: how it is, its steps, and its log as it is written. GUI thread.

#include "app/core/jobs/job_models.h"

#include <QWidget>
#include <vector>

class QLabel;
class QPlainTextEdit;
class QTreeView;

namespace tessera::workbench {

class RunView : public QWidget {
    Q_OBJECT

  public:
    explicit RunView(QWidget* parent = nullptr);

    /// Null: none is chosen.
    void setRun(const client::JobRunDetails* run);
    void clearLog();
    /// Stays at the end if it stood there.
    void addToLog(const std::vector<client::JobLogLine>& lines);

  private:
    app::JobStepsModel steps_;
    QLabel* title_;
    QLabel* problem_;
    QTreeView* steps_table_;
    QPlainTextEdit* log_;
};

}  // namespace tessera::workbench
