#include "nodeservice/store/sql/environment.h"

#include "common/strings.h"
#include "nodeservice/store/sql/control_plane.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <string_view>

namespace tessera::store {

namespace {

constexpr std::int64_t kUnixEpochMs = 210866760000000;  // of the Julian day number, as SQLite counts

thread_local bool g_is_pinned = false;
thread_local std::int64_t g_now_ms = 0;

sqlite3_vfs* systemVfs() {
    return sqlite3_vfs_find("unix");
}

int currentTime64(sqlite3_vfs* /*vfs*/, sqlite3_int64* out) {
    if (!g_is_pinned) {
        return systemVfs()->xCurrentTimeInt64(systemVfs(), out);
    }
    *out = g_now_ms + kUnixEpochMs;
    return SQLITE_OK;
}

int currentTime(sqlite3_vfs* vfs, double* out) {
    sqlite3_int64 now = 0;
    const int code = currentTime64(vfs, &now);
    *out = static_cast<double>(now) / 86400000.0;
    return code;
}

void randomFunction(sqlite3_context* context, int /*count*/, sqlite3_value** /*values*/) {
    auto& environment = *static_cast<Environment*>(sqlite3_user_data(context));
    sqlite3_result_int64(context, static_cast<sqlite3_int64>(environment.random()));
}

void randomBlobFunction(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
    auto& environment = *static_cast<Environment*>(sqlite3_user_data(context));
    const sqlite3_int64 size = std::max<sqlite3_int64>(1, sqlite3_value_int64(values[0]));
    if (size > sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1)) {
        return sqlite3_result_error_toobig(context);
    }
    std::string bytes;
    while (bytes.size() < static_cast<std::size_t>(size)) {
        const std::uint64_t value = environment.random();
        for (int i = 0; i < 8; ++i) {
            bytes += static_cast<char>(value >> (8 * i));
        }
    }
    sqlite3_result_blob64(context, bytes.data(), static_cast<sqlite3_uint64>(size), SQLITE_TRANSIENT);
}

/// Functions whose result follows from their arguments, the pinned clock and the seed. Not here: what tells of the
/// connection's past (total_changes), the build (sqlite_version), the machine's mathematics library, or the file.
bool isKnownFunction(std::string_view name) {
    static const std::set<std::string_view> kKnown = {
        "abs", "avg", "ceil", "ceiling", "changes", "char", "coalesce", "count", "cume_dist", "current_date",
        "current_time", "current_timestamp", "date", "datetime", "dense_rank", "first_value", "floor", "format", "glob",
        "group_concat", "hex", "ifnull", "iif", "instr", "json", "json_array", "json_array_length", "json_each",
        "json_extract", "json_group_array", "json_group_object", "json_insert", "json_object", "json_patch",
        "json_quote", "json_remove", "json_replace", "json_set", "json_tree", "json_type", "json_valid", "->", "->>",
        "julianday", "lag", "last_insert_rowid", "last_value", "lead", "length", "like", "likelihood", "likely",
        "lower", "ltrim", "max", "min", "nth_value", "ntile", "nullif", "percent_rank", "printf", "quote", "random",
        "randomblob", "rank", "replace", "round", "row_number", "rtrim", "sign", "strftime", "substr", "substring",
        "subtype", "sum", "time", "total", "trim", "trunc", "typeof", "unicode", "unixepoch", "unlikely", "upper",
        "zeroblob", "match", "bm25", "highlight", "snippet", "rtreecheck", "rtreedepth", "rtreenode",
        // of ALTER TABLE, by SQLite itself
        "sqlite_rename_column", "sqlite_rename_table", "sqlite_rename_test", "sqlite_drop_column",
        "sqlite_rename_quotefix", "sqlite_fail"};
    return kKnown.contains(name);
}

/// SQLite's names are the same in capitals.
bool startsWith(const char* text, std::string_view prefix) {
    return text != nullptr && toLowerAscii(std::string(text).substr(0, prefix.size())) == prefix;
}

/// Tables that show the machine or the connection instead of data.
bool isVirtualView(const char* table) {
    static const std::set<std::string_view> kViews = {"dbstat",      "sqlite_stmt",  "bytecode",
                                                      "tables_used", "fts3tokenize", "sqlite_dbpage"};
    return table != nullptr && (kViews.contains(toLowerAscii(table)) || startsWith(table, "pragma_"));
}

bool makesSomething(int action) {
    return action == SQLITE_CREATE_INDEX || action == SQLITE_CREATE_TABLE || action == SQLITE_CREATE_TRIGGER ||
           action == SQLITE_CREATE_VIEW || action == SQLITE_CREATE_VTABLE;
}

/// Whether `first` and `second` name what is made, changed or dropped. Of an index and a trigger the second is its
/// table.
bool changesSomething(int action) {
    return makesSomething(action) || action == SQLITE_ALTER_TABLE || action == SQLITE_DROP_INDEX ||
           action == SQLITE_DROP_TABLE || action == SQLITE_DROP_TRIGGER || action == SQLITE_DROP_VIEW ||
           action == SQLITE_DROP_VTABLE || action == SQLITE_INSERT || action == SQLITE_UPDATE ||
           action == SQLITE_DELETE;
}

bool isOfRows(int action) {
    return action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE;
}

/// The schema, or the statistics that statements are planned by.
bool changesDefinitions(int action) {
    return (changesSomething(action) && !isOfRows(action)) || action == SQLITE_ANALYZE || action == SQLITE_REINDEX;
}

}  // namespace

