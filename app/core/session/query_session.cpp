#include "app/core/session/query_session.h"

#include <utility>

namespace tessera::app {

QuerySession::QuerySession(QObject* parent, std::uint64_t stored_limit, std::shared_ptr<ResultMemory> memory)
    : QObject(parent), stored_limit_(stored_limit), memory_(std::move(memory)), owner_thread_(this) {
    news_timer_.setSingleShot(true);
    connect(&news_timer_, &QTimer::timeout, this, &QuerySession::takeNews);
}

QuerySession::~QuerySession() {
    if (run_) {
        run_->abandon();
    }
}

void QuerySession::run(const std::shared_ptr<client::StatementExecutor>& executor, client::QueryRequest request) {
    is_run_again_ = false;
    parameters_ = request.parameters;
    in_transaction_ = request.in_transaction;
    start(executor, std::move(request));
}

void QuerySession::runAgain(std::string sql) {
    if (!executor_) {
        return;
    }
    is_run_again_ = true;
    client::QueryRequest request = requestAgain();
    request.sql = std::move(sql);
    start(executor_, std::move(request));
}

client::QueryRequest QuerySession::requestAgain() const {
    client::QueryRequest request;
    request.sql = sql_;
    request.parameters = parameters_;
    request.in_transaction = in_transaction_;
    return request;
}

void QuerySession::start(std::shared_ptr<client::StatementExecutor> executor, client::QueryRequest request) {
    executor_ = std::move(executor);
    if (run_) {
        run_->abandon();
    }
    news_timer_.stop();
    since_news_.invalidate();
    shown_rows_ = 0;
    completion_ = {};
    error_ = {};
    sql_ = request.sql;
    clock_.start();
    const OwnerThread::Poster post = owner_thread_.poster();
    run_ = std::make_shared<StatementRun>(stored_limit_, memory_, [this, post] { post([this] { onNews(); }); });
    store_ = run_->store();
    setPaused(false);
    setState(State::kRunning);
    run_->attach(executor_->execute(std::move(request), run_));
}

void QuerySession::cancel() {
    if (state_ != State::kRunning) {
        return;
    }
    run_->cancel();
    final_elapsed_ms_ = clock_.elapsed();
    setPaused(false);
    setState(State::kCancelling);
}

void QuerySession::resume() {
    if (run_ && is_paused_) {
        run_->resume();
        setPaused(false);
    }
}

qint64 QuerySession::elapsed_ms() const {
    return state_ == State::kRunning ? clock_.elapsed() : final_elapsed_ms_;
}

void QuerySession::onNews() {
    const bool is_early = since_news_.isValid() && since_news_.elapsed() < kNewsInterval_ms;
    if (!is_early) {
        takeNews();
    } else if (!news_timer_.isActive()) {
        news_timer_.start(kNewsInterval_ms - static_cast<int>(since_news_.elapsed()));
    }
}

void QuerySession::takeNews() {
    if (!run_) {
        return;
    }
    since_news_.start();
    const StatementRun::News news = run_->takeNews();
    if (news.has_columns) {
        Q_EMIT columnsChanged();
    }
    for (const client::Notice& notice : news.notices) {
        Q_EMIT noticeReceived(notice);
    }
    if (const std::uint64_t rows = store_->rowCount(); rows != shown_rows_) {
        shown_rows_ = rows;
        Q_EMIT rowsChanged();
    }
    if (news.end) {
        finish(*news.end);
    } else if (state_ == State::kRunning) {
        setPaused(news.is_paused);
    }
}

void QuerySession::finish(const Result<client::Completion>& end) {
    const bool was_cancelled = state_ == State::kCancelling;
    // The handle goes here, on the GUI thread: the transport may be inside its last call.
    run_->abandon();
    run_.reset();
    setPaused(false);
    if (was_cancelled) {
        setState(State::kCancelled);
        return;
    }
    final_elapsed_ms_ = clock_.elapsed();
    if (end) {
        completion_ = *end;
        setState(State::kSucceeded);
    } else {
        error_ = end.error();
        error_.position = is_run_again_ ? 0 : error_.position;
        setState(State::kFailed);
    }
}

void QuerySession::setState(State state) {
    state_ = state;
    Q_EMIT stateChanged();
}

void QuerySession::setPaused(bool is_paused) {
    if (is_paused_ != is_paused) {
        is_paused_ = is_paused;
        Q_EMIT pausedChanged();
    }
}

}  // namespace tessera::app
