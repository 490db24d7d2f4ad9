#include "nodeservice/store/sql/data.h"

#include "common/process.h"
#include "nodeservice/store/sql/query.h"
#include "nodeservice/store/storage/storage.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

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
    auto row = TSR_TRY(database_->prepare("SELECT applied, hash, now_ms FROM _tessera_state"));
    TSR_TRY(row.step());
    applied_ = row.number(0);
    hash_ = row.number(1);
    now_ms_ = row.integer(2);
    return {};
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

Result<Outcome> Data::apply(const raft::Entry& entry) {
    if (entry.index != applied_ + 1) {
        return fail(ErrorCode::kInternal, "entry " + std::to_string(entry.index) +
                                              " of the store's log cannot follow entry " + std::to_string(applied_));
    }
    Command command;
    if (entry.kind == raft::EntryKind::kCommand) {
        command = TSR_TRY(Command::decode(entry.text()));
    }
    const std::int64_t now_ms = std::max(now_ms_, command.now_ms);
    command.now_ms = now_ms;
    if (command.restore && command.restore->is_last && !TSR_TRY(answeredBefore(command))) {
        if (const auto refused = TSR_TRY(prepareReplacement(*command.restore)); !refused) {
            return replace(entry, command);
        }
    }
    TSR_TRY(database_->execute("BEGIN IMMEDIATE"));
    const auto transaction = [&]() -> Result<Outcome> {
        Outcome outcome = TSR_TRY(applyCommand(command));
        const std::uint64_t hash =
            checksumOf(outcome.encode(), checksumOf(entry.text(), hash_ ^ (entry.index * 0x9E3779B97F4A7C15ULL)));
        auto state = TSR_TRY(database_->prepare("UPDATE _tessera_state SET applied = ?, hash = ?, now_ms = ?"));
        TSR_TRY(state.run({number(entry.index), number(hash), now_ms}));
        TSR_TRY(database_->execute("COMMIT"));
        applied_ = entry.index;
        hash_ = hash;
        now_ms_ = now_ms;
        return outcome;
    };
    auto outcome = transaction();
    if (!outcome && sqlite3_get_autocommit(database_->get()) == 0) {
        static_cast<void>(database_->execute("ROLLBACK"));
    }
    return outcome;
}

Result<Outcome> Data::applyCommand(const Command& command) {
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
    TSR_TRY(database_->execute("SAVEPOINT command"));
    Outcome outcome = TSR_TRY(runStatements(command, false));
    if (!outcome.error.empty()) {
        TSR_TRY(database_->execute("ROLLBACK TO command"));
    }
    TSR_TRY(database_->execute("RELEASE command"));
    TSR_TRY(keepAnswer(command, outcome));
    return outcome;
}

/// The connection tells nothing of entries before: changes() and last_insert_rowid() begin at 0.
Result<Outcome> Data::runStatements(const Command& command, bool is_tried) {
    TSR_TRY(database_->execute("UPDATE _tessera_state SET applied = applied WHERE 0"));
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
    return outcome;
}

Result<StatementOutcome> Data::runStatement(const SqlStatement& statement, const Command& command) {
    sqlite3* connection = database_->get();
    const std::int64_t before = sqlite3_total_changes64(connection);
    StatementOutcome outcome;
    // Of what stands in the way of surprises only where they are possible.
    std::optional<std::string> names_before;
    const auto run = [&]() -> Result<> {
        auto prepared = TSR_TRY(database_->prepare(statement.sql));
        if (prepared.get() == nullptr) {
            return fail(ErrorCode::kInvalidArgument, "there is no statement in the text");
        }
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
        while (TSR_TRY(prepared.step())) {
            if (command.keeps_rows) {
                TSR_TRY(keepRow(prepared, outcome));
            }
        }
        return {};
    };
    auto done = run();
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
    auto row = TSR_TRY(database_->prepare("SELECT sequence, answer FROM _tessera_client WHERE client = ?"));
    TSR_TRY(row.bind(1, number(command.client)));
    if (!TSR_TRY(row.step()) || row.number(0) < command.sequence) {
        return std::optional<Outcome>();
    }
    if (row.number(0) > command.sequence) {
        Outcome old;
        old.error = "request " + std::to_string(command.sequence) + " of this client was answered before a later one";
        return std::optional(std::move(old));
    }
    return std::optional(TSR_TRY(Outcome::decode(row.bytes(1))));
}

Result<> Data::keepAnswer(const Command& command, const Outcome& outcome) {
    if (command.client == 0) {
        return {};
    }
    auto row = TSR_TRY(database_->prepare("INSERT OR REPLACE INTO _tessera_client VALUES (?, ?, ?)"));
    return row.run({number(command.client), number(command.sequence), sqlite::Blob{outcome.encode()}});
}

Result<> Data::validate(const Command& command) {
    if (command.restore || TSR_TRY(answeredBefore(command))) {
        return {};
    }
    TSR_TRY(database_->execute("BEGIN IMMEDIATE"));
    const auto outcome = runStatements(command, true);
    TSR_TRY(database_->execute("ROLLBACK"));
    if (!outcome) {
        return outcome.error();
    }
    if (!outcome->error.empty()) {
        return fail(ErrorCode::kInvalidArgument, outcome->error);
    }
    return {};
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
    TSR_TRY(copy.execute("PRAGMA synchronous = OFF"));
    sqlite3_backup* backup = sqlite3_backup_init(copy.get(), "main", database_.get(), "main");
    if (backup == nullptr) {
        return sqlite::errorOf(copy.get());
    }
    int code = SQLITE_OK;
    while (code == SQLITE_OK && is_wanted()) {
        code = sqlite3_backup_step(backup, kPagesAtATime);
        ::fdatasync(file.get());
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