/// Empty if the control plane's names do not stand against it.
std::string Environment::reasonAgainst(int action, const char* first, const char* second) {
    const bool is_of_rows = isOfRows(action);
    // A table may refer to others, a table may get another name, and AUTOINCREMENT's counters are a table.
    is_altering_ = is_altering_ || action == SQLITE_ALTER_TABLE || action == SQLITE_CREATE_TABLE ||
                   (is_of_rows && startsWith(first, "sqlite_sequence"));
    // Rows of sqlite_schema and of sqlite_stat1, too.
    is_defining_ =
        is_defining_ || is_altering_ || changesDefinitions(action) || (is_of_rows && startsWith(first, "sqlite_"));
    if (guarded_names_ == 0) {
        return is_tried_ && makesSomething(action) && first != nullptr && !startsWith(first, "sqlite_") &&
                       controlPlaneCommands(first, kControlPlaneNames).empty()
                   ? "'" + std::string(first) + "' is not among the control plane's names (control_plane.cpp)"
                   : std::string();
    }
    if (!changesSomething(action)) {
        return {};
    }
    // The second name of a row's change is a column, of ALTER TABLE the table.
    for (const char* name : {first, is_of_rows ? nullptr : second}) {
        const auto commands = name == nullptr ? std::string_view() : controlPlaneCommands(name, guarded_names_);
        if (!commands.empty()) {
            return "'" + std::string(name) + "' is the control plane's, which SQL only reads: " + std::string(commands);
        }
    }
    return {};
}

int authorize(void* environment, int action, const char* first, const char* second, const char* database,
              const char* /*trigger*/) {
    auto& self = *static_cast<Environment*>(environment);
    if (!self.is_user_) {
        return SQLITE_OK;
    }
    const auto deny = [&](std::string why) {
        self.refusal_ = std::move(why);
        return SQLITE_DENY;
    };
    const char* schema = action == SQLITE_ALTER_TABLE ? first : database;
    // ALTER TABLE looks there too, and there is never anything.
    const bool is_empty_schema =
        startsWith(first, "sqlite_temp_") && (action == SQLITE_READ || action == SQLITE_UPDATE);
    if (schema != nullptr && std::string_view(schema) != "main" && !is_empty_schema) {
        return deny("the store has no temporary or attached tables");
    }
    if (std::string why = self.reasonAgainst(action, first, second); !why.empty()) {
        return deny(std::move(why));
    }
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_RECURSIVE:
        case SQLITE_ANALYZE:
        case SQLITE_REINDEX:
            return SQLITE_OK;
        case SQLITE_ALTER_TABLE:
        case SQLITE_CREATE_INDEX:
        case SQLITE_CREATE_TABLE:
        case SQLITE_CREATE_TRIGGER:
        case SQLITE_CREATE_VIEW:
        case SQLITE_DROP_INDEX:
        case SQLITE_DROP_TABLE:
        case SQLITE_DROP_TRIGGER:
        case SQLITE_DROP_VIEW:
        case SQLITE_DROP_VTABLE:
            return startsWith(first, "_tessera_") || startsWith(second, "_tessera_") ? deny(kReservedNames) : SQLITE_OK;
        case SQLITE_CREATE_VTABLE:
            if (startsWith(first, "_tessera_")) {
                return deny(kReservedNames);
            }
            return second != nullptr && (std::string_view(second) == "fts5" || std::string_view(second) == "rtree")
                       ? SQLITE_OK
                       : deny("the store has virtual tables only of fts5 and rtree");
        case SQLITE_INSERT:
        case SQLITE_UPDATE:
        case SQLITE_DELETE:
            return startsWith(first, "_tessera_") ? deny("tables that begin with _tessera_ are the store's own")
                                                  : SQLITE_OK;
        case SQLITE_READ:
            return isVirtualView(first)
                       ? deny("'" + std::string(first) + "' is not the same on every node of the store")
                       : SQLITE_OK;
        case SQLITE_PRAGMA:
            // What fts5 and rtree ask themselves; as statements they have no effect.
            if (second == nullptr &&
                (std::string_view(first) == "page_size" || std::string_view(first) == "data_version")) {
                return SQLITE_OK;
            }
            // What a session asks of a table whose rows begin to change (changes.h).
            return self.is_stepping_ && std::string_view(first) == "table_info" ? SQLITE_OK
                                                                                : deny("the store refuses PRAGMA");
        case SQLITE_FUNCTION:
            return second != nullptr && isKnownFunction(second)
                       ? SQLITE_OK
                       : deny("the function " + std::string(second == nullptr ? "" : second) +
                              "() is not the same on every node of the store");
        default:
            // Transactions, ATTACH and VACUUM, PRAGMA, everything temporary, and what later versions bring.
            return deny("the store refuses statements that concern a connection or a file");
    }
}

