#include "plugins/odbc/connection.h"

#include "plugins/odbc/diagnostics.h"
#include "plugins/odbc/unicode.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <clocale>
#include <future>
#include <thread>

namespace tessera::odbc {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStopLimit(1000);
/// What has been fetched for so long waits for the source.
constexpr milliseconds kFetchLimit(300);
constexpr milliseconds kProbeLimit(500);
/// A session that was used just now is not asked whether it lives.
constexpr milliseconds kTrusted(1000);

/// PostgreSQL takes no larger value.
constexpr std::size_t kMostBytes = 0x3fffffff;

SQLPOINTER number(SQLULEN value) {
    return reinterpret_cast<SQLPOINTER>(value);  // NOLINT(performance-no-int-to-ptr): how ODBC passes numbers
}

/// The thread's characters are UTF-8 while this lives. unixODBC writes all that a driver without wide characters gets
/// in the encoding of the locale that it finds when a handle is made; with the locale C that would not be UTF-8.
class Utf8Locale {
  public:
    Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
        if (locale_ != nullptr) {
            before_ = uselocale(locale_);
        }
    }

    ~Utf8Locale() {
        if (locale_ != nullptr) {
            uselocale(before_);
            freelocale(locale_);
        }
    }

    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

  private:
    locale_t locale_;
    locale_t before_ = nullptr;
};

}  // namespace

Link::~Link() {
    if (connected_) {
        SQLDisconnect(dbc_);
    }
    if (dbc_ != SQL_NULL_HDBC) {
        SQLFreeHandle(SQL_HANDLE_DBC, dbc_);
    }
    if (env_ != SQL_NULL_HENV) {
        SQLFreeHandle(SQL_HANDLE_ENV, env_);
    }
}

Result<> Link::connect(const ConnectOptions& options) {
    const Utf8Locale locale;
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env_)) ||
        !SQL_SUCCEEDED(SQLSetEnvAttr(env_, SQL_ATTR_ODBC_VERSION, number(SQL_OV_ODBC3), 0)) ||
        !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, env_, &dbc_))) {
        return fail(ErrorCode::kResourceExhausted, "the ODBC driver manager has no room for a connection");
    }
    SQLSetConnectAttrW(dbc_, SQL_ATTR_LOGIN_TIMEOUT, number(static_cast<SQLULEN>(options.connect_timeout_s)), 0);
    std::u16string text = toWide(options.connection_string.reveal());
    SQLSMALLINT length = 0;
    const SQLRETURN code = SQLDriverConnectW(dbc_, nullptr, wide(text), static_cast<SQLSMALLINT>(text.size()), nullptr,
                                             0, &length, SQL_DRIVER_NOPROMPT);
    std::fill(text.begin(), text.end(), u'\0');
    if (!SQL_SUCCEEDED(code)) {
        return connectError(readDiagnostics(SQL_HANDLE_DBC, dbc_), where_);
    }
    connected_ = true;
    readFacts(options);
    return facts_.dbms->setup.empty() ? Result<>() : execute(facts_.dbms->setup);
}

std::string Link::info(SQLUSMALLINT type) const {
    std::array<SQLWCHAR, 256> text{};
    SQLSMALLINT bytes = 0;
    if (!SQL_SUCCEEDED(SQLGetInfoW(dbc_, type, text.data(), sizeof text, &bytes)) || bytes <= 0) {
        return {};
    }
    return fromWideForMessage({reinterpret_cast<char16_t*>(text.data()),
                               std::min<std::size_t>(static_cast<std::size_t>(bytes) / 2, text.size() - 1)});
}

/// Zero, too, where the driver tells nothing.
SQLUINTEGER Link::infoBits(SQLUSMALLINT type) const {
    SQLUINTEGER bits = 0;
    SQLSMALLINT bytes = 0;
    return SQL_SUCCEEDED(SQLGetInfoW(dbc_, type, &bits, sizeof bits, &bytes)) ? bits : 0;
}

