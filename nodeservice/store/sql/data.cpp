#include "nodeservice/store/sql/data.h"

#include "common/process.h"
#include "nodeservice/store/sql/query.h"
#include "nodeservice/store/storage/storage.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

namespace tessera::store {

using sqlite::number;

namespace {

/// From here on SQLite would soon choose rowids at random.
constexpr sqlite3_int64 kHighestRowid = sqlite3_int64{1} << 62;

constexpr const char* kSchema = R"sql(
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA foreign_keys = ON;
    CREATE TABLE IF NOT EXISTS _tessera_state(
        id INTEGER PRIMARY KEY CHECK(id = 1), applied INTEGER, hash INTEGER, now_ms INTEGER);
    INSERT OR IGNORE INTO _tessera_state VALUES (1, 0, 0, 0);
    CREATE TABLE IF NOT EXISTS _tessera_client(client INTEGER PRIMARY KEY, sequence INTEGER, answer BLOB);
    CREATE TABLE IF NOT EXISTS _tessera_restore(start INTEGER PRIMARY KEY, bytes BLOB);
)sql";

std::uint64_t hashAfter(std::uint64_t hash, const raft::Entry& entry, const Outcome& outcome) {
    return checksumOf(outcome.encode(), checksumOf(entry.text(), hash ^ (entry.index * 0x9E3779B97F4A7C15ULL)));
}

void watchRowids(void* environment, int action, const char* /*database*/, const char* /*table*/, sqlite3_int64 rowid) {
    if (action != SQLITE_DELETE && rowid >= kHighestRowid) {
        static_cast<Environment*>(environment)->refuse("a rowid of 2^62 or more is not possible in the store");
    }
}

}  // namespace

Result<std::unique_ptr<Data>> Data::open(const std::filesystem::path& path, Durability durability) {
    std::unique_ptr<Data> data(new Data(path));
    TSR_TRY(data->start());
    if (durability == Durability::kNone) {
        TSR_TRY(data->database_->execute("PRAGMA synchronous = OFF"));
    }
    return data;
}

Result<> Data::start() {
    database_ = TSR_TRY(sqlite::Database::open(path_, Environment::vfs()));
    TSR_TRY(database_->execute(kSchema));
    TSR_TRY(environment_->install(database_->get()));
    sqlite3_update_hook(database_->get(), watchRowids, environment_.get());
    if (checkpointer_) {
        checkpointer_->attach(database_->get());
    }
    auto row = TSR_TRY(database_->prepare("SELECT applied, hash, now_ms FROM _tessera_state"));
    TSR_TRY(row.step());
    applied_ = row.number(0);
    hash_ = row.number(1);
    now_ms_ = row.integer(2);
    return {};
}

Result<> Data::tidyApart() {
    checkpointer_ = TSR_TRY(sqlite::Checkpointer::start(path_));
    checkpointer_->attach(database_->get());
    return {};
}

void Data::tidy() {
    if (checkpointer_) {
        checkpointer_->tend();
    }
}

Result<> Data::check() {
    auto row = TSR_TRY(database_->prepare("PRAGMA quick_check(1)"));
    TSR_TRY(row.step());
    if (row.bytes(0) == "ok") {
        return {};
    }
    return fail(ErrorCode::kDataLoss,
                "the store's file '" + path_.string() + "' is damaged: " + std::string(row.bytes(0)));
}

void Data::forgetStatements() {
    own_statements_.clear();
    users_statements_.clear();
}

Result<sqlite::LentStatement> Data::own(std::string_view sql) {
    return own_statements_.prepare(*database_, sql);
}

Result<> Data::runOwn(std::string_view sql, std::initializer_list<sqlite::Value> values) {
    return own_statements_.run(*database_, sql, values);
}

Result<Outcome> Data::apply(const raft::Entry& entry) {
    auto outcomes = TSR_TRY(apply(std::span(&entry, 1)));
    return std::move(outcomes.front());
}