int countSteps(void* environment) {
    auto& self = *static_cast<Environment*>(environment);
    if (self.thousands_left_ && --*self.thousands_left_ <= 0) {
        self.has_run_out_ = true;
        return 1;
    }
    if (!self.is_user_ || ++self.thousand_steps_ <= Environment::kMostThousandSteps) {
        return 0;
    }
    self.refusal_ = "the statements take too many steps";
    return 1;
}

const char* Environment::vfs() {
    static sqlite3_vfs pinned;
    static std::once_flag once;
    std::call_once(once, [] {
        pinned = *systemVfs();
        pinned.zName = "tessera-pinned";
        pinned.pNext = nullptr;
        pinned.xCurrentTime = currentTime;
        pinned.xCurrentTimeInt64 = currentTime64;
        sqlite3_vfs_register(&pinned, 0);
    });
    return pinned.zName;
}

Result<> Environment::install(sqlite3* connection) {
    // Not SQLITE_DETERMINISTIC: or indexes and CHECKs could use them.
    sqlite3_create_function(connection, "random", 0, SQLITE_UTF8, this, randomFunction, nullptr, nullptr);
    sqlite3_create_function(connection, "randomblob", 1, SQLITE_UTF8, this, randomBlobFunction, nullptr, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_set_authorizer(connection, authorize, this);
    sqlite3_progress_handler(connection, 1000, countSteps, this);
    sqlite3_stmt* raw = nullptr;
    sqlite3_prepare_v2(connection,
                       "SELECT min(datetime(at, 'unixepoch', 'localtime') = datetime(at, 'unixepoch')) "
                       "FROM (SELECT 0 AS at UNION SELECT 1750000000 UNION SELECT 1765000000)",
                       -1, &raw, nullptr);
    const sqlite::StatementHandle statement(raw);
    if (sqlite3_step(raw) != SQLITE_ROW || sqlite3_column_int(raw, 0) != 1) {
        return fail(ErrorCode::kFailedPrecondition, "the store needs a process whose local time is UTC",
                    "start it with the environment variable TZ=UTC");
    }
    return {};
}

void Environment::pin(std::int64_t now_ms, std::uint64_t seed) {
    g_is_pinned = true;
    g_now_ms = now_ms;
    random_state_ = seed;
    thousand_steps_ = 0;
    is_altering_ = false;
    is_defining_ = false;
    refusal_.clear();
}

void Environment::release() {
    g_is_pinned = false;
}

/// SplitMix64.
std::uint64_t Environment::random() {
    random_state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t value = random_state_;
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31U);
}

void Environment::guardUser(bool is_user) {
    is_user_ = is_user;
}

void Environment::guardNames(std::uint64_t names, bool is_tried) {
    guarded_names_ = names;
    is_tried_ = is_tried;
}

}  // namespace tessera::store
