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

    Result<> start(Who who, Statement statement, std::shared_ptr<Interrupt> interrupt, std::shared_ptr<Sink> sink);
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
