#include "nodeservice/mesh/shard_sql.h"

#include "common/strings.h"

#include <algorithm>

namespace tessera::mesh {

namespace {

constexpr std::size_t kMostNameBytes = 28;

/// A literal that means the same whatever standard_conforming_strings says.
std::string literal(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
        escaped += c == '\\' ? "\\\\" : std::string(1, c);
    }
    return (escaped.size() == text.size() ? "" : "E") + quoteLiteral(escaped);
}

std::string literals(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    for (const std::string& text : texts) {
        quoted.push_back(literal(text));
    }
    return join(quoted, ", ");
}

std::string identifiers(const std::vector<std::string>& names) {
    std::vector<std::string> quoted;
    for (const std::string& name : names) {
        quoted.push_back(quoteIdentifier(name));
    }
    return join(quoted, ", ");
}

std::string optionsSql(const Options& options) {
    std::vector<std::string> texts;
    for (const auto& [name, value] : options) {
        texts.push_back(quoteIdentifier(name) + " " + literal(value));
    }
    return texts.empty() ? std::string() : " OPTIONS (" + join(texts, ", ") + ")";
}

/// A range's end, open where it has no values.
std::string rangeEnd(const ShardedTable& table, const std::vector<std::string>& values, const char* open) {
    return values.empty() ? join(std::vector<std::string>(table.shard_by.size(), open), ", ") : literals(values);
}

}  // namespace

namespace {

/// What the names of a table's relations begin with.
std::string tableName(const ShardedTable& table) {
    std::string name = table.name.substr(0, kMostNameBytes);
    // Not within a character of UTF-8.
    if (name.size() < table.name.size()) {
        while (!name.empty() && (static_cast<unsigned char>(table.name[name.size()]) & 0xC0U) == 0x80U) {
            name.pop_back();
        }
    }
    return name + "_t" + std::to_string(table.id);
}

std::string shardName(const ShardedTable& table, const Shard& shard) {
    return tableName(table) + "_s" + std::to_string(shard.number);
}

}  // namespace

std::string relationName(const ShardedTable& table, const Shard& shard) {
    return shardName(table, shard) + "_e" + std::to_string(shard.epoch);
}

std::string replicaName(const ShardedTable& table, const Shard& shard, const Replica& replica) {
    return shardName(table, shard) + "_r" + std::to_string(replica.epoch);
}

std::string wholeName(const ShardedTable& table) {
    return tableName(table);
}

std::string createWholeSql(const ShardedTable& table) {
    return "CREATE OR REPLACE VIEW " + qualified(kShardSchema, wholeName(table)) +
           " WITH (security_invoker = true) AS SELECT * FROM " + qualified(table.schema, table.name);
}

std::string copyName(const ShardedTable& table, const Shard& shard) {
    return relationName(table, shard) + "_c";
}

std::string notesName(const ShardedTable& table, const Shard& shard) {
    return relationName(table, shard) + "_notes";
}

std::string noteChangesSql(const ShardedTable& table, const Shard& shard) {
    const std::string notes = notesName(table, shard);
    const std::string made = qualified(kShardSchema, notes);
    // Who reads the newest does not read all. Only of a new table, which nobody writes to yet.
    const std::string make = "BEGIN IF to_regclass(" + quoteLiteral(made) + ") IS NULL THEN CREATE TABLE " + made +
                             " (transaction bigint NOT NULL, key text NOT NULL); CREATE INDEX ON " + made +
                             " (transaction); END IF; END";
    return "DO " + quoteLiteral(make) +
           "; CREATE OR REPLACE TRIGGER notes_changes AFTER INSERT OR UPDATE OR DELETE ON " +
           qualified(kShardSchema, relationName(table, shard)) +
           " FOR EACH ROW EXECUTE FUNCTION tessera_shard.note_change(" + literal(notes) + ", " + literals(table.key) +
           ")";
}