Result<std::vector<Outcome>> Data::apply(std::span<const raft::Entry> entries) {
    Reached reached{applied_, hash_, now_ms_};
    const Command first = TSR_TRY(commandOf(entries.front(), reached));
    if (first.restore && first.restore->is_last && !TSR_TRY(answeredBefore(first))) {
        if (const auto refused = TSR_TRY(prepareReplacement(*first.restore)); !refused) {
            return std::vector<Outcome>{TSR_TRY(replace(entries.front(), first))};
        }
    }
    TSR_TRY(runOwn("BEGIN IMMEDIATE"));
    auto outcomes = applyGroup(entries, reached);
    if (outcomes && !outcomes->empty()) {
        applied_ = reached.applied;
        hash_ = reached.hash;
        now_ms_ = reached.now_ms;
        return outcomes;
    }
    if (!hasLostTransaction()) {
        static_cast<void>(runOwn("ROLLBACK"));
    }
    // What the entry behind these has undone of them is done again.
    return outcomes ? apply(entries.first(reached.applied - applied_)) : outcomes;
}

Result<Command> Data::commandOf(const raft::Entry& entry, const Reached& before) const {
    if (entry.index != before.applied + 1) {
        return fail(ErrorCode::kInternal, "entry " + std::to_string(entry.index) +
                                              " of the store's log cannot follow entry " +
                                              std::to_string(before.applied));
    }
    Command command;
    if (entry.kind == raft::EntryKind::kCommand) {
        command = TSR_TRY(Command::decode(entry.text()));
    }
    command.now_ms = std::max(before.now_ms, command.now_ms);
    return command;
}

/// As many as are quickly done: the answers to the first wait for the last. Committed, unless there is an error; or
/// nothing, where one has undone those before it, which `reached` says.
Result<std::vector<Outcome>> Data::applyGroup(std::span<const raft::Entry> entries, Reached& reached) {
    constexpr std::chrono::milliseconds kLongest{5};
    const auto begin = std::chrono::steady_clock::now();
    std::vector<Outcome> outcomes;
    for (const raft::Entry& entry : entries) {
        const Command command = TSR_TRY(commandOf(entry, reached));
        // The last step of a restore is no part of a transaction.
        const bool is_alone = command.restore || std::chrono::steady_clock::now() - begin > kLongest;
        if (is_alone && !outcomes.empty()) {
            break;
        }
        bool has_undone_all = false;
        Outcome outcome = TSR_TRY(applyCommand(command, has_undone_all));
        if (has_undone_all && !outcomes.empty()) {
            return std::vector<Outcome>{};
        }
        reached.hash = hashAfter(reached.hash, entry, outcome);
        reached.applied = entry.index;
        reached.now_ms = command.now_ms;
        outcomes.push_back(std::move(outcome));
        if (command.restore) {
            break;
        }
    }
    TSR_TRY(runOwn("UPDATE _tessera_state SET applied = ?, hash = ?, now_ms = ?",
                   {number(reached.applied), number(reached.hash), reached.now_ms}));
    TSR_TRY(runOwn("COMMIT"));
    return outcomes;
}

/// In a transaction. `has_undone_all`: it is another one than before, which holds nothing but what this has left
/// behind.
Result<Outcome> Data::applyCommand(const Command& command, bool& has_undone_all) {
    if (command.statements.empty() && !command.restore) {
        return Outcome{};
    }
    if (auto before = TSR_TRY(answeredBefore(command))) {
        return std::move(*before);
    }
    if (command.restore) {
        Outcome outcome = TSR_TRY(takePart(*command.restore));
        TSR_TRY(keepAnswer(command, outcome));
        return outcome;
    }
    TSR_TRY(runOwn("SAVEPOINT command"));
    Outcome outcome = TSR_TRY(runStatements(command, false));
    has_undone_all = hasLostTransaction();
    if (has_undone_all) {
        TSR_TRY(runOwn("BEGIN IMMEDIATE"));
    } else {
        if (!outcome.error.empty()) {
            TSR_TRY(runOwn("ROLLBACK TO command"));
        }
        TSR_TRY(runOwn("RELEASE command"));
    }
    TSR_TRY(keepAnswer(command, outcome));
    return outcome;
}

/// The connection tells nothing of entries before: changes() and last_insert_rowid() begin at 0.
Result<Outcome> Data::runStatements(const Command& command, bool is_tried) {
    TSR_TRY(runOwn("UPDATE _tessera_state SET applied = applied WHERE 0"));
    sqlite3_set_last_insert_rowid(database_->get(), 0);
    environment_->pin(command.now_ms, command.seed);
    environment_->guardUser(true);
    environment_->guardNames(command.guarded_names, is_tried);
    row_bytes_ = 0;
    Outcome outcome;
    Result<> done;
    for (const SqlStatement& statement : command.statements) {
        auto one = runStatement(statement, command);
        if (one) {
            outcome.statements.push_back(*one);
            continue;
        }
        if (one.error().code != ErrorCode::kInvalidArgument) {
            done = one.error();
        }
        outcome.failed = outcome.statements.size();
        outcome.statements.clear();
        outcome.error = one.error().message;
        break;
    }
    environment_->guardUser(false);
    environment_->release();
    TSR_TRY(std::move(done));
    if (outcome.error.empty() && hasOpenReferences()) {
        outcome.failed = command.statements.size() - 1;
        outcome.statements.clear();
        outcome.error = "FOREIGN KEY constraint failed";
    }
    return outcome;
}

