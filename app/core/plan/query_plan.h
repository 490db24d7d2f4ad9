#pragma once

/// What PostgreSQL says of a statement's plan (EXPLAIN (FORMAT JSON)), as a tree to be shown: where each part runs,
/// rows that were expected and came, time of the part alone, what was sent by which source. Values; any thread.
///
/// Figures of PostgreSQL are averages of an execution (a loop); here they are totals, and below a Gather times are
/// divided by the processes that worked at once. Source: PostgreSQL's explain.c.

#include "common/result.h"

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace tessera::app {

/// What goes from one source to another, where one of them joins, or comes here.
struct PlanLink {
    QString from;
    /// Empty: here.
    QString to;
    double expected_rows = 0;
    double expected_bytes = 0;
    /// None where it was not measured, or nobody counted.
    std::optional<double> rows = {};
    std::optional<double> bytes = {};
};

struct PlanNode {
    /// "Hash Join", "Foreign Scan"
    QString operation;
    /// What it works on: "src.flights f", an index, the relations joined at a source.
    QString target;
    /// The source whose data it reads; empty for what the node does itself.
    QString source;
    QString remote_sql;
    /// Why parts of the statement were not done at the source.
    QStringList not_pushed;
    double estimated_rows = 0;
    double estimated_cost = 0;
    /// How often it was run; none in a plan that was not measured.
    std::optional<double> loops;
    std::optional<double> rows;
    std::optional<double> time_ms;
    /// Without the parts below it.
    std::optional<double> own_time_ms;
    std::optional<double> rows_received;
    std::optional<double> bytes_received;
    std::optional<double> round_trips;
    /// Of its own time, how long it waited for its source.
    std::optional<double> wait_ms;
    /// Of a join that one of its sources has done: which others it read, and what came here.
    std::vector<PlanLink> links;
    /// Rows that a filter here threw away.
    double rows_removed = 0;
    /// From the root down, the part that took most each time.
    bool is_on_slowest_path = false;
    /// Everything else that was said, in its order.
    std::vector<std::pair<QString, QString>> properties;
    std::vector<std::unique_ptr<PlanNode>> children;
};

struct PlanAdvice {
    const PlanNode* node = nullptr;
    QString text;
};

struct QueryPlan {
    std::unique_ptr<PlanNode> root;
    std::optional<double> planning_ms;
    std::optional<double> execution_ms;
    /// Of all sources together.
    double bytes_received = 0;
    QStringList sources;
    /// Of each source, and with an empty name of the node itself, the time of its parts alone; the most first. Empty in
    /// a plan that was not measured.
    std::vector<std::pair<QString, double>> time_ms_by_source;
    /// What could be done about it, the most telling first.
    std::vector<PlanAdvice> advice;
};

/// An error for what is no plan.
Result<QueryPlan> parsePlan(const QByteArray& json);

/// How many times as many rows came as were expected, or the other way round; 1 where they agree or nothing was
/// measured.
double estimateError(const PlanNode& node);

}  // namespace tessera::app
