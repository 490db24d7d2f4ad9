#include "app/core/shards/shard_map.h"

#include "app/core/catalog/catalog_model.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>

namespace tessera::app {

namespace {

// Rows (kind, body): the views as they are, as JSON, so that a newer node may say more; and of each place that this
// node has, how much is there and who has it open: by its own name, or by the one by which other nodes reach the shard.
constexpr const char* kMapStatement = R"sql(
WITH shard AS MATERIALIZED (SELECT * FROM tessera.shards),
here AS (
  SELECT s.place, c.oid, c.reltuples, v.srvname,
         (SELECT g.oid FROM pg_catalog.pg_class g JOIN pg_catalog.pg_namespace gn ON gn.oid = g.relnamespace
           WHERE gn.nspname = 'tessera_shard' AND g.relname ~ ('_s' || s.shard || '_e' || s.epoch || '$')
           LIMIT 1) AS gate
    FROM shard s
    JOIN pg_catalog.pg_namespace n ON n.nspname = pg_catalog.split_part(s.place, '.', 1)
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = pg_catalog.split_part(s.place, '.', 2)
    JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
    JOIN pg_catalog.pg_foreign_server v ON v.oid = f.ftserver)
SELECT 'table' AS kind, pg_catalog.to_jsonb(t)::text AS body FROM tessera.sharded_tables t
UNION ALL SELECT 'shard', pg_catalog.to_jsonb(s)::text FROM shard s
UNION ALL SELECT 'move', pg_catalog.to_jsonb(m)::text FROM tessera.shard_moves m
UNION ALL SELECT 'node', pg_catalog.to_jsonb(n)::text FROM tessera.mesh_nodes n
UNION ALL
SELECT 'here', pg_catalog.jsonb_build_object('place', h.place, 'rows', CASE WHEN h.reltuples >= 0 THEN h.reltuples END,
    'source', h.srvname, 'reading', (
      SELECT count(DISTINCT k.pid) FROM pg_catalog.pg_locks k
       WHERE k.locktype = 'relation' AND k.granted AND k.relation IN (h.oid, h.gate)
         AND k.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
         AND k.pid <> pg_catalog.pg_backend_pid()))::text
  FROM here h)sql";

// Tables of peers are left out: they are places of those.
constexpr const char* kPlacesStatement = R"sql(
SELECT n.nspname::text, c.relname::text, s.srvname::text, CASE WHEN c.reltuples >= 0 THEN c.reltuples::float8::text END
  FROM pg_catalog.pg_foreign_table f
  JOIN pg_catalog.pg_class c ON c.oid = f.ftrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
 WHERE n.nspname NOT LIKE 'tessera\_shard%' AND n.nspname !~ '[./]' AND c.relname !~ '[./]'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_options_to_table(s.srvoptions) o
                    WHERE o.option_name = 'connector' AND o.option_value = 'node')
 ORDER BY 1, 2)sql";

constexpr std::uint32_t kTimeout_ms = 10'000;
// Trying a place out reads its source.
constexpr std::uint32_t kChangeTimeout_ms = 180'000;

QStringList textsOf(const QJsonValue& value) {
    QStringList texts;
    for (const QJsonValue& one : value.toArray()) {
        texts += one.toString();
    }
    return texts;
}

qint64 number(const QJsonValue& value) {
    return value.toVariant().toLongLong();
}

std::optional<double> optionalNumber(const QJsonValue& value) {
    return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
}

/// As a person reads it: lists without brackets.
QString plainText(const QJsonValue& value) {
    if (value.isArray()) {
        QStringList texts;
        for (const QJsonValue& one : value.toArray()) {
            texts += plainText(one);
        }
        return texts.join(QStringLiteral(", "));
    }
    return value.isObject() ? QString::fromUtf8(QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact))
                            : value.toVariant().toString();
}

ShardedTableState readTable(const QJsonObject& body) {
    ShardedTableState table;
    table.name = body[QLatin1String("name")].toString();
    table.method = body[QLatin1String("method")].toString();
    table.shard_by = textsOf(body[QLatin1String("shard_by")]);
    table.key = textsOf(body[QLatin1String("key")]);
    if (const QJsonValue readers = body[QLatin1String("readers")]; readers.isArray()) {
        table.readers = textsOf(readers);
    }
    table.writers = textsOf(body[QLatin1String("writers")]);
    table.version = number(body[QLatin1String("version")]);
    return table;
}

ShardState readShard(const QJsonObject& body) {
    ShardState shard;
    shard.number = static_cast<int>(number(body[QLatin1String("shard")]));
    shard.rows_of = body[QLatin1String("rows_of")].toString();
    shard.node = body[QLatin1String("node")].toString();
    shard.place = body[QLatin1String("place")].toString();
    shard.epoch = number(body[QLatin1String("epoch")]);
    shard.rows = optionalNumber(body[QLatin1String("rows")]);
    shard.bytes = optionalNumber(body[QLatin1String("bytes")]);
    const QStringList known = {QStringLiteral("name"), QStringLiteral("shard"), QStringLiteral("rows_of"),
                               QStringLiteral("node"), QStringLiteral("place"), QStringLiteral("epoch"),
                               QStringLiteral("rows"), QStringLiteral("bytes")};
    for (auto field = body.begin(); field != body.end(); ++field) {
        const QString text = plainText(field.value());
        if (!known.contains(field.key()) && !text.isEmpty()) {
            shard.more.emplace_back(field.key(), text);
        }
    }
    return shard;
}

