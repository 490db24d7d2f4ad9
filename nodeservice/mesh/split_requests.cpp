/// The request to split a shard.
#include "nodeservice/mesh/lookup.h"
#include "nodeservice/mesh/move_requests.h"
#include "nodeservice/mesh/place_maker.h"
#include "nodeservice/mesh/records.h"
#include "nodeservice/mesh/request_json.h"
#include "nodeservice/mesh/split.h"

#include <algorithm>
#include <vector>

namespace tessera::mesh {

Result<std::string> MoveRequests::split(const std::string& body) {
    const auto asked = parseRequest(body);
    const SplitWish wish{textsIn(asked, "at"), textsIn(asked, "values"), textsIn(asked, "from"), textsIn(asked, "to")};
    return repeat([&](const ShardMap& map) -> Result<std::string> {
        const auto [table, shard] = TSR_TRY(findShard(map, textIn(asked, "table"), numberIn(asked, "shard", -1)));
        TSR_TRY(checkMovable(table, shard));
        if (table.method == ShardMethod::kReference) {
            return fail(ErrorCode::kFailedPrecondition,
                        table.text() + " is a reference table, whose one shard has all rows");
        }
        if (!shard.replicas.empty()) {
            return fail(ErrorCode::kFailedPrecondition,
                        nameOf(table, shard) + " has replicas, which would have the rows of both halves",
                        "drop them first: 'tessera shard drop-replica'");
        }
        const std::string node = textIn(asked, "node").empty() ? shard.primary.node : textIn(asked, "node");
        TSR_TRY(checkNotDrained(map, node));
        TSR_TRY(checkPlacement(table, node));
        const auto bounds = TSR_TRY(splitBounds(table, shard, wish));
        auto connection = TSR_TRY(postgres::Connection::open(database_));
        TSR_TRY(tryBounds(connection, table, shard, bounds));
        const std::string schema = TSR_TRY(schemaForPlaces(connection, node_, table, node));
        const std::string name = nameForPlace(table, shard.number, map.version + 1);
        ShardMove wanted{.to = {node, schema, name}, .state = MoveState::kWaiting};
        wanted.rows_per_second = std::max<std::int64_t>(numberIn(asked, "rows_per_second", 0), 0);
        wanted.keeps_old = isSetIn(asked, "keep_old");
        wanted.makes_places = true;
        wanted.parts = {{wanted.to, bounds.at(0)}, {{node, schema, name + "_b"}, bounds.at(1)}};
        if (!TSR_TRY(store_.apply(startMove(table, shard.number, wanted, map.version)))) {
            return std::string();
        }
        const std::string what = "shard " + std::to_string(shard.number) + " is split into " + wanted.to.text() +
                                 " and " + wanted.parts[1].to.text();
        auto changes = nlohmann::json::array({{{"table", table.text()}, {"change", what}}});
        return dumpAnswer({{"tables", changes}, {"problems", nlohmann::json::array()}});
    });
}

}  // namespace tessera::mesh
