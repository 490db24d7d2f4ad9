#include "app/core/catalog/lineage.h"

#include <algorithm>

namespace tessera::app {

namespace {

// $1 schema, $2 table, $3 direction: u, d or b. Sections: t a table (oid, schema, name, relkind, mark of whether it is
// above or below, server, peer node, schema and name there), e an edge (what is read, what reads it).
constexpr const char* kLineageStatement = R"sql(
WITH RECURSIVE reading AS MATERIALIZED (
  SELECT DISTINCT r.ev_class AS reader, d.refobjid AS read
    FROM pg_catalog.pg_rewrite r
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
                               AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
    JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   WHERE d.refobjid <> r.ev_class
), start AS (
  SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), above AS (
  SELECT s.oid FROM start s WHERE $3 IN ('u', 'b')
   UNION SELECT r.read FROM above a JOIN reading r ON r.reader = a.oid
), below AS (
  SELECT s.oid FROM start s WHERE $3 IN ('d', 'b')
   UNION SELECT r.reader FROM below b JOIN reading r ON r.read = b.oid
), item AS (
  SELECT i.oid, CASE WHEN bool_and(i.is_above) THEN 'u' WHEN bool_or(i.is_above) THEN 'b' ELSE 'd' END AS mark
    FROM (SELECT a.oid, true AS is_above FROM above a UNION ALL SELECT b.oid, false FROM below b) i GROUP BY i.oid
)
SELECT kind, a, b, c, d, e, f, g, h, i FROM (
  SELECT 1 AS section, 't' AS kind, i.oid::text AS a, n.nspname::text AS b, c.relname::text AS c, c.relkind::text AS d,
         i.mark AS e, s.srvname::text AS f,
         (SELECT o.option_value FROM pg_catalog.pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'node') AS g,
         (SELECT o.option_value FROM pg_catalog.pg_options_to_table(t.ftoptions) o WHERE o.option_name = 'schema_name') AS h,
         coalesce((SELECT o.option_value FROM pg_catalog.pg_options_to_table(t.ftoptions) o
                    WHERE o.option_name = 'table_name'), c.relname::text) AS i
    FROM item i
    JOIN pg_catalog.pg_class c ON c.oid = i.oid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_foreign_table t ON t.ftrelid = c.oid
    LEFT JOIN pg_catalog.pg_foreign_server s ON s.oid = t.ftserver
  UNION ALL
  SELECT 2, 'e', r.read::text, r.reader::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM reading r
   WHERE r.read IN (SELECT oid FROM item) AND r.reader IN (SELECT oid FROM item)
) AS lineage ORDER BY section, b, c
LIMIT 3000)sql";

// $1 the node whose tables they stand for, $2 schemas, $3 names: foreign tables that show one of these tables.
constexpr const char* kCopiesStatement = R"sql(
SELECT n.nspname::text, c.relname::text, w.place::text
  FROM pg_catalog.pg_foreign_table t
  JOIN pg_catalog.pg_foreign_server s ON s.oid = t.ftserver
  JOIN pg_catalog.pg_class c ON c.oid = t.ftrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN ROWS FROM (pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[])) WITH ORDINALITY
         AS w(schema, name, place)
    ON w.schema = (SELECT o.option_value FROM pg_catalog.pg_options_to_table(t.ftoptions) o
                    WHERE o.option_name = 'schema_name')
   AND w.name = coalesce((SELECT o.option_value FROM pg_catalog.pg_options_to_table(t.ftoptions) o
                           WHERE o.option_name = 'table_name'), c.relname::text)
 WHERE (SELECT o.option_value FROM pg_catalog.pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'node') = $1
 ORDER BY 1, 2 LIMIT 1000)sql";

constexpr std::size_t kLineageFields = 10;
constexpr std::uint32_t kTimeout_ms = 10'000;

QString keyOf(const CatalogModel::TablePlace& place, const QString& source) {
    constexpr QChar kSeparator(0x1F);
    return QStringList{place.node, place.schema, place.table, source}.join(kSeparator);
}

std::string arrayOf(const QStringList& texts) {
    QStringList quoted;
    for (QString text : texts) {
        text.replace(QLatin1Char('\\'), QLatin1String("\\\\")).replace(QLatin1Char('"'), QLatin1String("\\\""));
        quoted += QLatin1Char('"') + text + QLatin1Char('"');
    }
    const QString array = QLatin1Char('{') + quoted.join(QLatin1Char(',')) + QLatin1Char('}');
    return array.toStdString();
}

}  // namespace

std::vector<int> Lineage::usersOf(int item) const {
    std::vector<int> users{item};
    for (std::size_t next = 0; next < users.size(); ++next) {
        for (const auto& [from, to] : edges) {
            if (from == users[next] && std::find(users.begin(), users.end(), to) == users.end()) {
                users.push_back(to);
            }
        }
    }
    users.erase(users.begin());
    return users;
}

LineageReader::LineageReader(QObject* parent) : QObject(parent) {}

void LineageReader::read(std::shared_ptr<const Mesh> mesh, const CatalogModel::TablePlace& place) {
    query_.cancel();
    mesh_ = std::move(mesh);
    lineage_ = {};
    steps_.clear();
    numbers_.clear();
    followed_.clear();
    edges_.clear();
    is_reading_ = true;
    lineage_.start = itemOf({place, CatalogKind::kTable, {}});
    follow(place, Direction::kBoth);
    next();
}

