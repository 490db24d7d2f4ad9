#include "app/core/plan/query_plan.h"

#include "app/core/plan/plan_advice.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <cmath>
#include <set>

namespace tessera::app {

namespace {

QString textOf(const QJsonValue& value) {
    switch (value.type()) {
        case QJsonValue::Bool:
            return value.toBool() ? QStringLiteral("yes") : QStringLiteral("no");
        case QJsonValue::Double:
            return QString::number(value.toDouble(), 'g', 12);
        case QJsonValue::Array: {
            QStringList parts;
            for (const QJsonValue& part : value.toArray()) {
                parts += textOf(part);
            }
            return parts.join(QStringLiteral(", "));
        }
        case QJsonValue::Object:
            return QString::fromUtf8(QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact));
        default:
            return value.toString();
    }
}

/// Those that have a place of their own, or say nothing to people.
bool isShownElsewhere(const QString& name) {
    static const std::set<QString> names = [] {
        std::set<QString> made;
        for (const char* known : {"Node Type",
                                  "Plans",
                                  "Remote SQL",
                                  "Not Pushed",
                                  "Source",
                                  "Plan Rows",
                                  "Startup Cost",
                                  "Total Cost",
                                  "Actual Rows",
                                  "Actual Loops",
                                  "Actual Startup Time",
                                  "Actual Total Time",
                                  "Rows Received",
                                  "Bytes Received",
                                  "Round Trips",
                                  "Source Wait",
                                  "Parallel Aware",
                                  "Async Capable",
                                  "Plan Width",
                                  "Parent Relationship",
                                  "Relation Name",
                                  "Schema",
                                  "Alias",
                                  "Relations",
                                  "Links",
                                  "Workers"}) {
            made.insert(QLatin1String(known));
        }
        return made;
    }();
    return names.contains(name);
}

class PlanReader {
  public:
    std::unique_ptr<PlanNode> read(const QJsonObject& json, double processes) {
        auto node = std::make_unique<PlanNode>();
        const auto number = [&](const char* name) -> std::optional<double> {
            const QJsonValue value = json.value(QLatin1String(name));
            return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
        };
        node->operation = operationOf(json);
        node->target = targetOf(json);
        node->source = json.value(QLatin1String("Source")).toString();
        node->remote_sql = json.value(QLatin1String("Remote SQL")).toString();
        for (const QJsonValue& reason : json.value(QLatin1String("Not Pushed")).toArray()) {
            node->not_pushed += reason.toString();
        }
        node->estimated_rows = number("Plan Rows").value_or(0);
        node->estimated_cost = number("Total Cost").value_or(0);
        node->loops = number("Actual Loops");
        if (node->loops) {
            node->rows = number("Actual Rows").value_or(0) * *node->loops;
            node->estimated_rows *= std::max(1.0, *node->loops);
        }
        if (const auto time = number("Actual Total Time"); time && node->loops) {
            node->time_ms = *time * std::max(1.0, *node->loops / processes);
        }
        node->rows_received = number("Rows Received");
        node->bytes_received = number("Bytes Received");
        node->round_trips = number("Round Trips");
        node->wait_ms = number("Source Wait");
        node->rows_removed =
            (number("Rows Removed by Filter").value_or(0) + number("Rows Removed by Join Filter").value_or(0)) *
            node->loops.value_or(1);
        for (auto at = json.begin(); at != json.end(); ++at) {
            if (!isShownElsewhere(at.key())) {
                node->properties.emplace_back(at.key(), textOf(at.value()));
            }
        }
        for (const QJsonValue& link : json.value(QLatin1String("Links")).toArray()) {
            node->links.push_back(linkOf(link.toObject()));
            node->properties.emplace_back(QStringLiteral("Link"), linkText(node->links.back()));
        }
        const double below = number("Workers Launched") ? processes + *number("Workers Launched") : processes;
        for (const QJsonValue& child : json.value(QLatin1String("Plans")).toArray()) {
            node->children.push_back(read(child.toObject(), below));
        }
        setOwnTime(*node);
        return node;
    }

  private:
    static PlanLink linkOf(const QJsonObject& json) {
        const auto number = [&](const char* name) -> std::optional<double> {
            const QJsonValue value = json.value(QLatin1String(name));
            return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
        };
        const QString to = json.value(QLatin1String("To")).toString();
        return {json.value(QLatin1String("From")).toString(),
                to == QLatin1String("here") ? QString() : to,
                number("Expected Rows").value_or(0),
                number("Expected Bytes").value_or(0),
                number("Rows"),
                number("Bytes")};
    }

    /// As EXPLAIN's text has it.
    static QString linkText(const PlanLink& link) {
        const auto amount = [](double rows, double bytes) {
            return QStringLiteral("%1 rows, %2 bytes").arg(rows, 0, 'f', 0).arg(bytes, 0, 'f', 0);
        };
        const QString text = QStringLiteral("from %1 to %2, expected %3")
                                 .arg(link.from, link.to.isEmpty() ? QStringLiteral("here") : link.to,
                                      amount(link.expected_rows, link.expected_bytes));
        return link.rows ? text + QStringLiteral(", moved ") + amount(*link.rows, link.bytes.value_or(0)) : text;
    }