/// A statement that says OR ROLLBACK, a trigger that says RAISE(ROLLBACK), or one that writes and was ended for its
/// many steps undoes all since BEGIN, not only itself.
bool Data::hasLostTransaction() const {
    return sqlite3_get_autocommit(database_->get()) != 0;
}

/// What a DEFERRED foreign key allows until the end would make COMMIT fail, when it is too late to say so.
bool Data::hasOpenReferences() const {
    int now = 0;
    int highest = 0;
    sqlite3_db_status(database_->get(), SQLITE_DBSTATUS_DEFERRED_FKS, &now, &highest, 0);
    return now != 0;
}

Result<StatementOutcome> Data::runStatement(const SqlStatement& statement, const Command& command) {
    sqlite3* connection = database_->get();
    const std::int64_t before = sqlite3_total_changes64(connection);
    StatementOutcome outcome;
    // Of what stands in the way of surprises only where they are possible.
    std::optional<std::string> names_before;
    const auto run = [&]() -> Result<> {
        std::optional<sqlite::Statement> once;
        const auto lent = TSR_TRY(prepareUsers(statement, command, once));
        sqlite::Statement& prepared = *lent;
        if (sqlite3_bind_parameter_count(prepared.get()) != static_cast<int>(statement.parameters.size())) {
            return fail(ErrorCode::kInvalidArgument,
                        "the statement has " + std::to_string(sqlite3_bind_parameter_count(prepared.get())) +
                            " parameters, not " + std::to_string(statement.parameters.size()));
        }
        int position = 0;
        for (const sqlite::Value& value : statement.parameters) {
            TSR_TRY(prepared.bind(++position, value));
        }
        for (int column = 0; command.keeps_rows && column < sqlite3_column_count(prepared.get()); ++column) {
            const char* name = sqlite3_column_name(prepared.get(), column);
            outcome.columns.emplace_back(name == nullptr ? "" : name);
        }
        if (environment_->takeAltering()) {
            names_before = TSR_TRY(guardedNames(command.guarded_names));
        }
        environment_->beginSteps();
        while (TSR_TRY(prepared.step())) {
            if (command.keeps_rows) {
                TSR_TRY(keepRow(prepared, outcome));
            }
        }
        return {};
    };
    auto done = run();
    environment_->endSteps();
    if (!environment_->refusal().empty()) {
        return fail(ErrorCode::kInvalidArgument, environment_->refusal());
    }
    TSR_TRY(std::move(done));
    if (names_before) {
        TSR_TRY(checkNames(*names_before, command.guarded_names));
    }
    outcome.changes = sqlite3_total_changes64(connection) - before;
    outcome.last_rowid = sqlite3_last_insert_rowid(connection);
    return outcome;
}

/// `once`: where it is if it is not kept. On all members it is the same whether it was: none is kept beyond a change of
/// the schema, not even one that is tried and undone. (Another preparation would be another check, and another plan.)
Result<sqlite::LentStatement> Data::prepareUsers(const SqlStatement& statement, const Command& command,
                                                 std::optional<sqlite::Statement>& once) {
    constexpr std::size_t kLongest = 4000;
    // What is guarded is checked when it is prepared.
    const std::string key = std::to_string(command.guarded_names) + ' ' + statement.sql;
    if (auto kept = users_statements_.find(key)) {
        return kept;
    }
    auto prepared = TSR_TRY(database_->prepare(statement.sql));
    if (prepared.get() == nullptr) {
        return fail(ErrorCode::kInvalidArgument, "there is no statement in the text");
    }
    if (environment_->isDefining()) {
        users_statements_.clear();
    } else if (statement.sql.size() <= kLongest) {
        return users_statements_.keep(key, std::move(prepared));
    }
    once = std::move(prepared);
    return sqlite::LentStatement(&*once);
}

