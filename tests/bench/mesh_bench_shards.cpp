/// A table of four shards at three nodes: what an aggregate over all of them gains by their number, what it costs to
/// ask four instead of one, and what a look-up by key loses by going through the sharded table.

#include "tests/bench/mesh_bench.h"
#include "tests/support/mesh_nodes.h"

#include <algorithm>
#include <cstdio>
#include <thread>

namespace tessera::bench {
namespace {

using postgres::Connection;

constexpr int kShards = 4;
/// Speed-up that four cores for themselves should bring.
constexpr double kWantedSpeedUp = 3;
constexpr double kMostDispatch_ms = 3;
constexpr const char* kAggregate = "SELECT customer % 50, count(*), sum(amount), avg(amount) FROM ";

std::string placeOf(int shard, const std::string& table) {
    static const char* const kNodes[kShards] = {"a", "b", "c", "a"};
    return std::string(kNodes[shard]) + "/crm." + table + (shard == kShards - 1 ? "_2" : "");
}

Result<> declare(Connection& asked, const std::string& name, const std::string& table, int count) {
    std::string shards;
    for (int i = 0; i < kShards; ++i) {
        const std::string from = i == 0 ? "" : R"(, "from": [)" + std::to_string(count / kShards * i) + "]";
        const std::string to = i == kShards - 1 ? "" : R"(, "to": [)" + std::to_string(count / kShards * (i + 1)) + "]";
        shards += std::string(i == 0 ? "" : ", ") + R"({"at": ")" + placeOf(i, table) + "\"" + from + to + "}";
    }
    TSR_TRY(asked.query("SELECT tessera.create_sharded_table('" + name + "', 'range (id)', '[" + shards +
                        "]', key => '{id}', check_rows => false)"));
    return {};
}

/// Milliseconds of the aggregate over a table, asked of node c.
Contender aggregate(Connection& asked, const std::string& name, const std::string& table) {
    return {name, [&asked, table]() -> Result<> {
                TSR_TRY(asked.query(kAggregate + table + " GROUP BY 1"));
                return {};
            }};
}

/// The rows of the big and the small table: in four shards, and the big one's in one table as well.
Result<> fill(MeshNodes& mesh, int count) {
    for (int i = 0; i < kShards; ++i) {
        const std::string place = placeOf(i, "orders");
        Connection source = mesh.direct("crm_" + place.substr(0, 1));
        const auto rows = [&](int from, int to) {
            return " SELECT i, i % 1000, (i % 100000) / 4.0 FROM generate_series(" + std::to_string(from) + ", " +
                   std::to_string(to - 1) + ") i";
        };
        const std::string table = place.substr(place.find('.') + 1);
        const std::string small = "small" + table.substr(std::string("orders").size());
        TSR_TRY(source.execute("INSERT INTO " + table + rows(count / kShards * i, count / kShards * (i + 1))));
        TSR_TRY(source.execute("INSERT INTO " + small + rows(i, i + 1)));
        if (i == 0) {
            TSR_TRY(source.execute("INSERT INTO whole" + rows(0, count)));
            TSR_TRY(source.execute("VACUUM ANALYZE whole"));
        }
        TSR_TRY(source.execute("VACUUM ANALYZE " + table));
        TSR_TRY(source.execute("ANALYZE " + small));
    }
    return {};
}

/// How many processes a source has for the big tables: 0 is one core for each shard, as if each had a machine.
Result<> setParallelWorkers(MeshNodes& mesh, const std::string& change) {
    for (const char* database : {"crm_a", "crm_b", "crm_c"}) {
        Connection source = mesh.direct(database);
        for (const char* table : {"orders", "orders_2", "whole"}) {
            TSR_TRY(source.execute("ALTER TABLE " + std::string(table) + " " + change));
        }
    }
    return {};
}

Result<> benchAggregates(MeshNodes& mesh, Connection& asked, const MeshSize& size, std::vector<Row>& rows) {
    const double cores = std::min<unsigned>(std::max(std::thread::hardware_concurrency(), 1U), kShards);
    const auto four = aggregate(asked, "four shards", "sales.orders");
    const auto whole = aggregate(asked, "one shard with all rows", "sales.whole");
    TSR_TRY(setParallelWorkers(mesh, "SET (parallel_workers = 0)"));
    const auto big = TSR_TRY(medians({four, whole}, size.runs));
    rows.push_back({"shards_aggregate", "aggregate over 4 shards, one process each", big[0], "ms",
                    "one shard with all rows, one process", big[1] / big[0], kWantedSpeedUp * cores / kShards});
    TSR_TRY(setParallelWorkers(mesh, "RESET (parallel_workers)"));
    const auto parallel = TSR_TRY(medians({four, whole}, size.runs));
    rows.push_back({"shards_aggregate_parallel", "aggregate over 4 shards", parallel[0], "ms",
                    "one shard with all rows, which its source shares out among its cores", parallel[1] / parallel[0],
                    std::nullopt});
    // Hundreds of each, as one takes about as long as a look at the clock of a busy machine.
    const int times = size.is_short ? 20 : 300;
    const auto often = [times](const Contender& one) {
        return Contender{one.name, [one, times]() -> Result<> {
                             for (int i = 0; i < times; ++i) {
                                 TSR_TRY(one.run());
                             }
                             return {};
                         }};
    };
    const auto small = TSR_TRY(medians({often(aggregate(asked, "four shards of a row", "sales.small")),
                                        often(aggregate(asked, "one shard", "sales.single"))},
                                       size.runs));
    const double dispatch = (small[0] - small[1]) / times;
    rows.push_back({"shards_dispatch", "asking 4 shards instead of 1", dispatch, "ms", "3 ms",
                    kMostDispatch_ms / std::max(dispatch, 0.001), 1.0});
    return {};
}

/// The same keys, of the first shard, at its node: by the sharded table, and by the foreign table of its source.
Result<> benchLookups(MeshNodes& mesh, const MeshSize& size, int count, std::vector<Row>& rows) {
    const auto script = [&](const std::string& name, const std::string& table) {
        return writeFile(mesh.at(0).folder() / (name + ".sql"),
                         "\\set id random(0, " + std::to_string(count / kShards - 1) +
                             ")\nSELECT id, customer, amount FROM " + table + " WHERE id = :id;\n");
    };
    const auto by_table = script("by_table", "sales.orders");
    const auto direct = script("direct", "crm.orders");
    const PgbenchTarget target{"the source's foreign table",
                               "host=127.0.0.1 dbname=tessera sslmode=disable user=" +
                                   std::string(TemporaryNode::kUser) + " port=" + std::to_string(mesh.at(0).port()),
                               TemporaryNode::kPassword};
    for (const int clients : {1, 8}) {
        const auto times = TSR_TRY(medians(
            {pgbenchOf(target, by_table, clients, size.seconds), pgbenchOf(target, direct, clients, size.seconds)},
            size.runs));
        rows.push_back({"shards_lookup_" + std::to_string(clients),
                        "look-up by key in 4 shards, clients: " + std::to_string(clients), times[0], "us", target.name,
                        times[1] / times[0], 0.8});
    }
    return {};
}

constexpr int kNodes = static_cast<int>(kMembers);
constexpr const char* kJoin =
    "SELECT p.region, count(*), sum(s.amount) FROM sales.sold s JOIN sales.people p USING (person) GROUP BY 1 ORDER BY "
    "1";

/// Two tables in three shards each, neither by the column by which they are joined.
Result<> fillForJoin(MeshNodes& mesh, Connection& asked, int count) {
    const int people = count / 10;
    for (int i = 0; i < kNodes; ++i) {
        Connection source = mesh.direct(MeshNodes::databaseOf(static_cast<std::size_t>(i)));
        const auto third = [i](int of) {
            return " FROM generate_series(" + std::to_string(of / kNodes * i) + ", " +
                   std::to_string(of / kNodes * (i + 1) - 1) + ") i";
        };
        TSR_TRY(source.execute("INSERT INTO sold SELECT i, i::bigint * 7919 % " + std::to_string(people) +
                               ", (i % 100000) / 4.0" + third(count)));
        TSR_TRY(source.execute("INSERT INTO people SELECT i, i::bigint * 104729 % " + std::to_string(people) +
                               ", i % 50" + third(people)));
        TSR_TRY(source.execute("VACUUM ANALYZE sold"));
        TSR_TRY(source.execute("VACUUM ANALYZE people"));
    }
    for (const auto& [table, rows] : {std::pair("sold", count), std::pair("people", people)}) {
        std::string shards;
        for (int i = 0; i < kNodes; ++i) {
            const auto bound = [&](const char* side, int at) {
                return std::string(", \"") + side + "\": [" + std::to_string(rows / kNodes * at) + "]";
            };
            shards += std::string(i == 0 ? "" : ", ") + R"({"at": ")" + Nodes::nameOf(static_cast<std::size_t>(i)) +
                      "/crm." + table + "\"" + (i == 0 ? "" : bound("from", i)) +
                      (i == kNodes - 1 ? "" : bound("to", i + 1)) + "}";
        }
        TSR_TRY(asked.query(std::string("SELECT tessera.create_sharded_table('sales.") + table + "', 'range (id)', '[" +
                            shards + "]', key => '{id}', check_rows => false)"));
        TSR_TRY(asked.execute(std::string("ANALYZE sales.") + table));
    }
    return {};
}

