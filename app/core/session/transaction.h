#pragma once

/// The transactions of one editor tab: by itself each statement commits; by hand they run on one session of the node,
/// which is opened for the first and lasts until the mode changes, and nothing counts before commit(). GUI thread.

#include "app/core/thread/owner_thread.h"
#include "nodeservice/client/node_client.h"

#include <QDateTime>
#include <QObject>
#include <memory>
#include <optional>
#include <string>

namespace tessera::app {

class Transaction : public QObject {
    Q_OBJECT

  public:
    enum class Mode { kAuto, kManual };
    enum class State { kNone, kOpen, kFailed };

    explicit Transaction(QObject* parent = nullptr);
    ~Transaction() override;

    Mode mode() const { return mode_; }

    /// Auto closes the session: what is open is rolled back.
    void setMode(Mode mode);

    /// What runs this statement, which is about to run: the node, or the session on it. BEGIN opens one also by itself,
    /// until the transaction ends. Sets request.in_transaction.
    std::shared_ptr<client::StatementExecutor> prepare(const std::shared_ptr<client::NodeClient>& node,
                                                       client::QueryRequest& request);
    /// The statement has ended, unless it was cancelled: what it left is known.
    void statementEnded();

    State state() const { return state_; }

    /// Whether closing could lose something. Also while that is not known yet.
    bool isOpen() const { return state_ != State::kNone || is_pending_ || is_ending_; }

    /// Null unless one is open.
    QDateTime since() const { return since_; }

    void commit() { end("COMMIT"); }

    void rollBack() { end("ROLLBACK"); }

    /// Lets go of the session now; PostgreSQL rolls back.
    void abandon();

    bool isEnding() const { return is_ending_; }

  Q_SIGNALS:
    /// Mode, state or session.
    void changed();
    /// commit() or rollBack() has ended; no error: it was done.
    void ended(const std::optional<tessera::Error>& error);
    /// The session is gone, and what was not committed with it.
    void lost(const tessera::Error& why);

  private:
    class Link;
    class Ending;

    void openSession(const std::shared_ptr<client::NodeClient>& node);
    void closeSession();
    void end(const char* sql);
    void onState(client::TransactionState state);
    void onClosed(const Error& why);
    void onEnded(const std::optional<Error>& error);
    void setState(State state);

    Mode mode_ = Mode::kAuto;
    State state_ = State::kNone;
    QDateTime since_;
    bool is_pending_ = false;
    bool is_ending_ = false;
    /// A BEGIN in the text opened the session, and the transaction's end closes it.
    bool is_by_statement_ = false;
    std::shared_ptr<client::NodeClient> node_;
    std::shared_ptr<client::NodeSession> session_;
    /// Of session_; news of an earlier one is late.
    std::uint64_t number_ = 0;
    std::unique_ptr<client::RunningQuery> ending_;
    OwnerThread owner_thread_;
};

}  // namespace tessera::app
