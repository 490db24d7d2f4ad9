#include "app/core/session/transaction.h"

#include "app/core/sql/transaction_words.h"

#include <utility>

namespace tessera::app {

/// Brings what a session says to the GUI thread.
class Transaction::Link final : public client::SessionObserver {
  public:
    Link(Transaction& transaction, OwnerThread::Poster post)
        : transaction_(transaction), number_(transaction.number_), post_(std::move(post)) {}

    void onTransaction(client::TransactionState state) override {
        post_([&transaction = transaction_, number = number_, state] {
            if (transaction.number_ == number) {
                transaction.onState(state);
            }
        });
    }

    void onClosed(Error why) override {
        post_([&transaction = transaction_, number = number_, why = std::move(why)] {
            if (transaction.number_ == number) {
                transaction.onClosed(why);
            }
        });
    }

  private:
    Transaction& transaction_;
    const std::uint64_t number_;
    const OwnerThread::Poster post_;
};

/// Waits for COMMIT or ROLLBACK.
class Transaction::Ending final : public client::QueryObserver {
  public:
    Ending(Transaction& transaction, OwnerThread::Poster post, bool commits)
        : transaction_(transaction), number_(transaction.number_), post_(std::move(post)), commits_(commits) {}

    void onColumns(std::vector<client::ResultColumn>) override {}

    void onBatch(std::shared_ptr<const client::ResultBatch>) override {}

    void onDone(Result<client::Completion> result) override {
        std::optional<Error> error;
        if (!result) {
            error = result.error();
        } else if (commits_ && result->command_tag != "COMMIT") {
            error = fail(ErrorCode::kAborted, "the transaction was rolled back instead: a statement of it had failed",
                         "run its statements again");
        }
        post_([&transaction = transaction_, number = number_, error] {
            if (transaction.number_ == number) {
                transaction.onEnded(error);
            }
        });
    }

  private:
    Transaction& transaction_;
    const std::uint64_t number_;
    const OwnerThread::Poster post_;
    const bool commits_;
};

Transaction::Transaction(QObject* parent) : QObject(parent), owner_thread_(this) {}

Transaction::~Transaction() {
    closeSession();
}

void Transaction::setMode(Mode mode) {
    if (mode_ == mode && !is_by_statement_) {
        return;
    }
    is_by_statement_ = false;
    mode_ = mode;
    if (mode == Mode::kAuto) {
        closeSession();
    }
    Q_EMIT changed();
}

std::shared_ptr<client::StatementExecutor> Transaction::prepare(const std::shared_ptr<client::NodeClient>& node,
                                                                client::QueryRequest& request) {
    const TransactionWord word = transactionWordOf(request.sql);
    if (mode_ == Mode::kAuto && !session_) {
        if (word != TransactionWord::kBegin) {
            return node;
        }
        is_by_statement_ = true;
    }
    if (session_ && node_ != node && !isOpen()) {
        closeSession();
    }
    if (!session_) {
        openSession(node);
    }
    request.in_transaction = mode_ == Mode::kManual && word == TransactionWord::kNone;
    is_pending_ = true;
    Q_EMIT changed();
    return session_;
}

void Transaction::statementEnded() {
    if (std::exchange(is_pending_, false)) {
        setState(state_);
    }
}

void Transaction::abandon() {
    is_by_statement_ = false;
    closeSession();
    Q_EMIT changed();
}

void Transaction::openSession(const std::shared_ptr<client::NodeClient>& node) {
    node_ = node;
    ++number_;
    session_ = node->openSession(std::make_shared<Link>(*this, owner_thread_.poster()));
}

void Transaction::closeSession() {
    ++number_;
    ending_.reset();
    if (session_) {
        session_->close();
        session_.reset();
    }
    node_.reset();
    is_pending_ = false;
    is_ending_ = false;
    state_ = State::kNone;
    since_ = {};
}

void Transaction::end(const char* sql) {
    if (!session_ || is_ending_) {
        return;
    }
    is_ending_ = true;
    client::QueryRequest request;
    request.sql = sql;
    ending_ = session_->execute(
        std::move(request), std::make_shared<Ending>(*this, owner_thread_.poster(), std::string_view(sql) == "COMMIT"));
    Q_EMIT changed();
}

void Transaction::onState(client::TransactionState state) {
    is_pending_ = false;
    switch (state.status) {
        case client::TransactionStatus::kNone:
            setState(State::kNone);
            break;
        case client::TransactionStatus::kOpen:
            setState(State::kOpen);
            break;
        case client::TransactionStatus::kFailed:
            setState(State::kFailed);
            break;
    }
}

void Transaction::setState(State state) {
    state_ = state;
    if (state == State::kNone) {
        since_ = {};
    } else if (since_.isNull()) {
        since_ = QDateTime::currentDateTime();
    }
    if (state == State::kNone && !is_pending_ && !is_ending_ && std::exchange(is_by_statement_, false)) {
        closeSession();
    }
    Q_EMIT changed();
}

void Transaction::onEnded(const std::optional<Error>& error) {
    is_ending_ = false;
    ending_.reset();
    setState(state_);
    Q_EMIT ended(error);
}

void Transaction::onClosed(const Error& why) {
    const bool was_open = state_ != State::kNone || is_pending_;
    is_by_statement_ = false;
    closeSession();
    Q_EMIT changed();
    // A session without a transaction is opened again when it is needed; nobody has to hear of it.
    if (was_open) {
        Q_EMIT lost(why);
    }
}

}  // namespace tessera::app
