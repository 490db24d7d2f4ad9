#include "plugins/mysql/connection.h"

#include "plugins/mysql/errors.h"

#include <errmsg.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <mutex>

namespace tessera::mysql {

namespace {

using std::chrono::milliseconds;

/// How long a wait may last before the host is asked again.
constexpr milliseconds kSlice{50};
constexpr unsigned kKillTimeoutS = 1;

/// MariaDB remembers what EXISTS gave for a column's value, and takes values for the same that the column's collation
/// does, whatever the subquery compares by.
constexpr const char* kSessionSettings =
    "SET SESSION sql_mode = "
    "'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', group_concat_max_len = 67108864, sql_auto_is_null = 0,"
    " net_read_timeout = 600, net_write_timeout = 3600 /*M!, optimizer_switch = 'subquery_cache=off' */";

/// Literals and parameters compare by their bytes where no column decides.
constexpr const char* kNames = "SET NAMES utf8mb4 COLLATE utf8mb4_bin";

void setOptions(MYSQL* handle, const ConnectOptions& options) {
    const unsigned no_files = 0;
    const my_bool off = 0;
    const my_bool on = 1;
    const unsigned long most_packet = 1UL << 30;
    mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    // A server may ask for any file of the client's machine.
    mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &no_files);
    mysql_options(handle, MYSQL_OPT_RECONNECT, &off);
    mysql_options(handle, MYSQL_REPORT_DATA_TRUNCATION, &on);
    mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &most_packet);
    // "localhost" would mean a socket otherwise.
    const mysql_protocol_type protocol = options.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
    mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
    if (options.ssl_mode == SslMode::kDisable) {
        return;
    }
    const my_bool verify = options.ssl_mode == SslMode::kVerifyFull ? 1 : 0;
    mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    const std::pair<mysql_option, const std::string*> files[] = {
        {MYSQL_OPT_SSL_CA, &options.ssl_root_cert},
        {MYSQL_OPT_SSL_CERT, &options.ssl_cert},
        {MYSQL_OPT_SSL_KEY, &options.ssl_key},
    };
    for (const auto& [option, file] : files) {
        if (!file->empty()) {
            mysql_options(handle, option, file->c_str());
        }
    }
}

MysqlHandle newHandle(const ConnectOptions& options, unsigned timeout_s) {
    static std::once_flag once;
    std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
    MysqlHandle handle(mysql_init(nullptr));
    if (handle) {
        setOptions(handle.get(), options);
        mysql_options(handle.get(), MYSQL_OPT_CONNECT_TIMEOUT, &timeout_s);
    }
    return handle;
}

