#pragma once

/// The tables of a schema with their keys, and which points at which: what an entity-relationship diagram shows. Made
/// from a node's names, so nothing is asked. Pure; a worker's work for large schemas. No Qt.

#include "app/core/catalog/name_index.h"

#include <string>
#include <string_view>
#include <vector>

namespace tessera::app {

struct SchemaKeys {
    struct Column {
        std::string name;
        std::string type;
        bool is_key = false;
        /// Points at another table.
        bool is_reference = false;
    };

    struct Table {
        /// Empty for one of the schema itself; of tables elsewhere that keys lead to.
        std::string schema;
        std::string name;
        RelationKind kind = RelationKind::kTable;
        std::vector<Column> columns;
        std::size_t column_count = 0;
    };

    struct Reference {
        int from = 0;
        int to = 0;
        /// "customer_id → id"
        std::string columns;
        /// Nobody declared it: the names say so.
        bool is_supposed = false;
    };

    std::vector<Table> tables;
    std::vector<Reference> references;
    /// There are more tables than that.
    bool is_cut = false;
};

enum class SchemaColumns { kKeys, kAll };

/// At most `limit` tables, in the order of their names.
SchemaKeys schemaKeys(const NameIndex& names, std::string_view schema, SchemaColumns columns, std::size_t limit = 300);

}  // namespace tessera::app
