// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/editor/query_tab.h"

#include "app/core/edit/edit_target.h"
#include "app/core/sql/explain.h"
#include "app/core/sql/name_lookup.h"
#include "app/core/text/utf8.h"
#include "app/workbench/editor/editor_find_bar.h"
#include "app/workbench/editor/file_link.h"
#include "app/workbench/editor/parameter_bar.h"
#include "app/workbench/editor/transaction_chip.h"
#include "app/workbench/results/messages_view.h"
#include "app/workbench/results/results_panel.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QSplitter>
#include <QToolButton>
#include <algorithm>
#include <array>
#include <utility>

namespace tessera::workbench {

namespace {

using State = app::QuerySession::State;

constexpr int kEditorShare = 45;
constexpr int kResultsShare = 55;
constexpr int kNodePickerWidth = 160;

QToolButton* buttonFor(QAction* action, const char* object_name) {
    auto* button = new QToolButton;
    button->setObjectName(QLatin1String(object_name));
    button->setDefaultAction(action);
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setAutoRaise(true);
    return button;
}

/// Whether tables, columns or comments may be others after a statement with this command tag. CREATE TABLE AS has that
/// of a SELECT.
bool changesNames(const std::string& tag, const std::string& sql) {
    const std::vector<app::Token> words = tag.starts_with("SELECT") ? app::tokensOf(sql) : std::vector<app::Token>();
    if (!words.empty() && app::isKeyword(words.front(), sql, "create")) {
        return true;
    }
    constexpr std::array kTags{"CREATE", "ALTER", "DROP", "IMPORT", "COMMENT", "SELECT INTO", "GRANT", "REVOKE"};
    return std::any_of(kTags.begin(), kTags.end(), [&](const char* begin) { return tag.starts_with(begin); });
}

}  // namespace

QueryTab::QueryTab(const QueryActions& actions, app::MeshNames& names, QWidget* parent)
    : QWidget(parent),
      names_(names),
      editor_(new SqlEditor),
      file_(new FileLink(editor_)),
      assistant_(new SqlAssistant(editor_)),
      live_check_(new LiveCheck(editor_)),
      find_bar_(new EditorFindBar(editor_, nullptr)),
      parameter_bar_(new ParameterBar),
      node_picker_(new QComboBox),
      splitter_(new QSplitter(Qt::Vertical)),
      results_(new ResultsPanel(session_, this)) {
    setObjectName(QStringLiteral("queryTab"));
    splitter_->setObjectName(QStringLiteral("querySplitter"));
    splitter_->setHandleWidth(1);
    splitter_->setChildrenCollapsible(false);
    auto* upper = new QWidget;
    auto* upper_layout = new QVBoxLayout(upper);
    upper_layout->setContentsMargins(0, 0, 0, 0);
    upper_layout->setSpacing(0);
    upper_layout->addWidget(file_);
    upper_layout->addWidget(parameter_bar_);
    upper_layout->addWidget(editor_, 1);
    upper_layout->addWidget(find_bar_);
    splitter_->addWidget(upper);
    splitter_->addWidget(results_);
    splitter_->setStretchFactor(0, kEditorShare);
    splitter_->setStretchFactor(1, kResultsShare);
    splitter_->setSizes({kEditorShare * 10, kResultsShare * 10});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(buildBar(actions));
    layout->addWidget(splitter_, 1);
    setFocusProxy(editor_);

    connect(editor_, &QsciScintilla::textChanged, this, [this] {
        is_text_unchanged_ = false;
        kept_text_.reset();
        parameter_timer_.start();
        Q_EMIT draftChanged();
    });
    connect(file_, &FileLink::changed, this, &QueryTab::draftChanged);
    constexpr int kParameterDelay_ms = 100;
    parameter_timer_.setSingleShot(true);
    parameter_timer_.setInterval(kParameterDelay_ms);
    connect(&parameter_timer_, &QTimer::timeout, this, &QueryTab::updateParameters);
    connect(node_picker_, &QComboBox::activated, this, [this] {
        wanted_node_ = node_picker_->currentText();
        takeNames();
        Q_EMIT draftChanged();
        Q_EMIT stateChanged();
    });
    connect(&names_, &app::MeshNames::namesChanged, this, [this](const QString& node) {
        // Rows may come before the names that say which table they are of.
        if (node == result_node_ && session_.state() == State::kSucceeded && !results_->page().isEditable()) {
            offerEditing();
        }
        if (node == nodeName()) {
            takeNames();
        } else {
            offerOtherNode();
        }
    });
    connect(assistant_, &SqlAssistant::definitionRequested, this, [this](const QString& schema, const QString& table) {
        Q_EMIT definitionRequested(nodeName(), schema, table);
    });
    connect(&session_, &app::QuerySession::stateChanged, this, &QueryTab::onStateChanged);
    connect(&transaction_, &app::Transaction::changed, this, &QueryTab::onTransactionChanged);
    connect(&transaction_, &app::Transaction::ended, this, &QueryTab::onTransactionEnded);
    connect(&transaction_, &app::Transaction::lost, this, [this](const Error& why) {
        results_->messages().add(MessagesView::Tone::kError, QString::fromStdString(why.describe()));
        results_->showProblem(QString::fromStdString(why.message), QString::fromStdString(why.hint));
    });
    onTransactionChanged();
    connect(results_, &ResultsPanel::applyRequested, this, &QueryTab::applyRows);
    connect(&apply_, &app::RowApply::finished, this, &QueryTab::onRowsApplied);
    connect(results_, &ResultsPanel::summaryChanged, this, &QueryTab::stateChanged);
    connect(results_, &ResultsPanel::signInRequested, this, &QueryTab::signInRequested);
    connect(results_, &ResultsPanel::findRequested, this, &QueryTab::findRequested);
    connect(results_, &ResultsPanel::measureRequested, this, &QueryTab::measureLast);
    connect(results_, &ResultsPanel::nodeChosen, this, [this](const QString& node) {
        setNodeName(node);
        Q_EMIT draftChanged();
        runPieces({running_}, std::string(explain_prefix_));
    });
    results_->showWelcome();
    connect(results_, &ResultsPanel::retryRequested, this,
            [this] { runPieces({running_}, std::string(explain_prefix_)); });
}

QWidget* QueryTab::buildBar(const QueryActions& actions) {
    auto* bar = new QWidget;
    bar->setObjectName(QStringLiteral("queryBar"));
    QToolButton* run = buttonFor(actions.run, "runButton");
    auto* run_menu = new QMenu(run);
    run_menu->addAction(actions.run);
    run_menu->addAction(actions.run_all);
    run->setMenu(run_menu);
    run->setPopupMode(QToolButton::MenuButtonPopup);
    auto* explain = new QToolButton;
    explain->setObjectName(QStringLiteral("explainButton"));
    explain->setText(tr("Explain"));
    explain->setToolTip(tr("Where and how the statement runs, and why it is slow"));
    explain->setPopupMode(QToolButton::InstantPopup);
    explain->setAutoRaise(true);
    auto* explain_menu = new QMenu(explain);
    explain_menu->addActions({actions.explain, actions.explain_measured});
    explain->setMenu(explain_menu);
    node_picker_->setObjectName(QStringLiteral("nodePicker"));
    node_picker_->setAccessibleName(tr("Node"));
    node_picker_->setToolTip(tr("The node that runs this tab's statements"));
    node_picker_->setMinimumWidth(kNodePickerWidth);
    auto* node_label = new QLabel(tr("Node"));
    node_label->setBuddy(node_picker_);
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(8);
    layout->addWidget(run);
    layout->addWidget(buttonFor(actions.stop, "stopButton"));
    layout->addWidget(explain);
    layout->addWidget(buttonFor(actions.manual_commit, "manualCommitButton"));
    layout->addWidget(new TransactionChip(transaction_));
    transaction_buttons_ = new QWidget;
    auto* buttons = new QHBoxLayout(transaction_buttons_);
    buttons->setContentsMargins(0, 0, 0, 0);
    buttons->addWidget(buttonFor(actions.commit, "commitButton"));
    buttons->addWidget(buttonFor(actions.roll_back, "rollBackButton"));
    layout->addWidget(transaction_buttons_);
    layout->addStretch();
    layout->addWidget(node_label);
    layout->addWidget(node_picker_);
    return bar;
}

void QueryTab::setMesh(std::shared_ptr<const app::Mesh> mesh) {
    mesh_ = std::move(mesh);
    node_picker_->clear();
    for (const app::MeshNode& node : mesh_->nodes) {
        node_picker_->addItem(QString::fromStdString(node.name));
    }
    setNodeName(wanted_node_);
}

app::Draft QueryTab::draft() const {
    // Asked for every half a second while somebody types in some tab.
    if (!kept_text_) {
        kept_text_ = editor_->text();
    }
    app::Draft draft{title_, *kept_text_, wanted_node_.isEmpty() ? nodeName() : wanted_node_};
    file_->describe(draft);
    return draft;
}

void QueryTab::setDraft(const app::Draft& draft) {
    title_ = draft.title;
    editor_->setText(draft.text);
    setNodeName(draft.node);
    file_->restore(draft);
}

QString QueryTab::nodeName() const {
    return node_picker_->currentText();
}

void QueryTab::setNodeName(const QString& name) {
    // Kept while the mesh is not loaded yet, and when the node comes back in another mesh file.
    wanted_node_ = name;
    if (const int index = node_picker_->findText(name); index >= 0) {
        node_picker_->setCurrentIndex(index);
    }
    takeNames();
    Q_EMIT stateChanged();
}

void QueryTab::takeNames() {
    names_.request(nodeName());
    assistant_->setNames(names_.names(nodeName()));
    live_check_->setNames(names_.names(nodeName()));
}

void QueryTab::run() {
    if (const std::optional<SqlPiece> piece = editor_->pieceToRun()) {
        runPieces({*piece});
    } else {
        results_->showProblem(tr("There is no statement under the caret."),
                              tr("Write one, or select the text to run."));
    }
}

void QueryTab::runAll() {
    const std::vector<SqlPiece> pieces = editor_->allPieces();
    if (pieces.empty()) {
        results_->showProblem(tr("There is no statement in this tab."), {});
        return;
    }
    runPieces({pieces.begin(), pieces.end()});
}

void QueryTab::explain(bool is_measured) {
    const std::optional<SqlPiece> piece = editor_->pieceToRun();
    if (!piece) {
        results_->showProblem(tr("There is no statement under the caret."), {});
        return;
    }
    const auto prefix = app::explainPrefixFor(piece->sql, is_measured);
    if (!prefix) {
        results_->showProblem(QString::fromStdString(prefix.error().message),
                              QString::fromStdString(prefix.error().hint));
        return;
    }
    runPieces({*piece}, prefix->text);
    results_->expectPlan(true,
                         is_measured && !prefix->is_measured
                             ? tr("To measure a plan the statement has to be run. This one changes or locks rows, so "
                                  "these are estimates; put EXPLAIN ANALYZE before it to run it all the same.")
                             : QString());
}

void QueryTab::cancel() {
    waiting_.clear();
    session_.cancel();
}

void QueryTab::runPieces(std::deque<SqlPiece> pieces, std::string explain_prefix) {
    if (apply_.isRunning()) {
        results_->showProblem(tr("Changed rows are being applied in this tab."),
                              tr("Run the statement when that is done."));
        return;
    }
    results_->keepChanges();
    explain_prefix_ = std::move(explain_prefix);
    results_->expectPlan(!explain_prefix_.empty());
    waiting_ = std::move(pieces);
    is_text_unchanged_ = true;
    editor_->clearError();
    runNext();
}

void QueryTab::runNext() {
    const app::MeshNode* node = mesh_ ? mesh_->find(nodeName().toStdString()) : nullptr;
    if (node == nullptr) {
        waiting_.clear();
        results_->showProblem(tr("No node is chosen to run this."), tr("Choose one at the top right of this tab."));
        return;
    }
    if (!node->client) {
        waiting_.clear();
        results_->showProblem(QString::fromStdString(node->error.message), QString::fromStdString(node->error.hint));
        return;
    }
    running_ = std::move(waiting_.front());
    waiting_.pop_front();
    sent_ = app::bindNamedParameters(explain_prefix_ + running_.sql);
    updateParameters();
    const auto values = parameter_bar_->values(sent_.names);
    if (!values) {
        waiting_.clear();
        results_->showProblem(tr("A parameter of the statement has no value yet."),
                              tr("Fill in the field above the editor, or tick NULL, then run again."));
        return;
    }
    results_->setFirstLine(app::lineAt(editor_->utf8(), running_.begin).number);
    client::QueryRequest request;
    request.sql = sent_.sql;
    request.parameters = *values;
    started_ = QDateTime::currentDateTime();
    node_ = node->client;
    const auto executor = transaction_.prepare(node->client, request);
    session_.run(executor, std::move(request));
}

void QueryTab::applyRows(ResultPage* page, const std::shared_ptr<client::NodeClient>& node,
                         const std::vector<client::QueryRequest>& rows) {
    if (session_.isRunning() || apply_.isRunning()) {
        page->applied(fail(ErrorCode::kFailedPrecondition, "a statement runs in this tab", "apply when it has ended"),
                      rows.size());
        return;
    }
    applied_page_ = page;
    apply_.start(node, transaction_, rows);
}

void QueryTab::onRowsApplied(const std::optional<Error>& error, std::size_t row) {
    if (!applied_page_) {
        return;
    }
    applied_page_->applied(error, row);
    // As the table has them now: defaults, triggers and others may have had their say.
    if (!error && applied_page_ == &results_->page() && !session_.isRunning()) {
        runPieces({running_});
    }
}

void QueryTab::onTransactionChanged() {
    const bool is_open = transaction_.isOpen();
    transaction_buttons_->setVisible(is_open || transaction_.mode() == app::Transaction::Mode::kManual);
    node_picker_->setEnabled(!is_open);
    node_picker_->setToolTip(is_open ? tr("The open transaction is on this node: commit or roll back to change it")
                                     : tr("The node that runs this tab's statements"));
    Q_EMIT stateChanged();
}

void QueryTab::onTransactionEnded(const std::optional<Error>& error) {
    if (error) {
        results_->messages().add(MessagesView::Tone::kError, QString::fromStdString(error->describe()));
        results_->showProblem(QString::fromStdString(error->message), QString::fromStdString(error->hint));
    }
    names_.refresh(nodeName());
}

void QueryTab::updateParameters() {
    // A larger text is a dump, and a colon in it no parameter to be asked for.
    constexpr std::size_t kLargest = std::size_t{1} << 20U;
    std::vector<std::string> names;
    if (editor_->utf8().size() <= kLargest) {
        names = app::bindNamedParameters(editor_->utf8()).names;
    }
    parameter_bar_->setNames(names);
}

void QueryTab::format() {
    if (const QString reason = editor_->format(); !reason.isEmpty()) {
        Q_EMIT editor_->problemReached(reason);
    }
}

void QueryTab::tellHistory() {
    app::HistoryEntry entry;
    entry.started = started_;
    entry.node = nodeName();
    entry.sql = QString::fromStdString(explain_prefix_ + running_.sql);
    entry.duration_ms = session_.elapsed_ms();
    if (session_.state() == State::kSucceeded) {
        entry.rows = static_cast<qint64>(session_.completion().row_count);
    } else if (session_.state() == State::kFailed) {
        entry.error = QString::fromStdString(session_.error().message);
    } else {
        entry.error = tr("cancelled");
    }
    Q_EMIT statementEnded(entry);
}

void QueryTab::onStateChanged() {
    if (session_.state() == State::kSucceeded || session_.state() == State::kFailed) {
        transaction_.statementEnded();
    }
    if (const State state = session_.state();
        state == State::kSucceeded || state == State::kFailed || state == State::kCancelling) {
        tellHistory();
    }
    if (session_.state() == State::kSucceeded && changesNames(session_.completion().command_tag, running_.sql)) {
        names_.refresh(nodeName());
    }
    if (session_.state() == State::kSucceeded) {
        result_node_ = nodeName();
        result_client_ = node_;
        offerEditing();
    }
    if (session_.state() == State::kFailed) {
        waiting_.clear();
        showErrorInEditor();
        offerOtherNode();
    } else if (session_.state() == State::kSucceeded && !waiting_.empty()) {
        runNext();
        return;
    }
    Q_EMIT stateChanged();
}

void QueryTab::offerEditing() {
    if (explain_prefix_.empty() && session_.store() && session_.store()->columns()) {
        results_->page().setEditTarget(
            app::editTargetOf(running_.sql, *session_.store()->columns(), names_.names(result_node_).get()),
            result_client_);
    }
}

void QueryTab::offerOtherNode() {
    constexpr const char* kNoSuchTable = "42P01";
    if (session_.state() != State::kFailed || session_.error().sqlstate != kNoSuchTable || transaction_.isOpen() ||
        !mesh_) {
        return;
    }
    for (const app::MeshNode& node : mesh_->nodes) {
        const QString name = QString::fromStdString(node.name);
        if (name == nodeName() || !node.client) {
            continue;
        }
        names_.request(name);
        const auto names = names_.names(name);
        if (names && app::unknownNames(running_.sql, *names).empty()) {
            results_->offerNode(name);
            return;
        }
    }
}

void QueryTab::measureLast() {
    if (const auto prefix = app::explainPrefixFor(running_.sql, true); prefix && prefix->is_measured) {
        runPieces({running_}, prefix->text);
    }
}

void QueryTab::showErrorInEditor() {
    const Error& error = session_.error();
    if (error.position > 0 && is_text_unchanged_) {
        const std::size_t byte = sent_.originalOffset(app::byteOffsetOfCharacter(sent_.sql, error.position));
        editor_->showError(running_.begin + byte - std::min(byte, explain_prefix_.size()),
                           QString::fromStdString(error.message));
    }
}

}  // namespace tessera::workbench