void Link::readFacts(const ConnectOptions& options) {
    facts_.dbms = &dbmsOf(info(SQL_DBMS_NAME));
    facts_.dialect = options.dialect.empty() ? std::string(facts_.dbms->dialect) : options.dialect;
    facts_.has_catalogs = infoBits(SQL_CATALOG_USAGE) != 0;
    facts_.has_schemas = infoBits(SQL_SCHEMA_USAGE) != 0;
    // Of 16 bits, unlike the others.
    facts_.has_transactions = (infoBits(SQL_TXN_CAPABLE) & 0xffffU) != SQL_TC_NONE;
    facts_.isolations = infoBits(SQL_TXN_ISOLATION_OPTION);
    facts_.catalog = info(SQL_DATABASE_NAME);
    facts_.pattern_escape = info(SQL_SEARCH_PATTERN_ESCAPE);
}

Result<> Link::execute(std::string_view sql) {
    // Not owned: the link outlives the call.
    Statement statement(std::shared_ptr<Link>(std::shared_ptr<Link>(), this));
    std::u16string text = toWide(sql);
    return statement.check(statement.execute(text));
}

bool Link::isDead() {
    if (driverSaysDead()) {
        return true;
    }
    return !facts_.dbms->probe.empty() && !execute(facts_.dbms->probe);
}

Result<> Link::beginTransaction(TsrIsolation isolation) {
    constexpr std::array<std::pair<TsrIsolation, SQLUINTEGER>, 3> kLevels = {
        {{TSR_ISOLATION_READ_COMMITTED, SQL_TXN_READ_COMMITTED},
         {TSR_ISOLATION_REPEATABLE_READ, SQL_TXN_REPEATABLE_READ},
         {TSR_ISOLATION_SERIALIZABLE, SQL_TXN_SERIALIZABLE}}};
    // At least as strict; a driver that tells none has its own, whichever that is.
    const auto* const level = std::find_if(kLevels.begin(), kLevels.end(), [&](const auto& known) {
        return known.first >= isolation && (facts_.isolations & known.second) != 0;
    });
    if (facts_.isolations != 0 && level == kLevels.end()) {
        Error error = fail(ErrorCode::kUnimplemented, where_ + " has no transactions of the isolation that is needed",
                           "run the transaction at a lower isolation level");
        error.sqlstate = "0A000";
        return error;
    }
    if (facts_.isolations != 0) {
        TSR_TRY(check(SQLSetConnectAttrW(dbc_, SQL_ATTR_TXN_ISOLATION, number(level->second), 0)));
    }
    return check(SQLSetConnectAttrW(dbc_, SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF), 0));
}

Result<> Link::endTransaction(bool commit) {
    const Result<> ended =
        check(SQLEndTran(SQL_HANDLE_DBC, dbc_, static_cast<SQLSMALLINT>(commit ? SQL_COMMIT : SQL_ROLLBACK)));
    const Result<> reset = check(SQLSetConnectAttrW(dbc_, SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_ON), 0));
    return ended ? reset : ended;
}

bool Link::driverSaysDead() const {
    SQLUINTEGER dead = SQL_CD_FALSE;
    return SQL_SUCCEEDED(SQLGetConnectAttrW(dbc_, SQL_ATTR_CONNECTION_DEAD, &dead, 0, nullptr)) && dead == SQL_CD_TRUE;
}

Error Link::errorOf(SQLSMALLINT type, SQLHANDLE handle) const {
    Error error = statementError(readDiagnostics(type, handle), where_);
    // psqlodbc tells what it could not do any more ("internal SAVEPOINT failed"), and not why.
    return error.sqlstate == "HV000" && driverSaysDead() ? lostConnection(where_, error.message) : error;
}

Result<> Link::check(SQLRETURN code) const {
    return SQL_SUCCEEDED(code) ? Result<>() : errorOf(SQL_HANDLE_DBC, dbc_);
}

