#include "app/core/plan/plan_advice.h"

#include <QCoreApplication>
#include <QLocale>
#include <algorithm>

namespace tessera::app {

namespace {

// From where on it is worth saying.
constexpr double kManyTimes = 10;
constexpr double kManyRows = 1000;
constexpr double kManyRoundTrips = 100;
constexpr double kPartOfTime = 0.1;

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(PlanAdvice)
};

QString count(double value) {
    return QLocale().toString(value, 'f', 0);
}

QString propertyOf(const PlanNode& node, const char* name) {
    for (const auto& [property, value] : node.properties) {
        if (property == QLatin1String(name)) {
            return value;
        }
    }
    return {};
}

class Adviser {
  public:
    explicit Adviser(const QueryPlan& plan) : total_ms_(plan.root->time_ms.value_or(0)) { visit(*plan.root); }

    std::vector<PlanAdvice> take() {
        std::stable_sort(found_.begin(), found_.end(),
                         [](const Found& a, const Found& b) { return a.weight > b.weight; });
        std::vector<PlanAdvice> advice;
        for (Found& found : found_) {
            advice.push_back(std::move(found.advice));
        }
        return advice;
    }

  private:
    struct Found {
        double weight;
        PlanAdvice advice;
    };

    /// Parts that took much of the time come first; in a plan that was not measured, those that cost much.
    void add(const PlanNode& node, QString text) {
        found_.push_back({node.own_time_ms.value_or(node.estimated_cost), {&node, std::move(text)}});
    }

    void visit(const PlanNode& node) {
        for (const QString& reason : node.not_pushed) {
            add(node, Texts::tr("Done here rather than at %1: %2.").arg(node.source, reason));
        }
        if (node.rows) {
            visitMeasured(node);
        }
        for (const auto& child : node.children) {
            visit(*child);
        }
    }

    void visitMeasured(const PlanNode& node) {
        const bool is_read = node.operation.contains(QLatin1String("Scan"));
        if (estimateError(node) >= kManyTimes && std::max(*node.rows, node.estimated_rows) >= kManyRows) {
            QString text =
                Texts::tr("%1 rows came where %2 were expected").arg(count(*node.rows), count(node.estimated_rows));
            if (is_read && !node.target.isEmpty()) {
                text += Texts::tr(": ANALYZE %1 may give a better plan").arg(node.target.section(u' ', 0, 0));
            }
            add(node, text + u'.');
        }
        if (node.rows_received && node.rows_removed >= kManyRows && node.rows_removed > kManyTimes * *node.rows) {
            add(node, Texts::tr("%1 sent %2 rows, of which %3 were thrown away here.")
                          .arg(node.source, count(*node.rows_received), count(node.rows_removed)));
        } else if (node.operation.contains(QLatin1String("Seq Scan")) && node.rows_removed >= kManyRows &&
                   node.rows_removed > kManyTimes * *node.rows && takesLong(node)) {
            add(node, Texts::tr("%1 rows of %2 were read for %3: an index for its filter would help.")
                          .arg(count(node.rows_removed + *node.rows), node.target, count(*node.rows)));
        }
        if (node.round_trips.value_or(0) >= kManyRoundTrips) {
            add(node, Texts::tr("%1 was asked %2 times.").arg(node.source, count(*node.round_trips)));
        }
        if (node.wait_ms && node.time_ms && takesLong(node) && *node.wait_ms > *node.time_ms / 2) {
            add(node, Texts::tr("Most of the time went by waiting for %1.").arg(node.source));
        }
        if (const QString method = propertyOf(node, "Sort Method"); method.startsWith(QLatin1String("external"))) {
            add(node,
                Texts::tr("The sort did not fit into memory and used %1 kB of disk: a higher work_mem would help.")
                    .arg(propertyOf(node, "Sort Space Used")));
        }
        if (const double batches = propertyOf(node, "Hash Batches").toDouble(); batches > 1) {
            add(node, Texts::tr("The hash table did not fit into memory (%1 batches): a higher work_mem would help.")
                          .arg(count(batches)));
        }
    }

    bool takesLong(const PlanNode& node) const { return node.own_time_ms.value_or(0) >= kPartOfTime * total_ms_; }

    const double total_ms_;
    std::vector<Found> found_;
};

}  // namespace

std::vector<PlanAdvice> adviceFor(const QueryPlan& plan) {
    return Adviser(plan).take();
}

}  // namespace tessera::app
