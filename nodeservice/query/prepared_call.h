#pragma once

/// One call of a prepared statement in one exchange with PostgreSQL: BEGIN READ ONLY, the statement and a ROLLBACK that
/// releases advisory locks are sent together (libpq's pipeline), and with them, the first time in a session, what
/// prepares it. What comes of it is read without waiting for as long as that is little; runner.h makes rows of it, and
/// reads the rest.
///
/// One thread at a time. Session and statement outlive it.

#include "nodeservice/identity/session_pool.h"
#include "nodeservice/postgres/connection.h"
#include "nodeservice/query/statement.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <vector>

namespace tessera::query {

class PreparedCall {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// `prepared`: of the session.
    PreparedCall(pg_conn* connection, identity::SessionPool::PreparedStatements& prepared, const Statement& statement)
        : connection_(connection), prepared_(prepared), statement_(statement) {}

    ~PreparedCall();

    PreparedCall(const PreparedCall&) = delete;
    PreparedCall& operator=(const PreparedCall&) = delete;

    /// Does not wait, unless the values are larger than a socket takes at once.
    Result<> send();

    enum class State {
        kWaiting,
        /// All of it is here, and nothing went wrong.
        kComplete,
        /// Somebody has to wait for the rest, or to see what went wrong.
        kNotBrief,
    };

    /// Takes what is there, up to about so many bytes of rows.
    State readAhead(std::size_t most_bytes);

    /// The next result that was read ahead; null between two commands. Only when there is one.
    postgres::ResultHandle takeAhead();

    bool hasAhead() const { return !ahead_.empty(); }

    /// What PostgreSQL has said meanwhile, and is not given again. From now on, others hear it.
    std::vector<Notice> takeNotices();

    /// To be told of each result that was read behind those, and of those.
    void passed(const pg_result* result);

    /// Do the results that come now belong to the statement itself?
    bool isAtRows() const { return passed_ == rows_at_; }

    /// All results have passed: other commands can be sent. False: the session is of no use any more.
    bool end();

    Time began() const { return began_; }

    pg_conn* connection() const { return connection_; }

  private:
    static void receiveNotice(void* self, const pg_result* result);
    bool sendPrepare(const std::string& name, const char* sql);
    /// Its name in the session; what is new there is prepared first, and is_sent says whether that went.
    std::string nameOf(const std::string& sql, bool& is_sent);
    bool sendExecute(const std::string& name, const std::vector<const char*>& values);
    /// A command's results begin; those of the statement come row by row.
    void beginCommand(std::size_t command);

    pg_conn* const connection_;
    identity::SessionPool::PreparedStatements& prepared_;
    const Statement& statement_;
    /// The connection's notices come here.
    bool hears_ = false;
    const Time began_ = std::chrono::steady_clock::now();
    std::deque<postgres::ResultHandle> ahead_;
    std::vector<Notice> notices_;
    std::size_t ahead_bytes_ = 0;
    /// Commands that were sent, and which of them is the statement.
    std::size_t sent_ = 0;
    std::size_t rows_at_ = 0;
    /// Commands whose results were all read from libpq, and were all taken.
    std::size_t read_ = 0;
    std::size_t passed_ = 0;
};

}  // namespace tessera::query
