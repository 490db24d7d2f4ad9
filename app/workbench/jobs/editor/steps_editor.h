// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The steps of a job that is being written: a graph of what waits for what, and the fields of the chosen step. GUI
/// thread.

#include "app/core/jobs/job_draft.h"

#include <QWidget>

class QMenu;
class QPushButton;
class QStackedWidget;

namespace tessera::workbench {

class DraftForm;
class GraphView;

class StepsEditor : public QWidget {
    Q_OBJECT

  public:
    /// `jobs`: names of others, for steps that run one.
    StepsEditor(app::JobDraft& draft, const QStringList& jobs, QWidget* parent = nullptr);

    /// The first when there is none at that position.
    void choose(std::size_t position);

    std::size_t chosen() const { return chosen_; }

    GraphView& graph() { return *graph_; }

  private:
    QWidget* buildForm(const QStringList& jobs);
    void addGeneralFields();
    void addKindFields(const QStringList& jobs);
    void showAll();
    void showGraph();
    void fillBeforeMenu();
    void add(const std::string& kind);
    void removeChosen();

    app::JobDraft& draft_;
    std::size_t chosen_ = 0;
    GraphView* graph_;
    DraftForm* form_ = nullptr;
    QStackedWidget* stack_;
    QPushButton* before_ = nullptr;
    QMenu* before_menu_ = nullptr;
    QPushButton* remove_;
};

/// How kinds of steps are called.
QString stepKindText(const std::string& kind);

}  // namespace tessera::workbench
