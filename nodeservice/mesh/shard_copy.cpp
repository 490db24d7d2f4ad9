#include "nodeservice/mesh/shard_copy.h"

#include "common/strings.h"
#include "nodeservice/mesh/place_table.h"
#include "nodeservice/mesh/router.h"
#include "nodeservice/mesh/shard_sql.h"

#include <algorithm>
#include <utility>

namespace tessera::mesh {

namespace {

constexpr int kRowsOfPart = 5000;
// Keys that one statement names: values in a list, or alternatives of several columns, each of which a source looks up
// by itself.
constexpr int kKeysOfList = 2000;
constexpr int kKeysOfAlternatives = 200;

template <class Block>
Result<> inTransaction(postgres::Connection& connection, Block&& block) {
    TSR_TRY(connection.execute("BEGIN"));
    Result<> done = block();
    if (!done) {
        (void)connection.execute("ROLLBACK");
        return done;
    }
    return connection.execute("COMMIT");
}

std::int64_t numberOf(const std::optional<std::string>& text) {
    return text ? std::stoll(*text) : 0;
}

}  // namespace

ShardCopy::ShardCopy(postgres::Connection& connection, const ShardedTable& table, const Shard& shard,
                     const std::string& node)
    : ShardCopy(connection, table, shard, node, shard.move->to, relationName(table, shard)) {}

ShardCopy::ShardCopy(postgres::Connection& connection, const ShardedTable& table, const Shard& shard,
                     const std::string& node, Place to, const std::string& name)
    : connection_(connection),
      table_(table),
      shard_(shard),
      is_local_(shard.primary.node == node),
      to_(std::move(to)),
      incoming_(name + "_incoming"),
      source_(qualified(kShardSchema, relationName(table, shard))),
      is_split_(shard.move && shard.move->to == to_ && !shard.move->parts.empty()),
      target_(qualified(kShardSchema, incoming_ + (is_split_ ? "_parts" : ""))),
      // Not by the name that the notes of this node's own shard have: it may serve that before cleanUp() is done.
      notes_(qualified(kShardSchema, is_local_ ? notesName(table, shard) : incoming_ + "_notes")) {}

std::string ShardCopy::keys(const std::string& alias) const {
    std::vector<std::string> texts;
    for (const std::string& column : table_.key) {
        texts.push_back(alias + "." + quoteIdentifier(column));
    }
    return join(texts, ", ");
}

std::string ShardCopy::columns(const std::string& alias) const {
    std::vector<std::string> texts;
    for (const ShardColumn& column : table_.columns) {
        texts.push_back((alias.empty() ? "" : alias + ".") + quoteIdentifier(column.name));
    }
    return join(texts, ", ");
}

std::string ShardCopy::sameKeys(const std::string& a, const std::string& b) const {
    std::vector<std::string> texts;
    for (const std::string& column : table_.key) {
        texts.push_back(a + "." + quoteIdentifier(column) + " = " + b + "." + quoteIdentifier(column));
    }
    return join(texts, " AND ");
}

const std::string& ShardCopy::typeOfKey(std::size_t number) const {
    return std::find_if(table_.columns.begin(), table_.columns.end(),
                        [&](const ShardColumn& one) { return one.name == table_.key[number]; })
        ->type;
}

/// A note is a JSON array of the key's values.
std::string ShardCopy::keyOfNote(const std::string& note) const {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < table_.key.size(); ++i) {
        texts.push_back("(" + note + "::jsonb ->> " + std::to_string(i) + ")::" + typeOfKey(i) + " AS " +
                        quoteIdentifier(table_.key[i]));
    }
    return join(texts, ", ");
}

