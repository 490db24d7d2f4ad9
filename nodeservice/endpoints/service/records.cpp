#include "nodeservice/endpoints/service/records.h"

namespace tessera::endpoints {

namespace {

const std::string kNow = "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)";

std::string textOf(const store::sqlite::Value& value) {
    const auto* found = std::get_if<std::string>(&value);
    return found == nullptr ? std::string() : *found;
}

const std::vector<const char*>& firstTables() {
    static const std::vector<const char*> kStatements = {
        // `changes` grows with everything published, so that nodes know when to read again.
        "CREATE TABLE endpoint_schema(id INTEGER PRIMARY KEY CHECK(id = 1), version INTEGER NOT NULL, changes INTEGER "
        "NOT NULL)",
        "INSERT INTO endpoint_schema VALUES (1, 1, 0)",
        // A batch inserts what it expects: if that does not hold, it fails as a whole.
        "CREATE VIEW endpoint_expect(holds) AS SELECT 1",
        "CREATE TRIGGER endpoint_expected INSTEAD OF INSERT ON endpoint_expect WHEN NEW.holds IS NOT 1 "
        "BEGIN SELECT RAISE(ABORT, 'endpoints: the state has changed'); END",
        "CREATE TABLE endpoint(name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE endpoint_version(name TEXT NOT NULL, version INTEGER NOT NULL, author TEXT NOT NULL, source TEXT "
        "NOT NULL, columns TEXT NOT NULL, signature TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY(name, version)) "
        "WITHOUT ROWID",
        "CREATE TRIGGER endpoint_version_stays BEFORE UPDATE ON endpoint_version BEGIN SELECT RAISE(ABORT, 'a version "
        "of an endpoint is never changed'); END",
        "CREATE TRIGGER endpoint_version_remains BEFORE DELETE ON endpoint_version BEGIN SELECT RAISE(ABORT, 'a "
        "version of an endpoint is never removed'); END"};
    return kStatements;
}

store::SqlStatement expectServed(const std::string& name, std::int64_t version) {
    return {"INSERT INTO endpoint_expect SELECT coalesce((SELECT version FROM endpoint WHERE name = ?), 0) = ?",
            {name, version}};
}

const store::SqlStatement& countChange() {
    static const store::SqlStatement kStatement{"UPDATE endpoint_schema SET changes = changes + 1", {}};
    return kStatement;
}

/// Of a table that need not be there.
Result<std::map<std::string, std::int64_t>> readCounts(Store& store, const std::string& table, const std::string& key) {
    std::map<std::string, std::int64_t> counts;
    const auto tables = TSR_TRY(store.query({"SELECT count(*) FROM sqlite_master WHERE name = ?", {table}}));
    if (integerOf(tables.at(0).at(0)) > 0) {
        for (const Row& row : TSR_TRY(store.query({"SELECT " + key + ", changes FROM " + table, {}}))) {
            counts[textOf(row.at(0))] = integerOf(row.at(1));
        }
    }
    return counts;
}

}  // namespace

std::int64_t integerOf(const store::sqlite::Value& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    return number == nullptr ? 0 : *number;
}

Result<std::int64_t> schemaVersion(Store& store) {
    const auto tables = TSR_TRY(store.query({"SELECT count(*) FROM sqlite_master WHERE name = 'endpoint_schema'", {}}));
    if (integerOf(tables.at(0).at(0)) == 0) {
        return std::int64_t{0};
    }
    return integerOf(TSR_TRY(store.query({"SELECT version FROM endpoint_schema", {}})).at(0).at(0));
}

Result<> migrate(Store& store) {
    if (TSR_TRY(schemaVersion(store)) == 0) {
        Batch batch;
        for (const char* statement : firstTables()) {
            batch.push_back({statement, {}});
        }
        // Whoever loses a race finds the other's work.
        static_cast<void>(store.apply(batch));
    }
    const std::int64_t version = TSR_TRY(schemaVersion(store));
    if (version > kSchemaVersion) {
        return fail(ErrorCode::kFailedPrecondition,
                    "the store's endpoints are of version " + std::to_string(version) + ", this node knows up to " +
                        std::to_string(kSchemaVersion),
                    "update this node");
    }
    return version == kSchemaVersion
               ? Result<>()
               : fail(ErrorCode::kUnavailable, "the store's tables of endpoints could not be made", "try again");
}

Batch publish(const NewVersion& made) {
    const Bundle& bundle = made.bundle;
    return {
        expectServed(bundle.name, made.expected),
        {"INSERT INTO endpoint_expect SELECT coalesce(max(version), 0) + 1 = ? FROM endpoint_version WHERE name = ?",
         {bundle.version, bundle.name}},
        {"INSERT INTO endpoint_version(name, version, author, source, columns, signature, at_ms) VALUES (?, ?, ?, ?, "
         "?, ?, " +
             kNow + ")",
         {bundle.name, bundle.version, bundle.author, bundle.source, bundle.columns, made.signature}},
        {"INSERT INTO endpoint VALUES (?1, ?2) ON CONFLICT(name) DO UPDATE SET version = ?2",
         {bundle.name, bundle.version}},
        countChange()};
}

Batch withdraw(const std::string& name, std::int64_t expected) {
    return {expectServed(name, expected), {"DELETE FROM endpoint WHERE name = ?", {name}}, countChange()};
}

Batch invalidate(const std::vector<std::string>& tags) {
    // A table that came later, and needs no other.
    Batch batch = {
        {"CREATE TABLE IF NOT EXISTS endpoint_tag(tag TEXT PRIMARY KEY, changes INTEGER NOT NULL) WITHOUT "
         "ROWID",
         {}}};
    for (const std::string& tag : tags) {
        batch.push_back(
            {"INSERT INTO endpoint_tag VALUES (?, 1) ON CONFLICT(tag) DO UPDATE SET changes = changes + 1", {tag}});
    }
    batch.push_back(countChange());
    return batch;
}

Result<std::map<std::string, std::int64_t>> readTags(Store& store) {
    return readCounts(store, "endpoint_tag", "tag");
}

Batch tellOfRights(const std::string& node, std::int64_t changes) {
    return {
        {"CREATE TABLE IF NOT EXISTS endpoint_rights(node TEXT PRIMARY KEY, changes INTEGER NOT NULL) WITHOUT "
         "ROWID",
         {}},
        {"INSERT INTO endpoint_rights VALUES (?1, ?2) ON CONFLICT(node) DO UPDATE SET changes = ?2", {node, changes}},
        countChange()};
}

Result<std::map<std::string, std::int64_t>> readRights(Store& store) {
    return readCounts(store, "endpoint_rights", "node");
}

store::SqlStatement latestQuery(const std::string& name) {
    return {
        "SELECT coalesce(max(v.version), 0), coalesce((SELECT version FROM endpoint WHERE name = ?1), 0) FROM "
        "endpoint_version v WHERE v.name = ?1",
        {name}};
}

Result<std::vector<StoredVersion>> readVersions(Store& store, const std::string& name) {
    const std::string columns =
        "SELECT v.name, v.version, v.author, v.source, v.columns, v.signature, v.at_ms, e.name IS NOT NULL FROM "
        "endpoint_version v ";
    const auto rows = TSR_TRY(store.query(
        name.empty()
            ? store::SqlStatement{columns + "JOIN endpoint e USING (name, version) ORDER BY v.name", {}}
            : store::SqlStatement{columns + "LEFT JOIN endpoint e USING (name, version) WHERE v.name = ? ORDER "
                                            "BY v.version DESC",
                                  {name}}));
    std::vector<StoredVersion> versions;
    for (const Row& row : rows) {
        versions.push_back(
            {{textOf(row.at(0)), integerOf(row.at(1)), textOf(row.at(2)), textOf(row.at(3)), textOf(row.at(4))},
             integerOf(row.at(6)),
             textOf(row.at(5)),
             integerOf(row.at(7)) != 0});
    }
    return versions;
}

}  // namespace tessera::endpoints
