#pragma once

/// Sessions that people keep over several statements, and so for transactions: each a lease of the pool under an id
/// that nobody guesses. A session ends when its owner closes it, when it was not used for a while, when its connection
/// is lost, and with stop(); PostgreSQL then rolls back what was not committed. Any thread.

#include "common/result.h"
#include "nodeservice/identity/session_pool.h"
#include "nodeservice/query/interrupt.h"
#include "nodeservice/query/statement.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tessera::query {

/// Hears of one session, from any thread, one call at a time. The observer must not call back.
class SessionObserver {
  public:
    virtual ~SessionObserver() = default;
    virtual void opened(const std::string& id, std::chrono::seconds idle_time) = 0;
    virtual void changed(TransactionState state) = 0;
    /// The last call; not after close().
    virtual void closed(const Error& why) = 0;
};

class OpenSessions {
    struct Session;

  public:
    struct Limits {
        std::size_t sessions = 16;
        /// Of those, of one person: the rest is for others.
        std::size_t sessions_per_person = 8;
        std::chrono::seconds idle_time{900};
    };

    /// A session while a statement has it for itself.
    class Use {
      public:
        Use(OpenSessions& sessions, std::shared_ptr<Session> session);
        Use(Use&&) noexcept = default;
        Use& operator=(Use&&) = delete;
        /// Ends the session unless done() was told that it can go on.
        ~Use();

        pg_conn* connection() const;
        /// The statement has ended. What it left of the transaction.
        TransactionState done(bool is_reusable);

      private:
        OpenSessions* sessions_;
        std::shared_ptr<Session> session_;
    };

    OpenSessions(identity::SessionPool& pool, Limits limits);

    ~OpenSessions() { stop(); }

    /// Waits for PostgreSQL. kResourceExhausted when there are as many as there may be, of the person or of all.
    Result<std::string> open(const identity::Principal& principal, std::shared_ptr<SessionObserver> observer);

    /// Its owner needs it no more. Stops a statement that runs on it.
    void close(const std::string& id);

    /// kNotFound also for a session of somebody else, kFailedPrecondition while another statement runs.
    /// `interrupt`: of the statement that is to run.
    Result<Use> use(const std::string& id, const identity::Principal& principal, std::shared_ptr<Interrupt> interrupt);

    /// Closes all, and opens no more. Statements on them must have been stopped.
    void stop();

    std::size_t count() const;

  private:
    using Clock = std::chrono::steady_clock;

    /// Under the lock.
    Result<> mayOpen(const identity::Principal& principal) const;
    void end(Session& session, const Error& why);
    void watch();
    void endLost();

    identity::SessionPool& pool_;
    const Limits limits_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    // All below: guarded by mutex_.
    std::map<std::string, std::shared_ptr<Session>> sessions_;
    /// Who waits for PostgreSQL to have one.
    std::vector<identity::Principal> opening_;
    bool is_stopping_ = false;
    /// Looks after idle sessions; runs from the first one on.
    std::thread watcher_;
};

}  // namespace tessera::query