Result<> ShardCopy::prepare() {
    if (!is_local_) {
        server_ = TSR_TRY(Router::serverOf(connection_, shard_.primary.node));
    }
    // What is copied is the shard itself, never a copy of it.
    TSR_TRY(
        connection_.execute("SET client_min_messages = warning; SET search_path = pg_catalog; SET "
                            "tessera.read_replicas = off"));
    return inTransaction(connection_, [&]() -> Result<> {
        TSR_TRY(cleanUp());
        TSR_TRY(makeTarget());
        if (is_local_) {
            return makeTables();
        }
        TSR_TRY(connection_.execute("CREATE FOREIGN TABLE " + notes_ + " (transaction bigint, key text) SERVER " +
                                    quoteIdentifier(server_) + " OPTIONS (schema_name " + quoteLiteral(kShardSchema) +
                                    ", table_name " + quoteLiteral(notesName(table_, shard_)) + ")"));
        return makeTables();
    });
}

/// Of a split: a table whose partitions are the new places, so that PostgreSQL shares the rows out.
Result<> ShardCopy::makeTarget() {
    const std::string& name = incoming_;
    if (!is_split_) {
        return connection_.execute(
            createForeignSql(table_, TSR_TRY(foreignTableAtSource(connection_, table_, to_, name))));
    }
    ShardedTable parent = table_;
    parent.schema = kShardSchema;
    parent.name = name + "_parts";
    TSR_TRY(connection_.execute(createParentSql(parent)));
    for (std::size_t i = 0; i < shard_.move->parts.size(); ++i) {
        const ShardPart& part = shard_.move->parts[i];
        const ForeignTable made = TSR_TRY(foreignTableAtSource(connection_, table_, part.to, name + std::to_string(i)));
        TSR_TRY(connection_.execute(createForeignSql(table_, made)));
        TSR_TRY(connection_.execute("ALTER TABLE " + target_ + " ATTACH PARTITION " +
                                    qualified(made.schema, made.name) + " " +
                                    boundSql(table_, Shard{shard_.number, 0, part.bound, part.to})));
    }
    return {};
}

/// The keys to be brought over, and those that were since all rows were compared.
Result<> ShardCopy::makeTables() {
    return connection_.execute("CREATE TEMP TABLE pending AS SELECT " + keys("s") + " FROM " + source_ +
                               " s WHERE false; CREATE TEMP TABLE touched (LIKE pending)");
}

Result<> ShardCopy::cleanUp() {
    return connection_.execute(
        (is_split_ ? "DROP TABLE IF EXISTS " + target_ : "DROP FOREIGN TABLE IF EXISTS " + target_) +
        (is_local_ ? "" : "; DROP FOREIGN TABLE IF EXISTS " + notes_) +
        "; DROP TABLE IF EXISTS pg_temp.pending, pg_temp.touched, pg_temp.part");
}

Result<ShardCopy::Horizon> ShardCopy::horizon() {
    const std::string sql = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, pg_postmaster_start_time()::text";
    const postgres::Rows rows = TSR_TRY(
        is_local_ ? connection_.query(sql)
                  : connection_.query("SELECT * FROM tessera.remote_query($1, $2) AS told (transaction text, started "
                                      "text)",
                                      {server_, sql}));
    return Horizon{numberOf(rows.values.at(0).at(0)), rows.values.at(0).at(1).value_or("")};
}

Result<> ShardCopy::empty() {
    return connection_.execute("DELETE FROM " + target_);
}

Result<> ShardCopy::goOn() {
    const Horizon begin = TSR_TRY(horizon());
    seen_ = begin.transaction;
    started_ = begin.started;
    return {};
}

Result<> ShardCopy::forgetChanged() {
    return connection_.execute("TRUNCATE pg_temp.touched");
}

Result<> ShardCopy::copyAll(const std::function<bool(std::int64_t rows)>& progress) {
    TSR_TRY(goOn());
    TSR_TRY(empty());
    std::int64_t rows = 0;
    std::vector<std::optional<std::string>> last;
    while (true) {
        // Behind the last key of the part before: k1 > $1 OR (k1 = $1 AND k2 > $2) …
        std::string behind;
        for (std::size_t i = last.size(); i-- > 0;) {
            const std::string column = "s." + quoteIdentifier(table_.key[i]);
            const std::string value = quoteLiteral(last[i].value_or(""));
            behind = behind.empty()
                         ? column + " > " + value
                         : column + " > " + value + " OR (" + column + " = " + value + " AND (" + behind + "))";
        }
        const Result<std::int64_t> copied = copyPart(behind, last);
        if (!copied) {
            return copied.error();
        }
        rows += *copied;
        if (!progress(rows)) {
            return fail(ErrorCode::kCancelled, "the move was cancelled");
        }
        if (*copied < kRowsOfPart) {
            return {};
        }
    }
}