/// What came to the node that was asked, by an EXPLAIN (ANALYZE, VERBOSE).
double kilobytesIn(const std::string& plan) {
    const std::string word = "Bytes Received: ";
    double bytes = 0;
    for (std::size_t at = 0; (at = plan.find(word, at)) != std::string::npos;) {
        at += word.size();
        bytes += std::stod(plan.substr(at));
    }
    return bytes / 1000;
}

Result<std::string> textOf(Connection& asked, const std::string& sql) {
    std::string text;
    for (const auto& row : TSR_TRY(asked.query(sql)).values) {
        for (const auto& value : row) {
            text += value.value_or("NULL") + "|";
        }
        text += "\n";
    }
    return text;
}

/// Shared out among the three nodes, and joined by the one that is asked.
Result<> benchRepartition(MeshNodes& mesh, Connection& asked, const MeshSize& size, int count, std::vector<Row>& rows) {
    TSR_TRY(fillForJoin(mesh, asked, count));
    const auto joined = [&asked](const std::string& name, const std::string& mode) {
        return Contender{
            name, [&asked, mode]() -> Result<> {
                TSR_TRY(asked.execute("SET tessera.shard_joins = off; SET tessera.repartition_joins = " + mode));
                TSR_TRY(asked.query(kJoin));
                return {};
            }};
    };
    const auto times = TSR_TRY(medians({joined("shared out", "force"), joined("joined here", "off")}, size.runs));
    const std::string explain = std::string("EXPLAIN (ANALYZE, VERBOSE) ") + kJoin;
    const std::string here = TSR_TRY(textOf(asked, kJoin));
    const double pulled = kilobytesIn(TSR_TRY(textOf(asked, explain)));
    TSR_TRY(asked.execute("SET tessera.repartition_joins = force"));
    if (TSR_TRY(textOf(asked, kJoin)) != here) {
        return fail(ErrorCode::kInternal, "a join that is shared out gives other rows");
    }
    const double to_here = kilobytesIn(TSR_TRY(textOf(asked, explain)));
    rows.push_back({"shards_join", "join by what neither is sharded by, shared out", times[0], "ms",
                    "ours, joined where it is asked", times[1] / times[0], std::nullopt});
    rows.push_back({"shards_join_bytes", "the same: kB to who asked", to_here, "kB",
                    "ours, joined where it is asked, kB there", pulled / std::max(to_here, 0.001), std::nullopt});
    return {};
}

}  // namespace

