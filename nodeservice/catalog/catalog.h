#pragma once

/// What a person may see of a node: schemas, tables, columns, read from pg_catalog on a session of that person, so that
/// PostgreSQL's privileges decide. Blocks; the session's thread.

#include "common/result.h"
#include "nodeservice/postgres/connection.h"

#include <optional>
#include <string>
#include <vector>

namespace tessera::catalog {

struct Schema {
    std::string name;
    std::string comment;
    /// The source its foreign tables come from; empty for a local schema, the names with commas for several.
    std::string source;
};

enum class TableKind { kTable, kView, kForeignTable, kMaterializedView };

struct Table {
    std::string schema;
    std::string name;
    TableKind kind = TableKind::kTable;
    std::string comment;
    std::optional<double> estimated_rows;
};

struct Column {
    std::string name;
    std::string type_name;
    bool not_null = false;
    std::string comment;
    std::string default_expression;
    /// Place in the primary key from 1, or 0.
    int key_position = 0;
};

struct TableDescription {
    Table table;
    std::vector<Column> columns;
    std::string source;
};

Result<std::vector<Schema>> listSchemas(postgres::Connection& session);

/// kNotFound for a schema that is not there or not the person's to see.
Result<std::vector<Table>> listTables(postgres::Connection& session, const std::string& schema);

Result<TableDescription> describeTable(postgres::Connection& session, const std::string& schema,
                                       const std::string& table);

}  // namespace tessera::catalog
