#include "app/core/shards/shard_plan.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <utility>

namespace tessera::app {

namespace {

// Places are tried out, which reads their sources.
constexpr std::uint32_t kTimeout_ms = 180'000;

QString literal(QString text) {
    return QLatin1Char('\'') + text.replace(QLatin1Char('\''), QLatin1String("''")) + QLatin1Char('\'');
}

/// As PostgreSQL writes an array of texts: '{"a","b"}'.
QString arrayText(const QStringList& values) {
    QStringList quoted;
    for (QString value : values) {
        value.replace(QLatin1Char('\\'), QLatin1String("\\\\")).replace(QLatin1Char('"'), QLatin1String("\\\""));
        quoted += QLatin1Char('"') + value + QLatin1Char('"');
    }
    return QLatin1Char('{') + quoted.join(QLatin1Char(',')) + QLatin1Char('}');
}

client::QueryRequest request(const char* sql, std::vector<client::QueryParameter> parameters) {
    return {.sql = sql, .parameters = std::move(parameters), .batch_bytes = 0, .timeout_ms = kTimeout_ms};
}

std::optional<double> numberOf(const QJsonValue& value) {
    return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
}

}  // namespace

QString shardPlanStatement(const ShardsOrder& order) {
    const bool is_drain = order.kind == ShardsOrder::Kind::kDrain;
    QStringList arguments;
    if (const QString& subject = is_drain ? order.node : order.table; !subject.isEmpty()) {
        arguments += literal(subject);
    }
    if (order.rows_per_second > 0) {
        arguments += QStringLiteral("rows_per_second => %1").arg(order.rows_per_second);
    }
    if (order.keeps_old) {
        arguments += QStringLiteral("keep_old => true");
    }
    return QStringLiteral("SELECT * FROM tessera.%1(%2);")
        .arg(is_drain ? QStringLiteral("drain_node") : QStringLiteral("rebalance"),
             arguments.join(QStringLiteral(", ")));
}

client::QueryRequest shardPlanRequest(const ShardsOrder& order, PlanRun run) {
    QJsonObject body{{QStringLiteral("dry_run"), run == PlanRun::kDry},
                     {QStringLiteral("rows_per_second"), order.rows_per_second},
                     {QStringLiteral("keep_old"), order.keeps_old}};
    const bool is_drain = order.kind == ShardsOrder::Kind::kDrain;
    if (is_drain) {
        body[QStringLiteral("node")] = order.node;
    } else {
        body[QStringLiteral("table")] = order.table.isEmpty() ? QJsonValue() : QJsonValue(order.table);
        body[QStringLiteral("nodes")] = QJsonValue();
    }
    // What tessera.rebalance() and tessera.drain_node() ask, whose problems would come as warnings.
    return request("SELECT tessera.mesh_request($1, $2)::text",
                   {{is_drain ? "drain" : "rebalance", "text"},
                    {QJsonDocument(body).toJson(QJsonDocument::Compact).toStdString(), "text"}});
}

Result<ShardPlan> readShardPlan(const RowsQuery::Rows& rows) {
    const QJsonDocument answer =
        rows.size() == 1 && rows[0].size() == 1 ? QJsonDocument::fromJson(rows[0][0].toUtf8()) : QJsonDocument();
    if (!answer.isObject()) {
        return fail(ErrorCode::kInternal, "the node's plan can not be read", "it may be of another version");
    }
    ShardPlan plan;
    for (const QJsonValue& value : answer[QStringLiteral("plan")].toArray()) {
        const QJsonObject move = value.toObject();
        plan.moves.push_back({move[QStringLiteral("sharded_table")].toString(), move[QStringLiteral("shard")].toInt(),
                              move[QStringLiteral("from_place")].toString(),
                              move[QStringLiteral("to_place")].toString(), numberOf(move[QStringLiteral("rows")]),
                              numberOf(move[QStringLiteral("bytes")]), numberOf(move[QStringLiteral("seconds")])});
    }
    for (const QJsonValue& problem : answer[QStringLiteral("problems")].toArray()) {
        plan.problems += problem.toString();
    }
    return plan;
}

client::QueryRequest undrainRequest(const QString& node) {
    return request("SELECT tessera.undrain_node($1)", {{node.toStdString(), "text"}});
}

QString splitShardStatement(const ShardSplitOrder& order) {
    QString text = QStringLiteral("SELECT tessera.split_shard(%1, %2").arg(literal(order.table)).arg(order.shard);
    const std::pair<const char*, const QStringList*> bounds[] = {
        {"at", &order.at}, {"\"values\"", &order.values}, {"\"from\"", &order.from}, {"\"to\"", &order.to}};
    for (const auto& [name, values] : bounds) {
        if (!values->isEmpty()) {
            text += QStringLiteral(", %1 => %2").arg(QLatin1String(name), literal(arrayText(*values)));
        }
    }
    if (!order.node.isEmpty()) {
        text += QStringLiteral(", node => %1").arg(literal(order.node));
    }
    if (order.rows_per_second > 0) {
        text += QStringLiteral(", rows_per_second => %1").arg(order.rows_per_second);
    }
    return text + QStringLiteral(");");
}

client::QueryRequest splitShardRequest(const ShardSplitOrder& order) {
    const auto array = [](const QStringList& values) -> client::QueryParameter {
        return {values.isEmpty() ? std::nullopt : std::optional(arrayText(values).toStdString()), "text[]"};
    };
    return request("SELECT tessera.split_shard($1, $2, $3, $4, $5, $6, $7, $8)",
                   {{order.table.toStdString(), "text"},
                    {std::to_string(order.shard), "integer"},
                    array(order.at),
                    array(order.values),
                    array(order.from),
                    array(order.to),
                    {order.node.isEmpty() ? std::nullopt : std::optional(order.node.toStdString()), "text"},
                    {std::to_string(order.rows_per_second), "integer"}});
}

}  // namespace tessera::app
