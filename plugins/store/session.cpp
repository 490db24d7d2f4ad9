#include "plugins/store/session.h"

#include "common/strings.h"
#include "plugins/sqlite/catalog.h"
#include "plugins/sqlite/cursor.h"
#include "plugins/sqlite/range_cursor.h"

#include <array>
#include <utility>

namespace tessera::store_tables {

namespace {

/// The store's name of its file's one schema.
constexpr const char* kSchema = "main";
/// Tables of the store itself.
constexpr std::string_view kReserved = "_tessera_";
/// For writers of the file: none of them makes readers wait but for moments.
constexpr std::int64_t kBusyMs = 5'000;

/// The state that this process has last read: the one that gives the rows which a statement changes, in whatever
/// session it is read. One backend has one thread and one node.
std::uint64_t g_last_read = 0;

bool isReserved(std::string_view name) {
    return toLowerAscii(std::string(name.substr(0, kReserved.size()))) == kReserved;
}

int authorize(void* is_own_work, int action, const char* first, const char* /*second*/, const char* /*database*/,
              const char* /*trigger*/) {
    const bool touches =
        action == SQLITE_READ || action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE;
    const bool may = *static_cast<const bool*>(is_own_work) || !touches || first == nullptr || !isReserved(first);
    return may ? SQLITE_OK : SQLITE_DENY;
}

/// For its scope the store's own tables may be looked at.
class OwnWork {
  public:
    explicit OwnWork(bool& is_own_work) : is_own_work_(is_own_work) { is_own_work_ = true; }

    ~OwnWork() { is_own_work_ = false; }

    OwnWork(const OwnWork&) = delete;
    OwnWork& operator=(const OwnWork&) = delete;

  private:
    bool& is_own_work_;
};

/// As the host writes a change of one row: see Changes.
bool changesRows(std::string_view sql) {
    return sql.starts_with("UPDATE \"main\".") || sql.starts_with("DELETE FROM \"main\".");
}

Error refuse(const char* sqlstate, const std::string& message, const std::string& hint) {
    Error error = fail(ErrorCode::kFailedPrecondition, message, hint);
    error.sqlstate = sqlstate;
    return error;
}

Result<store_link::Consistency> consistencyOf(const std::string& name) {
    using store_link::Consistency;
    constexpr std::array<std::pair<const char*, Consistency>, 5> kNames = {
        {{"none", Consistency::kNone},
         {"weak", Consistency::kWeak},
         {"leader", Consistency::kLeader},
         {"linearizable", Consistency::kLinearizable},
         {"freshness", Consistency::kFreshness}}};
    std::vector<std::string> known;
    for (const auto& [text, consistency] : kNames) {
        if (name == text) {
            return consistency;
        }
        known.emplace_back(text);
    }
    Error error = fail(ErrorCode::kInvalidArgument, "option 'consistency' is no '" + name + "'",
                       "it is one of " + join(known, ", "));
    error.sqlstate = "HV00D";
    return error;
}

/// Of a statement that was only gathered.
class Counted final : public sdk::Cursor {
  public:
    explicit Counted(std::int64_t count) : count_(count) {}

    Result<sdk::Fetch> next(ArrowArray* /*array*/) override { return sdk::Fetch::kEnd; }

    std::int64_t affected() const override { return count_; }

