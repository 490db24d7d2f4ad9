#include "plugins/odbc/catalog.h"

#include "common/strings.h"
#include "plugins/odbc/types.h"
#include "plugins/odbc/unicode.h"
#include "plugins/sdk/values.h"

#include <algorithm>
#include <array>
#include <map>

namespace tessera::odbc {

namespace {

/// Columns of the catalog functions' results, counted from 0.
enum TableField { kTableCatalog = 0, kTableSchema = 1, kTableName = 2, kTableType = 3, kTableRemarks = 4 };

enum ColumnField {
    kColumnTable = 2,
    kColumnName = 3,
    kColumnSqlType = 4,
    kColumnTypeName = 5,
    kColumnSize = 6,
    kColumnDigits = 8,
    kColumnNullable = 10,
    kColumnRemarks = 11
};

enum KeyField { kKeyColumn = 3, kKeyPosition = 4 };

enum StatisticsField { kStatisticsType = 6, kStatisticsCardinality = 10 };

/// Where tables are looked for; NULL is any, or none.
struct Place {
    std::optional<std::string> catalog;
    std::optional<std::string> schema;
};

/// An argument of a catalog function: a NULL pointer when there is none.
class Argument {
  public:
    explicit Argument(const std::optional<std::string>& text) : is_null_(!text), text_(toWide(text.value_or(""))) {}

    SQLWCHAR* data() { return is_null_ ? nullptr : wide(text_); }

    SQLSMALLINT size() const { return is_null_ ? SQLSMALLINT{0} : static_cast<SQLSMALLINT>(text_.size()); }

