#include "nodeservice/endpoints/service/describe.h"

#include "common/strings.h"
#include "nodeservice/endpoints/definition/compile.h"
#include "nodeservice/endpoints/serve/statement.h"

#include <libpq-fe.h>

#include <algorithm>
#include <map>
#include <set>

namespace tessera::endpoints {

namespace {

using postgres::ResultHandle;

/// Leaves nothing behind: the next one forgets it.
constexpr const char* kStatementName = "";

Result<ResultHandle> checked(PGresult* result) {
    ResultHandle handle(result);
    if (PQresultStatus(handle.get()) != PGRES_COMMAND_OK) {
        return postgres::errorOf(handle.get());
    }
    return handle;
}

Result<ResultHandle> prepare(postgres::Connection& session, const std::string& sql) {
    TSR_TRY(checked(PQprepare(session.handle(), kStatementName, sql.c_str(), 0, nullptr)));
    return checked(PQdescribePrepared(session.handle(), kStatementName));
}

/// A column's NOT NULL holds in the result, unless a join, grouping or the like adds rows of NULLs.
bool addsNulls(const std::vector<std::string>& words) {
    static const std::set<std::string> kAdd = {"left", "right", "full", "rollup", "cube", "sets"};
    return std::any_of(words.begin(), words.end(), [](const std::string& word) { return kAdd.contains(word); });
}

/// Type and nullability of each column, by PostgreSQL's catalog.
Result<std::vector<ResultColumn>> columnsOf(postgres::Connection& session, const PGresult* description,
                                            bool may_add_nulls) {
    std::string rows;
    for (int i = 0; i < PQnfields(description); ++i) {
        rows += (rows.empty() ? "(" : ", (") + std::to_string(i) + ", " + std::to_string(PQftype(description, i)) +
                "::pg_catalog.oid, " + std::to_string(PQfmod(description, i)) + ", " +
                std::to_string(PQftable(description, i)) + "::pg_catalog.oid, " +
                std::to_string(PQftablecol(description, i)) + ")";
    }
    const auto facts = TSR_TRY(session.query(
        "SELECT pg_catalog.format_type(c.type, c.modifier), coalesce(a.attnotnull, false) FROM (VALUES " + rows +
        ") AS c (i, type, modifier, relation, attribute) LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = "
        "c.relation "
        "AND a.attnum = c.attribute AND c.attribute > 0 ORDER BY c.i"));
    std::vector<ResultColumn> columns;
    for (int i = 0; i < PQnfields(description); ++i) {
        const auto& row = facts.values.at(static_cast<std::size_t>(i));
        columns.push_back({PQfname(description, i), row.at(0).value_or(""), !may_add_nulls && row.at(1) == "t"});
    }
    return columns;
}

Result<> checkNames(const std::vector<ResultColumn>& columns) {
    std::set<std::string> names;
    for (const ResultColumn& column : columns) {
        if (column.name == "?column?" || column.name.empty()) {
            return fail(ErrorCode::kInvalidArgument, "a column of the result has no name", "name it: … AS total");
        }
        if (!names.insert(column.name).second) {
            return fail(ErrorCode::kInvalidArgument, "the result has two columns '" + column.name + "'",
                        "give one of them another name: … AS other_name");
        }
    }
    return {};
}

/// Of the header, those that must be columns of the result.
Result<> checkColumns(const Definition& definition, const std::vector<ResultColumn>& columns) {
    std::vector<std::string> known;
    for (const ResultColumn& column : columns) {
        known.push_back(column.name);
    }
    std::vector<std::pair<std::string, std::string>> named;
    for (const SortKey& key : definition.paging ? definition.paging->key : std::vector<SortKey>()) {
        named.emplace_back("page.key", key.column);
    }
    const auto add = [&](const char* key, const auto& names) {
        for (const std::string& name : names) {
            named.emplace_back(key, name);
        }
    };
    for (const auto& [name, type] : definition.types) {
        named.emplace_back("types", name);
    }
    add("sort", definition.sortable);
    add("not_null", definition.not_null);
    add("nullable", definition.nullable);
    add("numbers", definition.numbers);
    for (const auto& [key, name] : named) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            return fail(ErrorCode::kInvalidArgument,
                        "'" + key + "' names '" + name + "', which is no column of the result",
                        suggestion(name, known));
        }
    }
    return {};
}