  private:
    std::int64_t count_;
};

}  // namespace

std::span<const TsrOptionSpec> optionSpecs() {
    static constexpr TsrOptionSpec kOptions[] = {
        {"consistency", TSR_SCOPE_SERVER, false, false,
         "what a read sees at least: none, weak, leader, linearizable (default) or freshness"},
        {"max_age", TSR_SCOPE_SERVER, false, false,
         "with consistency freshness: milliseconds that what is read may be old (default 1000)"},
        {"timeout", TSR_SCOPE_SERVER, false, false,
         "milliseconds that the store is waited for, before a read and at a commit (default 10000)"},
        {"schema_name", TSR_SCOPE_TABLE, false, false, "always 'main'"},
        {"table_name", TSR_SCOPE_TABLE, false, false, "the table's or view's name in the store"},
        {"column_name", TSR_SCOPE_COLUMN, false, false, "the column's name in the store"},
        {"strict", TSR_SCOPE_COLUMN, false, false, "'true' when the store enforces the column's type"},
        {"collation", TSR_SCOPE_COLUMN, false, false, "the column's collation when it is not BINARY"},
    };
    return kOptions;
}

Result<std::unique_ptr<sdk::Session>> Session::open(const TsrHost& host, const sdk::Options& options) {
    MemberOptions member;
    member.consistency = TSR_TRY(consistencyOf(options.get("consistency", "linearizable")));
    if (options.find("max_age") && member.consistency != store_link::Consistency::kFreshness) {
        Error error = fail(ErrorCode::kInvalidArgument, "option 'max_age' is of consistency 'freshness'",
                           "set option 'consistency' to freshness, or leave it out");
        error.sqlstate = "HV00D";
        return error;
    }
    constexpr std::int64_t kHour = 3'600'000;
    member.max_age = std::chrono::milliseconds(TSR_TRY(options.getInt("max_age", 1'000, 0, kHour)));
    member.timeout = std::chrono::milliseconds(TSR_TRY(options.getInt("timeout", 10'000, 1, kHour)));
    std::unique_ptr<Session> session(new Session(host, member));
    TSR_TRY(session->makeReadable());
    return std::unique_ptr<sdk::Session>(std::move(session));
}

Result<> Session::openFile(const std::string& path) {
    if (database_ && database_->path() == path) {
        return {};
    }
    readers_.reset();
    database_ = TSR_TRY(sqlite::Database::open(host_, path, true, kBusyMs, "the replicated store"));
    sqlite3_set_authorizer(database_->handle(), authorize, &is_own_work_);
    readers_.emplace(*database_, true);
    return {};
}

Result<std::uint64_t> Session::appliedIndex() {
    const OwnWork own(is_own_work_);
    const sqlite::Statement row = TSR_TRY(database_->prepare("SELECT applied FROM _tessera_state"));
    TSR_TRY(database_->step(row.get()));
    return static_cast<std::uint64_t>(sqlite3_column_int64(row.get(), 0));
}

Result<> Session::makeReadable() {
    if (in_transaction_) {
        return {};
    }
    const Member::Readable readable = TSR_TRY(member_.awaitReadable());
    return openFile(readable.file);
}

Result<std::vector<sdk::Table>> Session::listTables(const std::string& schema,
                                                    const std::optional<std::string>& table) {
    if (schema != kSchema) {
        Error error =
            fail(ErrorCode::kNotFound, "the replicated store has no schema '" + schema + "'", "import schema 'main'");
        error.sqlstate = "3F000";
        return error;
    }
    TSR_TRY(makeReadable());
    const OwnWork own(is_own_work_);
    auto tables = sqlite::listTables(*database_, table);
    if (tables) {
        std::erase_if(*tables, [](const sdk::Table& one) { return isReserved(one.name); });
    }
    return tables;
}

Result<TsrStatistics> Session::statistics(const sdk::Options& table_options) {
    TSR_TRY(makeReadable());
    return sqlite::readStatistics(*database_, TSR_TRY(table_options.require("table_name")));
}

Result<std::unique_ptr<sdk::Cursor>> Session::execute(const sdk::Query& query) {
    TSR_TRY(makeReadable());
    {
        const sqlite::Statement statement = TSR_TRY(database_->prepare(query.text));
        if (sqlite3_stmt_readonly(statement.get()) == 0) {
            return change(query, sqlite3_column_count(statement.get()) > 0);
        }
    }
    if (!changes_.isEmpty()) {
        return refuse("0A000", "the replicated store can't be read by a transaction that has changed it",
                      "what it changes is there when it has committed: read before, or in a transaction of its own");
    }
    g_last_read = in_transaction_ ? seen_index_ : TSR_TRY(appliedIndex());
    if (!in_transaction_ && !query.range_text.empty()) {
        if (auto cursor = sqlite::RangeCursor::open(*readers_, query)) {
            return cursor;
        }
    }
    return sqlite::Cursor::open(*database_, query);
}

Result<std::unique_ptr<sdk::Cursor>> Session::change(const sdk::Query& query, bool returns_rows) {
    if (returns_rows) {
        return refuse("0A000", "a change of the replicated store returns no rows",
                      "they are known when it has committed: leave RETURNING out, and read them then");
    }
    const bool is_alone = !in_transaction_;
    if (is_alone) {
        const TsrTransaction own{sizeof(TsrTransaction), TSR_ISOLATION_READ_COMMITTED, false, nullptr, nullptr};
        TSR_TRY(begin(own));
    }
    auto count = changesRows(query.text) ? changeRows(query) : changes_.add(query.text, query.params);
    if (is_alone) {
        auto sent = count ? changes_.send(member_) : Result<>(count.error());
        TSR_TRY(endTransaction());
        TSR_TRY(std::move(sent));
    }
    return std::unique_ptr<sdk::Cursor>(std::make_unique<Counted>(TSR_TRY(std::move(count))));
}

/// What was read of the rows must be what this transaction sees of them: only that is compared when it commits.
Result<std::int64_t> Session::changeRows(const sdk::Query& query) {
    if (changes_.isEmpty() && g_last_read < seen_index_ && g_last_read != 0) {
        return rowsHaveChanged();
    }
    return changes_.addRowChange(*database_, query.text, query.params);
}

Result<> Session::begin(const TsrTransaction& /*transaction*/) {
    // Whatever the isolation level: one state from here to the end, by which rows to change are compared.
    TSR_TRY(makeReadable());
    TSR_TRY(database_->run("BEGIN"));
    in_transaction_ = true;
    auto index = appliedIndex();
    if (!index) {
        TSR_TRY(endTransaction());
        return std::move(index).error();
    }
    seen_index_ = *index;
    return {};
}

Result<> Session::endTransaction() {
    changes_.clear();
    in_transaction_ = false;
    const sqlite::Database::Uninterrupted uninterrupted(*database_);
    return sqlite3_get_autocommit(database_->handle()) != 0 ? Result<>() : database_->run("ROLLBACK");
}

Result<> Session::startStep(TsrStep step, const std::string& name) {
    step_ = step;
    step_name_ = name;
    return {};
}

Result<> Session::finishStep() {
    switch (step_) {
        case TSR_STEP_COMMIT: {
            auto sent = changes_.send(member_);
            TSR_TRY(endTransaction());
            return sent;
        }
        case TSR_STEP_ROLLBACK:
            return endTransaction();
        case TSR_STEP_SAVEPOINT:
            changes_.setSavepoint(step_name_);
            return {};
        case TSR_STEP_RELEASE:
            changes_.release(step_name_);
            return {};
        case TSR_STEP_ROLLBACK_TO:
            changes_.rollbackTo(step_name_);
            return {};
        default:
            return refuse("0A000", "the replicated store has no prepared transactions", "commit it at once");
    }
}

Result<std::unique_ptr<sdk::Ingest>> Session::startIngest(const sdk::Target& target) {
    return std::unique_ptr<sdk::Ingest>(std::make_unique<Ingest>(changes_, target));
}

}  // namespace tessera::store_tables
