/// docs/connectors/NAME.md says what the dialects' tables say. To write it anew:
/// TESSERA_UPDATE_DOCS=1 build/dev/bin/tessera_conformance_test --gtest_filter='Pushed*'

#include "common/strings.h"
#include "plugins/sdk/dialect/dialect.h"
#include "tests/conformance/documented.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <span>

namespace tessera::conformance {
namespace {

using dialect::Dialect;
using dialect::TypeRule;
using Words = std::set<std::string>;

std::string listOf(const Words& words) {
    return words.empty() ? "–" : "`" + join({words.begin(), words.end()}, "` `") + "`";
}

/// As SQL spells it.
std::string typeOf(std::string_view name) {
    static const std::map<std::string_view, std::string> kNames = {
        {"bool", "boolean"}, {"int2", "smallint"},           {"int4", "integer"}, {"int8", "bigint"},
        {"float4", "real"},  {"float8", "double precision"}, {"bpchar", "char"},  {"*", "any other"}};
    const auto found = kNames.find(name);
    return found == kNames.end() ? std::string(name) : found->second;
}

Words typesWhere(const Dialect& dialect, const std::function<bool(const TypeRule&)>& holds) {
    Words types;
    for (const TypeRule& rule : dialect.types) {
        if (holds(rule)) {
            types.insert(typeOf(rule.type));
        }
    }
    return types;
}

/// Functions that stand behind an operator, by how their names end after those of their types.
std::string operatorOf(const std::string& function) {
    static const std::map<std::string, std::string> kWhole = {{"textcat", "||"},
                                                              {"textlike", "LIKE"},
                                                              {"textnlike", "NOT LIKE"},
                                                              {"texticlike", "ILIKE"},
                                                              {"texticnlike", "NOT ILIKE"},
                                                              {"textregexeq", "~"},
                                                              {"date_mi", "date - date"},
                                                              {"tidge", "ctid >="},
                                                              {"tidlt", "ctid <"},
                                                              {"numeric_add", "numeric +"},
                                                              {"numeric_sub", "numeric -"},
                                                              {"numeric_mul", "numeric *"},
                                                              {"numeric_uminus", "numeric -"}};
    static const std::map<std::string, std::string> kEnds = {{"pl", "+"},  {"mi", "-"},  {"mul", "*"},
                                                             {"div", "/"}, {"mod", "%"}, {"and", "&"},
                                                             {"or", "|"},  {"xor", "#"}, {"um", "-"}};
    if (const auto whole = kWhole.find(function); whole != kWhole.end()) {
        return whole->second;
    }
    const bool is_integer = function.starts_with("int");
    if (!is_integer && !function.starts_with("float8")) {
        return {};
    }
    const std::size_t end = function.find_last_of("0123456789") + 1;
    const auto found = kEnds.find(function.substr(end));
    return found == kEnds.end() ? "" : (is_integer ? "integer " : "double precision ") + found->second;
}

struct Functions {
    Words operators;
    Words names;
    Words casts;
    Words again;  // let too much through, and are filtered again
};

Functions functionsOf(const Dialect& dialect) {
    Functions all;
    for (const dialect::FunctionRule& rule : dialect.functions) {
        const dialect::Signature signature = dialect::parseSignature(rule.signature);
        const std::string name(signature.function);
        const std::string op = operatorOf(name);
        const bool is_cast =
            name.starts_with("::") || (signature.types.size() == 1 && dialect::typeRule(dialect, name));
        if (name == "non_ascii" || name.starts_with("tessera.")) {
            continue;  // the dialects' own; that of nodes alone
        }
        if (rule.exactness != ir::Exactness::kExact) {
            all.again.insert(op.empty() ? name : op);
        } else if (!op.empty()) {
            all.operators.insert(op);
        } else if (is_cast) {
            all.casts.insert(typeOf(signature.types[0]) + " → " +
                             typeOf(name.starts_with("::") ? name.substr(2) : name));
        } else if (rule.need == dialect::OperandNeed::kAsciiOnly) {
            all.again.insert(name);
        } else {
            all.names.insert(name.ends_with("abs") ? "abs" : name);  // int4abs and its like
        }
    }
    for (const std::string_view name : dialect.text_functions) {
        all.names.insert(std::string(name));
    }
    return all;
}

Words aggregatesOf(std::span<const dialect::AggregateRule> rules) {
    Words names;
    for (const dialect::AggregateRule& rule : rules) {
        names.insert(std::string(rule.signature.substr(0, rule.signature.find('('))));
    }
    return names;
}

std::string clausesOf(const Dialect& dialect) {
    std::vector<std::string> clauses;
    const auto add = [&](bool has, const char* clause) {
        if (has) {
            clauses.emplace_back(clause);
        }
    };
    add(dialect.joins, "joins");
    add(dialect.joins && dialect.full_join, "FULL JOIN");
    add(dialect.conditionals, "CASE and COALESCE");
    add(dialect.subqueries, "subqueries");
    add(dialect.set_operations != dialect::SetOperations::kNone, "UNION");
    add(dialect.set_operations >= dialect::SetOperations::kDistinct, "INTERSECT and EXCEPT");
    add(dialect.set_operations == dialect::SetOperations::kAll, "these with ALL");
    add(dialect.grouping, "GROUP BY, HAVING, DISTINCT");
    add(dialect.grouping_sets, "grouping sets");
    add(dialect.distinct_on, "DISTINCT ON");
    add(dialect.grouping && dialect.aggregate_filter, "FILTER");
    add(dialect.aggregate_windows, "aggregates as window functions");
    add(dialect.sorting, "ORDER BY");
    add(dialect.row_limit != dialect::RowLimit::kNone, "LIMIT");
    add(dialect.row_limit != dialect::RowLimit::kNone && dialect.offset, "OFFSET");
    add(dialect.bound_limits != dialect::BoundLimits::kNone, "these two as parameters");
    add(!dialect.sample_condition.empty(), "TABLESAMPLE");
    add(dialect.keys != dialect::KeyForm::kNone, "keys of another source's rows");
    add(!dialect.lock_update.empty(), "FOR UPDATE");
    add(dialect.change_subqueries, "UPDATE and DELETE with subqueries");
    add(dialect.update_from, "UPDATE … FROM");
    add(dialect.delete_using, "DELETE … USING");
    return clauses.empty() ? "–" : join(clauses, ", ");
}

std::string pushedTable(const std::vector<const Dialect*>& dialects) {
    using Cell = std::function<std::string(const Dialect&)>;
    const std::vector<std::pair<std::string, Cell>> rows = {
        {"clauses", clausesOf},
        {"types compared by =, IN and groups",
         [](const Dialect& d) {
             return listOf(typesWhere(d, [](const TypeRule& rule) {
                 return !rule.equal.empty() && rule.equal_exactness == ir::Exactness::kExact;
             }));
         }},
        {"types looked up by = and IN, and filtered again",
         [](const Dialect& d) {
             return listOf(typesWhere(d, [](const TypeRule& rule) {
                 return !rule.equal.empty() && rule.equal_exactness != ir::Exactness::kExact;
             }));
         }},
        {"types compared by < and ordered",
         [](const Dialect& d) {
             return listOf(typesWhere(d, [](const TypeRule& rule) { return !rule.order.empty(); }));
         }},
        {"types of parameters",
         [](const Dialect& d) {
             return listOf(typesWhere(d, [](const TypeRule& rule) { return !rule.param.empty(); }));
         }},
        {"operators",
         [](const Dialect& d) {
             return (d.builtin_functions ? "PostgreSQL's own that are immutable and take no text, and " : "") +
                    listOf(functionsOf(d).operators);
         }},
        {"functions",
         [](const Dialect& d) {
             return (d.builtin_functions ? "likewise, and of text " : "") + listOf(functionsOf(d).names);
         }},
        {"casts", [](const Dialect& d) { return listOf(functionsOf(d).casts); }},
        {"sent and filtered again", [](const Dialect& d) { return listOf(functionsOf(d).again); }},
        {"aggregates", [](const Dialect& d) { return listOf(aggregatesOf(d.aggregates)); }},
        {"window functions", [](const Dialect& d) { return listOf(aggregatesOf(d.window_functions)); }},
    };
    std::string head = "| |";
    std::string line = "|---|";
    for (const Dialect* dialect : dialects) {
        head += " `" + std::string(dialect->name) + "` |";
        line += "---|";
    }
    std::string table = head + "\n" + line + "\n";
    for (const auto& [title, cell] : rows) {
        table += "| " + title + " |";
        for (const Dialect* dialect : dialects) {
            std::string text = cell(*dialect);
            for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
                text.insert(at, 1, '\\');  // else a column would end there
            }
            table += " " + text + " |";
        }
        table += "\n";
    }
    return table;
}

TEST(Pushed, IsDocumentedForEachDialect) {
    expectDocumented("postgres", "pushed", pushedTable({&dialect::kPostgres}));
    expectDocumented("mysql", "pushed", pushedTable({&dialect::kMysql}));
    expectDocumented("sqlite", "pushed", pushedTable({&dialect::kSqlite}));
    expectDocumented("files", "pushed", pushedTable({&dialect::kDuckdb}));
    expectDocumented("odbc", "pushed",
                     pushedTable({&dialect::kSqlServer, &dialect::kOracle, &dialect::kTeradata, &dialect::kDb2,
                                  &dialect::kGeneric, &dialect::kIntegers}));
}

}  // namespace
}  // namespace tessera::conformance
