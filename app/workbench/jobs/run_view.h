// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// One run: how it is, its steps, and its log as it is written. GUI thread.

#include "app/core/jobs/job_models.h"

#include <QWidget>
#include <vector>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTreeView;

namespace tessera::workbench {

class NoteLabel;
class StepChartView;
class TonedRows;

class RunView : public QWidget {
    Q_OBJECT

  public:
    explicit RunView(QWidget* parent = nullptr);

    /// Null: none is chosen.
    void setRun(const client::JobRunDetails* run);
    void clearLog();
    /// Stays at the end if it stood there.
    void addToLog(const std::vector<client::JobLogLine>& lines);

  Q_SIGNALS:
    /// From the chosen step on.
    void runAgainRequested(const QString& step);

  private:
    QWidget* buildSteps();
    void updateButton();
    QString chosenStep() const;

    app::JobStepsModel steps_;
    TonedRows* sorted_steps_;
    bool has_ended_ = false;
    QLabel* title_;
    NoteLabel* problem_;
    QTreeView* steps_table_;
    StepChartView* chart_;
    QPushButton* from_here_;
    QPlainTextEdit* log_;
};

}  // namespace tessera::workbench
