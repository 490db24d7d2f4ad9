#include "plugins/sdk/dialect/dialect.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

namespace tessera::dialect {

namespace {

constexpr std::array kAll = {&kPostgres, &kMysql,   &kMariaDb105, &kMariaDb102, &kMysql8, &kMysql5,
                             &kSqlite,   &kDuckdb,  &kPlan,       &kSqlServer,  &kOracle, &kTeradata,
                             &kDb2,      &kGeneric, &kIntegers,   &kStore};

struct Comparison {
    std::string_view suffix;
    std::string_view op;
};

constexpr std::array<Comparison, 6> kComparisons = {
    {{"eq", "="}, {"ne", "<>"}, {"lt", "<"}, {"le", "<="}, {"gt", ">"}, {"ge", ">="}}};

/// Types that PostgreSQL compares with one another: prefix of the functions' names, then the two types.
struct Family {
    std::string_view prefix;
    std::string_view left;
    std::string_view right;
    std::string_view tail = "";  // date_eq_timestamp
    /// text_lt, but texteq and textne.
    std::string_view equality_prefix = "";
};

constexpr Family kFamilies[] = {
    {"int2", "int2", "int2"},
    {"int24", "int2", "int4"},
    {"int28", "int2", "int8"},
    {"int42", "int4", "int2"},
    {"int4", "int4", "int4"},
    {"int48", "int4", "int8"},
    {"int82", "int8", "int2"},
    {"int84", "int8", "int4"},
    {"int8", "int8", "int8"},
    {"float4", "float4", "float4"},
    {"float48", "float4", "float8"},
    {"float84", "float8", "float4"},
    {"float8", "float8", "float8"},
    {"numeric_", "numeric", "numeric"},
    {"bool", "bool", "bool"},
    {"text_", "text", "text", "", "text"},
    {"bpchar", "bpchar", "bpchar"},
    {"bytea", "bytea", "bytea"},
    {"uuid_", "uuid", "uuid"},
    {"date_", "date", "date"},
    {"date_", "date", "timestamp", "_timestamp"},
    {"timestamp_", "timestamp", "date", "_date"},
    {"timestamp_", "timestamp", "timestamp"},
    {"timestamptz_", "timestamptz", "timestamptz"},
    {"time_", "time", "time"},
};

std::unordered_map<std::string, std::string_view> makeComparisonTable() {
    std::unordered_map<std::string, std::string_view> table;
    for (const Family& family : kFamilies) {
        for (const Comparison& comparison : kComparisons) {
            const bool equality = comparison.suffix == "eq" || comparison.suffix == "ne";
            std::string signature(equality && !family.equality_prefix.empty() ? family.equality_prefix : family.prefix);
            signature.append(comparison.suffix).append(family.tail).append("(").append(family.left);
            signature.append(",").append(family.right).append(")");
            table.emplace(std::move(signature), comparison.op);
        }
    }
    return table;
}

template <class Rules>
auto findSignature(const Rules& rules, std::string_view signature) -> decltype(rules.data()) {
    for (const auto& rule : rules) {
        if (rule.signature == signature) {
            return &rule;
        }
    }
    return nullptr;
}

}  // namespace

std::span<const Dialect* const> all() {
    return kAll;
}

Result<const Dialect*> find(std::string_view name) {
    for (const Dialect* dialect : kAll) {
        if (dialect->name == name) {
            return dialect;
        }
    }
    std::string names;
    for (const Dialect* dialect : kAll) {
        names += names.empty() ? "" : ", ";
        names += dialect->name;
    }
    return fail(ErrorCode::kNotFound, "there is no dialect '" + std::string(name) + "'",
                "a connector's dialect is one of " + names);
}

const TypeRule* typeRule(const Dialect& dialect, std::string_view type) {
    for (const TypeRule& rule : dialect.types) {
        if (rule.type == type || rule.type == "*") {  // "*" stands last
            return &rule;
        }
    }
    return nullptr;
}

const FunctionRule* functionRule(const Dialect& dialect, std::string_view signature) {
    return findSignature(dialect.functions, signature);
}

const AggregateRule* aggregateRule(const Dialect& dialect, std::string_view signature) {
    const AggregateRule* rule = findSignature(dialect.aggregates, signature);
    return rule != nullptr ? rule : findSignature(dialect.aggregates, signature.substr(0, signature.find('(')));
}

const AggregateRule* windowRule(const Dialect& dialect, std::string_view signature) {
    return findSignature(dialect.window_functions, signature);
}

bool isPlace(std::string_view text, std::size_t at) {
    return at + 2 < text.size() && text[at] == '{' && text[at + 1] >= '0' && text[at + 1] <= '9' && text[at + 2] == '}';
}

std::string quoteIdentifier(const Dialect& dialect, std::string_view name) {
    const char close = dialect.quotes[1];
    std::string quoted(1, dialect.quotes[0]);
    for (const char c : name) {
        quoted.append(c == close ? 2 : 1, c);
    }
    return quoted += close;
}

Signature parseSignature(std::string_view signature) {
    const std::size_t open = signature.find('(');
    Signature parsed{signature.substr(0, open), {}};
    std::string_view types = signature.substr(open + 1, signature.size() - open - 2);
    while (!types.empty()) {
        const std::size_t comma = std::min(types.find(','), types.size());
        parsed.types.push_back(types.substr(0, comma));
        types.remove_prefix(std::min(comma + 1, types.size()));
    }
    return parsed;
}

std::string_view comparisonOperator(std::string_view signature) {
    static const std::unordered_map<std::string, std::string_view> kTable = makeComparisonTable();
    const auto found = kTable.find(std::string(signature));
    return found == kTable.end() ? std::string_view() : found->second;
}

}  // namespace tessera::dialect