void Link::cancel(Work work) {
    const std::lock_guard lock(running_mutex_);
    if (work_ == work && (facts_.dbms == nullptr || facts_.dbms->cancels)) {
        SQLCancel(running_);
    }
}

Statement::Statement(std::shared_ptr<Link> link) : link_(std::move(link)) {
    SQLAllocHandle(SQL_HANDLE_STMT, link_->dbc(), &handle_);
}

Statement::~Statement() {
    if (handle_ != SQL_NULL_HSTMT) {
        SQLFreeHandle(SQL_HANDLE_STMT, handle_);
    }
}

void Statement::begin(Link::Work work) {
    const std::lock_guard lock(link_->running_mutex_);
    link_->running_ = handle_;
    link_->work_ = work;
}

SQLRETURN Statement::execute(std::u16string& sql) {
    return run(Link::Work::kExecuting,
               [&] { return SQLExecDirectW(handle_, wide(sql), static_cast<SQLINTEGER>(sql.size())); });
}

SQLRETURN Statement::fetch() {
    return run(Link::Work::kFetching, [&] { return SQLFetch(handle_); });
}

Result<> Statement::check(SQLRETURN code) const {
    if (SQL_SUCCEEDED(code) || code == SQL_NO_DATA) {
        return {};
    }
    return handle_ == SQL_NULL_HSTMT ? link_->errorOf(SQL_HANDLE_DBC, link_->dbc())
                                     : link_->errorOf(SQL_HANDLE_STMT, handle_);
}

Result<std::vector<TextRow>> Statement::readAll() {
    SQLSMALLINT columns = 0;
    TSR_TRY(check(SQLNumResultCols(handle_, &columns)));
    std::vector<TextRow> rows;
    while (true) {
        const SQLRETURN code = fetch();
        TSR_TRY(check(code));
        if (code == SQL_NO_DATA) {
            return rows;
        }
        TextRow& row = rows.emplace_back();
        for (SQLSMALLINT i = 1; i <= columns; ++i) {
            auto value = TSR_TRY(readLong(*this, static_cast<SQLUSMALLINT>(i), SQL_C_WCHAR));
            row.push_back(value ? std::optional(fromWideForMessage(
                                      {reinterpret_cast<const char16_t*>(value->data()), value->size() / 2}))
                                : std::nullopt);
        }
    }
}

Result<std::optional<std::string>> readLong(const Statement& statement, SQLUSMALLINT column, SQLSMALLINT c_type) {
    const std::size_t terminator = c_type == SQL_C_WCHAR ? 2 : c_type == SQL_C_CHAR ? 1 : 0;
    std::string value;
    std::size_t piece = 8192;
    while (true) {
        const std::size_t before = value.size();
        value.resize(before + piece);
        SQLLEN indicator = 0;
        const SQLRETURN code =
            SQLGetData(statement.get(), column, c_type, value.data() + before, static_cast<SQLLEN>(piece), &indicator);
        if (code == SQL_NO_DATA) {
            value.resize(before);
            return std::optional(std::move(value));
        }
        TSR_TRY(statement.check(code));
        if (indicator == SQL_NULL_DATA) {
            return std::optional<std::string>();
        }
        const std::size_t room = piece - terminator;
        const bool all = indicator != SQL_NO_TOTAL && static_cast<std::size_t>(indicator) <= room;
        value.resize(before + (all ? static_cast<std::size_t>(indicator) : room));
        if (all) {
            return std::optional(std::move(value));
        }
        statement.link().noteValue(value.size());
        if (value.size() > kMostBytes) {
            Error error = fail(ErrorCode::kResourceExhausted,
                               "a value of column " + std::to_string(column) + " is larger than 1 GB",
                               "leave the column out, or cut it at the source");
            error.sqlstate = "54000";
            return error;
        }
        // What is left, when the driver says so; else in growing pieces.
        piece = indicator != SQL_NO_TOTAL ? static_cast<std::size_t>(indicator) - room + terminator : piece * 2;
        piece = std::min<std::size_t>(piece, 64 * 1024 * 1024);
    }
}