/// Without length and precision, by the shorter of two names.
std::string plainType(const std::string& type) {
    static const std::map<std::string, std::string> kSame = {{"character varying", "text"},
                                                             {"character", "text"},
                                                             {"name", "text"},
                                                             {"smallint", "integer"},
                                                             {"real", "double precision"},
                                                             {"json", "jsonb"},
                                                             {"time without time zone", "time"},
                                                             {"timestamp without time zone", "timestamp"},
                                                             {"timestamp with time zone", "timestamptz"}};
    std::string plain = type;
    const std::size_t open = plain.find('(');
    const std::size_t close = plain.find(')', open);
    if (open != std::string::npos && close != std::string::npos) {
        plain.erase(open, close + 1 - open);
    }
    const auto same = kSame.find(plain);
    return same == kSame.end() ? plain : same->second;
}

Result<> checkTypes(const Definition& definition, const std::vector<ResultColumn>& columns) {
    for (const auto& [name, type] : definition.types) {
        for (const ResultColumn& column : columns) {
            if (column.name == name && plainType(column.type) != plainType(type)) {
                return fail(ErrorCode::kInvalidArgument,
                            "'" + name + "' is said to be of the type " + type + ", and is of " + column.type,
                            "say what it is, or cast it");
            }
        }
    }
    return {};
}

/// All that callers can make of the statement.
Result<> checkCalls(postgres::Connection& session, const Published& endpoint) {
    Call call;
    call.values.resize(endpoint.definition.parameters.size());
    for (std::size_t i = 0; i + 1 < endpoint.columns.size(); ++i) {
        call.fields.push_back(i);
    }
    if (call.fields.empty()) {
        call.fields.push_back(0);
    }
    if (endpoint.definition.paging) {
        for (const std::string& column : endpoint.definition.sortable) {
            call.order.push_back({column, true});
        }
        for (const SortKey& key : endpoint.definition.paging->key) {
            const bool is_there = std::any_of(call.order.begin(), call.order.end(),
                                              [&](const SortKey& one) { return one.column == key.column; });
            if (!is_there) {
                call.order.push_back(key);
            }
        }
        call.after.emplace(call.order.size(), "");
    }
    // Statements within others cannot change rows: what hides in a WITH is seen.
    auto prepared = prepare(session, "SELECT FROM (\n" + endpoint.compiled + "\n) AS e");
    if (prepared) {
        prepared = prepare(session, statementOf(endpoint, call).sql);
    }
    if (prepared) {
        return {};
    }
    Error error = std::move(prepared).error();
    error.position = 0;
    if (error.sqlstate == "0A000") {
        error.hint = "an endpoint that changes rows says so: writes: true";
    }
    return std::move(error).withContext("it cannot be asked for parts of its rows");
}

}  // namespace

Result<std::vector<ResultColumn>> describe(postgres::Connection& session, const Definition& definition) {
    const auto facts = TSR_TRY(readSql(definition.sql));
    Published endpoint{0, definition, {}, compileSql(definition), {}, 0};
    auto prepared = prepare(session, endpoint.compiled);
    if (!prepared) {
        constexpr const char* kNoSuchOperator = "42883";
        if (prepared.error().sqlstate == kNoSuchOperator && !definition.types.empty()) {
            prepared.error().hint = "the type that a field has in its model is perhaps not its column's";
        }
        return std::move(prepared).error();
    }
    const ResultHandle description = std::move(*prepared);
    if (PQnfields(description.get()) == 0) {
        if (!definition.writes) {
            return fail(ErrorCode::kInvalidArgument, "the statement gives no columns", "write a SELECT");
        }
        TSR_TRY(checkColumns(definition, {}));
        return std::vector<ResultColumn>();
    }
    endpoint.columns = TSR_TRY(columnsOf(session, description.get(), addsNulls(facts.words)));
    TSR_TRY(checkNames(endpoint.columns));
    TSR_TRY(checkColumns(definition, endpoint.columns));
    TSR_TRY(checkTypes(definition, endpoint.columns));
    for (ResultColumn& column : endpoint.columns) {
        column.is_not_null = (column.is_not_null || definition.not_null.contains(column.name)) &&
                             !definition.nullable.contains(column.name);
    }
    if (!definition.writes) {
        TSR_TRY(checkCalls(session, endpoint));
    }
    return std::move(endpoint.columns);
}

}  // namespace tessera::endpoints
