#pragma once

/// One connection through unixODBC. All calls of the driver but SQLCancel run in the session's Worker; the caller looks
/// at the host's signals meanwhile. A connection whose driver did not come back, or whose source is gone, is not
/// usable() any more.

#include "common/result.h"
#include "plugins/odbc/dbms.h"
#include "plugins/odbc/options.h"
#include "plugins/odbc/worker.h"

#include <sql.h>
#include <sqlext.h>

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tessera::odbc {

/// What the driver says of itself and of its source.
struct Facts {
    const Dbms* dbms = nullptr;
    std::string dialect;
    std::string catalog;  // the connection's
    bool has_catalogs = false;
    bool has_schemas = false;
    std::string pattern_escape;
    bool has_transactions = false;
    SQLUINTEGER isolations = 0;  // SQL_TXN_… bits
};

/// The handles of a connection, shared with jobs that may outlive the session. Used in the worker, but for cancel().
class Link {
  public:
    explicit Link(std::string where) : where_(std::move(where)) {}

    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    Result<> connect(const ConnectOptions& options);

    SQLHDBC dbc() const { return dbc_; }

    const std::string& where() const { return where_; }

    const Facts& facts() const { return facts_; }

    /// Runs a statement that gives nothing.
    Result<> execute(std::string_view sql);
    bool isDead();

    /// Until endTransaction(), statements are one transaction, of at least that isolation.
    Result<> beginTransaction(TsrIsolation isolation);
    Result<> endTransaction(bool commit);

    /// A value of that size came. Drivers keep buffers that have grown with a connection: after a huge one it is not
    /// used again.
    void noteValue(std::size_t bytes) { bloated_ = bloated_ || bytes > kMostValueBytes; }

    bool isBloated() const { return bloated_; }

    /// What the driver is in the middle of.
    enum class Work { kNone, kExecuting, kFetching };

    /// Any thread: SQLCancel, if the driver is at such work. At any other moment drivers take SQLCancel for
    /// SQLFreeStmt, and free what the worker is about to use: also while they fetch what they hold already.
    void cancel(Work work);

  private:
    friend class Statement;

    static constexpr std::size_t kMostValueBytes = 16UL << 20U;

    bool driverSaysDead() const;
    /// What was said of a call that failed.
    Error errorOf(SQLSMALLINT type, SQLHANDLE handle) const;
    Result<> check(SQLRETURN code) const;
    std::string info(SQLUSMALLINT type) const;
    SQLUINTEGER infoBits(SQLUSMALLINT type) const;
    void readFacts(const ConnectOptions& options);

    const std::string where_;
    SQLHENV env_ = SQL_NULL_HENV;
    SQLHDBC dbc_ = SQL_NULL_HDBC;
    bool connected_ = false;
    bool bloated_ = false;  // set in the worker, looked at while that is idle
    Facts facts_;
    std::mutex running_mutex_;  // guards these two
    SQLHSTMT running_ = SQL_NULL_HSTMT;
    Work work_ = Work::kNone;
};

using TextRow = std::vector<std::optional<std::string>>;

/// A statement's handle; freed in the worker, where it was made.
class Statement {
  public:
    explicit Statement(std::shared_ptr<Link> link);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    SQLHSTMT get() const { return handle_; }

    Link& link() const { return *link_; }

    /// Makes a call of the driver that may wait for the source.
    template <class Call>
    SQLRETURN run(Link::Work work, const Call& call) {
        begin(work);
        const SQLRETURN code = call();
        begin(Link::Work::kNone);
        return code;
    }

    SQLRETURN execute(std::u16string& sql);
    SQLRETURN fetch();

    /// OK unless the call failed.
    Result<> check(SQLRETURN code) const;
    /// All rows of a small result, such as a catalog's, as text.
    Result<std::vector<TextRow>> readAll();

  private:
    void begin(Link::Work work);

    std::shared_ptr<Link> link_;
    SQLHSTMT handle_ = SQL_NULL_HSTMT;
};

/// A value that SQLGetData gives piece by piece: SQL_C_WCHAR, SQL_C_CHAR or SQL_C_BINARY; empty is NULL.
Result<std::optional<std::string>> readLong(const Statement& statement, SQLUSMALLINT column, SQLSMALLINT c_type);

class Connection {
  public:
    static Result<std::unique_ptr<Connection>> open(const TsrHost& host, ConnectOptions options);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    bool usable();

    const TsrHost& host() const { return host_; }

    const ConnectOptions& options() const { return options_; }

    const Facts& facts() const { return link_->facts(); }

    const std::shared_ptr<Link>& link() const { return link_; }

    Worker& worker() { return worker_; }

    /// Runs a job in the worker to its end; a cancel stops it at the source too. A job does not throw.
    template <class T>
    Result<T> run(std::function<Result<T>(const std::shared_ptr<Link>&)> job) {
        auto result = std::make_shared<std::optional<Result<T>>>();
        worker_.start([result, link = link_, job = std::move(job)] { result->emplace(job(link)); });
        if (worker_.wait(host_, false) != Worker::Outcome::kDone) {
            stop();
            return sdk::cancelled();
        }
        return noted(std::move(**result));
    }

    void giveUp() { broken_ = true; }

    /// Ends the statement that runs, within about a second; else the connection is given up.
    void stop();

    /// Looks whether an error ended the connection, and takes the password out of its text.
    template <class T>
    Result<T> noted(Result<T> result) {
        if (!result) {
            note(result.error());
        }
        return result;
    }

  private:
    Connection(const TsrHost& host, ConnectOptions options)
        : host_(host), options_(std::move(options)), link_(std::make_shared<Link>(options_.where)) {}

    Result<> connect();
    /// Does not wait for it. The future is set when the driver has taken the cancel.
    std::shared_future<void> cancel(Link::Work work);
    void note(Error& error);

    const TsrHost& host_;
    const ConnectOptions options_;
    std::shared_ptr<Link> link_;
    Worker worker_;
    Worker::Clock::time_point last_used_ = Worker::Clock::now();
    bool broken_ = false;
};

}  // namespace tessera::odbc
