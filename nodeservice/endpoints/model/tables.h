#pragma once

/// The tables that models with `create: true` need: what makeTables() compares with PostgreSQL's catalog. Pure; any
/// thread.

#include "nodeservice/endpoints/model/model.h"

#include <string>
#include <vector>

namespace tessera::endpoints {

struct TableColumn {
    std::string name;
    /// As SQL writes it.
    std::string type;
    bool is_not_null = false;
    /// An expression; empty for none.
    std::string default_sql{};
    /// Does it number the rows itself?
    bool is_numbered = false;
};

/// A foreign key: each value of `column` is one of the other table's `other_column`.
struct TableReference {
    std::string column;
    std::string table;
    std::string other_column;
};

struct ModelTable {
    /// As its model says it: "sales.customers".
    std::string name;
    std::vector<TableColumn> columns;
    /// Names of columns.
    std::vector<std::string> key;
    std::vector<TableReference> references{};
    /// Who may do what with its rows: each of "SELECT", "INSERT", "UPDATE", "DELETE" for each of the roles.
    std::vector<std::string> roles{};
    std::vector<std::string> rights{};
    /// What messages call it.
    std::string where{};
};

struct ModelTables {
    /// Each once, those of relationships (`through`) last.
    std::vector<ModelTable> tables;
    /// What can't be made.
    std::vector<Error> errors;
};

/// `models` are those that are published together: references are among them.
ModelTables tablesOf(const std::vector<Model>& models);

}  // namespace tessera::endpoints
