#include "nodeservice/endpoints/service/make_tables.h"

#include "common/strings.h"

#include <algorithm>
#include <set>

namespace tessera::endpoints {

namespace {

/// Whoever reads a table for hours holds up nobody who only wants to publish.
constexpr const char* kBegin = "BEGIN; SET LOCAL lock_timeout = '10s'; SET LOCAL client_min_messages = warning";

class TableSession {
  public:
    explicit TableSession(postgres::Connection& session) : session_(session) {}

    Result<> makeTable(const ModelTable& table) {
        const std::string name = TSR_TRY(nameOf(table.name));
        const auto kind = TSR_TRY(kindOf(name));
        if (!kind) {
            std::string parts;
            for (const TableColumn& column : table.columns) {
                parts += "  " + definitionOf(column) + ",\n";
            }
            return run("CREATE TABLE " + name + " (\n" + parts + "  PRIMARY KEY (" + listOf(table.key) + ")\n)");
        }
        const auto rows = TSR_TRY(session_.query(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
            {name}));
        std::set<std::string> known;
        for (const auto& row : rows.values) {
            known.insert(row.at(0).value_or(""));
        }
        for (const TableColumn& column : table.columns) {
            if (known.contains(column.name)) {
                continue;
            }
            if (!isTable(*kind)) {
                return fail(ErrorCode::kFailedPrecondition,
                            name + " is no table of PostgreSQL's own, and lacks the column '" + column.name + "'",
                            "give it the column where it comes from, or take the field out of the model");
            }
            auto added = run("ALTER TABLE " + name + " ADD COLUMN " + definitionOf(column));
            constexpr const char* kNotNull = "23502";
            if (!added && added.error().sqlstate == kNotNull) {
                added.error().hint = "there are rows already: give the field a 'default', or leave 'not_null' out";
            }
            TSR_TRY(std::move(added));
        }
        return {};
    }

    Result<> refer(const ModelTable& table, const TableReference& reference) {
        const std::string name = TSR_TRY(nameOf(table.name));
        const std::string other = TSR_TRY(nameOf(reference.table));
        const auto is_there = TSR_TRY(session_.queryValue(
            "SELECT EXISTS (SELECT FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = "
            "ARRAY[a.attnum] WHERE c.contype = 'f' AND c.conrelid = to_regclass($1) AND c.confrelid = to_regclass($3) "
            "AND a.attname = $2)",
            {name, reference.column, other}));
        const auto kind = TSR_TRY(kindOf(name));
        const auto other_kind = TSR_TRY(kindOf(other));
        if (is_there == "t" || !kind || !other_kind || !isTable(*kind) || !isTable(*other_kind)) {
            return {};
        }
        const std::string column = quoteIdentifier(reference.column);
        TSR_TRY(run("ALTER TABLE " + name + " ADD FOREIGN KEY (" + column + ") REFERENCES " + other + " (" +
                    quoteIdentifier(reference.other_column) + ")"));
        // Rows are looked up by it, with 'include' and whenever one of the others goes.
        const auto has_index = TSR_TRY(session_.queryValue(
            "SELECT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = "
            "i.indkey[0] WHERE i.indrelid = to_regclass($1) AND a.attname = $2 AND i.indpred IS NULL)",
            {name, reference.column}));
        return has_index == "t" ? Result<>() : run("CREATE INDEX ON " + name + " (" + column + ")");
    }

    Result<> allow(const ModelTable& table) {
        const std::string name = TSR_TRY(nameOf(table.name));
        for (const std::string& role : table.roles) {
            const std::string quoted = quoteIdentifier(role);
            if (!TSR_TRY(session_.queryValue("SELECT to_regrole($1)::text", {quoted}))) {
                return fail(ErrorCode::kNotFound, "there is no role '" + role + "'", "see 'roles' of the model");
            }
            for (const std::string& right : table.rights) {
                const auto has = TSR_TRY(session_.queryValue(
                    "SELECT has_table_privilege($1::regrole, to_regclass($2), $3)", {quoted, name, right}));
                if (has != "t") {
                    TSR_TRY(run("GRANT " + right + " ON " + name + " TO " + quoted));
                }
            }
        }
        return {};
    }

    std::vector<std::string> takeStatements() { return std::move(statements_); }

  private:
    static bool isTable(const std::string& kind) { return kind == "r" || kind == "p"; }

    /// As PostgreSQL writes it; also refuses what is no name.
    Result<std::string> nameOf(const std::string& table) {
        return TSR_TRY(session_.queryValue(
                           "SELECT string_agg(quote_ident(part), '.' ORDER BY place) FROM unnest(parse_ident($1)) WITH "
                           "ORDINALITY AS parts (part, place)",
                           {table}))
            .value_or("");
    }

    Result<std::optional<std::string>> kindOf(const std::string& name) {
        return session_.queryValue("SELECT (SELECT relkind FROM pg_class WHERE oid = to_regclass($1))", {name});
    }

    static std::string definitionOf(const TableColumn& column) {
        return quoteIdentifier(column.name) + " " + column.type + (column.is_not_null ? " NOT NULL" : "") +
               (column.is_numbered           ? " GENERATED BY DEFAULT AS IDENTITY"
                : column.default_sql.empty() ? std::string()
                                             : " DEFAULT (" + column.default_sql + "\n)");
    }

    static std::string listOf(const std::vector<std::string>& columns) {
        std::string list;
        for (const std::string& column : columns) {
            list += (list.empty() ? "" : ", ") + quoteIdentifier(column);
        }
        return list;
    }

    /// One statement: what an author writes as a default ends in an error rather than in a second one.
    Result<> run(std::string statement) {
        TSR_TRY(session_.query(statement));
        statements_.push_back(std::move(statement));
        return {};
    }

    postgres::Connection& session_;
    std::vector<std::string> statements_;
};

}  // namespace

Result<std::vector<std::string>> makeTables(postgres::Connection& session, const std::vector<ModelTable>& tables) {
    TSR_TRY(session.execute(kBegin));
    TableSession at(session);
    const auto named = [](Result<> done, const ModelTable& table) -> Result<> {
        return done ? std::move(done) : Result<>(std::move(done).error().withContext(table.where));
    };
    for (const ModelTable& table : tables) {
        TSR_TRY(named(at.makeTable(table), table));
    }
    for (const ModelTable& table : tables) {
        for (const TableReference& reference : table.references) {
            TSR_TRY(named(at.refer(table, reference), table));
        }
        TSR_TRY(named(at.allow(table), table));
    }
    return at.takeStatements();
}

}  // namespace tessera::endpoints