/// What a statement must leave as it is and SQLite does not guard: the definitions that have the control plane's names,
/// references to them, which would hinder its own changes, and its counters.
Result<std::string> Data::guardedNames(std::uint64_t names) {
    environment_->guardUser(false);
    const auto read = [&]() -> Result<std::string> {
        if (names == 0) {
            return std::string();
        }
        const std::string list = controlPlaneList(names);
        const auto textOf = [this](const std::string& sql) -> Result<std::string> {
            auto row = TSR_TRY(database_->prepare(sql));
            TSR_TRY(row.step());
            return std::string(row.bytes(0));
        };
        const std::string sequences = TSR_TRY(textOf("SELECT name FROM sqlite_schema WHERE name = 'sqlite_sequence'"));
        return textOf(
            "SELECT group_concat(what, char(10)) FROM (SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS what "
            "FROM sqlite_schema WHERE lower(name) IN " +
            list +
            " UNION ALL SELECT m.name || '>' || f.\"table\" FROM sqlite_schema m, pragma_foreign_key_list(m.name) f "
            "WHERE m.type = 'table' AND lower(f.\"table\") IN " +
            list +
            (sequences.empty()
                 ? std::string()
                 : " UNION ALL SELECT name || '=' || seq FROM sqlite_sequence WHERE lower(name) IN " + list) +
            " ORDER BY 1)");
    };
    auto found = read();
    environment_->guardUser(true);
    return found;
}

Result<> Data::checkNames(const std::string& before, std::uint64_t names) {
    auto strange = TSR_TRY(
        database_->prepare("SELECT count(*) FROM sqlite_schema WHERE lower(substr(name, 1, 9)) = '_tessera_' AND "
                           "name NOT IN ('_tessera_state', '_tessera_client', '_tessera_restore')"));
    TSR_TRY(strange.step());
    if (strange.number(0) > 0) {
        return fail(ErrorCode::kInvalidArgument, kReservedNames);
    }
    return TSR_TRY(guardedNames(names)) == before
               ? Result<>()
               : Result<>(
                     fail(ErrorCode::kInvalidArgument,
                          "names and counters of the control plane (jobs, endpoints, denials) are not for SQL, nor "
                          "are references to its tables"));
}

Result<> Data::keepRow(sqlite::Statement& row, StatementOutcome& outcome) {
    auto& kept = outcome.rows.emplace_back();
    for (int column = 0; column < sqlite3_column_count(row.get()); ++column) {
        kept.push_back(row.value(column));
        row_bytes_ += 9 + static_cast<std::size_t>(sqlite3_column_bytes(row.get(), column));
    }
    return row_bytes_ <= kMostRowBytes
               ? Result<>()
               : Result<>(fail(ErrorCode::kInvalidArgument, "the rows of a request that writes weigh more than " +
                                                                std::to_string(kMostRowBytes) +
                                                                " bytes: read them by a query of its own"));
}

Result<std::optional<Outcome>> Data::answeredBefore(const Command& command) {
    if (command.client == 0) {
        return std::optional<Outcome>();
    }
    const auto row = TSR_TRY(own("SELECT sequence, answer FROM _tessera_client WHERE client = ?"));
    TSR_TRY(row->bind(1, number(command.client)));
    if (!TSR_TRY(row->step()) || row->number(0) < command.sequence) {
        return std::optional<Outcome>();
    }
    if (row->number(0) > command.sequence) {
        Outcome old;
        old.error = "request " + std::to_string(command.sequence) + " of this client was answered before a later one";
        return std::optional(std::move(old));
    }
    return std::optional(TSR_TRY(Outcome::decode(row->bytes(1))));
}

Result<> Data::keepAnswer(const Command& command, const Outcome& outcome) {
    if (command.client == 0) {
        return {};
    }
    return runOwn("INSERT OR REPLACE INTO _tessera_client VALUES (?, ?, ?)",
                  {number(command.client), number(command.sequence), sqlite::Blob{outcome.encode()}});
}

Result<> Data::validate(const Command& command) {
    if (command.restore || TSR_TRY(answeredBefore(command))) {
        return {};
    }
    TSR_TRY(runOwn("BEGIN IMMEDIATE"));
    const auto outcome = runStatements(command, true);
    if (!hasLostTransaction()) {
        TSR_TRY(runOwn("ROLLBACK"));
    }
    if (!outcome) {
        return outcome.error();
    }
    if (!outcome->error.empty()) {
        return fail(ErrorCode::kInvalidArgument, outcome->error);
    }
    return {};
}

