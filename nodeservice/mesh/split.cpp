#include "nodeservice/mesh/split.h"

#include "common/strings.h"
#include "nodeservice/mesh/shard_sql.h"

#include <algorithm>

namespace tessera::mesh {

namespace {

constexpr const char* kTrialSchema = "tessera_shard_trial";

Error unfit(const std::string& message, const std::string& hint) {
    return fail(ErrorCode::kInvalidArgument, message, hint);
}

Result<std::vector<ShardBound>> splitHash(const ShardedTable& table, const Shard& shard, const SplitWish& wish) {
    if (!wish.at.empty() || !wish.values.empty() || !wish.from.empty() || !wish.to.empty()) {
        return unfit("shards by hash have no values to split at", "leave them out: both get half of the rows");
    }
    const auto [modulus, remainder] = hashOf(table, shard);
    // PostgreSQL has partitions of several moduli in one table as long as each divides the next.
    return std::vector<ShardBound>{{.modulus = 2 * modulus, .remainder = remainder},
                                   {.modulus = 2 * modulus, .remainder = remainder + modulus}};
}

Result<std::vector<ShardBound>> splitRange(const ShardedTable& table, const Shard& shard, const SplitWish& wish) {
    const std::size_t columns = table.shard_by.size();
    if (shard.bound.is_default) {
        if (wish.from.size() != columns || wish.to.size() != columns || !wish.at.empty() || !wish.values.empty()) {
            return unfit("the default shard has no bounds of its own to split at",
                         "say 'from' and 'to' of the new shard, each with " + std::to_string(columns) + " value(s)");
        }
        return std::vector<ShardBound>{{.is_default = true}, {.from = wish.from, .to = wish.to}};
    }
    if (wish.at.size() != columns || !wish.values.empty() || !wish.from.empty() || !wish.to.empty()) {
        return unfit("a shard by range is split at one key",
                     "say 'at' with " + std::to_string(columns) + " value(s): " + join(table.shard_by, ", "));
    }
    return std::vector<ShardBound>{{.from = shard.bound.from, .to = wish.at}, {.from = wish.at, .to = shard.bound.to}};
}

Result<std::vector<ShardBound>> splitList(const Shard& shard, const SplitWish& wish) {
    if (wish.values.empty() || !wish.at.empty() || !wish.from.empty() || !wish.to.empty()) {
        return unfit("of a shard by list the new one takes some values", "say which: 'values'");
    }
    if (shard.bound.is_default) {
        return std::vector<ShardBound>{{.is_default = true}, {.values = wish.values}};
    }
    ShardBound rest = shard.bound;
    for (const std::string& value : wish.values) {
        if (std::erase(rest.values, value) == 0) {
            return unfit("'" + value + "' is none of the shard's values", "they are " + join(shard.bound.values, ", "));
        }
    }
    if (rest.values.empty()) {
        return unfit("nothing would be left in the shard", "'tessera shard move' brings all of it to another place");
    }
    return std::vector<ShardBound>{rest, {.values = wish.values}};
}

}  // namespace

Result<std::vector<ShardBound>> splitBounds(const ShardedTable& table, const Shard& shard, const SplitWish& wish) {
    return table.method == ShardMethod::kHash    ? splitHash(table, shard, wish)
           : table.method == ShardMethod::kRange ? splitRange(table, shard, wish)
                                                 : splitList(shard, wish);
}

Result<> tryBounds(postgres::Connection& connection, const ShardedTable& table, const Shard& shard,
                   const std::vector<ShardBound>& bounds) {
    ShardedTable parent = table;
    parent.schema = kTrialSchema;
    parent.name = "parent";
    TSR_TRY(
        connection.execute("BEGIN; SET LOCAL client_min_messages = error; SET LOCAL search_path = pg_catalog; "
                           "CREATE SCHEMA tessera_shard_trial"));
    const Result<> done = [&]() -> Result<> {
        for (const ShardColumn& column : table.columns) {
            TSR_TRY(connection.query("SELECT $1::regtype", {column.type}));
        }
        TSR_TRY(connection.execute(createParentSql(parent)));
        std::vector<Shard> shards;
        std::copy_if(table.shards.begin(), table.shards.end(), std::back_inserter(shards),
                     [&](const Shard& one) { return one.number != shard.number; });
        for (const ShardBound& bound : bounds) {
            shards.push_back(Shard{shard.number, 0, bound, {}});
        }
        for (std::size_t i = 0; i < shards.size(); ++i) {
            TSR_TRY(connection.execute("CREATE TABLE " + qualified(kTrialSchema, "s" + std::to_string(i)) +
                                       " PARTITION OF " + qualified(kTrialSchema, "parent") + " " +
                                       boundSql(table, shards[i])));
        }
        return {};
    }();
    TSR_TRY(connection.execute("ROLLBACK"));
    return done ? Result<>() : Result<>(Error(done.error()).withContext("these bounds can not be"));
}

}  // namespace tessera::mesh