Result<std::unique_ptr<Connection>> Connection::open(const TsrHost& host, ConnectOptions options) {
    std::unique_ptr<Connection> connection(new Connection(host, std::move(options)));
    TSR_TRY(connection->connect());
    return connection;
}

Result<> Connection::connect() {
    auto result = std::make_shared<Result<>>();
    auto shared_options = std::make_shared<ConnectOptions>();
    shared_options->connection_string = options_.connection_string.copy();
    shared_options->dialect = options_.dialect;
    shared_options->connect_timeout_s = options_.connect_timeout_s;
    worker_.start([result, shared_options, link = link_] { *result = link->connect(*shared_options); });
    const auto deadline = Worker::Clock::now() + std::chrono::seconds(options_.connect_timeout_s);
    switch (worker_.wait(host_, false, deadline)) {
        case Worker::Outcome::kDone:
            return noted(std::move(*result));
        case Worker::Outcome::kCancelled:
            return sdk::cancelled();
        default:
            return connectError({{"HYT00", 0, "no answer within " + std::to_string(options_.connect_timeout_s) + " s"}},
                                options_.where);
    }
}

Connection::~Connection() {
    // Disconnecting may wait for the source.
    if (!worker_.isBusy()) {
        worker_.start([link = std::move(link_)] {});
        worker_.settle(kStopLimit);
    }
}

bool Connection::usable() {
    if (broken_ || worker_.isBusy() || link_->isBloated()) {
        return false;
    }
    const auto now = Worker::Clock::now();
    if (now - last_used_ < kTrusted) {
        return true;
    }
    auto dead = std::make_shared<std::atomic<bool>>(true);
    worker_.start([dead, link = link_] { *dead = link->isDead(); });
    broken_ = !worker_.settle(kProbeLimit) || *dead;
    last_used_ = Worker::Clock::now();
    return !broken_;
}

std::shared_future<void> Connection::cancel(Link::Work work) {
    auto taken = std::make_shared<std::promise<void>>();
    std::shared_future<void> future = taken->get_future().share();
    // Some drivers open a second connection to cancel, and wait for it.
    const sdk::BlockSignals blocked;
    std::thread([taken, work, link = link_] {
        link->cancel(work);
        taken->set_value();
    }).detach();
    return future;
}

void Connection::stop() {
    std::shared_future<void> taken = cancel(Link::Work::kExecuting);
    if (!worker_.settle(kFetchLimit)) {
        taken = cancel(Link::Work::kFetching);
        if (!worker_.settle(kStopLimit)) {
            broken_ = true;
            return;
        }
    }
    // A cancel that came too late would hit the next statement: this one takes it.
    if (link_->facts().dbms == nullptr || link_->facts().dbms->probe.empty()) {
        broken_ = true;
        return;
    }
    auto dead = std::make_shared<std::atomic<bool>>(true);
    worker_.start([dead, taken, link = link_] {
        taken.wait_for(kStopLimit);
        *dead = link->execute(link->facts().dbms->probe) ? false : link->isDead();
    });
    broken_ = !worker_.settle(kStopLimit) || *dead;
}

void Connection::note(Error& error) {
    last_used_ = Worker::Clock::now();
    broken_ = broken_ || error.sqlState().substr(0, 2) == "08";
    constexpr std::size_t kLeastSecret = 4;  // shorter ones stand in any text
    if (options_.password.size() < kLeastSecret) {
        return;
    }
    for (std::string* text : {&error.message, &error.detail}) {
        for (std::size_t at = text->find(options_.password); at != std::string::npos;
             at = text->find(options_.password, at + 1)) {
            text->replace(at, options_.password.size(), "…");
        }
    }
}

}  // namespace tessera::odbc
