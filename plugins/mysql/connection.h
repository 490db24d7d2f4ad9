#pragma once

/// One connection to a MySQL or MariaDB server that never waits longer than a slice without asking the host.
///
/// libmariadb's calls come in a non-blocking form: `xxx_start` begins, and tells what it waits for, `xxx_cont` goes on.
/// drive() carries one of them to its end. A cancel ends the statement at the server, through a second, short
/// connection (KILL QUERY). Owned by one session; one thread at a time. A connection whose state is not known any more
/// is not usable().

#include "common/handle.h"
#include "common/result.h"
#include "plugins/mysql/options.h"
#include "plugins/mysql/server_dialect.h"

#include <mysql.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::mysql {

using MysqlHandle = Handle<MYSQL, mysql_close>;
using TextRow = std::vector<std::optional<std::string>>;

class Connection {
  public:
    using Clock = std::chrono::steady_clock;

    /// Connects, signs in and sets the session up, within connect_timeout.
    static Result<std::unique_ptr<Connection>> open(const TsrHost& host, ConnectOptions options);

    MYSQL* get() const { return handle_.get(); }

    const TsrHost& host() const { return host_; }

    const ConnectOptions& options() const { return options_; }

    /// Of plugins/sdk/dialect, by what the server says of itself.
    const char* dialect() const { return dialectOf(mysql_get_server_info(get()), mysql_get_server_version(get())); }

    /// Idle, and nothing known to be wrong with it. Does not wait.
    bool usable();

    /// A value of that size came. The library's buffer grows with the largest row and never shrinks: after a huge one
    /// the connection is not used again.
    void noteValue(std::size_t bytes) { bloated_ = bloated_ || bytes > kMostValueBytes; }

    /// Runs a statement to its end and gives its rows as text.
    Result<std::vector<TextRow>> run(const std::string& sql);

    enum class Wait { kReady, kAttention, kCancel };
    /// Waits for what a call in progress asked for (MYSQL_WAIT_… bits); *ready gets what came.
    Wait wait(int wanted, int* ready);

    /// Has it come already?
    bool isReady(int wanted, int* ready) { return poll(wanted, Clock::now(), ready); }

    /// Carries a call to its end; when the person cancels, ends the statement at the server first, and fails.
    template <class Start, class Continue>
    Result<> drive(Start start, Continue proceed) {
        int wanted = start();
        while (wanted != 0) {
            int ready = 0;
            if (wait(wanted, &ready) == Wait::kCancel) {
                stop(wanted, proceed);
                return cancelledError();
            }
            wanted = ready != 0 ? proceed(ready) : wanted;
        }
        return {};
    }

    /// Carries a call in progress to its end within about a second: the statement is killed at the server, and when
    /// that does not help the connection is cut.
    template <class Continue>
    void stop(int wanted, Continue proceed) {
        if (wanted != 0) {
            killQuery();
        }
        finish(wanted, proceed);
    }

    /// As stop(), without a kill.
    template <class Continue>
    void finish(int wanted, Continue proceed) {
        finishBy(Clock::now() + kStopLimit, wanted, proceed);
    }

    /// Likewise, with another limit; does not ask the host.
    template <class Continue>
    void finishBy(Clock::time_point deadline, int wanted, Continue proceed) {
        while (wanted != 0) {
            int ready = 0;
            if (!poll(wanted, deadline, &ready)) {
                cut();
                ready = wanted;
            }
            wanted = proceed(ready);
        }
    }

    /// Ends the running statement at the server; bounded. A kill that came too late is caught here, so that it does not
    /// hit the next statement: call settleKill() when the statement has ended.
    void killQuery();
    void settleKill();

    /// The connection's last error; it is not usable any more when the connection ended with it.
    Error lastError();
    Error statementError(MYSQL_STMT* statement);

  private:
    static constexpr std::chrono::milliseconds kStopLimit{1000};
    static constexpr std::size_t kMostValueBytes = 16UL << 20U;

    Connection(const TsrHost& host, ConnectOptions options) : host_(host), options_(std::move(options)) {}

    Result<> connect();
    Result<> setUpSession();
    /// False at the deadline.
    bool poll(int wanted, Clock::time_point deadline, int* ready);
    /// Makes every call in progress fail at once.
    void cut();
    Error cancelledError();

    const TsrHost& host_;
    const ConnectOptions options_;
    MysqlHandle handle_;
    bool broken_ = false;
    bool bloated_ = false;
    bool killed_ = false;
};

}  // namespace tessera::mysql