  private:
    bool is_null_;
    std::u16string text_;
};

/// A name as a search pattern that matches it, and others only where the driver has no escape.
std::optional<std::string> pattern(const Link& link, const std::optional<std::string>& name) {
    if (!name || link.facts().pattern_escape.empty()) {
        return name;
    }
    std::string escaped;
    for (const char c : *name) {
        if (c == '_' || c == '%' || c == link.facts().pattern_escape[0]) {
            escaped += link.facts().pattern_escape;
        }
        escaped += c;
    }
    return escaped;
}

std::string field(const TextRow& row, int index) {
    return row.at(static_cast<std::size_t>(index)).value_or("");
}

std::optional<long> numberField(const TextRow& row, int index) {
    const auto number = sdk::parseInt(field(row, index));
    return number ? std::optional(static_cast<long>(*number)) : std::nullopt;
}

bool isTable(const std::string& type) {
    constexpr std::array<std::string_view, 8> kTypes = {"TABLE",   "BASE TABLE", "VIEW",  "MATERIALIZED VIEW",
                                                        "MATVIEW", "SYNONYM",    "ALIAS", "FOREIGN TABLE"};
    return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

Result<std::vector<TextRow>> readTables(const std::shared_ptr<Link>& link, const Place& place,
                                        const std::optional<std::string>& only) {
    Statement statement(link);
    Argument catalog(place.catalog);
    Argument schema(pattern(*link, place.schema));
    Argument name(only ? pattern(*link, only) : std::optional<std::string>("%"));
    TSR_TRY(statement.check(statement.run(Link::Work::kExecuting, [&] {
        return SQLTablesW(statement.get(), catalog.data(), catalog.size(), schema.data(), schema.size(), name.data(),
                          name.size(), nullptr, 0);
    })));
    auto rows = TSR_TRY(statement.readAll());
    std::erase_if(rows, [&](const TextRow& row) {
        return !isTable(field(row, kTableType)) || (only && field(row, kTableName) != *only) ||
               (place.schema && field(row, kTableSchema) != *place.schema);
    });
    return rows;
}

/// Some drivers have no keys to tell.
std::map<std::string, int> readKey(const std::shared_ptr<Link>& link, const Place& place, const std::string& table) {
    Statement statement(link);
    Argument catalog(place.catalog);
    Argument schema(place.schema);
    Argument name(table);
    std::map<std::string, int> key;
    if (!SQL_SUCCEEDED(statement.run(Link::Work::kExecuting, [&] {
            return SQLPrimaryKeysW(statement.get(), catalog.data(), catalog.size(), schema.data(), schema.size(),
                                   name.data(), name.size());
        }))) {
        return key;
    }
    if (const auto rows = statement.readAll()) {
        for (const TextRow& row : *rows) {
            key[field(row, kKeyColumn)] = static_cast<int>(numberField(row, kKeyPosition).value_or(0));
        }
    }
    return key;
}

Result<> readColumns(const std::shared_ptr<Link>& link, const Place& place, sdk::Table& table) {
    const std::map<std::string, int> key = readKey(link, place, table.name);
    Statement statement(link);
    Argument catalog(place.catalog);
    Argument schema(pattern(*link, place.schema));
    Argument name(pattern(*link, table.name));
    Argument any(std::optional<std::string>("%"));
    TSR_TRY(statement.check(statement.run(Link::Work::kExecuting, [&] {
        return SQLColumnsW(statement.get(), catalog.data(), catalog.size(), schema.data(), schema.size(), name.data(),
                           name.size(), any.data(), any.size());
    })));
    std::vector<std::string> as_text;
    for (const TextRow& row : TSR_TRY(statement.readAll())) {
        if (field(row, kColumnTable) != table.name) {
            continue;
        }
        const ColumnFacts facts{static_cast<int>(numberField(row, kColumnSqlType).value_or(0)),
                                field(row, kColumnTypeName), numberField(row, kColumnSize),
                                numberField(row, kColumnDigits)};
        sdk::Column column;
        column.name = field(row, kColumnName);
        column.pg_type = pgTypeOf(facts, *link->facts().dbms);
        column.not_null = numberField(row, kColumnNullable) == SQL_NO_NULLS;
        column.comment = field(row, kColumnRemarks);
        column.options.emplace_back("column_name", column.name);
        if (const auto found = key.find(column.name); found != key.end()) {
            column.key_position = found->second;
        }
        if (!isKnownType(facts.sql_type)) {
            as_text.push_back(quoteIdentifier(column.name) + " (" + facts.type_name + ")");
        }
        table.columns.push_back(std::move(column));
    }
    if (table.columns.empty()) {
        table.skipped = "the driver tells no columns";
    } else if (!as_text.empty()) {
        table.skipped = "read as text: " + join(as_text, ", ");
    }
    return {};
}

/// From the driver's statistics, if it has some without counting.
double rowCount(const std::shared_ptr<Link>& link, const Place& place, const std::string& table) {
    Statement statement(link);
    Argument catalog(place.catalog);
    Argument schema(place.schema);
    Argument name(table);
    if (!SQL_SUCCEEDED(statement.run(Link::Work::kExecuting, [&] {
            return SQLStatisticsW(statement.get(), catalog.data(), catalog.size(), schema.data(), schema.size(),
                                  name.data(), name.size(), SQL_INDEX_ALL, SQL_QUICK);
        }))) {
        return -1;
    }
    if (const auto rows = statement.readAll()) {
        for (const TextRow& row : *rows) {
            if (numberField(row, kStatisticsType) == SQL_TABLE_STAT) {
                return static_cast<double>(numberField(row, kStatisticsCardinality).value_or(-1));
            }
        }
    }
    return -1;
}

}  // namespace

Result<std::vector<sdk::Table>> listTables(const std::shared_ptr<Link>& link, const std::string& catalog,
                                           const std::string& schema, const std::optional<std::string>& only) {
    const Facts& facts = link->facts();
    Place place;
    if (facts.has_schemas) {
        place.schema = schema;
        place.catalog = !catalog.empty()                               ? std::optional(catalog)
                        : facts.has_catalogs && !facts.catalog.empty() ? std::optional(facts.catalog)
                                                                       : std::nullopt;
    } else if (facts.has_catalogs) {
        place.catalog = schema;
    }
    std::vector<sdk::Table> tables;
    for (const TextRow& row : TSR_TRY(readTables(link, place, only))) {
        sdk::Table table;
        table.name = field(row, kTableName);
        table.comment = field(row, kTableRemarks);
        if (!facts.has_schemas ? place.catalog.has_value() : !catalog.empty()) {
            table.options.emplace_back("catalog_name", *place.catalog);
        }
        if (place.schema) {
            table.options.emplace_back("schema_name", *place.schema);
        }
        table.options.emplace_back("table_name", table.name);
        TSR_TRY(readColumns(link, place, table));
        tables.push_back(std::move(table));
    }
    if (tables.empty() && !only) {
        Error error = fail(ErrorCode::kNotFound, link->where() + " has no table in '" + schema + "'",
                           facts.has_schemas ? "name a schema of the source; letters' case counts"
                                             : "name a database of the source; letters' case counts");
        error.sqlstate = "3F000";
        return error;
    }
    return tables;
}

Result<TsrStatistics> readStatistics(const std::shared_ptr<Link>& link, const sdk::Options& table_options) {
    Place place{table_options.find("catalog_name"), table_options.find("schema_name")};
    return TsrStatistics{rowCount(link, place, TSR_TRY(table_options.require("table_name"))), -1};
}

}  // namespace tessera::odbc
