// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// One tab: a bar with Run, Stop and the node, the editor, and the results below. Runs its statements through a session
/// of its own. GUI thread.

#include "app/core/catalog/mesh_names.h"
#include "app/core/drafts/draft_journal.h"
#include "app/core/edit/row_apply.h"
#include "app/core/history/history.h"
#include "app/core/mesh/mesh.h"
#include "app/core/session/query_session.h"
#include "app/core/session/transaction.h"
#include "app/core/sql/tokens.h"
#include "app/workbench/editor/live_check.h"
#include "app/workbench/editor/sql_assistant.h"
#include "app/workbench/editor/sql_editor.h"

#include <QPointer>
#include <QWidget>
#include <deque>
#include <memory>
#include <optional>

class QAction;
class QComboBox;
class QSplitter;
class QToolButton;

namespace tessera::workbench {

class EditorFindBar;
class FileLink;
class ParameterBar;
class ResultPage;
class ResultsPanel;

/// Actions of the window that every tab's bar shows.
struct QueryActions {
    QAction* run = nullptr;
    QAction* run_all = nullptr;
    QAction* stop = nullptr;
    QAction* explain = nullptr;
    QAction* explain_measured = nullptr;
    QAction* manual_commit = nullptr;
    QAction* commit = nullptr;
    QAction* roll_back = nullptr;
};

class QueryTab : public QWidget {
    Q_OBJECT

  public:
    /// `names` outlives the tab.
    QueryTab(const QueryActions& actions, app::MeshNames& names, QWidget* parent);

    /// The nodes to choose from; keeps the chosen one if it is still there.
    void setMesh(std::shared_ptr<const app::Mesh> mesh);

    app::Draft draft() const;
    /// Puts text and node into the tab. Runs nothing.
    void setDraft(const app::Draft& draft);

    void setTitle(const QString& title) { title_ = title; }

    QString title() const { return title_; }

    QString nodeName() const;
    void setNodeName(const QString& name);

    /// The selection, or the statement under the caret.
    void run();
    /// Every statement, one after the other, until one fails.
    void runAll();
    /// Asks for the plan of the selection or the statement under the caret. Measured: the statement is run for it,
    /// unless it changes something.
    void explain(bool is_measured);
    void cancel();

    const app::QuerySession& session() const { return session_; }

    /// How the tab's statements are committed.
    app::Transaction& transaction() { return transaction_; }

    const app::Transaction& transaction() const { return transaction_; }

    SqlEditor& editor() { return *editor_; }

    SqlAssistant& assistant() { return *assistant_; }

    LiveCheck& liveCheck() { return *live_check_; }

    EditorFindBar& findBar() { return *find_bar_; }

    FileLink& file() { return *file_; }

    const FileLink& file() const { return *file_; }

    /// Lays the selection or the statement under the caret out anew, or says why not.
    void format();

    ResultsPanel& results() const { return *results_; }

  Q_SIGNALS:
    /// Text or node: what the journal keeps.
    void draftChanged();
    /// What the status bar and the actions show.
    void stateChanged();
    /// A statement was refused because the node does not know the person any more.
    void signInRequested();
    /// A statement has ended, well or not.
    void statementEnded(const tessera::app::HistoryEntry& entry);
    /// The catalog is to show this table of the tab's node.
    void definitionRequested(const QString& node, const QString& schema, const QString& table);
    /// The person looks for a table.
    void findRequested();

  private:
    QWidget* buildBar(const QueryActions& actions);
    void runPieces(std::deque<SqlPiece> pieces, std::string explain_prefix = {});
    void runNext();
    void onStateChanged();
    void onTransactionChanged();
    void onTransactionEnded(const std::optional<Error>& error);
    void applyRows(ResultPage* page, const std::shared_ptr<client::NodeClient>& node,
                   const std::vector<client::QueryRequest>& rows);
    void onRowsApplied(const std::optional<Error>& error, std::size_t row);
    /// Lets the rows of the last statement be changed, where they are a table's.
    void offerEditing();
    void showErrorInEditor();
    /// Where another node has the tables that this one does not have.
    void offerOtherNode();
    void measureLast();
    void takeNames();
    void updateParameters();
    void tellHistory();

    QString title_;
    std::shared_ptr<const app::Mesh> mesh_;
    app::QuerySession session_;
    app::Transaction transaction_;
    app::RowApply apply_;
    /// Whose rows apply_ changes.
    QPointer<ResultPage> applied_page_;
    /// That runs, or ran, the last statement.
    std::shared_ptr<client::NodeClient> node_;
    /// Still to be run after the current statement.
    std::deque<SqlPiece> waiting_;
    /// The last statement that was started, as it stood in the editor.
    SqlPiece running_;
    /// Stands before it where its plan is asked for; else empty.
    std::string explain_prefix_;
    /// As it was sent, with its parameters numbered.
    app::BoundStatement sent_;
    QDateTime started_;
    /// Whether the text is still the one that was run, so that positions hold.
    bool is_text_unchanged_ = false;
    /// The editor's text, once it was asked for and until it changes.
    mutable std::optional<QString> kept_text_;
    QString wanted_node_;
    app::MeshNames& names_;
    /// Where the last result is from.
    QString result_node_;
    std::shared_ptr<client::NodeClient> result_client_;
    SqlEditor* editor_;
    FileLink* file_;
    SqlAssistant* assistant_;
    LiveCheck* live_check_;
    EditorFindBar* find_bar_;
    ParameterBar* parameter_bar_;
    QTimer parameter_timer_;
    QComboBox* node_picker_;
    /// Commit and roll back, where the tab commits by hand.
    QWidget* transaction_buttons_ = nullptr;
    QSplitter* splitter_;
    ResultsPanel* results_;
};

}  // namespace tessera::workbench
