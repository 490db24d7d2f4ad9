#pragma once

/// What one editor tab runs: at most one statement at a time. Lives on the GUI thread and never waits; the signals are
/// coalesced to one round per kNewsInterval_ms however fast rows arrive. After cancel() the session is free at once:
/// the node's confirmation is told later, and nothing of the cancelled statement is stored any more.

#include "app/core/results/result_store.h"
#include "app/core/session/statement_run.h"
#include "app/core/thread/owner_thread.h"
#include "nodeservice/client/node_client.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <memory>
#include <optional>
#include <string>

namespace tessera::app {

class QuerySession : public QObject {
    Q_OBJECT

  public:
    static constexpr int kNewsInterval_ms = 33;
    /// Rows of more bytes than that are asked for by resume(): a disk is not filled unasked.
    static constexpr std::uint64_t kDefaultStoredLimit = std::uint64_t{16} << 30U;

    enum class State {
        kIdle,
        kRunning,
        /// Cancelled here; the node has not confirmed yet. The session may run the next statement.
        kCancelling,
        kCancelled,
        kSucceeded,
        kFailed,
    };

    explicit QuerySession(QObject* parent = nullptr, std::uint64_t stored_limit = kDefaultStoredLimit,
                          std::shared_ptr<ResultMemory> memory = ResultMemory::ofProcess());
    ~QuerySession() override;

    /// Starts a statement, forgetting the last one's result. Cancels a statement that is still under way.
    void run(const std::shared_ptr<client::StatementExecutor>& executor, client::QueryRequest request);
    /// Runs another form of the last statement on the same node or session: filtered or sorted there. Positions in its
    /// errors are dropped, because nobody typed its text.
    void runAgain(std::string sql);
    void cancel();
    /// Goes on after the limit: see isPaused().
    void resume();

    State state() const { return state_; }

    bool isRunning() const { return state_ == State::kRunning; }

    /// The result is larger than the limit; the node waits.
    bool isPaused() const { return is_paused_; }

    /// Null before the first statement. Rows may be ahead of what rowsChanged() said.
    std::shared_ptr<const ResultStore> store() const { return store_; }

    const std::string& sql() const { return sql_; }

    /// What runs the last statement again, and how; null before the first.
    std::shared_ptr<client::StatementExecutor> executor() const { return executor_; }

    client::QueryRequest requestAgain() const;

    /// Whether the last statement was started by runAgain().
    bool isRunAgain() const { return is_run_again_; }

    const client::Completion& completion() const { return completion_; }

    /// Why it failed; only in kFailed.
    const Error& error() const { return error_; }

    /// Milliseconds since run(), or for how long the statement ran.
    qint64 elapsed_ms() const;

  Q_SIGNALS:
    void stateChanged();
    void columnsChanged();
    void rowsChanged();
    void pausedChanged();
    void noticeReceived(const tessera::client::Notice& notice);

  private:
    void start(std::shared_ptr<client::StatementExecutor> executor, client::QueryRequest request);
    void onNews();
    void takeNews();
    void finish(const Result<client::Completion>& end);
    void setState(State state);
    void setPaused(bool is_paused);

    const std::uint64_t stored_limit_;
    const std::shared_ptr<ResultMemory> memory_;
    State state_ = State::kIdle;
    bool is_paused_ = false;
    std::shared_ptr<StatementRun> run_;
    std::shared_ptr<const ResultStore> store_;
    std::uint64_t shown_rows_ = 0;
    std::string sql_;
    bool is_run_again_ = false;
    std::shared_ptr<client::StatementExecutor> executor_;
    bool in_transaction_ = false;
    std::vector<client::QueryParameter> parameters_;
    client::Completion completion_;
    Error error_;
    QElapsedTimer clock_;
    qint64 final_elapsed_ms_ = 0;
    QElapsedTimer since_news_;
    QTimer news_timer_;
    OwnerThread owner_thread_;
};

}  // namespace tessera::app
