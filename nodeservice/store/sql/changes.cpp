// Debian's library has sessions; its header declares them when asked, so before any other includes it.
#define SQLITE_ENABLE_SESSION
#define SQLITE_ENABLE_PREUPDATE_HOOK
#include "nodeservice/store/sql/changes.h"

#include "common/handle.h"

#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <utility>

namespace tessera::store {

using sqlite::Value;

namespace {

using ChangesetIterator = Handle<sqlite3_changeset_iter, sqlite3changeset_finalize>;
using ChangesetBytes = Handle<void, sqlite3_free>;

Error sessionFault(int code) {
    return fail(code == SQLITE_NOMEM ? ErrorCode::kResourceExhausted : ErrorCode::kUnavailable,
                std::string("what an entry of the store changed cannot be told: ") + sqlite3_errstr(code));
}

Result<> checked(int code) {
    return code == SQLITE_OK ? Result<>() : Result<>(sessionFault(code));
}

std::optional<Value> valueOf(sqlite3_value* value) {
    if (value == nullptr) {
        return std::nullopt;
    }
    const auto bytes = [value](const void* begin) {
        return std::string(static_cast<const char*>(begin), static_cast<std::size_t>(sqlite3_value_bytes(value)));
    };
    switch (sqlite3_value_type(value)) {
        case SQLITE_INTEGER:
            return static_cast<std::int64_t>(sqlite3_value_int64(value));
        case SQLITE_FLOAT:
            return sqlite3_value_double(value);
        case SQLITE_TEXT:
            return Value(bytes(sqlite3_value_text(value)));
        case SQLITE_BLOB:
            return Value(sqlite::Blob{sqlite3_value_bytes(value) == 0 ? "" : bytes(sqlite3_value_blob(value))});
        default:
            return Value();
    }
}

/// Before or after, as `read` finds it.
Result<RowChange::Values> valuesOf(sqlite3_changeset_iter* at, int columns,
                                   int (*read)(sqlite3_changeset_iter*, int, sqlite3_value**)) {
    RowChange::Values values;
    for (int column = 0; column < columns; ++column) {
        sqlite3_value* value = nullptr;
        TSR_TRY(checked(read(at, column, &value)));
        values.push_back(valueOf(value));
    }
    return values;
}

std::size_t bytesOf(const RowChange::Values& values) {
    std::size_t bytes = 0;
    for (const auto& value : values) {
        bytes += sizeof value;
        if (const auto* text = value ? std::get_if<std::string>(&*value) : nullptr) {
            bytes += text->size();
        } else if (const auto* blob = value ? std::get_if<sqlite::Blob>(&*value) : nullptr) {
            bytes += blob->bytes.size();
        }
    }
    return bytes;
}

bool isOwn(const std::string& table) {
    return table.starts_with("_tessera_") || table.starts_with("sqlite_");
}

}  // namespace

std::size_t Changes::bytes() const {
    std::size_t bytes = sizeof *this;
    for (const TableChanges& table : tables) {
        bytes += sizeof table + table.columns.size() * sizeof(std::string);
        for (const RowChange& row : table.rows) {
            bytes += sizeof row + bytesOf(row.before) + bytesOf(row.after);
        }
    }
    return bytes;
}

Result<std::unique_ptr<ChangeRecorder>> ChangeRecorder::start(Data& data) {
    std::unique_ptr<ChangeRecorder> recorder(new ChangeRecorder(data));
    // Prepared without a session, DELETE without WHERE empties a table without telling of its rows.
    data.forgetStatements();
    TSR_TRY(checked(sqlite3session_create(data.database_->get(), "main", &recorder->session_)));
    sqlite3session_table_filter(recorder->session_, noteTable, recorder.get());
    TSR_TRY(checked(sqlite3session_attach(recorder->session_, nullptr)));
    recorder->schema_version_ = TSR_TRY(recorder->schemaVersion());
    return recorder;
}

ChangeRecorder::~ChangeRecorder() {
    if (session_ != nullptr) {
        sqlite3session_delete(session_);
    }
}

/// Asked once for each table that is changed, whether that is to be told.
int ChangeRecorder::noteTable(void* recorder, const char* table) {
    const std::string name = table;
    if (isOwn(name)) {
        return 0;
    }
    static_cast<ChangeRecorder*>(recorder)->touched_.insert(name);
    return 1;
}

Result<std::int64_t> ChangeRecorder::schemaVersion() {
    const auto version = TSR_TRY(data_.own("PRAGMA schema_version"));
    TSR_TRY(version->step());
    return version->integer(0);
}

Result<Changes> ChangeRecorder::finish() {
    Changes changes;
    changes.index = data_.applied();
    changes.time_ms = data_.nowMs();
    changes.is_schema_changed = TSR_TRY(schemaVersion()) != schema_version_;
    int size = 0;
    void* raw = nullptr;
    const int code = sqlite3session_changeset(session_, &size, &raw);
    const ChangesetBytes bytes(raw);
    // A table has other columns now than when its first row was changed.
    const bool is_unknown = code == SQLITE_SCHEMA;
    if (!is_unknown) {
        TSR_TRY(checked(code));
        TSR_TRY(addRows(changes, bytes.get(), size));
    }
    TSR_TRY(addUntold(changes, is_unknown));
    return changes;
}

/// Tables without a key, and virtual ones for those that hold their content; or all.
Result<> ChangeRecorder::addUntold(Changes& changes, bool all) {
    if (touched_.empty()) {
        return {};
    }
    std::map<std::string, std::string> kinds;
    auto listed = TSR_TRY(data_.database_->prepare("SELECT name, type FROM pragma_table_list WHERE schema = 'main'"));
    while (TSR_TRY(listed.step())) {
        kinds.emplace(listed.bytes(0), listed.bytes(1));
    }
    std::set<std::string> untold;
    for (const std::string& table : touched_) {
        if (kinds[table] == "shadow") {
            const auto owner = std::find_if(kinds.begin(), kinds.end(), [&](const auto& other) {
                return other.second == "virtual" && table.starts_with(other.first + "_");
            });
            untold.insert(owner == kinds.end() ? table : owner->first);
            continue;
        }
        const auto described = TSR_TRY(describe(table));
        if (all || std::find(described.is_key.begin(), described.is_key.end(), true) == described.is_key.end()) {
            untold.insert(table);
        }
    }
    std::erase_if(changes.tables, [&](const TableChanges& table) { return kinds[table.table] == "shadow"; });
    changes.untold.assign(untold.begin(), untold.end());
    return {};
}

Result<> ChangeRecorder::addRows(Changes& changes, void* bytes, int size) {
    sqlite3_changeset_iter* raw = nullptr;
    TSR_TRY(checked(sqlite3changeset_start(&raw, size, bytes)));
    const ChangesetIterator at(raw);
    int code = SQLITE_ROW;
    while ((code = sqlite3changeset_next(at.get())) == SQLITE_ROW) {
        const char* table = nullptr;
        int columns = 0;
        int operation = 0;
        TSR_TRY(checked(sqlite3changeset_op(at.get(), &table, &columns, &operation, nullptr)));
        if (changes.tables.empty() || changes.tables.back().table != table) {
            changes.tables.push_back(TSR_TRY(describe(table)));
        }
        RowChange row;
        if (operation != SQLITE_INSERT) {
            row.before = TSR_TRY(valuesOf(at.get(), columns, sqlite3changeset_old));
        }
        if (operation != SQLITE_DELETE) {
            row.after = TSR_TRY(valuesOf(at.get(), columns, sqlite3changeset_new));
        }
        changes.tables.back().rows.push_back(std::move(row));
    }
    return checked(code == SQLITE_DONE ? SQLITE_OK : code);
}

Result<TableChanges> ChangeRecorder::describe(const std::string& table) {
    TableChanges described{table};
    auto columns = TSR_TRY(data_.own("SELECT name, pk > 0 FROM pragma_table_info(?)"));
    TSR_TRY(columns->bind(1, table));
    while (TSR_TRY(columns->step())) {
        described.columns.emplace_back(columns->bytes(0));
        described.is_key.push_back(columns->integer(1) != 0);
    }
    return described;
}

}  // namespace tessera::store
