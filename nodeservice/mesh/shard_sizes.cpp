#include "nodeservice/mesh/shard_sizes.h"

#include "nodeservice/mesh/records.h"
#include "nodeservice/mesh/shard_sql.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace tessera::mesh {

namespace {

constexpr std::chrono::seconds kPause{10};

/// Of a source that does not know, no more rows are counted than this: it has at least so many then.
constexpr const char* kRows =
    "SELECT coalesce(tessera.source_row_count($1::regclass), (SELECT count(*) FROM (SELECT FROM %1 LIMIT 100001) "
    "x))::bigint";
constexpr const char* kWidth = "SELECT avg(pg_column_size(x.*))::bigint FROM (SELECT * FROM %1 LIMIT 200) x";

std::string with(std::string sql, const std::string& relation) {
    return sql.replace(sql.find("%1"), 2, relation);
}

Result<ShardSize> sizeOf(postgres::Connection& connection, const std::string& relation) {
    const auto rows = TSR_TRY(connection.queryValue(with(kRows, relation), {relation}));
    const auto width = TSR_TRY(connection.queryValue(with(kWidth, relation)));
    ShardSize size;
    size.rows = rows ? std::stoll(*rows) : 0;
    size.bytes = size.rows * (width ? std::stoll(*width) : 0);
    return size;
}

bool isNotable(const std::optional<ShardSize>& before, const ShardSize& now) {
    return !before || std::llabs(before->rows - now.rows) * 20 > before->rows ||
           std::llabs(before->bytes - now.bytes) * 10 > before->bytes;
}

}  // namespace

Result<> ShardSizes::measure(const ShardMap& map) {
    due_ = Clock::now() + kPause;
    postgres::ConnectionSettings settings = database_;
    settings.more["application_name"] = "tessera-node sizes";
    std::optional<postgres::Connection> connection;
    for (const ShardedTable& table : map.tables) {
        for (const Shard& shard : table.shards) {
            if (shard.primary.node != node_) {
                continue;
            }
            if (!connection) {
                connection.emplace(TSR_TRY(postgres::Connection::open(settings)));
                TSR_TRY(connection->execute("SET statement_timeout = '5s'; SET search_path = pg_catalog"));
            }
            const auto size = sizeOf(*connection, qualified(kShardSchema, relationName(table, shard)));
            // What can't be asked now is as large as it was.
            if (size && isNotable(shard.size, *size)) {
                TSR_TRY(store_.apply(noteSize(table, shard.number, *size)));
            }
        }
    }
    return {};
}

}  // namespace tessera::mesh
