// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/results/results_panel.h"

#include "app/core/mesh/agent_words.h"
#include "app/core/sql/error_report.h"
#include "app/core/sql/explain.h"
#include "app/workbench/plan/plan_view.h"
#include "app/workbench/results/messages_view.h"
#include "app/workbench/results/result_grid.h"
#include "app/workbench/ui/empty_state.h"
#include "app/workbench/ui/icons.h"
#include "app/workbench/ui/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>

namespace tessera::workbench {

namespace {

using State = app::QuerySession::State;

constexpr int kClockInterval_ms = 100;
/// From where on people ask why.
constexpr qint64 kSlow_ms = 1000;

bool isConnectionError(const Error& error) {
    return (error.code == ErrorCode::kUnavailable && error.sqlstate.empty()) ||
           error.code == ErrorCode::kUnauthenticated;
}

}  // namespace

QString rowsText(std::uint64_t rows) {
    return rows == 1 ? ResultsPanel::tr("1 row")
                     : ResultsPanel::tr("%1 rows").arg(QLocale().toString(static_cast<qulonglong>(rows)));
}

QString durationText(qint64 elapsed_ms) {
    constexpr qint64 kSecond = 1000;
    constexpr qint64 kMinute = 60 * kSecond;
    if (elapsed_ms < kSecond) {
        return ResultsPanel::tr("%1 ms").arg(elapsed_ms);
    }
    if (elapsed_ms < kMinute) {
        return ResultsPanel::tr("%1 s").arg(QLocale().toString(static_cast<double>(elapsed_ms) / kSecond, 'f', 1));
    }
    const QLatin1Char zero('0');
    return ResultsPanel::tr("%1:%2 min").arg(elapsed_ms / kMinute).arg(elapsed_ms % kMinute / kSecond, 2, 10, zero);
}

ResultsPanel::ResultsPanel(app::QuerySession& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      tabs_(new QTabWidget(this)),
      stack_(new QStackedWidget),
      result_page_(new QWidget),
      paused_bar_(new QWidget),
      paused_label_(new QLabel),
      empty_(new EmptyState),
      messages_(new MessagesView) {
    setObjectName(QStringLiteral("resultsPanel"));
    tabs_->setObjectName(QStringLiteral("resultTabs"));
    stack_->setObjectName(QStringLiteral("resultStack"));
    buildPausedBar();
    auto* page_layout = new QVBoxLayout(result_page_);
    page_layout->setContentsMargins(0, 0, 0, 0);
    page_layout->setSpacing(0);
    page_layout->addWidget(paused_bar_);
    stack_->addWidget(empty_);
    stack_->addWidget(result_page_);
    tabs_->addTab(stack_, tr("Results"));
    tabs_->addTab(messages_, tr("Messages"));
    addPage();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(tabs_);

    empty_->setMessage("rows", tr("Run a statement with Ctrl+Enter to see its rows here."));
    buildWhyButton();
    connect(empty_, &EmptyState::actionTriggered, this, &ResultsPanel::takeOffer);
    connect(empty_, &EmptyState::secondActionTriggered, this, &ResultsPanel::retryRequested);
    connect(&session_, &app::QuerySession::stateChanged, this, &ResultsPanel::onStateChanged);
    connect(&session_, &app::QuerySession::columnsChanged, this, &ResultsPanel::onColumnsChanged);
    connect(&session_, &app::QuerySession::rowsChanged, this, [this] {
        page_->refreshRows();
        Q_EMIT summaryChanged();
    });
    connect(&session_, &app::QuerySession::pausedChanged, this, &ResultsPanel::updatePaused);
    connect(&session_, &app::QuerySession::noticeReceived, this, [this](const client::Notice& notice) {
        QString text = QString::fromStdString(notice.severity + ": " + notice.message);
        for (const auto& [label, more] : {std::pair("\nDETAIL: ", notice.detail), std::pair("\nHINT: ", notice.hint)}) {
            text += more.empty() ? QString() : QLatin1String(label) + QString::fromStdString(more);
        }
        messages_->add(notice.severity == "WARNING" ? MessagesView::Tone::kWarning : MessagesView::Tone::kPlain, text);
    });
    connect(&clock_, &QTimer::timeout, this, &ResultsPanel::summaryChanged);
    clock_.setInterval(kClockInterval_ms);
}

QString ResultsPanel::summary() const {
    if (session_.state() == State::kIdle) {
        return {};
    }
    const QString time = durationText(session_.elapsed_ms());
    const QString rows = rowsText(session_.store() ? session_.store()->rowCount() : 0);
    const bool has_columns = session_.store() && session_.store()->columns() && !session_.store()->columns()->empty();
    const QString dot = QStringLiteral(" · ");
    switch (session_.state()) {
        case State::kRunning:
            if (session_.isPaused()) {
                return rows + dot + time + dot + tr("paused");
            }
            return has_columns ? QString(rows + dot + time + dot + tr("streaming"))
                               : QString(time + dot + tr("running"));
        case State::kCancelling:
            page_->finish();
            return rows + dot + time + dot + tr("cancelling at the node");
        case State::kCancelled:
            return rows + dot + time + dot + tr("cancelled");
        case State::kFailed:
            return time + dot + tr("failed");
        default:
            return has_columns ? QString(rows + dot + time)
                               : QString(QString::fromStdString(session_.completion().command_tag) + dot + time);
    }
}

void ResultsPanel::showProblem(const QString& sentence, const QString& advice) {
    empty_->setMessage("info", sentence, advice);
    empty_->setAction({});
    empty_->setSecondAction({});
    stack_->setCurrentWidget(empty_);
    tabs_->setCurrentWidget(stack_);
}

void ResultsPanel::buildWhyButton() {
    why_ = new QToolButton;
    why_->setObjectName(QStringLiteral("whyButton"));
    why_->setAutoRaise(true);
    why_->setToolTip(tr("Run it once more and show where its time goes, and what could be done"));
    tabs_->setCornerWidget(why_, Qt::TopRightCorner);
    why_->hide();
    connect(why_, &QToolButton::clicked, this, &ResultsPanel::measureRequested);
}

void ResultsPanel::showWelcome() {
    empty_->setMessage("rows", tr("Rows appear here"),
                       tr("Write SQL above and press Ctrl+Enter. Tables are found by their names and by words of their "
                          "comments; the Explain button says why a statement is slow."));
    empty_->setAction(tr("Find a table…"));
    offer_ = Offer::kFind;
}

void ResultsPanel::offerNode(const QString& node) {
    if (session_.state() == State::kFailed && stack_->currentWidget() == empty_ && offer_ != Offer::kSignIn) {
        offer_ = Offer::kNode;
        offered_node_ = node;
        empty_->setAction(tr("Run it on %1").arg(node));
    }
}

void ResultsPanel::takeOffer() {
    switch (offer_) {
        case Offer::kRetry:
            Q_EMIT retryRequested();
            break;
        case Offer::kSignIn:
            Q_EMIT signInRequested();
            break;
        case Offer::kFind:
            Q_EMIT findRequested();
            break;
        case Offer::kNode:
            Q_EMIT nodeChosen(offered_node_);
            break;
    }
}

void ResultsPanel::onStateChanged() {
    switch (session_.state()) {
        case State::kRunning:
            if (session_.isRunAgain()) {
                page_->setArrangedResult(session_.store());
            } else {
                page_->setResult(session_.store(), session_.sql());
            }
            page_->setSource(session_.executor(), session_.requestAgain());
            empty_->setMessage("waiting", is_plan_expected_
                                              ? tr("Waiting for the plan. Esc cancels the statement.")
                                              : tr("Waiting for the first rows. Esc cancels the statement."));
            empty_->setAction({});
            empty_->setSecondAction({});
            note_.clear();
            offer_ = Offer::kRetry;
            why_->hide();
            stack_->setCurrentWidget(empty_);
            tabs_->setCurrentWidget(stack_);
            clock_.start();
            break;
        case State::kFailed:
            showFailure();
            break;
        case State::kSucceeded:
            showSuccess();
            break;
        case State::kCancelling:
            page_->finish();
            if (stack_->currentWidget() == empty_) {
                empty_->setMessage("stop", tr("The statement was cancelled."));
            }
            break;
        case State::kCancelled:
            messages_->add(
                MessagesView::Tone::kWarning,
                tr("Cancelled after %1; the node has confirmed it.").arg(durationText(session_.elapsed_ms())));
            break;
        case State::kIdle:
            break;
    }
    if (!session_.isRunning()) {
        clock_.stop();
    }
    Q_EMIT summaryChanged();
}

void ResultsPanel::onColumnsChanged() {
    if (!session_.store()->columns()->empty() && !is_plan_expected_) {
        page_->refreshColumns();
        stack_->setCurrentWidget(result_page_);
    }
}

void ResultsPanel::showFailure() {
    const Error error = isConnectionError(session_.error()) ? app::agentWords(session_.error()) : session_.error();
    const QString report = QString::fromStdString(app::describeError(error, session_.sql(), first_line_));
    messages_->addError(report);
    QString advice = QString::fromStdString(error.detail);
    if (!error.hint.empty()) {
        // What to do stands apart from what happened.
        advice += (advice.isEmpty() ? QString() : QStringLiteral("\n\n")) + QString::fromStdString(error.hint);
    }
    if (session_.store()->rowCount() > 0) {
        // What came stays to be looked at; why no more comes stands above it.
        page_->finish();
        note_ = tr("%1 came before this happened: %2")
                    .arg(rowsText(session_.store()->rowCount()),
                         QString::fromStdString(error.message) +
                             (advice.isEmpty() ? QString() : QStringLiteral("\n") + advice));
        page_->setNote(note_, isConnectionError(error) ? tr("Run again, keep these rows") : QString());
        return;
    }
    empty_->setMessage("error", QString::fromStdString(error.message), advice, EmptyState::Tone::kError);
    const bool needs_sign_in = error.code == ErrorCode::kUnauthenticated;
    offer_ = needs_sign_in ? Offer::kSignIn : Offer::kRetry;
    empty_->setAction(needs_sign_in              ? tr("Sign in…")
                      : session_.isRunAgain()    ? tr("Run the statement as it was")
                      : isConnectionError(error) ? tr("Retry")
                                                 : QString());
    empty_->setSecondAction(needs_sign_in ? tr("Retry") : QString());
    stack_->setCurrentWidget(empty_);
}

void ResultsPanel::showSuccess() {
    const client::Completion& completion = session_.completion();
    const QString tag = QString::fromStdString(completion.command_tag);
    page_->finish();
    messages_->add(MessagesView::Tone::kSuccess, tr("%1 in %2").arg(tag, durationText(session_.elapsed_ms())));
    if (is_plan_expected_) {
        showPlan();
        return;
    }
    const auto prefix = app::explainPrefixFor(session_.sql(), true);
    why_->setText(tr("Why %1?").arg(durationText(session_.elapsed_ms())));
    why_->setVisible(session_.elapsed_ms() >= kSlow_ms && prefix && prefix->is_measured);
    const auto columns = session_.store()->columns();
    if (!columns || columns->empty()) {
        empty_->setMessage("done", tr("%1: done in %2.").arg(tag, durationText(session_.elapsed_ms())));
        stack_->setCurrentWidget(empty_);
    }
}

void ResultsPanel::expectPlan(bool is_expected, const QString& note) {
    is_plan_expected_ = is_expected;
    plan_note_ = note;
}

void ResultsPanel::showPlan() {
    QByteArray json;
    // One text; PostgreSQL sends it as one row.
    if (session_.store()->rowCount() > 0) {
        if (const auto position = session_.store()->at(0); position && !position->isNull(0)) {
            if (const auto text = session_.store()->readText(*position, 0)) {
                json = QByteArray::fromStdString(*text);
            }
        }
    }
    auto plan = app::parsePlan(json);
    if (!plan) {
        empty_->setMessage("error", QString::fromStdString(plan.error().message),
                           QString::fromStdString(plan.error().hint), EmptyState::Tone::kError);
        stack_->setCurrentWidget(empty_);
        return;
    }
    if (plan_ == nullptr) {
        plan_ = new PlanView;
        tabs_->insertTab(tabs_->indexOf(messages_), plan_, tr("Plan"));
    }
    plan_->setPlan(std::make_shared<const app::QueryPlan>(std::move(*plan)), plan_note_);
    empty_->setMessage("rows", tr("The plan is in the tab beside this one. Run the statement to see its rows here."));
    stack_->setCurrentWidget(empty_);
    tabs_->setCurrentWidget(plan_);
}

void ResultsPanel::addPage() {
    page_ = new ResultPage;
    result_page_->layout()->addWidget(page_);
    connect(page_, &ResultPage::serverRunRequested, this, [this, page = page_](const QString& sql) {
        if (page == page_) {
            session_.runAgain(sql.toStdString());
        }
    });
    connect(page_, &ResultPage::pinRequested, this, &ResultsPanel::pinPage);
    connect(page_, &ResultPage::noteActionTriggered, this, [this] {
        pinPage();
        Q_EMIT retryRequested();
    });
    connect(page_, &ResultPage::applyRequested, this,
            [this, page = page_](const std::shared_ptr<client::NodeClient>& node,
                                 const std::vector<client::QueryRequest>& rows) {
                Q_EMIT applyRequested(page, node, rows);
            });
    connect(page_, &ResultPage::compareMenuRequested, this,
            [this, page = page_](QMenu* menu) { fillCompareMenu(page, menu); });
}

void ResultsPanel::keepChanges() {
    if (page_->hasChanges()) {
        pinPage();
    }
}

bool ResultsPanel::hasChanges() const {
    const std::vector<ResultPage*> all = pages();
    return std::any_of(all.begin(), all.end(), [](const ResultPage* page) { return page->hasChanges(); });
}

void ResultsPanel::discardChanges() {
    for (ResultPage* page : pages()) {
        page->discardChanges();
    }
}

void ResultsPanel::pinPage() {
    if (session_.isRunning()) {
        messages_->add(MessagesView::Tone::kWarning, tr("A result can be pinned when all of its rows have come."));
        tabs_->setCurrentWidget(messages_);
        return;
    }
    ResultPage* pinned = page_;
    pinned->setPinned(true);
    // What stands above its rows stays true of them; the statement is run from the page that follows.
    pinned->setNote(std::exchange(note_, {}));
    ++pinned_count_;
    const int index = tabs_->insertTab(tabs_->count() - 1, pinned, tr("Result %1").arg(pinned_count_));
    tabs_->setTabToolTip(index, QString::fromStdString(session_.sql()));
    auto* close = new QToolButton;
    close->setObjectName(QStringLiteral("unpinButton"));
    close->setAccessibleName(tr("Close this result"));
    close->setIcon(icon("close", currentTheme().muted_text));
    close->setAutoRaise(true);
    connect(close, &QToolButton::clicked, this, [this, pinned] { unpin(pinned); });
    tabs_->tabBar()->setTabButton(index, QTabBar::RightSide, close);
    addPage();
    empty_->setMessage("rows", tr("The result is pinned. Run a statement to see its rows here."));
    empty_->setAction({});
    stack_->setCurrentWidget(empty_);
    tabs_->setCurrentIndex(index);
}

void ResultsPanel::unpin(ResultPage* page) {
    tabs_->removeTab(tabs_->indexOf(page));
    page->deleteLater();
}

std::vector<ResultPage*> ResultsPanel::pages() const {
    std::vector<ResultPage*> pages{page_};
    for (int index = 0; index < tabs_->count(); ++index) {
        if (auto* page = qobject_cast<ResultPage*>(tabs_->widget(index))) {
            pages.push_back(page);
        }
    }
    return pages;
}

void ResultsPanel::fillCompareMenu(ResultPage* page, QMenu* menu) {
    for (ResultPage* other : pages()) {
        const app::ResultView& view = other->grid().view();
        if (other == page || !view.store || !view.store->columns()) {
            continue;
        }
        const QString name = other == page_ ? tr("the last result") : tabs_->tabText(tabs_->indexOf(other));
        menu->addAction(tr("With %1").arg(name), page, [page, view, name] { page->compareWith(view, name); });
    }
    if (menu->isEmpty()) {
        menu->addAction(tr("Pin a result first: the next one can be compared with it"))->setEnabled(false);
    }
}

void ResultsPanel::updatePaused() {
    const auto bytes = static_cast<qint64>(session_.store() ? session_.store()->byteSize() : 0);
    paused_label_->setText(
        tr("Paused at %1: the result is large, and the node waits.").arg(QLocale().formattedDataSize(bytes, 0)));
    paused_bar_->setVisible(session_.isPaused());
    Q_EMIT summaryChanged();
}

void ResultsPanel::buildPausedBar() {
    paused_bar_->setObjectName(QStringLiteral("pausedBar"));
    paused_bar_->setVisible(false);
    paused_label_->setObjectName(QStringLiteral("pausedLabel"));
    auto* more = new QPushButton(tr("Load more"));
    more->setObjectName(QStringLiteral("loadMoreButton"));
    auto* stop = new QPushButton(tr("Stop here"));
    stop->setObjectName(QStringLiteral("stopHereButton"));
    stop->setProperty("secondary", true);
    connect(more, &QPushButton::clicked, &session_, &app::QuerySession::resume);
    connect(stop, &QPushButton::clicked, &session_, &app::QuerySession::cancel);
    auto* layout = new QHBoxLayout(paused_bar_);
    layout->setContentsMargins(16, 8, 16, 8);
    layout->setSpacing(8);
    layout->addWidget(paused_label_, 1);
    layout->addWidget(more);
    layout->addWidget(stop);
}

}  // namespace tessera::workbench
