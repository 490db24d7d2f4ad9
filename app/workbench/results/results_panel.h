// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Below the editor: the rows of the tab's last statement, or one sentence about why there are none, and beside them
/// the messages. Follows its QuerySession; the session must outlive it. GUI thread.

#include "app/core/plan/query_plan.h"
#include "app/core/session/query_session.h"
#include "app/workbench/results/result_page.h"

#include <QTimer>
#include <QWidget>
#include <vector>

class QLabel;
class QMenu;
class QPushButton;
class QStackedWidget;
class QTabWidget;
class QToolButton;

namespace tessera::workbench {

class EmptyState;
class MessagesView;
class PlanView;
class ResultGrid;

class ResultsPanel : public QWidget {
    Q_OBJECT

  public:
    ResultsPanel(app::QuerySession& session, QWidget* parent);

    /// The current result's.
    ResultGrid& grid() { return page_->grid(); }

    ResultPage& page() { return *page_; }

    QTabWidget& tabs() { return *tabs_; }

    MessagesView& messages() { return *messages_; }

    /// Null before the first plan.
    PlanView* plan() { return plan_; }

    /// Another statement is about to run: changes that were not applied stay in a tab of their own.
    void keepChanges();

    /// Whether cells of any result were changed and not applied.
    bool hasChanges() const;
    void discardChanges();

    /// The running statement's result is a plan, to be shown as one; until the next call. `note` stands above it.
    void expectPlan(bool is_expected, const QString& note = {});

    /// What the status bar says: "1,204,331 rows · 3.2 s · streaming".
    QString summary() const;

    /// Where in the editor the running statement begins, so that an error's line is the editor's.
    void setFirstLine(std::size_t line) { first_line_ = line; }

    /// Before the first statement: what the place is for, and a way to a table.
    void showWelcome();
    /// The statement failed here, and that node has the tables that it names: offers to run it there.
    void offerNode(const QString& node);

    /// Says something about the tab that no statement is about: no node chosen, nothing to run.
    void showProblem(const QString& sentence, const QString& advice);

  Q_SIGNALS:
    void summaryChanged();
    void retryRequested();
    /// The node does not know the person any more.
    void signInRequested();
    /// The person looks for a table.
    void findRequested();
    /// The statement is to be run there instead.
    void nodeChosen(const QString& node);
    /// Where did the time of the last statement go?
    void measureRequested();
    /// A page asks to apply its changes; applied() of the page tells it the end.
    void applyRequested(tessera::workbench::ResultPage* page, const std::shared_ptr<tessera::client::NodeClient>& node,
                        const std::vector<tessera::client::QueryRequest>& rows);

  private:
    void onStateChanged();
    void onColumnsChanged();
    void showFailure();
    void showSuccess();
    void showPlan();
    void takeOffer();
    void buildWhyButton();
    void updatePaused();
    void buildPausedBar();
    void addPage();
    /// The current result stays in a tab of its own; the next statement gets a new page.
    void pinPage();
    void unpin(ResultPage* page);
    void fillCompareMenu(ResultPage* page, QMenu* menu);
    std::vector<ResultPage*> pages() const;

    app::QuerySession& session_;
    std::size_t first_line_ = 1;
    QTabWidget* tabs_;
    QStackedWidget* stack_;
    QWidget* result_page_;
    QWidget* paused_bar_;
    QLabel* paused_label_;
    EmptyState* empty_;
    enum class Offer { kRetry, kSignIn, kFind, kNode };
    /// What the first button of `empty_` does.
    Offer offer_ = Offer::kRetry;
    QString offered_node_;
    /// Stands beside the tabs after a statement that took its time.
    QToolButton* why_ = nullptr;
    ResultPage* page_;
    int pinned_count_ = 0;
    /// Why the rows of page_ are not all.
    QString note_;
    MessagesView* messages_;
    PlanView* plan_ = nullptr;
    bool is_plan_expected_ = false;
    QString plan_note_;
    /// Ticks the elapsed time while a statement runs.
    QTimer clock_;
};

/// "1 row", "1,204,331 rows".
QString rowsText(std::uint64_t rows);
/// "12 ms", "3.2 s", "4:05 min".
QString durationText(qint64 elapsed_ms);

}  // namespace tessera::workbench