    static QString operationOf(const QJsonObject& json) {
        QString operation = json.value(QLatin1String("Node Type")).toString();
        const QString custom = json.value(QLatin1String("Custom Plan Provider")).toString();
        if (operation == QLatin1String("Custom Scan") && !custom.isEmpty()) {
            operation = custom;
        }
        if (const QString what = json.value(QLatin1String("Operation")).toString();
            !what.isEmpty() && what != QLatin1String("Select")) {
            operation = operation == QLatin1String("ModifyTable") ? what : what + u' ' + operation;
        }
        if (const QString strategy = json.value(QLatin1String("Strategy")).toString();
            operation == QLatin1String("Aggregate") && !strategy.isEmpty() && strategy != QLatin1String("Plain")) {
            operation = strategy + QStringLiteral(" Aggregate");
        }
        if (const QString join = json.value(QLatin1String("Join Type")).toString();
            !join.isEmpty() && join != QLatin1String("Inner")) {
            operation += QStringLiteral(" (") + join + u')';
        }
        if (const QString role = json.value(QLatin1String("Subplan Name")).toString(); !role.isEmpty()) {
            operation = role + QStringLiteral(": ") + operation;
        }
        return operation;
    }

    static QString targetOf(const QJsonObject& json) {
        const auto text = [&](const char* name) { return json.value(QLatin1String(name)).toString(); };
        if (const QString relations = text("Relations"); !relations.isEmpty()) {
            return relations;
        }
        QString target = text("Relation Name");
        if (target.isEmpty()) {
            for (const char* other : {"Function Name", "CTE Name", "Index Name"}) {
                target = target.isEmpty() ? text(other) : target;
            }
        } else if (const QString schema = text("Schema"); !schema.isEmpty()) {
            target = schema + u'.' + target;
        }
        const QString alias = text("Alias");
        const bool is_named_so = alias.isEmpty() || alias == text("Relation Name") || alias == target;
        return is_named_so ? target : (target.isEmpty() ? alias : target + u' ' + alias);
    }

    static void setOwnTime(PlanNode& node) {
        if (!node.time_ms) {
            return;
        }
        double below = 0;
        for (const auto& child : node.children) {
            below += child->time_ms.value_or(0);
        }
        node.own_time_ms = std::max(0.0, *node.time_ms - below);
    }
};

void markSlowestPath(PlanNode& node) {
    node.is_on_slowest_path = true;
    PlanNode* slowest = nullptr;
    for (const auto& child : node.children) {
        if (child->time_ms && (slowest == nullptr || *child->time_ms > *slowest->time_ms)) {
            slowest = child.get();
        }
    }
    if (slowest != nullptr && *slowest->time_ms > 0) {
        markSlowestPath(*slowest);
    }
}

void addUp(const PlanNode& node, QueryPlan& plan) {
    plan.bytes_received += node.bytes_received.value_or(0);
    if (!node.source.isEmpty() && !plan.sources.contains(node.source)) {
        plan.sources += node.source;
    }
    for (const PlanLink& link : node.links) {
        if (!plan.sources.contains(link.from)) {
            plan.sources += link.from;
        }
    }
    if (node.own_time_ms) {
        auto& times = plan.time_ms_by_source;
        auto of = std::find_if(times.begin(), times.end(), [&](const auto& time) { return time.first == node.source; });
        of = of == times.end() ? times.insert(of, {node.source, 0.0}) : of;
        of->second += *node.own_time_ms;
    }
    for (const auto& child : node.children) {
        addUp(*child, plan);
    }
}

}  // namespace

Result<QueryPlan> parsePlan(const QByteArray& json) {
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(json, &problem);
    const QJsonObject statement = document.array().at(0).toObject();
    const QJsonObject root = statement.value(QLatin1String("Plan")).toObject();
    if (root.isEmpty()) {
        return fail(ErrorCode::kInvalidArgument, "the node's answer is no plan",
                    problem.error == QJsonParseError::NoError ? "it has no member \"Plan\""
                                                              : problem.errorString().toStdString());
    }
    QueryPlan plan;
    plan.root = PlanReader().read(root, 1);
    const auto time = [&](const char* name) -> std::optional<double> {
        const QJsonValue value = statement.value(QLatin1String(name));
        return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
    };
    plan.planning_ms = time("Planning Time");
    plan.execution_ms = time("Execution Time");
    addUp(*plan.root, plan);
    std::stable_sort(plan.time_ms_by_source.begin(), plan.time_ms_by_source.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (plan.root->time_ms) {
        markSlowestPath(*plan.root);
    }
    plan.advice = adviceFor(plan);
    return plan;
}

double estimateError(const PlanNode& node) {
    if (!node.rows) {
        return 1;
    }
    const double expected = std::max(1.0, node.estimated_rows);
    const double came = std::max(1.0, *node.rows);
    return std::max(expected / came, came / expected);
}

}  // namespace tessera::app