bool Data::validatesBriefly(const Command& command) {
    constexpr int kMostThousandSteps = 2;
    // Longer values may take long in a single step.
    constexpr int kLongestValue = 64 << 10;
    const auto isLong = [](const SqlStatement& statement) {
        return statement.sql.size() > 2000 || statement.parameters.size() > 100;
    };
    if (command.restore || command.statements.size() > 4 ||
        std::any_of(command.statements.begin(), command.statements.end(), isLong)) {
        return false;
    }
    const int usual = sqlite3_limit(database_->get(), SQLITE_LIMIT_LENGTH, kLongestValue);
    environment_->limitSteps(kMostThousandSteps);
    const auto done = validate(command);
    environment_->limitSteps(std::nullopt);
    sqlite3_limit(database_->get(), SQLITE_LIMIT_LENGTH, usual);
    return done.has_value();
}

Result<Data::Rows> Data::query(const SqlStatement& statement) {
    auto prepared = TSR_TRY(prepareQuery(*database_, *environment_, statement));
    Rows rows;
    while (TSR_TRY(prepared.step())) {
        std::vector<sqlite::Value> row;
        for (int column = 0; column < sqlite3_column_count(prepared.get()); ++column) {
            row.push_back(prepared.value(column));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

Result<> Data::backUp(const std::filesystem::path& path) {
    auto copy = TSR_TRY(sqlite::Database::open(path));
    sqlite3_backup* backup = sqlite3_backup_init(copy.get(), "main", database_->get(), "main");
    if (backup == nullptr) {
        return sqlite::errorOf(copy.get());
    }
    sqlite3_backup_step(backup, -1);
    if (sqlite3_backup_finish(backup) != SQLITE_OK) {
        return sqlite::errorOf(copy.get());
    }
    // One file, without a log beside it.
    return copy.execute("PRAGMA journal_mode = DELETE");
}

Result<PinnedState> Data::pin() {
    auto reader = TSR_TRY(sqlite::Database::open(path_));
    TSR_TRY(reader.execute("BEGIN"));
    raft::Index index = 0;
    {
        auto row = TSR_TRY(reader.prepare("SELECT applied FROM _tessera_state"));
        TSR_TRY(row.step());
        index = row.number(0);
    }
    return PinnedState(std::move(reader), index);
}

/// What is written goes to the disk bit by bit: all at once it would hold up whoever waits for the disk meanwhile, as
/// the log does.
Result<> PinnedState::copyTo(const std::filesystem::path& path, const std::function<bool()>& is_wanted) {
    constexpr int kPagesAtATime = 256;
    // Before the connection: to close it is to let go of SQLite's locks on the file.
    const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    auto copy = TSR_TRY(sqlite::Database::open(path));
    // The file means nothing until it is whole.
    TSR_TRY(copy.execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF"));
    sqlite3_backup* backup = sqlite3_backup_init(copy.get(), "main", database_.get(), "main");
    if (backup == nullptr) {
        return sqlite::errorOf(copy.get());
    }
    int code = SQLITE_OK;
    while (code == SQLITE_OK && is_wanted()) {
        code = sqlite3_backup_step(backup, kPagesAtATime);
        // Without asking the disk to empty its own cache, which the log does often enough.
        ::sync_file_range(file.get(), 0, 0,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    }
    if (sqlite3_backup_finish(backup) != SQLITE_OK) {
        return sqlite::errorOf(copy.get());
    }
    if (code != SQLITE_DONE) {
        return fail(ErrorCode::kCancelled, "the copy of the store's data was given up");
    }
    // One file, without a log beside it.
    return copy.execute("PRAGMA journal_mode = DELETE");
}

/// Page by page into this database, in one transaction of its own: a crash leaves the old state or the new one.
Result<> Data::restore(const std::filesystem::path& path) {
    forgetStatements();
    const auto copy = TSR_TRY(sqlite::Database::open(path));
    sqlite3_backup* backup = sqlite3_backup_init(database_->get(), "main", copy.get(), "main");
    if (backup == nullptr) {
        return sqlite::errorOf(database_->get());
    }
    sqlite3_backup_step(backup, -1);
    if (sqlite3_backup_finish(backup) != SQLITE_OK) {
        return sqlite::errorOf(database_->get());
    }
    database_.reset();
    return start();
}

}  // namespace tessera::store
