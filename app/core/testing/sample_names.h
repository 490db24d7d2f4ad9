#pragma once

/// A small shop's names, for tests of what reads a NameIndex.

#include "app/core/catalog/name_index.h"

namespace tessera::app {

inline NameIndex sampleNames() {
    NameIndexBuilder builder;
    for (const char* schema : {"pg_catalog", "public"}) {
        builder.addToSearchPath(schema);
        builder.addSchema(schema);
    }
    builder.addSchema("crm");
    builder.addTable("public", "customers", RelationKind::kTable, "People who bought something");
    builder.addColumn("id", "bigint", true, 1, "");
    builder.addColumn("name", "text", true, 0, "Full name");
    builder.addColumn("country", "text", false, 0, "");
    builder.addTable("public", "orders", RelationKind::kForeignTable, "");
    builder.addColumn("id", "bigint", true, 1, "");
    builder.addColumn("customer_id", "bigint", true, 0, "");
    builder.addColumn("placed_at", "timestamp with time zone", false, 0, "When the customer paid");
    builder.addColumn("total", "numeric(12,2)", false, 0, "");
    builder.addTable("public", "order_items", RelationKind::kTable, "");
    builder.addColumn("order_id", "bigint", true, 1, "");
    builder.addColumn("line", "integer", true, 2, "");
    builder.addColumn("product", "text", false, 0, "");
    builder.addTable("crm", "Leads 2024", RelationKind::kView, "");
    builder.addColumn("Lead Id", "uuid", false, 0, "");
    builder.addTable("crm", "orders", RelationKind::kView, "Orders as sales sees them");
    builder.addColumn("order_no", "text", false, 0, "");
    builder.addFunction("pg_catalog", "round", "numeric", "numeric", "round to nearest integer");
    builder.addFunction("pg_catalog", "round", "numeric, integer", "numeric", "");
    builder.addFunction("pg_catalog", "row_number", "", "bigint", "");
    builder.addFunction("crm", "rout", "a integer, b text DEFAULT 'x'::text", "integer", "");
    builder.addForeignKey({"public", "order_items"}, {"public", "orders"}, {{"order_id", "id"}});
    return builder.finish();
}

}  // namespace tessera::app