Result<std::int64_t> ShardCopy::copyPart(const std::string& behind, std::vector<std::optional<std::string>>& last) {
    std::vector<std::string> descending;
    for (const std::string& column : table_.key) {
        descending.push_back("p." + quoteIdentifier(column) + " DESC");
    }
    std::int64_t copied = 0;
    const Result<> done = inTransaction(connection_, [&]() -> Result<> {
        TSR_TRY(connection_.execute("CREATE TEMP TABLE part ON COMMIT DROP AS SELECT " + columns("s") + " FROM " +
                                    source_ + " s" + (behind.empty() ? "" : " WHERE " + behind) + " ORDER BY " +
                                    keys("s") + " LIMIT " + std::to_string(kRowsOfPart)));
        const auto made = connection_.query("INSERT INTO " + target_ + " (" + columns("") + ") SELECT " + columns("p") +
                                            " FROM pg_temp.part p");
        if (!made) {
            return made.error();
        }
        copied = made->affected;
        const auto end = connection_.query("SELECT " + keys("p") + " FROM pg_temp.part p ORDER BY " +
                                           join(descending, ", ") + " LIMIT 1");
        if (!end) {
            return end.error();
        }
        last = end->values.empty() ? last : end->values.front();
        return {};
    });
    return done ? Result<std::int64_t>(copied) : Result<std::int64_t>(done.error());
}

Result<std::int64_t> ShardCopy::catchUp() {
    const Horizon now = TSR_TRY(horizon());
    if (now.started != started_) {
        // A crash there may have come between a change at the source and its note.
        return fail(ErrorCode::kAborted, "the PostgreSQL of node '" + shard_.primary.node + "' was started again");
    }
    const std::string noted = " FROM " + notes_ + " n WHERE n.transaction >= " + std::to_string(seen_);
    const postgres::Rows found = TSR_TRY(connection_.query("SELECT count(*), bool_or(n.key = '')" + noted));
    if (found.values.at(0).at(1) == "t") {
        // In the place of those that were dropped (replica_notes.h).
        return fail(ErrorCode::kAborted, "more rows have changed than node '" + shard_.primary.node + "' notes");
    }
    if (numberOf(found.values[0][0]) > 0) {
        TSR_TRY(connection_.execute("INSERT INTO pg_temp.pending SELECT DISTINCT " + keyOfNote("n.key") + noted));
    }
    const std::int64_t count = numberOf(TSR_TRY(connection_.queryValue("SELECT count(*) FROM pg_temp.pending")));
    if (count > 0) {
        TSR_TRY(bringOver());
    }
    seen_ = now.transaction;
    return count;
}

/// All are deleted before any is inserted: what is unique may have gone from one row to another.
Result<> ShardCopy::bringOver() {
    return inTransaction(connection_, [&]() -> Result<> {
        TSR_TRY(forKeys("pending", [&](const postgres::Rows& keys) {
            return connection_.execute("DELETE FROM " + target_ + " t WHERE " + hasKeyOf("t", keys));
        }));
        TSR_TRY(forKeys("pending", [&](const postgres::Rows& keys) {
            return connection_.execute("INSERT INTO " + target_ + " (" + columns("") + ") SELECT " + columns("s") +
                                       " FROM " + source_ + " s WHERE " + hasKeyOf("s", keys));
        }));
        return connection_.execute(
            "INSERT INTO pg_temp.touched SELECT * FROM pg_temp.pending; TRUNCATE pg_temp.pending");
    });
}