std::string refuseChangesSql(const ShardedTable& table, const Shard& shard) {
    return "CREATE OR REPLACE TRIGGER is_switching BEFORE INSERT OR UPDATE OR DELETE ON " +
           qualified(kShardSchema, relationName(table, shard)) +
           " FOR EACH ROW EXECUTE FUNCTION tessera_shard.refuse_while_switching(" + literal(table.text()) + ")";
}

std::string qualified(const std::string& schema, const std::string& name) {
    return quoteIdentifier(schema) + "." + quoteIdentifier(name);
}

std::pair<std::int64_t, std::int64_t> hashOf(const ShardedTable& table, const Shard& shard) {
    return shard.bound.modulus > 0 ? std::pair(shard.bound.modulus, shard.bound.remainder)
                                   : std::pair(static_cast<std::int64_t>(table.shards.size()), shard.number);
}

std::string boundSql(const ShardedTable& table, const Shard& shard) {
    if (shard.bound.is_default || table.method == ShardMethod::kReference) {
        return "DEFAULT";
    }
    switch (table.method) {
        case ShardMethod::kHash:
            return "FOR VALUES WITH (MODULUS " + std::to_string(hashOf(table, shard).first) + ", REMAINDER " +
                   std::to_string(hashOf(table, shard).second) + ")";
        case ShardMethod::kRange:
            return "FOR VALUES FROM (" + rangeEnd(table, shard.bound.from, "MINVALUE") + ") TO (" +
                   rangeEnd(table, shard.bound.to, "MAXVALUE") + ")";
        case ShardMethod::kList:
        case ShardMethod::kReference:
            break;
    }
    return "FOR VALUES IN (" + literals(shard.bound.values) + ")";
}

std::string createParentSql(const ShardedTable& table) {
    std::vector<std::string> columns;
    for (const ShardColumn& column : table.columns) {
        columns.push_back(quoteIdentifier(column.name) + " " + column.type + (column.is_not_null ? " NOT NULL" : ""));
    }
    const std::string method = table.method == ShardMethod::kHash    ? "HASH"
                               : table.method == ShardMethod::kRange ? "RANGE"
                                                                     : "LIST";
    // A reference table has one partition, by whichever column.
    const std::vector<std::string> by =
        table.method == ShardMethod::kReference ? std::vector<std::string>{table.key.at(0)} : table.shard_by;
    return "CREATE TABLE " + qualified(table.schema, table.name) + " (" + join(columns, ", ") + ") PARTITION BY " +
           method + " (" + identifiers(by) + ")";
}

std::string createForeignSql(const ShardedTable& table, const ForeignTable& made) {
    std::vector<std::string> columns;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const ShardColumn& column = table.columns[i];
        columns.push_back(quoteIdentifier(column.name) + " " + column.type + optionsSql(made.column_options.at(i)) +
                          (column.is_not_null ? " NOT NULL" : ""));
    }
    return "CREATE FOREIGN TABLE " + qualified(made.schema, made.name) + " (" + join(columns, ", ") + ") SERVER " +
           quoteIdentifier(made.server) + optionsSql(made.options);
}

ForeignTable foreignTableAtPeer(const ShardedTable& table, const std::string& name, const std::string& server) {
    ForeignTable made;
    made.name = name;
    made.server = server;
    made.options = {{"schema_name", kShardSchema}, {"table_name", made.name}};
    for (const ShardColumn& column : table.columns) {
        const bool is_key = std::find(table.key.begin(), table.key.end(), column.name) != table.key.end();
        made.column_options.push_back(is_key ? Options{{"key", "true"}} : Options{});
    }
    return made;
}

std::string guardSql(const ShardedTable& table, const std::string& relation) {
    if (table.key.empty()) {
        return "CREATE TRIGGER has_a_key BEFORE UPDATE OR DELETE ON " + relation +
               " FOR EACH STATEMENT EXECUTE FUNCTION tessera_shard.refuse_without_key(" + literal(table.text()) + ")";
    }
    return "CREATE TRIGGER stays_in_its_shard BEFORE UPDATE OF " + identifiers(table.shard_by) + " ON " + relation +
           " FOR EACH STATEMENT EXECUTE FUNCTION tessera_shard.refuse_move(" + literal(table.text()) + ", " +
           literal(join(table.shard_by, ", ")) + ")";
}