void LineageReader::next() {
    if (steps_.empty() || lineage_.items.size() > kItemsMax) {
        lineage_.is_cut = lineage_.is_cut || !steps_.empty();
        is_reading_ = false;
        Q_EMIT finished();
        return;
    }
    const Step step = std::move(steps_.front());
    steps_.pop_front();
    ask(step);
}

void LineageReader::ask(const Step& step) {
    const MeshNode* node = mesh_->find(step.place.node.toStdString());
    if (node == nullptr || !node->client) {
        next();
        return;
    }
    client::QueryRequest request;
    request.timeout_ms = kTimeout_ms;
    if (step.copies_of_node.isEmpty()) {
        const char* direction = step.direction == Direction::kUp ? "u" : step.direction == Direction::kDown ? "d" : "b";
        request.sql = kLineageStatement;
        request.parameters = {
            {step.place.schema.toStdString(), "name"}, {step.place.table.toStdString(), "name"}, {direction, "text"}};
    } else {
        QStringList schemas;
        QStringList tables;
        for (const CatalogModel::TablePlace& place : step.copies_of) {
            schemas += place.schema;
            tables += place.table;
        }
        request.sql = kCopiesStatement;
        request.parameters = {
            {step.copies_of_node.toStdString(), "text"}, {arrayOf(schemas), "text[]"}, {arrayOf(tables), "text[]"}};
    }
    query_.run(node->client, std::move(request), [this, step](const Result<RowsQuery::Rows>& rows) {
        if (!rows) {
            const QString problem = tr("%1: %2").arg(step.place.node, QString::fromStdString(rows.error().message));
            if (!lineage_.problems.contains(problem)) {
                lineage_.problems += problem;
            }
        } else if (step.copies_of_node.isEmpty()) {
            take(step, *rows);
        } else {
            takeCopies(step, *rows);
        }
        next();
    });
}

void LineageReader::take(const Step& step, const RowsQuery::Rows& rows) {
    std::map<QString, int> by_oid;
    std::vector<CatalogModel::TablePlace> below;
    for (const RowsQuery::Row& row : rows) {
        if (row.size() != kLineageFields) {
            continue;
        }
        if (row[0] == QLatin1String("e")) {
            const auto from = by_oid.find(row[1]);
            const auto to = by_oid.find(row[2]);
            if (from != by_oid.end() && to != by_oid.end()) {
                connectItems(from->second, to->second);
            }
            continue;
        }
        const CatalogModel::TablePlace place{step.place.node, row[2], row[3]};
        const int number = itemOf({place, catalogKindOf(row[4]), {}});
        by_oid[row[1]] = number;
        const QString& mark = row[5];
        if (mark != QLatin1String("u")) {
            below.push_back(place);
        }
        // A foreign table below the start is read by nobody here for what stands behind it.
        if (mark != QLatin1String("d") && !row[6].isNull()) {
            const CatalogModel::TablePlace there{row[7], row[8], row[9]};
            const bool is_in_mesh = !row[7].isEmpty() && mesh_->find(row[7].toStdString()) != nullptr;
            if (is_in_mesh) {
                connectItems(itemOf({there, CatalogKind::kTable, {}}), number);
                follow(there, Direction::kUp);
            } else {
                connectItems(itemOf({{step.place.node, row[8], row[9]}, CatalogKind::kTable, row[6]}), number);
            }
        }
    }
    if (!below.empty()) {
        lookForCopies(step.place.node, below);
    }
}

void LineageReader::lookForCopies(const QString& node, const std::vector<CatalogModel::TablePlace>& places) {
    for (const MeshNode& other : mesh_->nodes) {
        if (other.name != node.toStdString()) {
            steps_.push_back({{QString::fromStdString(other.name), {}, {}}, Direction::kDown, node, places});
        }
    }
}

void LineageReader::takeCopies(const Step& step, const RowsQuery::Rows& rows) {
    for (const RowsQuery::Row& row : rows) {
        const std::size_t original = row.size() == 3 ? row[2].toULongLong() : 0;
        if (original == 0 || original > step.copies_of.size()) {
            continue;
        }
        const CatalogModel::TablePlace place{step.place.node, row[0], row[1]};
        const int copy = itemOf({place, CatalogKind::kForeignTable, {}});
        connectItems(itemOf({step.copies_of[original - 1], CatalogKind::kTable, {}}), copy);
        follow(place, Direction::kDown);
    }
}

int LineageReader::itemOf(const Lineage::Item& item) {
    const auto [found, is_new] =
        numbers_.emplace(keyOf(item.place, item.source), static_cast<int>(lineage_.items.size()));
    if (is_new) {
        lineage_.items.push_back(item);
    } else if (item.kind != CatalogKind::kTable) {
        // Known by its name until its node said what it is.
        lineage_.items[static_cast<std::size_t>(found->second)].kind = item.kind;
    }
    return found->second;
}

void LineageReader::connectItems(int from, int to) {
    if (edges_.emplace(from, to).second) {
        lineage_.edges.emplace_back(from, to);
    }
}

void LineageReader::follow(const CatalogModel::TablePlace& place, Direction direction) {
    const QString mark = QString::number(static_cast<int>(direction));
    if (followed_.insert(keyOf(place, mark)).second) {
        steps_.push_back({place, direction, {}, {}});
    }
}

}  // namespace tessera::app
