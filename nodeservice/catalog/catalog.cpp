#include "nodeservice/catalog/catalog.h"

#include "common/strings.h"

#include <cstdlib>
#include <utility>

namespace tessera::catalog {

namespace {

constexpr const char* kSchemasSql = R"sql(
SELECT n.nspname,
       coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), ''),
       coalesce((SELECT pg_catalog.string_agg(DISTINCT s.srvname, ', ')
                   FROM pg_catalog.pg_class c
                   JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
                   JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
                  WHERE c.relnamespace = n.oid), '')
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tessera')
   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
 ORDER BY n.nspname)sql";

// Partitions are left out: their parent stands for them.
constexpr const char* kTablesSql = R"sql(
SELECT c.relname, c.relkind, coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), ''),
       CASE WHEN c.reltuples >= 0 AND c.relkind <> 'v' THEN c.reltuples END
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
   AND (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
        OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))
 ORDER BY c.relname)sql";

constexpr const char* kColumnsSql = R"sql(
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
       coalesce(pg_catalog.col_description(c.oid, a.attnum), ''),
       coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), ''),
       -- A foreign table's key is the columns with that option.
       coalesce(pg_catalog.array_position(i.indkey::pg_catalog.int2[], a.attnum) + 1,
                CASE WHEN a.attfdwoptions && '{key=true,key=on,key=1}'::text[] THEN a.attnum ELSE 0 END),
       coalesce(s.srvname, '')
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
  LEFT JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
  LEFT JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
 WHERE n.nspname = $1 AND c.relname = $2
 ORDER BY a.attnum)sql";

TableKind kindOf(const std::string& relkind) {
    switch (relkind.empty() ? ' ' : relkind.front()) {
        case 'v':
            return TableKind::kView;
        case 'm':
            return TableKind::kMaterializedView;
        case 'f':
            return TableKind::kForeignTable;
        default:
            return TableKind::kTable;
    }
}

Result<> checkSchema(postgres::Connection& session, const std::string& name) {
    std::vector<std::string> names;
    for (const Schema& schema : TSR_TRY(listSchemas(session))) {
        if (schema.name == name) {
            return {};
        }
        names.push_back(schema.name);
    }
    Error error = fail(ErrorCode::kNotFound, "there is no schema '" + name + "'", suggestion(name, names));
    error.sqlstate = "3F000";
    return error;
}

}  // namespace

Result<std::vector<Schema>> listSchemas(postgres::Connection& session) {
    std::vector<Schema> schemas;
    const postgres::Rows rows = TSR_TRY(session.query(kSchemasSql));
    for (const auto& row : rows.values) {
        schemas.push_back({row[0].value_or(""), row[1].value_or(""), row[2].value_or("")});
    }
    return schemas;
}

Result<std::vector<Table>> listTables(postgres::Connection& session, const std::string& schema) {
    std::vector<Table> tables;
    const postgres::Rows rows = TSR_TRY(session.query(kTablesSql, {schema}));
    for (const auto& row : rows.values) {
        Table table{schema, row[0].value_or(""), kindOf(row[1].value_or("")), row[2].value_or(""), {}};
        if (row[3]) {
            table.estimated_rows = std::strtod(row[3]->c_str(), nullptr);
        }
        tables.push_back(std::move(table));
    }
    if (tables.empty()) {
        TSR_TRY(checkSchema(session, schema));
    }
    return tables;
}

Result<TableDescription> describeTable(postgres::Connection& session, const std::string& schema,
                                       const std::string& table) {
    TableDescription description;
    std::vector<std::string> names;
    for (Table& candidate : TSR_TRY(listTables(session, schema))) {
        names.push_back(candidate.name);
        if (candidate.name == table) {
            description.table = std::move(candidate);
        }
    }
    if (description.table.name.empty()) {
        Error error =
            fail(ErrorCode::kNotFound, "there is no table '" + schema + "." + table + "'", suggestion(table, names));
        error.sqlstate = "42P01";
        return error;
    }
    const postgres::Rows rows = TSR_TRY(session.query(kColumnsSql, {schema, table}));
    for (const auto& row : rows.values) {
        description.columns.push_back({row[0].value_or(""), row[1].value_or(""), row[2] == "t", row[3].value_or(""),
                                       row[4].value_or(""), std::atoi(row[5].value_or("0").c_str())});
        description.source = row[6].value_or("");
    }
    return description;
}

}  // namespace tessera::catalog
