/// Every function that a dialect's tables name, on every pair of hostile values of its arguments' types: what the
/// source computes must be what PostgreSQL computes, value by value and error by error, and it must really have been
/// pushed. The tests are made from the tables: an entry without one can't be. For a PostgreSQL source, which takes
/// functions that stand in no table, all of pg_proc is tried.

#include "common/strings.h"
#include "plugins/sdk/dialect/dialect.h"
#include "tests/correctness/mesh.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace tessera::correctness {
namespace {

using dialect::FunctionRule;
using dialect::OperandNeed;

/// What may stand in an argument's place, where a rule wants a constant there.
std::vector<std::string> constantsFor(OperandNeed need, std::size_t place, const std::string& type) {
    const bool is_text = type == "text";
    switch (need) {
        case OperandNeed::kDivisor:
            return {"2::" + type, "(-7)::" + type, "32767::" + type};
        case OperandNeed::kCounts:
            return is_text ? std::vector<std::string>{"'*'", "'ab'", "'\xC3\xA9'"}
                           : std::vector<std::string>{"0", "1", "3"};
        case OperandNeed::kPositions:
            return is_text      ? std::vector<std::string>{"'a'", "'%'", "','"}
                   : place == 1 ? std::vector<std::string>{"1", "2", "4"}
                                : std::vector<std::string>{"1", "3", "2"};
        case OperandNeed::kLike:
        case OperandNeed::kFixed:
            return {"'a%'", "'%b'", "'_'", "'\\%'", "'%'", "'%\xC3\xA1%'", "'a\\\\b'", "''", "'A%'"};
        case OperandNeed::kAsciiLike:
            return {"'a%'", "'%B'", "'_'", "'\\%'", "'%'", "'a\\\\b'", "'%i%'"};
        case OperandNeed::kRegex:
            return {"'^a'", "'b$'", "'a.b'", "'[abc]+'", "'(ab|B)c?'", "'x.y'", "'a b*'"};
        case OperandNeed::kDecimalDigits:
            return {"0", "1", "2"};
        default:
            return {};
    }
}

/// An application of a function to columns of the table v, and constants.
std::vector<std::string> applications(std::string_view signature, OperandNeed need) {
    const dialect::Signature parsed = dialect::parseSignature(signature);
    const bool is_cast = parsed.function.starts_with("::");
    std::vector<std::string> made;
    for (std::size_t variant = 0; variant < 9; ++variant) {
        std::string args;
        // Each argument's turn to be the column with NULLs.
        const std::size_t count = parsed.types.size();
        bool varies = variant < count || (count > 2 && variant < 2 * count);
        for (std::size_t i = 0; i < parsed.types.size(); ++i) {
            const std::string type(parsed.types[i]);
            const bool is_type = dialect::typeRule(dialect::kDuckdb, type) != nullptr || type == "bpchar" ||
                                 type == "interval" || type == "bytea" || type.starts_with("json") || type[0] == '_';
            const auto constants = i == 0 || !is_type ? std::vector<std::string>() : constantsFor(need, i, type);
            varies = varies || variant < constants.size();
            args += i == 0 ? "" : ", ";
            args += !is_type             ? quoteLiteral(type)
                    : !constants.empty() ? constants[variant % constants.size()]
                    // Each one's turn to be NULL alone.
                    : count > 2 && variant >= count && variant - count == i
                        ? "nullif(" + type + "_a, " + type + "_a)"
                        : type + ((i + variant) % parsed.types.size() == 1 ? "_b" : "_a");
        }
        if (variant > 0 && !varies) {
            break;
        }
        std::string text = is_cast ? "((" + args + ")" + std::string(parsed.function) + ")"
                                   : quoteIdentifier(std::string(parsed.function)) + "(" + args + ")";
        if (need == OperandNeed::kAsciiOnly) {
            text += " = 'ab'";  // which alone makes it exact
        }
        made.push_back(std::move(text));
    }
    return made;
}

/// The rows for which every release of PostgreSQL 15 gives the same: right(text, -2147483648) was all of the text
/// until it was mended (15.18 still has it, 15.20 not).
std::string settledRows(const std::string& expression) {
    return expression.starts_with("\"right\"(") ? "id > 0 AND int4_a > -2147483648 AND int4_b > -2147483648" : "id > 0";
}

class Functions : public testing::TestWithParam<const char*> {
  protected:
    static void TearDownTestSuite() { mesh_.reset(); }

    void SetUp() override {
        if (!mesh_ || mesh_->dialect() != GetParam()) {
            mesh_.reset();
            auto started = Mesh::start(GetParam());
            ASSERT_TRUE(started) << started.error().describe();
            mesh_ = std::make_unique<Mesh>(std::move(*started));
            // What can be pushed shall be, also where few rows are left to group.
            ASSERT_TRUE(mesh_->execute("SET enable_hashagg = off; SET enable_sort = off; SET cpu_tuple_cost = 10"));
        }
    }

    static const dialect::Dialect& dialect() { return *dialect::find(GetParam()).value(); }

    static bool isPushed(const std::string& sql) {
        const std::string text = mesh_->plan(sql);
        return text.starts_with("Foreign Scan") && text.find("  Filter:") == std::string::npos;
    }

    static bool isSuperset(const std::string& sql) {
        const std::string text = mesh_->plan(sql);
        return text.find("  Filter:") != std::string::npos && text.find("WHERE") != std::string::npos;
    }

    static void compare(const std::string& sql) {
        const Outcome expected = mesh_->run(Mesh::inSchema(sql, "copy"));
        const Outcome actual = mesh_->run(Mesh::inSchema(sql, "src"));
        EXPECT_TRUE(actual == expected) << sql << "\n" << difference(actual, expected) << mesh_->plan(sql);
    }