MovingShard readMove(const QJsonObject& body) {
    MovingShard move;
    move.from = body[QLatin1String("from_place")].toString();
    move.to = body[QLatin1String("to_place")].toString();
    move.state = body[QLatin1String("state")].toString();
    move.rows_copied = number(body[QLatin1String("rows_copied")]);
    move.rows_deleted = number(body[QLatin1String("rows_deleted")]);
    move.rows_per_second = number(body[QLatin1String("rows_per_second")]);
    move.problem = body[QLatin1String("problem")].toString();
    return move;
}

ShardedTableState* find(ShardAnswer& answer, const QString& name) {
    const auto found = std::find_if(answer.tables.begin(), answer.tables.end(),
                                    [&](const ShardedTableState& table) { return table.name == name; });
    return found == answer.tables.end() ? nullptr : &*found;
}

void takeRow(ShardAnswer& answer, const QString& kind, const QJsonObject& body) {
    const QString name = body[QLatin1String("name")].toString();
    if (kind == QLatin1String("table")) {
        answer.tables.push_back(readTable(body));
    } else if (kind == QLatin1String("node")) {
        const QJsonValue shards = body[QLatin1String("shards")];
        answer.nodes.push_back({body[QLatin1String("node")].toString(), number(body[QLatin1String("version")]),
                                body[QLatin1String("problem")].toString(),
                                shards.isDouble() ? std::optional(shards.toInt()) : std::nullopt,
                                body[QLatin1String("is_drained")].toBool()});
    } else if (kind == QLatin1String("here")) {
        answer.here.push_back({body[QLatin1String("place")].toString(), optionalNumber(body[QLatin1String("rows")]),
                               body[QLatin1String("reading")].toInt(), body[QLatin1String("source")].toString()});
    } else if (ShardedTableState* table = find(answer, name); table != nullptr && kind == QLatin1String("shard")) {
        table->shards.push_back(readShard(body));
    } else if (table != nullptr && kind == QLatin1String("move")) {
        for (ShardState& shard : table->shards) {
            if (shard.number == body[QLatin1String("shard")].toInt(-1)) {
                // What is left of a move before is not in the way of the next.
                const MovingShard move = readMove(body);
                shard.move = shard.move && !shard.move->isOver() ? shard.move : std::optional(move);
            }
        }
    }
}

/// What its own node says of a shard.
void addSize(ShardState& shard, const std::vector<std::pair<QString, ShardAnswer>>& answers) {
    for (const auto& [node, answer] : answers) {
        if (node != shard.node) {
            continue;
        }
        for (const ShardAnswer::Here& here : answer.here) {
            if (here.place == shard.place) {
                shard.rows = shard.rows ? shard.rows : here.rows;
                shard.reading = here.reading;
                shard.source = here.source;
            }
        }
    }
}

client::QueryRequest change(const char* sql, std::vector<client::QueryParameter> parameters) {
    return {.sql = sql, .parameters = std::move(parameters), .batch_bytes = 0, .timeout_ms = kChangeTimeout_ms};
}

QString literal(QString text) {
    return QLatin1Char('\'') + text.replace(QLatin1Char('\''), QLatin1String("''")) + QLatin1Char('\'');
}

}  // namespace

bool ShardPicture::isMoving() const {
    return std::any_of(tables.begin(), tables.end(), [](const ShardedTableState& table) {
        return std::any_of(table.shards.begin(), table.shards.end(),
                           [](const ShardState& shard) { return shard.move.has_value(); });
    });
}

const ShardedTableState* ShardPicture::find(const QString& table) const {
    const auto found =
        std::find_if(tables.begin(), tables.end(), [&](const ShardedTableState& one) { return one.name == table; });
    return found == tables.end() ? nullptr : &*found;
}

client::QueryRequest shardMapRequest() {
    return {.sql = kMapStatement, .parameters = {}, .batch_bytes = 0, .timeout_ms = kTimeout_ms};
}

ShardAnswer readShardAnswer(const RowsQuery::Rows& rows) {
    ShardAnswer answer;
    // Moves are of shards, and shards of tables, in whatever order they come.
    for (const char* kind : {"table", "shard", "move", "node", "here"}) {
        for (const RowsQuery::Row& row : rows) {
            if (row.size() == 2 && row[0] == QLatin1String(kind)) {
                takeRow(answer, row[0], QJsonDocument::fromJson(row[1].toUtf8()).object());
            }
        }
    }
    for (ShardedTableState& table : answer.tables) {
        std::sort(table.shards.begin(), table.shards.end(),
                  [](const ShardState& a, const ShardState& b) { return a.number < b.number; });
    }
    return answer;
}

