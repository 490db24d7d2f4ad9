#pragma once

/// The tables and queries of TPC-H. The tables are made in PostgreSQL by arithmetic on row numbers: the same scale
/// gives the same rows everywhere. Sizes, keys, domains and what the queries select by are the specification's;
/// addresses and comments are short.

#include <span>
#include <string>
#include <vector>

namespace tessera::bench {

struct TpchTable {
    const char* name;
    const char* columns;               // as every SQL system takes them
    std::vector<const char*> indexes;  // columns; the first is the primary key
};

const std::vector<TpchTable>& tpchTables();
const TpchTable& tpchTable(const std::string& name);

/// Statements that make and fill all tables in the schema of a PostgreSQL; without keys.
std::string tpchGenerate(const std::string& schema, double scale);

/// The table's primary key and indexes, in PostgreSQL and in MariaDB.
std::string tpchKeys(const TpchTable& table, const std::string& schema);

struct TpchQuery {
    int number;
    const char* sql;
};

/// The 22 queries with the specification's validation parameters. Tables are named without a schema.
std::span<const TpchQuery> tpchQueries();

}  // namespace tessera::bench