Result<> ShardCopy::forKeys(const std::string& table, const std::function<Result<>(const postgres::Rows& keys)>& take) {
    TSR_TRY(connection_.execute("DECLARE some_keys NO SCROLL CURSOR FOR SELECT DISTINCT " + keys("p") +
                                " FROM pg_temp." + table + " p"));
    const int count = table_.key.size() == 1 ? kKeysOfList : kKeysOfAlternatives;
    const std::string fetch = "FETCH " + std::to_string(count) + " FROM some_keys";
    while (true) {
        const postgres::Rows keys = TSR_TRY(connection_.query(fetch));
        if (keys.values.empty()) {
            return connection_.execute("CLOSE some_keys");
        }
        TSR_TRY(take(keys));
    }
}

std::string ShardCopy::hasKeyOf(const std::string& alias, const postgres::Rows& keys) const {
    const auto column = [&](std::size_t i) { return alias + "." + quoteIdentifier(table_.key[i]); };
    std::vector<std::string> texts;
    for (const auto& key : keys.values) {
        if (key.size() == 1) {
            texts.push_back(quoteLiteral(key[0].value_or("")));
            continue;
        }
        std::vector<std::string> equal;
        for (std::size_t i = 0; i < key.size(); ++i) {
            equal.push_back(column(i) + " = " + quoteLiteral(key[i].value_or("")));
        }
        texts.push_back("(" + join(equal, " AND ") + ")");
    }
    return table_.key.size() == 1 ? column(0) + " = ANY (ARRAY[" + join(texts, ", ") + "]::" + typeOfKey(0) + "[])"
                                  : join(texts, " OR ");
}

std::string ShardCopy::eitherKey() const {
    std::vector<std::string> either;
    for (const std::string& column : table_.key) {
        either.push_back("coalesce(s." + quoteIdentifier(column) + ", t." + quoteIdentifier(column) + ")");
    }
    return join(either, ", ");
}

Result<std::int64_t> ShardCopy::compareAll() {
    TSR_TRY(connection_.execute("TRUNCATE pg_temp.touched"));
    return TSR_TRY(connection_.query("INSERT INTO pg_temp.pending SELECT " + eitherKey() + " FROM (SELECT " +
                                     columns("x") + " FROM " + source_ + " x) s FULL JOIN (SELECT " + columns("y") +
                                     " FROM " + target_ + " y) t ON " + sameKeys("s", "t") +
                                     " WHERE s IS DISTINCT FROM t"))
        .affected;
}

std::string ShardCopy::different(const postgres::Rows& keys) const {
    const auto rows = [&](const std::string& table, const std::string& alias) {
        return "(SELECT " + columns(alias) + " FROM " + table + " " + alias + " WHERE " + hasKeyOf(alias, keys) + ")";
    };
    return " FROM " + rows(source_, "x") + " s FULL JOIN " + rows(target_, "y") + " t ON " + sameKeys("s", "t") +
           " WHERE s IS DISTINCT FROM t";
}

Result<std::int64_t> ShardCopy::recheckChanged() {
    const std::int64_t count = numberOf(TSR_TRY(connection_.queryValue("SELECT count(*) FROM pg_temp.touched")));
    TSR_TRY(inTransaction(connection_, [&] {
        return forKeys("touched", [&](const postgres::Rows& keys) {
            return connection_.execute("INSERT INTO pg_temp.pending SELECT " + eitherKey() + different(keys));
        });
    }));
    TSR_TRY(forgetChanged());
    return count;
}

Result<std::int64_t> ShardCopy::compareChanged() {
    std::int64_t count = 0;
    const auto compare = [&](const postgres::Rows& keys) -> Result<> {
        count += numberOf(TSR_TRY(connection_.queryValue("SELECT count(*)" + different(keys))));
        return {};
    };
    TSR_TRY(inTransaction(connection_, [&] { return forKeys("touched", compare); }));
    return count;
}

}  // namespace tessera::mesh
