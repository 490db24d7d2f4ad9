// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A plan to be looked at: a line that sums it up, the tree of its parts, and beside it either what could be done and
/// all that is known of the chosen part, or the plan as a graph. What is chosen in one is chosen in the other. GUI
/// thread.

#include "app/workbench/plan/plan_graph.h"
#include "app/workbench/plan/plan_model.h"

#include <QWidget>

class QLabel;
class QListWidget;
class QPlainTextEdit;
class QSplitter;
class QStackedWidget;
class QTabBar;
class QTreeView;
class QTreeWidget;

namespace tessera::workbench {

class GraphView;

class PlanView : public QWidget {
    Q_OBJECT

  public:
    explicit PlanView(QWidget* parent = nullptr);

    /// `note` is said above it: why it is estimated only, say.
    void setPlan(std::shared_ptr<const app::QueryPlan> plan, const QString& note);

    QTreeView& tree() { return *tree_; }

    GraphView& graph() { return *graph_; }

  protected:
    void changeEvent(QEvent* event) override;

  private:
    QWidget* buildSide();
    QWidget* buildDetails();
    QWidget* buildGraph();
    void showSide(int side);
    void showNode();
    void showAdvice();
    void applyColors();
    QString summary() const;
    /// Of each source; empty when nothing was measured.
    QString timesText() const;

    std::shared_ptr<const app::QueryPlan> plan_;
    PlanModel model_;
    QLabel* summary_;
    QLabel* times_;
    QLabel* note_;
    QSplitter* splitter_;
    QTreeView* tree_;
    QTabBar* sides_;
    QStackedWidget* side_;
    PlanGraph drawn_;
    GraphView* graph_;
    QLabel* graph_note_;
    QListWidget* advice_;
    QLabel* sql_title_;
    QPlainTextEdit* sql_;
    QTreeWidget* properties_;
};

}  // namespace tessera::workbench