    static std::string typeOf(const std::string& expression) {
        const auto rows = mesh_->query("SELECT typname FROM pg_type WHERE oid = pg_typeof((SELECT " + expression +
                                       " FROM copy.v WHERE false))");
        return rows && !rows->values.empty() ? rows->values[0][0].value_or("") : "";
    }

    /// Statements that make the source compute the expression and show its value.
    static std::vector<std::string> probes(const std::string& expression, const std::string& type,
                                           const std::string& condition) {
        const dialect::TypeRule* rule = dialect::typeRule(dialect(), type);
        const std::string where = " WHERE " + condition;
        std::vector<std::string> made;
        if (type == "bool") {
            made.push_back("SELECT id FROM $v" + where + " AND " + expression);
            made.push_back("SELECT id FROM $v" + where + " AND NOT " + expression);
        }
        if (rule != nullptr && !rule->equal.empty()) {
            made.push_back("SELECT id, " + expression + " AS value, count(*) FROM $v" + where + " GROUP BY id, " +
                           expression);
        } else {
            // What can't be grouped by is compared with its values.
            const auto values =
                mesh_->query("SELECT DISTINCT (" + expression + ")::text FROM copy.v" + where + " LIMIT 6");
            for (const Row& row : values ? values->values : std::vector<Row>()) {
                made.push_back("SELECT id FROM $v" + where + " AND (" + expression + ") " +
                               (row[0] ? "= " + quoteLiteral(*row[0]) + "::" + type : "IS NULL"));
            }
        }
        return made;
    }

    /// False when it is not pushed.
    static bool check(const std::string& expression, bool superset, std::string condition) {
        const std::string type = typeOf(expression);
        const auto failures = mesh_->failures(expression, condition);
        EXPECT_TRUE(failures) << expression << "\n" << failures.error().describe();
        if (type.empty() || !failures) {
            return false;
        }
        std::map<std::string, std::string> states;
        for (const auto& [id, state] : *failures) {
            condition += (states.empty() ? " AND id NOT IN (" : ", ") + id;
            states[state] = id;
        }
        condition += states.empty() ? "" : ")";
        if (superset) {
            const std::string sql = "SELECT id FROM $v WHERE " + condition + " AND " + expression;
            compare(sql);
            return isSuperset(sql);
        }
        bool pushed = true;
        for (const std::string& probe : probes(expression, type, condition)) {
            pushed = isPushed(probe);
            if (!pushed) {
                break;
            }
            compare(probe);
        }
        for (const auto& [state, id] : states) {
            if (pushed) {
                compare("SELECT " + expression + " AS value, count(*) FROM $v WHERE id = " + id + " GROUP BY " +
                        expression);
            }
        }
        return pushed;
    }

    inline static std::unique_ptr<Mesh> mesh_;
};

TEST_P(Functions, EveryEntryOfTheDialectIsExact) {
    for (const FunctionRule& rule : dialect().functions) {
        if (rule.signature == "non_ascii(text)" || rule.signature.find("(tid,") != std::string_view::npos ||
            rule.signature.starts_with("tessera.")) {
            // Of ours: it stands beside lower() and upper(); they bound the parts of a table; nodes alone have those
            // (ShardRepartition.…).
            continue;
        }
        const bool superset = rule.exactness == ir::Exactness::kSuperset || rule.need == OperandNeed::kAsciiOnly;
        for (const std::string& expression : applications(rule.signature, rule.need)) {
            EXPECT_TRUE(check(expression, superset, settledRows(expression)))
                << "not pushed: " << expression << "\n"
                << mesh_->plan("SELECT " + expression + ", count(*) FROM $v GROUP BY 1");
        }
    }
}

TEST_P(Functions, PostgresComputesItsOwnFunctionsAlike) {
    if (!dialect().builtin_functions) {
        return;  // the others take what their tables name
    }
    std::string types;
    for (const HostileColumn& column : mesh_->source().tables()[2].second.columns()) {
        if (column.name.ends_with("_a")) {
            types += (types.empty() ? "'" : ", '") + column.name.substr(0, column.name.size() - 2) + "'";
        }
    }
    const auto functions = mesh_->query(
        "SELECT proname || '(' || args || ')' FROM (SELECT proname, (SELECT string_agg(typname, ',' ORDER BY place) "
        "FROM unnest(proargtypes::oid[]) WITH ORDINALITY a (type, place) JOIN pg_type t ON t.oid = a.type) AS args, "
        "(SELECT bool_and(typname IN (" +
        types +
        ")) FROM unnest(proargtypes::oid[]) a (type) JOIN pg_type t ON t.oid = a.type) AS known FROM pg_proc WHERE "
        "provolatile = 'i' AND NOT proretset AND prokind = 'f' AND provariadic = 0 AND pronargs BETWEEN 1 AND 3 AND "
        "prorettype <> 'internal'::regtype AND prorettype <> 'cstring'::regtype AND pronamespace = "
        "'pg_catalog'::regnamespace) f WHERE known ORDER BY 1");
    ASSERT_TRUE(functions) << functions.error().describe();
    std::string condition = "id IN (1";
    for (int id = 12; id <= 442; id += 11) {
        condition += ", " + std::to_string(id);
    }
    condition += ")";
    std::size_t pushed = 0;
    for (const Row& row : functions->values) {
        const std::string expression = applications(*row[0], OperandNeed::kNone).front();
        pushed += check(expression, false, condition) ? 1 : 0;
    }
    RecordProperty("pushed", static_cast<int>(pushed));
    EXPECT_GT(pushed, 500U) << "of " << functions->values.size();
}

INSTANTIATE_TEST_SUITE_P(Dialects, Functions, testing::Values("postgres", "mysql", "sqlite", "duckdb"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
