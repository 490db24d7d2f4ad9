#pragma once

/// Runs people's statements: a bounded number at once, each on a thread of its own pool and a session of the person.
/// Any thread; stop() before what it was given goes.

#include "common/result.h"
#include "common/worker_pool.h"
#include "nodeservice/identity/authenticator.h"
#include "nodeservice/identity/session_pool.h"
#include "nodeservice/query/interrupt.h"
#include "nodeservice/query/open_sessions.h"
#include "nodeservice/query/runner.h"
#include "nodeservice/query/statement.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>

namespace tessera::query {

class Executor {
  public:
    Executor(identity::Authenticator& authenticator, identity::SessionPool& sessions, std::size_t max_statements,
             OpenSessions::Limits open_sessions);

    /// Starts the statement: the sink hears of it from another thread until finished(). kResourceExhausted when too
    /// many run; the sink then hears nothing.
    Result<> execute(identity::CallCredentials credentials, Statement statement, std::shared_ptr<Interrupt> interrupt,
                     std::shared_ptr<Sink> sink);
    /// The same for somebody who is known already.
    Result<> execute(identity::Principal principal, Statement statement, std::shared_ptr<Interrupt> interrupt,
                     std::shared_ptr<Sink> sink);

    /// A prepared statement of somebody who is known already, and what becomes of its result.
    struct Call {
        identity::Principal principal;
        Statement statement;
        std::shared_ptr<Interrupt> interrupt;
        /// Hears of a result that is there soon and has few bytes.
        std::shared_ptr<Sink> brief_sink;
        std::size_t brief_bytes = std::size_t{128} << 10U;
        /// Makes who hears of any other; null: the same.
        std::function<Result<std::shared_ptr<Sink>>()> make_sink = nullptr;
        /// Calls back on the caller's thread, once, when the descriptor can be read or at that time; false: it cannot.
        std::function<bool(int descriptor, std::chrono::steady_clock::time_point until, std::function<void()> then)>
            when_readable = nullptr;
    };

    /// Starts the call. While it is brief it has no thread: it is sent now, and what comes is taken by the caller's
    /// thread, when_readable(). What is not brief goes on as execute() does.
    Result<> execute(Call call);

    /// Opens a session to be named in statements; `opened` gets its id from another thread, or why there is none.
    Result<> openSession(identity::CallCredentials credentials, std::shared_ptr<SessionObserver> observer,
                         std::function<void(Result<std::string>)> opened);

    void closeSession(const std::string& id) { open_sessions_.close(id); }

    std::size_t openSessions() const { return open_sessions_.count(); }

    /// Refuses new statements, and returns when none runs any more, at the deadline at the latest.
    void drain(std::chrono::steady_clock::time_point deadline);

    /// Refuses new statements, stops the running ones and waits for their end.
    void stop();

    const Statistics& statistics() const { return statistics_; }

  private:
    using Who = std::function<Result<identity::Principal>()>;
    struct Brief;

    Result<> start(Who who, Statement statement, std::shared_ptr<Interrupt> interrupt, std::shared_ptr<Sink> sink);
    /// Has it counted as running, or says why it must not run.
    Result<> admit(const std::shared_ptr<Interrupt>& interrupt);
    void end(const std::shared_ptr<Interrupt>& interrupt, const Result<Completion>& result, Sink& sink);
    void waitFor(const std::shared_ptr<Brief>& brief);
    void take(const std::shared_ptr<Brief>& brief);
    void finish(Brief& brief, Sink& sink);
    void finishOnThread(const std::shared_ptr<Brief>& brief);
    Result<Completion> runPrepared(const identity::Principal& principal, const Statement& statement,
                                   const Interrupt& interrupt, Sink& sink);
    Result<Completion> conclude(identity::SessionPool::Lease session, const identity::Principal& principal,
                                const Statement& statement, Outcome outcome, const Interrupt& interrupt, Sink& sink);
    Result<Completion> run(const Who& who, const Statement& statement, const std::shared_ptr<Interrupt>& interrupt,
                           Sink& sink);
    Result<Completion> runOnOpenSession(const identity::Principal& principal, const Statement& statement,
                                        const std::shared_ptr<Interrupt>& interrupt, Sink& sink);

    identity::Authenticator& authenticator_;
    identity::SessionPool& sessions_;
    const std::size_t max_statements_;
    OpenSessions open_sessions_;
    Statistics statistics_;
    std::mutex mutex_;
    std::condition_variable one_ended_;
    std::set<std::shared_ptr<Interrupt>> running_;  // guarded by mutex_
    bool stopping_ = false;                         // guarded by mutex_
    std::atomic<std::size_t> opening_ = 0;
    WorkerPool workers_;
};

}  // namespace tessera::query
