#include "plugins/sqlite/readers.h"

#include "common/strings.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace tessera::sqlite {

namespace {

constexpr int kAttempts = 3;
/// Each reader goes through its ranges once: pages need not be kept for long.
constexpr const char* kSmallCache = "PRAGMA cache_size = -512";

/// Changes when a commit of another connection is seen; takes the read lock if there is none yet.
std::optional<std::int64_t> dataVersion(Database& database) {
    const auto statement = database.prepare("PRAGMA data_version");
    const auto stepped = statement ? database.step(statement->get()) : Result<bool>(false);
    return stepped && *stepped ? std::optional(sqlite3_column_int64(statement->get(), 0)) : std::nullopt;
}

bool hasMoved(Database& database) {
    int moved = 1;
    sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved != 0;
}

std::uint64_t span(const RowRange& range) {
    return static_cast<std::uint64_t>(range.last) - static_cast<std::uint64_t>(range.first);
}

/// The one row id that the statement finds with `bound`; nothing when there is none.
Result<std::optional<std::int64_t>> rowId(Database& database, const Statement& statement, std::int64_t bound) {
    sqlite3_reset(statement.get());
    sqlite3_bind_int64(statement.get(), 1, bound);
    TSR_TRY(database.step(statement.get()));
    return sqlite3_column_type(statement.get(), 0) == SQLITE_INTEGER
               ? std::optional(sqlite3_column_int64(statement.get(), 0))
               : std::nullopt;
}

Result<bool> hasRowIds(Database& database, const std::string& table) {
    const Statement statement = TSR_TRY(
        database.prepare("SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name = ?1 COLLATE NOCASE AND "
                         "type = 'table' AND wr = 0 AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(?1) x WHERE "
                         "x.name = 'rowid' COLLATE NOCASE)"));
    sqlite3_bind_text64(statement.get(), 1, table.data(), table.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    return database.step(statement.get());
}

}  // namespace

bool Readers::open(std::size_t count) {
    if (databases_.size() == count) {
        return true;
    }
    databases_.clear();
    while (databases_.size() < count) {
        auto opened = Database::open(own_.host(), own_.path(), read_only_, 0, own_.title());
        if (!opened || !(*opened)->run(kSmallCache)) {
            databases_.clear();
            return false;
        }
        databases_.push_back(std::move(*opened));
    }
    return true;
}

std::size_t Readers::beginAll() {
    // When all versions were read nobody had begun yet. Whoever still finds his version in his transaction sees the
    // state of that moment, whatever the journal mode.
    std::vector<std::int64_t> versions;
    for (const auto& database : databases_) {
        const auto version = dataVersion(*database);
        if (!version) {
            return 0;
        }
        versions.push_back(*version);
    }
    std::size_t begun = 0;
    for (const auto& database : databases_) {
        const bool has_begun = static_cast<bool>(database->run("BEGIN"));
        const auto version = has_begun ? dataVersion(*database) : std::nullopt;
        if (!version) {
            break;
        }
        if (*version != versions[begun] || hasMoved(*database)) {
            return 0;
        }
        ++begun;
    }
    return begun;
}

std::vector<Database*> Readers::begin(std::size_t count) {
    std::vector<Database*> begun;
    for (int attempt = 0; attempt < kAttempts && begun.size() < 2; ++attempt) {
        if (hasMoved(own_) || !open(count)) {
            return {};
        }
        begun.clear();
        for (std::size_t i = 0, usable = beginAll(); i < usable; ++i) {
            begun.push_back(databases_[i].get());
        }
        if (begun.size() < 2) {
            end();
        }
    }
    if (begun.size() < 2) {
        // Another file may have come in the place of theirs.
        databases_.clear();
        begun.clear();
    }
    return begun;
}

void Readers::end() noexcept {
    for (const auto& database : databases_) {
        const Database::Uninterrupted uninterrupted(*database);
        if (sqlite3_get_autocommit(database->handle()) == 0) {
            sqlite3_exec(database->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
        }
    }
}

Result<std::vector<RowRange>> divide(Database& database, const std::string& table, std::size_t count) {
    if (!TSR_TRY(hasRowIds(database, table))) {
        return std::vector<RowRange>();
    }
    const std::string from = " FROM main." + quoteIdentifier(table) + " WHERE rowid ";
    const Statement up_to = TSR_TRY(database.prepare("SELECT max(rowid)" + from + "<= ?"));
    const Statement after = TSR_TRY(database.prepare("SELECT min(rowid)" + from + "> ?"));
    const Statement least = TSR_TRY(database.prepare("SELECT min(rowid)" + from + ">= ?"));
    const auto first = TSR_TRY(rowId(database, least, std::numeric_limits<std::int64_t>::min()));
    const auto last = TSR_TRY(rowId(database, up_to, std::numeric_limits<std::int64_t>::max()));
    if (!first || !last) {
        return std::vector<RowRange>();
    }
    // The widest is divided next; both its ends are rows, so that each half has at least one.
    const auto narrower = [](const RowRange& a, const RowRange& b) { return span(a) < span(b); };
    std::vector<RowRange> ranges = {{*first, *last}};
    while (ranges.size() < count && span(ranges.front()) > 0) {
        std::pop_heap(ranges.begin(), ranges.end(), narrower);
        RowRange& widest = ranges.back();
        const auto middle = static_cast<std::int64_t>(static_cast<std::uint64_t>(widest.first) + span(widest) / 2);
        const auto below = TSR_TRY(rowId(database, up_to, middle));
        const auto above = TSR_TRY(rowId(database, after, middle));
        if (!below || !above) {
            return fail(ErrorCode::kInternal, "the row ids of SQLite table '" + table + "' are not in order");
        }
        const RowRange upper{*above, widest.last};
        widest.last = *below;
        std::push_heap(ranges.begin(), ranges.end(), narrower);
        ranges.push_back(upper);
        std::push_heap(ranges.begin(), ranges.end(), narrower);
    }
    std::sort(ranges.begin(), ranges.end(), [](const RowRange& a, const RowRange& b) { return a.first < b.first; });
    return ranges;
}

}  // namespace tessera::sqlite