const char* orNull(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

/// A host beside a socket would win over it.
const char* hostOf(const ConnectOptions& options) {
    return options.socket.empty() ? options.host.c_str() : nullptr;
}

/// The library goes on in clear when the server knows no TLS.
bool isAsSecureAsAsked(MYSQL* handle, const ConnectOptions& options) {
    return options.ssl_mode == SslMode::kDisable || mysql_get_ssl_cipher(handle) != nullptr;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const TsrHost& host, ConnectOptions options) {
    std::unique_ptr<Connection> connection(new Connection(host, std::move(options)));
    connection->handle_ =
        newHandle(connection->options_, static_cast<unsigned>(connection->options_.connect_timeout_s));
    if (!connection->handle_) {
        return fail(ErrorCode::kResourceExhausted, "out of memory in the MySQL client library");
    }
    mysql_options(connection->get(), MYSQL_OPT_NONBLOCK, nullptr);
    TSR_TRY(connection->connect());
    TSR_TRY(connection->setUpSession());
    return connection;
}

Result<> Connection::connect() {
    const auto deadline = Clock::now() + std::chrono::seconds(options_.connect_timeout_s);
    MYSQL* connected = nullptr;
    int wanted =
        mysql_real_connect_start(&connected, get(), hostOf(options_), options_.user.c_str(), options_.password.c_str(),
                                 orNull(options_.database), options_.port, orNull(options_.socket), CLIENT_FOUND_ROWS);
    bool timed_out = false;
    bool cancelled = false;
    while (wanted != 0) {
        int ready = 0;
        const bool came = poll(wanted, std::min(deadline, Clock::now() + kSlice), &ready);
        cancelled = cancelled || sdk::isCancelled(host_);
        timed_out = timed_out || Clock::now() >= deadline;
        if (cancelled || timed_out) {
            cut();
            ready = wanted;
        }
        if (came || ready != 0) {
            wanted = mysql_real_connect_cont(&connected, get(), ready);
        }
    }
    if (cancelled) {
        return sdk::cancelled();
    }
    if (timed_out && connected == nullptr) {
        return connectErrorOf(CR_CONN_HOST_ERROR, "HY000",
                              "no answer within " + std::to_string(options_.connect_timeout_s) + " s",
                              options_.where());
    }
    if (connected == nullptr) {
        return connectErrorOf(mysql_errno(get()), mysql_sqlstate(get()), mysql_error(get()), options_.where());
    }
    if (!isAsSecureAsAsked(get(), options_)) {
        return connectErrorOf(CR_SSL_CONNECTION_ERROR, "HY000", "the server does not offer TLS", options_.where());
    }
    return {};
}

Result<> Connection::setUpSession() {
    TSR_TRY(run(kNames));
    TSR_TRY(run(kSessionSettings));
    TSR_TRY(run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"));
    return {};
}

bool Connection::usable() {
    if (broken_ || bloated_) {
        return false;
    }
    // An idle server has nothing to say: what can be read is its farewell.
    pollfd socket{mysql_get_socket(get()), POLLIN, 0};
    return ::poll(&socket, 1, 0) == 0;
}

Result<std::vector<TextRow>> Connection::run(const std::string& sql) {
    int code = 0;
    TSR_TRY(drive([&] { return mysql_real_query_start(&code, get(), sql.data(), sql.size()); },
                  [&](int ready) { return mysql_real_query_cont(&code, get(), ready); }));
    if (code != 0) {
        return lastError();
    }
    MYSQL_RES* stored = nullptr;
    const Result<> driven = drive([&] { return mysql_store_result_start(&stored, get()); },
                                  [&](int ready) { return mysql_store_result_cont(&stored, get(), ready); });
    const Handle<MYSQL_RES, mysql_free_result> result(stored);
    TSR_TRY(driven);
    std::vector<TextRow> rows;
    if (!result) {
        return mysql_errno(get()) != 0 ? Result<std::vector<TextRow>>(lastError()) : rows;
    }
    while (const MYSQL_ROW values = mysql_fetch_row(result.get())) {
        const unsigned long* lengths = mysql_fetch_lengths(result.get());
        TextRow& row = rows.emplace_back(mysql_num_fields(result.get()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (values[i] != nullptr) {
                row[i] = std::string(values[i], lengths[i]);
            }
        }
    }
    return rows;
}

Connection::Wait Connection::wait(int wanted, int* ready) {
    while (true) {
        if (poll(wanted, Clock::now() + kSlice, ready)) {
            return Wait::kReady;
        }
        switch (host_.poll_signal(&host_)) {
            case TSR_SIGNAL_CANCEL:
                return Wait::kCancel;
            case TSR_SIGNAL_ATTENTION:
                return Wait::kAttention;
            case TSR_SIGNAL_NONE:
                break;
        }
    }
}

bool Connection::poll(int wanted, Clock::time_point deadline, int* ready) {
    pollfd socket{mysql_get_socket(get()), 0, 0};
    socket.events = static_cast<short>(((wanted & MYSQL_WAIT_READ) != 0 ? POLLIN : 0) |
                                       ((wanted & MYSQL_WAIT_WRITE) != 0 ? POLLOUT : 0) |
                                       ((wanted & MYSQL_WAIT_EXCEPT) != 0 ? POLLPRI : 0));
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
    // A signal's EINTR is as good as the slice's end.
    if (::poll(&socket, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, kStopLimit.count()))) <= 0) {
        return false;
    }
    const bool ended = (socket.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    *ready = ((socket.revents & POLLIN) != 0 || ended ? MYSQL_WAIT_READ : 0) |
             ((socket.revents & POLLOUT) != 0 || ended ? MYSQL_WAIT_WRITE : 0) |
             ((socket.revents & POLLPRI) != 0 ? MYSQL_WAIT_EXCEPT : 0);
    *ready &= wanted;
    return *ready != 0;
}

void Connection::cut() {
    broken_ = true;
    ::shutdown(mysql_get_socket(get()), SHUT_RDWR);
}

void Connection::killQuery() {
    const MysqlHandle second = newHandle(options_, kKillTimeoutS);
    if (!second || broken_) {
        return;
    }
    mysql_options(second.get(), MYSQL_OPT_READ_TIMEOUT, &kKillTimeoutS);
    mysql_options(second.get(), MYSQL_OPT_WRITE_TIMEOUT, &kKillTimeoutS);
    if (mysql_real_connect(second.get(), hostOf(options_), options_.user.c_str(), options_.password.c_str(), nullptr,
                           options_.port, orNull(options_.socket), 0) == nullptr) {
        return;
    }
    const std::string sql = "KILL QUERY " + std::to_string(mysql_thread_id(get()));
    killed_ = mysql_real_query(second.get(), sql.data(), sql.size()) == 0 || killed_;
}

void Connection::settleKill() {
    if (!killed_ || broken_) {
        return;
    }
    killed_ = false;
    int code = 0;
    const char* nothing = "DO 0";
    finish(mysql_query_start(&code, get(), nothing), [&](int ready) { return mysql_query_cont(&code, get(), ready); });
    if (code != 0 && isLost(mysql_errno(get()))) {
        broken_ = true;
    }
}

Error Connection::lastError() {
    const unsigned number = mysql_errno(get());
    if (number == 0) {
        broken_ = true;
        return errorOf(CR_SERVER_LOST, "08S01", "the reason is not known", options_.where());
    }
    broken_ = broken_ || isLost(number);
    return errorOf(number, mysql_sqlstate(get()), mysql_error(get()), options_.where());
}

Error Connection::statementError(MYSQL_STMT* statement) {
    const unsigned number = mysql_stmt_errno(statement);
    if (number == 0) {
        // What happens while rows are read is told of the connection only.
        return lastError();
    }
    broken_ = broken_ || isLost(number);
    return errorOf(number, mysql_stmt_sqlstate(statement), mysql_stmt_error(statement), options_.where());
}

Error Connection::cancelledError() {
    settleKill();
    return sdk::cancelled();
}

}  // namespace tessera::mysql