Result<> benchShards(const MeshSize& size, std::vector<Row>& rows) {
    const int count = size.orders / kShards * kShards;
    std::fprintf(stderr, "filling 4 shards of %d rows\n", count / kShards);
    const std::string columns = " (id int PRIMARY KEY, customer int NOT NULL, amount numeric(12,2));";
    std::string sql;
    for (const char* table : {"orders", "orders_2", "small", "small_2", "whole"}) {
        sql += "CREATE TABLE " + std::string(table) + columns;
    }
    sql +=
        "CREATE TABLE sold (id int PRIMARY KEY, person int NOT NULL, amount numeric(12,2)); CREATE TABLE people (id "
        "int "
        "PRIMARY KEY, person int NOT NULL, region int NOT NULL);";
    MeshNodes mesh(sql);
    TSR_TRY(fill(mesh, count));
    Connection asked = mesh.connect(2);
    TSR_TRY(declare(asked, "sales.orders", "orders", count));
    TSR_TRY(declare(asked, "sales.small", "small", kShards));
    TSR_TRY(
        asked.query("SELECT tessera.create_sharded_table('sales.whole', 'range (id)', '[\"a/crm.whole\"]', key => "
                    "'{id}', check_rows => false)"));
    // Empty, at a node that is not asked itself.
    TSR_TRY(
        asked.query("SELECT tessera.create_sharded_table('sales.single', 'range (id)', '[\"b/crm.whole\"]', key => "
                    "'{id}', check_rows => false)"));
    TSR_TRY(asked.execute("ANALYZE sales.orders; ANALYZE sales.whole"));
    TSR_TRY(benchAggregates(mesh, asked, size, rows));
    TSR_TRY(benchLookups(mesh, size, count, rows));
    return benchRepartition(mesh, asked, size, size.orders / 10, rows);
}

}  // namespace tessera::bench
