/// Another database in the place of all data. Its file comes in parts, each an entry of the log, which wait in a table;
/// the last entry puts it to use, on every member at the same index. A crash leaves the old state or the new one.
/// Jobs, endpoints and denials stay as they are unless it is said otherwise: what they did is done, and whom nodes deny
/// is not let in again by a backup.

#include "common/strings.h"
#include "nodeservice/store/sql/data.h"
#include "nodeservice/store/storage/storage.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

namespace tessera::store {

using sqlite::number;

namespace {

Outcome refusedAs(std::string why) {
    Outcome outcome;
    outcome.error = std::move(why);
    return outcome;
}

Result<std::string> firstText(sqlite::Database& database, const std::string& sql) {
    auto row = TSR_TRY(database.prepare(sql));
    if (!TSR_TRY(row.step())) {
        return std::string();
    }
    // Not as bytes, which a database in UTF-16 would give as it has them.
    const unsigned char* text = sqlite3_column_text(row.get(), 0);
    return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

/// What the control plane has against a database; or nothing.
Result<std::optional<std::string>> reasonOfControlPlane(sqlite::Database& database, bool keeps_control_plane) {
    const std::string list = controlPlaneList(kControlPlaneNames);
    const auto named = TSR_TRY(firstText(database, "SELECT name FROM sqlite_schema WHERE lower(name) IN " + list));
    if (!keeps_control_plane) {
        return named.empty() ? std::optional<std::string>("the database to restore has no jobs, endpoints or denials")
                             : std::nullopt;
    }
    const auto own = TSR_TRY(firstText(database, "SELECT name FROM sqlite_schema WHERE name = '_tessera_state'"));
    if (own.empty() && !named.empty()) {
        return std::optional("'" + named +
                             "' of the database to restore has a name that is the control plane's in the store");
    }
    const auto referring = TSR_TRY(
        firstText(database,
                  "SELECT m.name FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND "
                  "lower(m.name) NOT IN " +
                      list + " AND lower(f.\"table\") IN " + list));
    return referring.empty() ? std::optional<std::string>()
                             : std::optional("the table '" + referring +
                                             "' of the database to restore refers to a table of the control plane");
}

/// What makes a database no state of the store, the same on every member; or nothing.
Result<std::optional<std::string>> reasonAgainst(sqlite::Database& database, bool keeps_control_plane) {
    if (const auto check = TSR_TRY(firstText(database, "PRAGMA integrity_check(1)")); check != "ok") {
        return std::optional("the database to restore is damaged: " + check);
    }
    if (const auto encoding = TSR_TRY(firstText(database, "PRAGMA encoding")); encoding != "UTF-8") {
        return std::optional("the database to restore is in " + encoding + ", the store is in UTF-8");
    }
    const auto strange = TSR_TRY(firstText(
        database,
        "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%' AND sql NOT LIKE '%USING fts5%' "
        "AND sql NOT LIKE '%USING rtree%'"));
    if (!strange.empty()) {
        return std::optional("the virtual table '" + strange +
                             "' of the database to restore is of a kind that the store does not have");
    }
    return reasonOfControlPlane(database, keeps_control_plane);
}

struct Definition {
    std::string type;
    std::string name;
    std::string sql;
};

/// What has the control plane's names in a schema ("main", "now"): tables before what stands on them.
Result<std::vector<Definition>> controlPlaneOf(sqlite::Database& database, const std::string& schema) {
    std::vector<Definition> found;
    auto rows = TSR_TRY(database.prepare(
        "SELECT type, name, sql FROM " + schema + ".sqlite_schema WHERE sql IS NOT NULL AND lower(name) IN " +
        controlPlaneList(kControlPlaneNames) + " ORDER BY type <> 'table', type <> 'view', name"));
    while (TSR_TRY(rows.step())) {
        found.push_back({std::string(rows.bytes(0)), std::string(rows.bytes(1)), std::string(rows.bytes(2))});
    }
    return found;
}

/// Jobs, endpoints and denials of `now` instead of those of `main`.
Result<> keepControlPlane(sqlite::Database& made) {
    for (const Definition& old : TSR_TRY(controlPlaneOf(made, "main"))) {
        TSR_TRY(made.execute("DROP " + old.type + " IF EXISTS main.\"" + old.name + "\""));
    }
    bool has_counters = false;
    for (const Definition& kept : TSR_TRY(controlPlaneOf(made, "now"))) {
        TSR_TRY(made.execute(kept.sql));
        if (kept.type == "table") {
            TSR_TRY(made.execute("INSERT INTO main.\"" + kept.name + "\" SELECT * FROM now.\"" + kept.name + "\""));
            has_counters = has_counters || toLowerAscii(kept.sql).find("autoincrement") != std::string::npos;
        }
    }
    if (!has_counters) {
        return {};
    }
    const std::string list = controlPlaneList(kControlPlaneNames);
    return made.execute("DELETE FROM main.sqlite_sequence WHERE lower(name) IN " + list +
                        "; INSERT INTO main.sqlite_sequence SELECT name, seq FROM now.sqlite_sequence WHERE "
                        "lower(name) IN " +
                        list);
}

}  // namespace

Result<Outcome> Data::takePart(const RestoreStep& step) {
    auto end =
        TSR_TRY(database_->prepare("SELECT start + length(bytes) FROM _tessera_restore ORDER BY start DESC LIMIT 1"));
    const std::uint64_t expected = TSR_TRY(end.step()) ? end.number(0) : 0;
    end.reset();
    if (step.is_last) {
        const auto reason = TSR_TRY(prepareReplacement(step));
        TSR_TRY(database_->execute("DELETE FROM _tessera_restore"));
        return refusedAs(reason.value_or("the database to restore came twice"));
    }
    if (step.offset == 0) {
        TSR_TRY(database_->execute("DELETE FROM _tessera_restore"));
    } else if (step.offset != expected) {
        return refusedAs("a part of the database to restore is missing: it came up to byte " +
                         std::to_string(expected) + ", and then byte " + std::to_string(step.offset));
    }
    auto row = TSR_TRY(database_->prepare("INSERT INTO _tessera_restore VALUES (?, ?)"));
    TSR_TRY(row.run({number(step.offset), sqlite::Blob{step.bytes}}));
    return Outcome{{StatementOutcome{}}, {}, 0};
}

/// Puts the parts together to a file. Says why the file cannot be used, if it cannot.
Result<std::optional<std::string>> Data::prepareReplacement(const RestoreStep& step) {
    const auto file = replacementFile();
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
        std::filesystem::remove(file.string() + suffix, ignored);
    }
    std::uint64_t size = 0;
    std::uint64_t checksum = checksumOf({});
    {
        std::ofstream out(file, std::ios::binary | std::ios::trunc);
        auto rows = TSR_TRY(database_->prepare("SELECT bytes FROM _tessera_restore ORDER BY start"));
        while (TSR_TRY(rows.step())) {
            const std::string_view bytes = rows.bytes(0);
            out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
            size += bytes.size();
            checksum = checksumOf(bytes, checksum);
        }
        out.close();
        if (!out) {
            return fail(ErrorCode::kUnavailable, "cannot write '" + file.string() + "': " + std::strerror(errno));
        }
    }
    if (size != step.size || checksum != step.checksum) {
        return std::optional<std::string>("the database to restore did not arrive whole: " + std::to_string(size) +
                                          " bytes of " + std::to_string(step.size));
    }
    auto database = TSR_TRY(sqlite::Database::open(file, Environment::vfs()));
    auto reason = reasonAgainst(database, step.keeps_control_plane);
    if (reason) {
        return reason;
    }
    // It is no database at all, or not one that can be read: the file's own fault, the same everywhere.
    if (reason.error().code == ErrorCode::kDataLoss) {
        return std::optional<std::string>("what is to be restored is no SQLite database, or a damaged one");
    }
    return reason.error().code == ErrorCode::kInvalidArgument ? std::optional<std::string>(reason.error().message)
                                                              : Result<std::optional<std::string>>(reason.error());
}

/// The file of prepareReplacement() gets the store's own tables, and then the place of the data, in one transaction.
Result<Outcome> Data::replace(const raft::Entry& entry, const Command& command) {
    const Outcome outcome{{StatementOutcome{}}, {}, 0};
    const std::uint64_t hash =
        checksumOf(outcome.encode(), checksumOf(entry.text(), hash_ ^ (entry.index * 0x9E3779B97F4A7C15ULL)));
    const std::string pages = TSR_TRY(firstText(*database_, "PRAGMA page_size"));
    {
        auto made = TSR_TRY(sqlite::Database::open(replacementFile(), Environment::vfs()));
        TSR_TRY(made.execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF"));
        if (TSR_TRY(firstText(made, "PRAGMA page_size")) != pages) {
            // A copy into a database in WAL mode needs pages of the same size.
            TSR_TRY(made.execute("PRAGMA page_size = " + pages + "; VACUUM"));
        }
        auto own = TSR_TRY(made.prepare("ATTACH ? AS now"));
        TSR_TRY(own.run({path_.string()}));
        TSR_TRY(
            made.execute("BEGIN; DROP TABLE IF EXISTS main._tessera_state; "
                         "DROP TABLE IF EXISTS main._tessera_client; DROP TABLE IF EXISTS main._tessera_restore; "
                         "CREATE TABLE main._tessera_state(id INTEGER PRIMARY KEY CHECK(id = 1), applied INTEGER, "
                         "hash INTEGER, now_ms INTEGER); "
                         "CREATE TABLE main._tessera_client(client INTEGER PRIMARY KEY, sequence INTEGER, "
                         "answer BLOB); "
                         "INSERT INTO main._tessera_client SELECT * FROM now._tessera_client"));
        auto state = TSR_TRY(made.prepare("INSERT INTO main._tessera_state VALUES (1, ?, ?, ?)"));
        TSR_TRY(state.run({number(entry.index), number(hash), command.now_ms}));
        if (command.client != 0) {
            auto answer = TSR_TRY(made.prepare("INSERT OR REPLACE INTO main._tessera_client VALUES (?, ?, ?)"));
            TSR_TRY(answer.run({number(command.client), number(command.sequence), sqlite::Blob{outcome.encode()}}));
        }
        if (command.restore->keeps_control_plane) {
            TSR_TRY(keepControlPlane(made));
        }
        TSR_TRY(made.execute("COMMIT; DETACH now"));
    }
    TSR_TRY(restore(replacementFile()));
    std::error_code ignored;
    std::filesystem::remove(replacementFile(), ignored);
    return outcome;
}

}  // namespace tessera::store