ShardPicture shardPicture(const std::vector<std::pair<QString, ShardAnswer>>& answers) {
    const auto freshness = [](const ShardAnswer& answer) {
        qint64 newest = 0;
        for (const ShardNodeState& node : answer.nodes) {
            newest = std::max(newest, node.version);
        }
        return newest;
    };
    std::vector<const ShardAnswer*> newest_first;
    for (const auto& [node, answer] : answers) {
        newest_first.push_back(&answer);
    }
    std::stable_sort(newest_first.begin(), newest_first.end(),
                     [&](const ShardAnswer* a, const ShardAnswer* b) { return freshness(*a) > freshness(*b); });
    ShardPicture picture;
    for (const ShardAnswer* answer : newest_first) {
        // Who tells of the same nodes tells of the same map.
        const bool is_known = std::any_of(answer->nodes.begin(), answer->nodes.end(), [&](const ShardNodeState& told) {
            return std::any_of(picture.nodes.begin(), picture.nodes.end(),
                               [&](const ShardNodeState& known) { return known.node == told.node; });
        });
        if (!is_known) {
            picture.tables.insert(picture.tables.end(), answer->tables.begin(), answer->tables.end());
            picture.nodes.insert(picture.nodes.end(), answer->nodes.begin(), answer->nodes.end());
        }
    }
    for (ShardedTableState& table : picture.tables) {
        for (ShardState& shard : table.shards) {
            addSize(shard, answers);
        }
    }
    std::sort(picture.tables.begin(), picture.tables.end(),
              [](const ShardedTableState& a, const ShardedTableState& b) { return a.name < b.name; });
    std::sort(picture.nodes.begin(), picture.nodes.end(),
              [](const ShardNodeState& a, const ShardNodeState& b) { return a.node < b.node; });
    return picture;
}

QString moveShardStatement(const ShardMoveOrder& order) {
    return QStringLiteral("SELECT tessera.move_shard(%1, %2, %3, %4, keep_old => %5);")
        .arg(literal(order.table), QString::number(order.shard), literal(order.to),
             QString::number(order.rows_per_second),
             order.keeps_old ? QStringLiteral("true") : QStringLiteral("false"));
}

client::QueryRequest moveShardRequest(const ShardMoveOrder& order) {
    return change("SELECT tessera.move_shard($1, $2, $3, $4, keep_old => $5)",
                  {{order.table.toStdString(), "text"},
                   {std::to_string(order.shard), "integer"},
                   {order.to.toStdString(), "text"},
                   {std::to_string(order.rows_per_second), "integer"},
                   {order.keeps_old ? "true" : "false", "boolean"}});
}

QString movePaceStatement(const QString& table, int shard, int rows_per_second) {
    return QStringLiteral("SELECT tessera.throttle_move(%1, %2, %3);")
        .arg(literal(table), QString::number(shard), QString::number(rows_per_second));
}

client::QueryRequest movePaceRequest(const QString& table, int shard, int rows_per_second) {
    return change("SELECT tessera.throttle_move($1, $2, $3)", {{table.toStdString(), "text"},
                                                               {std::to_string(shard), "integer"},
                                                               {std::to_string(rows_per_second), "integer"}});
}

client::QueryRequest cancelMoveRequest(const QString& table, int shard) {
    return change("SELECT tessera.cancel_move($1, $2)",
                  {{table.toStdString(), "text"}, {std::to_string(shard), "integer"}});
}

client::QueryRequest dropShardedTableRequest(const QString& table) {
    return change("SELECT tessera.drop_sharded_table($1)", {{table.toStdString(), "text"}});
}

client::QueryRequest countRowsRequest(const QString& place) {
    const QString name = qualifiedName(place.section(QLatin1Char('.'), 0, 0), place.section(QLatin1Char('.'), 1));
    return {.sql = "SELECT count(*)::text FROM " + name.toStdString(), .parameters = {}};
}

client::QueryRequest shardPlacesRequest() {
    return {.sql = kPlacesStatement, .parameters = {}, .batch_bytes = 0, .timeout_ms = kTimeout_ms};
}

std::vector<ShardPlace> readShardPlaces(const RowsQuery::Rows& rows) {
    std::vector<ShardPlace> places;
    for (const RowsQuery::Row& row : rows) {
        if (row.size() == 4) {
            places.push_back(
                {row[0], row[1], row[2], row[3].isNull() ? std::nullopt : std::optional(row[3].toDouble())});
        }
    }
    return places;
}

QString roughCount(const std::optional<double>& rows) {
    return rows ? QStringLiteral("≈ ") + compactCount(*rows) : QString();
}

QString sentenceOf(const QString& text) {
    const bool is_place = text.section(QLatin1Char(' '), 0, 0).contains(QLatin1Char('/'));
    return is_place ? text : text.left(1).toUpper() + text.mid(1);
}

QString sentenceOf(const Error& error) {
    const QString text = sentenceOf(QString::fromStdString(error.message));
    return error.hint.empty() ? text : text + QLatin1Char('\n') + sentenceOf(QString::fromStdString(error.hint));
}

}  // namespace tessera::app