std::string createTombstoneSql(const ShardedTable& table, const std::string& relation) {
    std::vector<std::string> columns;
    for (const ShardColumn& column : table.columns) {
        columns.push_back(quoteIdentifier(column.name) + " " + column.type);
    }
    const std::string name = qualified(kShardSchema, relation);
    const std::string arguments =
        "(" + literal(table.text()) + ", " + quoteLiteral(std::to_string(table.version)) + ")";
    return "CREATE VIEW " + name + " AS SELECT * FROM tessera_shard.has_moved" + arguments + " AS moved (" +
           join(columns, ", ") + "); CREATE TRIGGER has_moved INSTEAD OF INSERT OR UPDATE OR DELETE ON " + name +
           " FOR EACH ROW EXECUTE FUNCTION tessera_shard.refuse_moved" + arguments + "; GRANT ALL ON " + name +
           " TO PUBLIC";
}

const char* prepareSql() {
    return R"sql(
CREATE SCHEMA IF NOT EXISTS tessera_shard;
GRANT USAGE ON SCHEMA tessera_shard TO PUBLIC;
-- Which of the map's tables this PostgreSQL has, in which version.
CREATE TABLE IF NOT EXISTS tessera_shard.served (
    id bigint PRIMARY KEY, schema_name name NOT NULL, table_name name NOT NULL, version bigint NOT NULL,
    relation oid NOT NULL);
-- Their shards' relations here. A gate is a table of this node's, which others reach through it.
CREATE TABLE IF NOT EXISTS tessera_shard.relation (
    name name PRIMARY KEY, table_id bigint NOT NULL, is_gate boolean NOT NULL, is_tombstone boolean NOT NULL,
    made timestamptz NOT NULL DEFAULT now());
CREATE OR REPLACE FUNCTION tessera_shard.refuse_move() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE feature_not_supported USING
        MESSAGE = format('%s decides in which shard of %s a row is, and is not changed', TG_ARGV[1], TG_ARGV[0]),
        HINT = 'delete the row and insert it anew';
END $$;
CREATE OR REPLACE FUNCTION tessera_shard.refuse_without_key() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE feature_not_supported USING
        MESSAGE = format('rows of %s can not be told apart, so that none is changed', TG_ARGV[0]),
        HINT = 'declare the sharded table with a key';
END $$;
CREATE OR REPLACE FUNCTION tessera_shard.has_moved(sharded text, version text) RETURNS SETOF record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE serialization_failure USING
        MESSAGE = format('a shard of %s has moved: the shard map is at version %s', sharded, version),
        HINT = 'try again: the node that asked reads the map anew';
END $$;
CREATE OR REPLACE FUNCTION tessera_shard.refuse_while_switching() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE serialization_failure USING
        MESSAGE = format('a shard of %s is about to be at another place', TG_ARGV[0]), HINT = 'try again in a moment';
END $$;
-- As its owner: who may change the shard may not write here.
CREATE OR REPLACE FUNCTION tessera_shard.note_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen jsonb;
BEGIN
    FOREACH seen IN ARRAY CASE TG_OP WHEN 'INSERT' THEN ARRAY[to_jsonb(NEW)] WHEN 'DELETE' THEN ARRAY[to_jsonb(OLD)]
                          ELSE ARRAY[to_jsonb(OLD), to_jsonb(NEW)] END LOOP
        EXECUTE format('INSERT INTO tessera_shard.%I VALUES (pg_current_xact_id()::text::bigint, $1)', TG_ARGV[0])
            USING (SELECT jsonb_agg(seen -> k ORDER BY n)::text FROM unnest(TG_ARGV) WITH ORDINALITY AS key (k, n)
                    WHERE n > 1);
    END LOOP;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION tessera_shard.refuse_moved() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM tessera_shard.has_moved(TG_ARGV[0], TG_ARGV[1]) AS moved (nothing integer);
    RETURN NULL;
END $$;
)sql";
}

}  // namespace tessera::mesh
