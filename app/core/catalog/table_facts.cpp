#include "app/core/catalog/table_facts.h"

#include <QRegularExpression>
#include <QStringList>

namespace tessera::app {

namespace {

/// Rows of text (kind, name, a, b, c, d, e), in sections:
///   f  a fact        name, value
///   o  an option     name, value
///   c  a column      name, type, "not null"/"generated" marks and key position, default, comment, distinct, options
///   k  a constraint  name, kind, definition
///   i  an index      name, "", definition
///   g  a grant       grantee or "", privileges
/// Options of a column are name, US, value, joined by US (chr(31)).
constexpr const char* kFactsStatement = R"sql(
WITH t AS MATERIALIZED (
  SELECT c.oid, c.relkind, c.relowner, c.reltuples, c.relacl, n.nspname, c.relname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')),
server AS (
  SELECT s.srvname, f.ftoptions
    FROM t JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = t.oid
    JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver)
SELECT kind, name, a, b, c, d, e FROM (
  SELECT 1 AS section, 0::bigint AS n, 'f' AS kind, f.name, f.value AS a, NULL AS b, NULL AS c, NULL AS d, NULL AS e
    FROM t, LATERAL (VALUES
      ('kind', t.relkind::text),
      ('owner', pg_catalog.pg_get_userbyid(t.relowner)::text),
      ('comment', pg_catalog.obj_description(t.oid, 'pg_class')),
      ('may_comment', pg_catalog.pg_has_role(t.relowner, 'USAGE')::text),
      ('server', (SELECT srvname::text FROM server)),
      ('rows', CASE WHEN t.reltuples >= 0 AND t.relkind <> 'v' THEN t.reltuples::float8::text END),
      ('bytes', CASE WHEN t.relkind IN ('r', 'm') THEN pg_catalog.pg_total_relation_size(t.oid)::text END),
      ('analyzed', (extract(epoch FROM greatest(pg_catalog.pg_stat_get_last_analyze_time(t.oid),
                                                pg_catalog.pg_stat_get_last_autoanalyze_time(t.oid))) * 1000)
                     ::bigint::text),
      ('definition', CASE WHEN t.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(t.oid, true) END))
      AS f(name, value)
  UNION ALL
  SELECT 2, o.place, 'o', o.option_name, o.option_value, NULL, NULL, NULL, NULL
    FROM server, LATERAL ROWS FROM (pg_catalog.pg_options_to_table(server.ftoptions)) WITH ORDINALITY
                   AS o(option_name, option_value, place)
  UNION ALL
  SELECT 3, a.attnum, 'c', a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
         coalesce(pg_catalog.array_position(p.indkey::pg_catalog.int2[], a.attnum) + 1,
                  CASE WHEN a.attfdwoptions && '{key=true,key=on,key=1}'::text[] THEN a.attnum ELSE 0 END)
           || CASE WHEN a.attnotnull THEN 'n' ELSE '' END
           || CASE WHEN a.attidentity <> '' OR a.attgenerated <> '' THEN 'g' ELSE '' END
           || coalesce(chr(31) || s.n_distinct::text, ''),
         pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.col_description(t.oid, a.attnum),
         (SELECT pg_catalog.string_agg(o.option_name || chr(31) || o.option_value, chr(31))
            FROM pg_catalog.pg_options_to_table(a.attfdwoptions) o)
    FROM t
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
    LEFT JOIN pg_catalog.pg_index p ON p.indrelid = t.oid AND p.indisprimary
    LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = t.nspname AND s.tablename = t.relname
                                   AND s.attname = a.attname AND NOT s.inherited
  UNION ALL
  SELECT 4, 0, 'k', k.conname::text, k.contype::text, pg_catalog.pg_get_constraintdef(k.oid, true), NULL, NULL, NULL
    FROM t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid
  UNION ALL
  SELECT 5, 0, 'i', i.relname::text, '', pg_catalog.pg_get_indexdef(i.oid), NULL, NULL, NULL
    FROM t JOIN pg_catalog.pg_index x ON x.indrelid = t.oid JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
  UNION ALL
  SELECT 6, 0, 'g', CASE WHEN g.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(g.grantee)::text END,
         pg_catalog.string_agg(g.privilege_type || CASE WHEN g.is_grantable THEN ' (may grant it)' ELSE '' END, ', '
                               ORDER BY g.privilege_type), NULL, NULL, NULL, NULL
    FROM t, LATERAL pg_catalog.aclexplode(coalesce(t.relacl, pg_catalog.acldefault('r', t.relowner))) g
   GROUP BY g.grantee
) AS facts ORDER BY section, n, name)sql";

constexpr std::size_t kFieldCount = 7;
constexpr QChar kUnitSeparator(0x1F);

QString constraintKind(const QString& contype) {
    switch (contype.isEmpty() ? ' ' : contype.front().toLatin1()) {
        case 'p':
            return CatalogModel::tr("Primary key");
        case 'f':
            return CatalogModel::tr("Foreign key");
        case 'u':
            return CatalogModel::tr("Unique");
        case 'c':
            return CatalogModel::tr("Check");
        case 'x':
            return CatalogModel::tr("Exclusion");
        default:
            return CatalogModel::tr("Constraint");
    }
}

std::optional<double> number(const QString& text) {
    bool is_number = false;
    const double value = text.toDouble(&is_number);
    return is_number ? std::optional(value) : std::nullopt;
}

using Fields = std::vector<QString>;

void takeFact(TableFacts& facts, const QString& name, const QString& value) {
    if (name == QLatin1String("kind")) {
        facts.kind = catalogKindOf(value);
    } else if (name == QLatin1String("owner")) {
        facts.owner = value;
    } else if (name == QLatin1String("comment")) {
        facts.comment = value;
    } else if (name == QLatin1String("may_comment")) {
        facts.may_comment = value == QLatin1String("true");
    } else if (name == QLatin1String("server")) {
        facts.server = value;
    } else if (name == QLatin1String("rows")) {
        facts.rows = number(value);
    } else if (name == QLatin1String("bytes") && !value.isEmpty()) {
        facts.bytes = value.toLongLong();
    } else if (name == QLatin1String("analyzed") && !value.isEmpty()) {
        facts.analyzed = QDateTime::fromMSecsSinceEpoch(value.toLongLong());
    } else if (name == QLatin1String("definition")) {
        facts.definition = value;
    }
}

TableFacts::Column column(const Fields& fields) {
    TableFacts::Column column;
    column.name = fields[1];
    column.type = fields[2];
    const QStringList marks = fields[3].split(kUnitSeparator);
    for (const QChar mark : marks.front()) {
        column.is_not_null = column.is_not_null || mark == QLatin1Char('n');
        column.is_generated = column.is_generated || mark == QLatin1Char('g');
        column.key_position = mark.isDigit() ? column.key_position * 10 + mark.digitValue() : column.key_position;
    }
    column.distinct = marks.size() > 1 ? number(marks[1]) : std::nullopt;
    column.default_expression = fields[4];
    column.comment = fields[5];
    const QStringList options = fields[6].isEmpty() ? QStringList() : fields[6].split(kUnitSeparator);
    for (qsizetype i = 0; i + 1 < options.size(); i += 2) {
        column.options.emplace_back(options[i], options[i + 1]);
    }
    return column;
}

void takeRow(TableFacts& facts, const Fields& fields) {
    switch (fields[0].isEmpty() ? ' ' : fields[0].front().toLatin1()) {
        case 'f':
            takeFact(facts, fields[1], fields[2]);
            break;
        case 'o':
            facts.options.emplace_back(fields[1], fields[2]);
            break;
        case 'c':
            facts.columns.push_back(column(fields));
            break;
        case 'k':
            facts.keys.push_back({fields[1], constraintKind(fields[2]), fields[3]});
            break;
        case 'i':
            facts.keys.push_back({fields[1], CatalogModel::tr("Index"), fields[3]});
            break;
        case 'g':
            facts.grants.push_back({fields[1], fields[2]});
            break;
        default:
            break;
    }
}

QString literal(QString text) {
    return QLatin1Char('\'') + text.replace(QLatin1Char('\''), QLatin1String("''")) + QLatin1Char('\'');
}

QString optionList(const TableFacts::Options& options) {
    QStringList items;
    for (const auto& [name, value] : options) {
        items += identifier(name) + QLatin1Char(' ') + literal(value);
    }
    return items.isEmpty() ? QString() : QStringLiteral(" OPTIONS (%1)").arg(items.join(QStringLiteral(", ")));
}

}  // namespace

client::QueryRequest tableFactsRequest(const CatalogModel::TablePlace& place) {
    return {.sql = kFactsStatement,
            .parameters = {{place.schema.toStdString(), "text"}, {place.table.toStdString(), "text"}}};
}

std::optional<TableFacts> readTableFacts(const CatalogModel::TablePlace& place, const ResultStore& store) {
    if (const auto columns = store.columns(); !columns || columns->size() != kFieldCount || store.rowCount() == 0) {
        return std::nullopt;
    }
    TableFacts facts;
    facts.node = place.node;
    facts.schema = place.schema;
    facts.name = place.table;
    Fields fields(kFieldCount);
    for (std::uint64_t row = 0; row < store.rowCount(); ++row) {
        const auto position = store.at(row);
        if (!position) {
            return std::nullopt;
        }
        for (std::size_t field = 0; field < kFieldCount; ++field) {
            const auto text =
                position->isNull(field) ? Result<std::string>(std::string()) : store.readText(*position, field);
            fields[field] = text ? QString::fromStdString(*text) : QString();
        }
        takeRow(facts, fields);
    }
    return facts;
}

QString selectStatement(const TableFacts& facts) {
    QStringList columns;
    for (const TableFacts::Column& column : facts.columns) {
        columns += identifier(column.name);
    }
    // A table may have no columns at all.
    const QString list = columns.isEmpty() ? QString() : QLatin1Char(' ') + columns.join(QStringLiteral(", "));
    return QStringLiteral("SELECT%1\nFROM %2\nLIMIT 100;").arg(list, qualifiedName(facts.schema, facts.name));
}

QString insertStatement(const TableFacts& facts) {
    static const QRegularExpression plain(QStringLiteral("^[a-z_][a-z0-9_]*$"));
    QStringList columns;
    QStringList values;
    for (const TableFacts::Column& column : facts.columns) {
        if (!column.is_generated) {
            columns += identifier(column.name);
            values +=
                QLatin1Char(':') +
                (plain.match(column.name).hasMatch() ? column.name : QStringLiteral("value_%1").arg(columns.size()));
        }
    }
    const QString name = qualifiedName(facts.schema, facts.name);
    return columns.isEmpty() ? QStringLiteral("INSERT INTO %1 DEFAULT VALUES;").arg(name)
                             : QStringLiteral("INSERT INTO %1 (%2)\nVALUES (%3);")
                                   .arg(name, columns.join(QStringLiteral(", ")), values.join(QStringLiteral(", ")));
}

QString commentStatement(const TableFacts& facts, const QString& column, const QString& text) {
    const QString name = qualifiedName(facts.schema, facts.name);
    QString target;
    if (!column.isEmpty()) {
        target = QStringLiteral("COLUMN ") + name + QLatin1Char('.') + identifier(column);
    } else {
        const char* kind = facts.kind == CatalogKind::kView               ? "VIEW "
                           : facts.kind == CatalogKind::kMaterializedView ? "MATERIALIZED VIEW "
                           : facts.kind == CatalogKind::kForeignTable     ? "FOREIGN TABLE "
                                                                          : "TABLE ";
        target = QLatin1String(kind) + name;
    }
    // Means the same whatever standard_conforming_strings says.
    QString value = QStringLiteral("NULL");
    if (!text.isEmpty()) {
        QString escaped = text;
        value = text.contains(QLatin1Char('\\'))
                    ? QLatin1Char('E') + literal(escaped.replace(QLatin1Char('\\'), QLatin1String("\\\\")))
                    : literal(text);
    }
    return QStringLiteral("COMMENT ON ") + target + QStringLiteral(" IS ") + value;
}

QString foreignTableStatement(const TableFacts& facts) {
    const bool is_foreign = facts.kind == CatalogKind::kForeignTable;
    QStringList columns;
    for (const TableFacts::Column& column : facts.columns) {
        columns += QStringLiteral("    ") + identifier(column.name) + QLatin1Char(' ') + column.type +
                   (is_foreign ? optionList(column.options) : QString()) +
                   (column.is_not_null ? QStringLiteral(" NOT NULL") : QString());
    }
    const TableFacts::Options options = is_foreign ? facts.options
                                                   : TableFacts::Options{{QStringLiteral("schema_name"), facts.schema},
                                                                         {QStringLiteral("table_name"), facts.name}};
    return QStringLiteral("CREATE FOREIGN TABLE %1 (\n%2\n) SERVER %3%4;")
        .arg(qualifiedName(facts.schema, facts.name), columns.join(QStringLiteral(",\n")),
             identifier(is_foreign ? facts.server : facts.node), optionList(options));
}

}  // namespace tessera::app
