/// What a source computes must be what PostgreSQL would have computed. Each statement runs three ways: with all
/// pushdown, with none, and on a copy in a local table; the rows must be the same. And what the dialect says it can do
/// must really have been pushed: each of its entries is met by a statement whose plan has no work left above the remote
/// one.
///
/// Replay with the seed that a failure prints: TESSERA_SEED=n.

#include "common/strings.h"
#include "plugins/sdk/dialect_file/dialect_file.h"
#include "tests/correctness/mesh.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace tessera::correctness {
namespace {

class Pushdown : public testing::TestWithParam<const char*> {
  protected:
    static void TearDownTestSuite() { mesh_.reset(); }

    /// One mesh serves all tests of a dialect.
    void SetUp() override {
        if (!mesh_ || mesh_->source().name() != GetParam()) {
            mesh_.reset();
            auto started = Mesh::start(GetParam());
            ASSERT_TRUE(started) << started.error().describe();
            mesh_ = std::make_unique<Mesh>(std::move(*started));
        }
        must(connection().execute("RESET ALL"));
    }

    static void must(const Result<>& result) { ASSERT_TRUE(result) << result.error().describe(); }

    static std::string inSchema(const std::string& sql, const std::string& schema) {
        return Mesh::inSchema(sql, schema);
    }

    /// Compares the three ways; "$t" is the table. Rows without an ORDER BY are compared as a set.
    void compare(const std::string& sql) {
        const Outcome expected = mesh_->run(inSchema(sql, "copy"));
        ASSERT_NE(expected.sqlstate.substr(0, 2), "42") << "no valid statement: " << sql << "\n" << expected.message;
        const Outcome pushed = mesh_->run(inSchema(sql, "src"));
        must(mesh_->execute("SET tessera.pushdown = off"));
        const Outcome local = mesh_->run(inSchema(sql, "src"));
        must(mesh_->execute("RESET tessera.pushdown"));
        EXPECT_TRUE(pushed == expected) << "pushed down differs; TESSERA_SEED=" << seed() << "\n"
                                        << inSchema(sql, "src") << "\n"
                                        << difference(pushed, expected) << plan(sql);
        EXPECT_TRUE(local == expected) << "not pushed differs; TESSERA_SEED=" << seed() << "\n"
                                       << inSchema(sql, "src") << "\n"
                                       << difference(local, expected);
    }

    /// With the settings of the moment.
    static void compareRows(const std::string& sql, const std::string& about) {
        const Outcome expected = mesh_->run(inSchema(sql, "copy"));
        const Outcome actual = mesh_->run(inSchema(sql, "src"));
        EXPECT_TRUE(actual == expected) << about << "\n" << sql << "\n" << difference(actual, expected);
    }

    static std::string plan(const std::string& sql) { return mesh_->plan(sql); }

    /// The plan is one remote statement, perhaps filtered once more.
    void expectPushed(const std::string& sql, bool filtered_again = false) {
        if (!dialect().grouping) {
            return;  // what little it can push has a test of its own
        }
        const std::string text = plan(sql);
        const auto first = text.substr(0, text.find('\n'));
        EXPECT_EQ(first.substr(0, 12), "Foreign Scan") << sql << "\n" << text;
        EXPECT_EQ(text.find("  Filter:") != std::string::npos, filtered_again) << sql << "\n" << text;
    }

    const dialect::Dialect& dialect() const { return *dialect::findOrLoad(source().dialect()).value(); }

    bool knowsType(const std::string& type) const { return dialect::typeRule(dialect(), typname(type)) != nullptr; }

    static std::string typname(const std::string& type) {
        static const std::map<std::string, std::string> kNames = {
            {"smallint", "int2"},         {"integer", "int4"},
            {"bigint", "int8"},           {"double precision", "float8"},
            {"numeric(20,4)", "numeric"}, {"varchar(20)", "varchar"},
            {"boolean", "bool"}};
        const auto found = kNames.find(type);
        return found == kNames.end() ? type : found->second;
    }

    static std::string literal(const HostileColumn& column, const std::string& value) {
        return quoteLiteral(value) + "::" + column.type;
    }

    static const Source& source() { return mesh_->source(); }

    static Mesh& connection() { return *mesh_; }

    inline static std::unique_ptr<Mesh> mesh_;
};

TEST_P(Pushdown, ReadsEveryValueAsItIs) {
    compare("SELECT * FROM $t ORDER BY id");
    compare("SELECT t FROM $t t");
    compare("SELECT count(*) FROM $t");
}

TEST_P(Pushdown, ComparesAsPostgresDoes) {
    for (const HostileColumn& column : source().table().columns()) {
        for (const std::string& value : column.values) {
            for (const char* op : {"=", "<>", "<", "<=", ">", ">="}) {
                compare("SELECT id FROM $t WHERE " + column.name + " " + op + " " + literal(column, value));
            }
            compare("SELECT id FROM $t WHERE NOT (" + column.name + " = " + literal(column, value) + ")");
            compare("SELECT id FROM $t WHERE " + column.name + " IS DISTINCT FROM " + literal(column, value));
        }
        if (knowsType(column.type) && column.type != "boolean") {
            const std::string some = literal(column, column.values.front());
            expectPushed("SELECT id FROM $t WHERE " + column.name + " = " + some);
            expectPushed("SELECT id FROM $t WHERE " + column.name + " > " + some);
        }
        compare("SELECT id FROM $t WHERE " + column.name + " IS NULL");
        compare("SELECT id FROM $t WHERE " + column.name + " IS NOT NULL");
        expectPushed("SELECT id FROM $t WHERE " + column.name + " IS NULL");
    }
}

TEST_P(Pushdown, ComparesAcrossTypesAndColumns) {
    for (const char* condition :
         {"i2 = i4", "i4 < i8", "i8 >= i2", "i2 <> 70000", "i4 > 3000000000", "f8 > i4", "txt = vc", "vc < txt",
          "d = ts", "ts > d", "b = (i4 > 0)", "txt <> vc OR vc IS NULL"}) {
        compare(std::string("SELECT id FROM $t WHERE ") + condition);
    }
}

TEST_P(Pushdown, FiltersByLists) {
    for (const HostileColumn& column : source().table().columns()) {
        const std::string list = literal(column, column.values.front()) + ", " + literal(column, column.values.back());
        compare("SELECT id FROM $t WHERE " + column.name + " IN (" + list + ")");
        compare("SELECT id FROM $t WHERE " + column.name + " NOT IN (" + list + ")");
        compare("SELECT id FROM $t WHERE " + column.name + " IN (" + list + ", NULL)");
        compare("SELECT id FROM $t WHERE " + column.name + " NOT IN (" + list + ", NULL)");
    }
    expectPushed("SELECT id FROM $t WHERE i4 IN (1, 5, 7) AND txt NOT IN ('a', 'É')");
}

TEST_P(Pushdown, MatchesPatterns) {
    const std::vector<std::string> patterns = {
        "a%", "A%", "%b",  "_",  "%é%", "a_", "\\%", "a\\_b", "%\\\\%", "%'%",           "%ß%",
        "k",  "i",  "%I%", "% ", "",    "%",  "İ%",  "\\a",   "%S%",    "under\\_score", "%\\%%"};
    for (const std::string& pattern : patterns) {
        for (const char* column : {"txt", "vc"}) {
            for (const char* op : {"LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE"}) {
                compare(std::string("SELECT id FROM $t WHERE ") + column + " " + op + " " + quoteLiteral(pattern));
            }
        }
    }
    expectPushed("SELECT id FROM $t WHERE txt LIKE 'a%' AND vc NOT LIKE '%x'");
    expectPushed("SELECT id FROM $t WHERE txt ILIKE 'a%'", true);
}

TEST_P(Pushdown, CombinesConditions) {
    for (const char* condition :
         {"i4 > 0 AND txt = 'a'", "i4 > 0 OR txt = 'a'", "NOT (i4 > 0 OR txt = 'a')", "b", "NOT b", "b IS TRUE",
          "b IS NOT TRUE", "b IS FALSE", "b IS NOT FALSE", "b IS UNKNOWN", "(i4 > 0) IS NOT TRUE",
          "i4 BETWEEN 0 AND 10", "txt ILIKE 'a%' OR i4 = 5", "NOT (txt ILIKE 'a%')",
          "i4 = 5 AND (vc IS NULL OR vc <> 'x')", "i4 > 0 AND length(txt) > 1"}) {
        compare(std::string("SELECT id FROM $t WHERE ") + condition);
    }
}

TEST_P(Pushdown, SortsAndLimits) {
    for (const HostileColumn& column : source().table().columns()) {
        for (const char* order : {"", " DESC", " NULLS FIRST", " DESC NULLS LAST"}) {
            compare("SELECT id, " + column.name + " FROM $t ORDER BY " + column.name + order + ", id");
        }
        const std::string limited = "SELECT id FROM $t WHERE i4 > 0 ORDER BY " + column.name + ", id LIMIT 7 OFFSET 3";
        compare(limited);
        if (knowsType(column.type)) {
            expectPushed(limited);
        }
    }
    compare("SELECT id FROM $t WHERE i4 > 0 ORDER BY id OFFSET 5");
    compare("SELECT count(*) FROM (SELECT id FROM $t LIMIT 9) x");
    compare("SELECT id FROM $t WHERE txt ILIKE 'A%' ORDER BY id LIMIT 2");
    compare("SELECT id FROM $t LIMIT -1");  // all rows to SQLite, an error to PostgreSQL
    expectPushed("SELECT id FROM $t LIMIT 9");

    // Rows that a condition here takes away can't fail to be sorted.
    must(mesh_->execute("SET enable_sort = off"));
    compare("SELECT id FROM $t WHERE random() < 0 ORDER BY 10 / (id - id), id");
    must(mesh_->execute("RESET enable_sort"));
}

/// How a signature of the dialects' tables is written; a new entry without one here fails the test below.
std::string aggregateCall(const std::string& signature) {
    static const std::map<std::string, std::string> kColumns = {
        {"int2", "i2"},  {"int4", "i4"},      {"int8", "i8"},      {"float8", "f8"}, {"numeric", "num"},
        {"text", "txt"}, {"date", "d"},       {"timestamp", "ts"}, {"any", "txt"},   {"float4", "f8::float4"},
        {"time", ""},    {"timestamptz", ""}, {"bool", "b"}};
    const std::size_t open = signature.find('(');
    const std::string type = signature.substr(open + 1, signature.size() - open - 2);
    if (type.empty()) {
        return signature.substr(0, open) + "(*)";
    }
    const auto found = kColumns.find(type);
    return found == kColumns.end()
               ? "?"
               : (found->second.empty() ? "" : signature.substr(0, open) + "(" + found->second + ")");
}

/// The same for entries that are a name for all forms of an aggregate, and those that take more than a column.
const std::map<std::string, std::vector<std::string>> kAggregateForms = {
    {"array_agg",
     {"array_agg(txt ORDER BY id)", "array_agg(i4 ORDER BY i4 DESC NULLS LAST, id)", "array_agg(ts ORDER BY txt, id)",
      "array_agg(DISTINCT vc ORDER BY vc)", "array_agg(f8 ORDER BY id) FILTER (WHERE f8 > 0)",
      "array_agg(num ORDER BY id)", "array_agg(d ORDER BY id)"}},
    {"bit_and", {"bit_and(i4)", "bit_and(i8)", "bit_and(i2)"}},
    {"bit_or", {"bit_or(i4)", "bit_or(i8)", "bit_or(i2)"}},
    {"bool_and", {"bool_and(b)", "bool_and(i4 > 0)"}},
    {"bool_or", {"bool_or(b)", "bool_or(DISTINCT b)"}},
    {"corr", {"corr(i4, i2)"}},
    {"covar_pop", {"covar_pop(i4, i2)"}},
    {"covar_samp", {"covar_samp(i4, i2)"}},
    {"every", {"every(b)"}},
    {"json_agg", {"json_agg(txt ORDER BY id)", "json_agg(d ORDER BY id)", "json_agg(i8 ORDER BY id)"}},
    {"json_object_agg", {"json_object_agg(id, txt ORDER BY id)"}},
    {"jsonb_agg", {"jsonb_agg(num ORDER BY id)", "jsonb_agg(vc ORDER BY id)", "jsonb_agg(ts ORDER BY id)"}},
    {"jsonb_object_agg", {"jsonb_object_agg(id, b ORDER BY id)"}},
    {"mode", {"mode() WITHIN GROUP (ORDER BY txt)", "mode() WITHIN GROUP (ORDER BY i4 DESC)"}},
    {"percentile_cont",
     {"percentile_cont(0.3) WITHIN GROUP (ORDER BY i4)",
      "percentile_cont(ARRAY[0, 0.25, 1]) WITHIN GROUP (ORDER BY i8)"}},
    {"percentile_disc",
     {"percentile_disc(0.3) WITHIN GROUP (ORDER BY txt DESC)", "percentile_disc(0.5) WITHIN GROUP (ORDER BY d)",
      "percentile_disc(ARRAY[0, 0.7]) WITHIN GROUP (ORDER BY num)"}},
    {"regr_avgx", {"regr_avgx(i4, i2)"}},
    {"regr_avgy", {"regr_avgy(i4, i2)"}},
    {"regr_count", {"regr_count(i4, i2)"}},
    {"regr_intercept", {"regr_intercept(i4, i2)"}},
    {"regr_r2", {"regr_r2(i4, i2)"}},
    {"regr_slope", {"regr_slope(i4, i2)"}},
    {"regr_sxx", {"regr_sxx(i4, i2)"}},
    {"regr_sxy", {"regr_sxy(i4, i2)"}},
    {"regr_syy", {"regr_syy(i4, i2)"}},
    {"stddev", {"stddev(i4)", "stddev(num)"}},
    {"stddev_pop", {"stddev_pop(i8)"}},
    {"stddev_samp", {"stddev_samp(i2)", "stddev_samp(f8) FILTER (WHERE f8 < 1000)"}},
    {"string_agg",
     {"string_agg(txt, ',' ORDER BY id)", "string_agg(vc, txt ORDER BY txt DESC, id)",
      "string_agg(DISTINCT txt, '-' ORDER BY txt)"}},
    {"var_pop", {"var_pop(i4)"}},
    {"var_samp", {"var_samp(i8)"}},
    {"variance", {"variance(num)", "variance(DISTINCT i4)"}},
    {"string_agg(text,text)", {"string_agg(txt, ',' ORDER BY id)", "string_agg(vc, '' ORDER BY txt DESC, id)"}},
};

std::vector<std::string> aggregateCalls(const std::string& signature) {
    const auto forms = kAggregateForms.find(signature);
    if (forms != kAggregateForms.end()) {
        return forms->second;
    }
    return {signature.find('(') == std::string::npos ? "?" : aggregateCall(signature)};
}

TEST_P(Pushdown, AggregatesByEveryEntryOfTheDialect) {
    // Sums of floats depend on the order of the rows; those here add up exactly.
    for (const dialect::AggregateRule& rule : dialect().aggregates) {
        for (const std::string& call : aggregateCalls(std::string(rule.signature))) {
            ASSERT_NE(call, "?") << "no statement for the entry " << rule.signature;
            if (call.empty() || call.find("::") != std::string::npos) {
                continue;  // the table has no column of that type
            }
            const bool sums_floats = call == "sum(f8)" || call == "avg(f8)";
            const std::string where = sums_floats ? " WHERE f8 IN (0.5, 1.5, -0.5, 100, 1, -1, 0) " : " ";
            compare("SELECT " + call + " FROM $t" + where);
            compare("SELECT b, " + call + " FROM $t" + where + "GROUP BY b");
            compare("SELECT " + call + " FROM $t WHERE i4 = 12345");  // no rows
            expectPushed("SELECT b, " + call + " FROM $t WHERE i4 > 0 GROUP BY b");
        }
    }
    for (const char* call : {"avg(i2)", "avg(i4)", "avg(i8)"}) {
        compare(std::string("SELECT vc, ") + call + ", count(*) FROM $t GROUP BY vc");
        expectPushed(std::string("SELECT vc, ") + call + " FROM $t GROUP BY vc");
    }
}

TEST_P(Pushdown, GroupsByEveryType) {
    for (const HostileColumn& column : source().table().columns()) {
        const std::string sql = "SELECT " + column.name +
                                ", count(*), count(i4), sum(i4), min(id), max(i8) FROM $t GROUP BY " + column.name;
        compare(sql);
        compare("SELECT count(DISTINCT " + column.name + ") FROM $t");
        if (knowsType(column.type)) {
            expectPushed(sql);
        }
    }
    compare("SELECT txt, vc, count(*) FROM $t GROUP BY txt, vc HAVING count(*) > 1");
    compare("SELECT vc, avg(i4) FROM $t GROUP BY vc HAVING avg(i4) > 0 AND max(txt) > 'a'");
    compare("SELECT vc, count(*) FILTER (WHERE i4 > 0) FROM $t GROUP BY vc");
    compare("SELECT vc, count(*) AS n FROM $t GROUP BY vc ORDER BY n DESC, vc LIMIT 3");
    compare("SELECT vc, sum(i4) + 1, upper(vc) FROM $t GROUP BY vc");
    compare("SELECT 1 FROM $t HAVING count(*) > 3");
    expectPushed("SELECT vc, count(*) AS n FROM $t GROUP BY vc HAVING count(*) > 1 ORDER BY n DESC, vc LIMIT 3");
}

TEST_P(Pushdown, JoinsTables) {
    for (const HostileColumn& column : source().table().columns()) {
        const std::string on = " ON t." + column.name + " = u." + column.name;
        for (const char* kind : {"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"}) {
            compare(std::string("SELECT count(*), sum(t.id), sum(u.id) FROM $t t ") + kind + " $u u" + on);
        }
        if (knowsType(column.type)) {
            expectPushed("SELECT t.id, u.id FROM $t t JOIN $u u" + on + " WHERE t.i4 = 5");
        }
    }
    compare("SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 AND u.b WHERE t.i8 > 0 AND u.id IS NULL");
    compare("SELECT t.id, u.id FROM $t t LEFT JOIN (SELECT * FROM $u WHERE i4 > 0) u ON t.i4 = u.i4 WHERE t.b");
    compare("SELECT t.id FROM $t t JOIN $u u ON t.i4 = u.i4 AND t.txt ILIKE 'a%'");
    compare("SELECT t.id, (SELECT max(u.id) FROM $u u WHERE u.i4 = t.i4) FROM $t t");
    compare("SELECT t.id FROM $t t WHERE EXISTS (SELECT 1 FROM $u u WHERE u.txt = t.txt)");
    compare("SELECT t.id, x.n FROM $t t, LATERAL (SELECT count(*) AS n FROM $u u WHERE u.vc = t.vc) x");
    compare(
        "SELECT a.vc, count(*) FROM $t a JOIN $u b ON a.vc = b.vc JOIN $t c ON c.id = b.id GROUP BY a.vc ORDER BY "
        "a.vc");
}

/// Expressions on the hostile table that stand for what people write.
const std::vector<std::string> kExpressions = {"i2 + i2 < 300 AND i2 < 1000",
                                               "i4 / 7 = 14 OR i4 % 7 = -1",
                                               "-i2 > 0",
                                               "abs(i2) = 1",
                                               "i8 % 10 = 5",
                                               "i2 * 2 = 10",
                                               "i2 & 1 = 1",
                                               "f8 * 2 > 100",
                                               "round(f8) = 2",
                                               "f8 + 0.5 = 1",
                                               "length(txt) = 1",
                                               "txt || 'x' = 'ax'",
                                               "txt || vc = 'ax'",
                                               "substring(txt, 2, 1) = 'b'",
                                               "left(txt, 1) = 'a'",
                                               "right(txt, -1) = ''",
                                               "replace(txt, 'a', 'b') = 'bb'",
                                               "strpos(txt, 'a') = 1",
                                               "btrim(txt) = 'a'",
                                               "lpad(vc, 3, '*') = '**x'",
                                               "split_part(txt, '%', 1) = 'a'",
                                               "reverse(txt) = 'ba'",
                                               "md5(txt) < '8'",
                                               "repeat(vc, 2) = 'xx'",
                                               "octet_length(txt) > 2",
                                               "starts_with(txt, 'a')",
                                               "coalesce(txt, vc) = 'x'",
                                               "coalesce(i4, 0) = 0",
                                               "coalesce(txt, 'none') < vc",
                                               "CASE WHEN i4 > 0 THEN txt ELSE vc END = 'x'",
                                               "CASE i4 WHEN 5 THEN 'five' WHEN 7 THEN 'seven' END = 'five'",
                                               "CASE WHEN b THEN i4 END IS NULL",
                                               "txt || 'x' LIKE 'a%'",
                                               "upper(txt) = 'A'",
                                               "lower(vc) = 'x'",
                                               "txt ~ '^a'",
                                               "greatest(i2, i4) = 5",
                                               "nullif(i4, 5) IS NULL",
                                               "i4::text = '5'",
                                               "i2::numeric = 5",
                                               "i4::float8 = 5",
                                               "(txt || 'a') = (vc || 'a')",
                                               "length(replace(coalesce(txt, ''), 'a', vc)) = 1"};
/// Those on dates, whose extremes differ between sources.
const std::vector<std::string> kDateExpressions = {"d + 1 = '2024-03-01'",
                                                   "d - DATE '2024-02-28' = 1",
                                                   "date_part('year', ts) = 2024",
                                                   "extract(month FROM d) = 2",
                                                   "date_trunc('month', ts) = '2024-02-01'",
                                                   "ts + interval '1 day' > '2024-03-01'",
                                                   "ts - interval '1 month' < '2000-01-01'",
                                                   "ts::date = '2024-02-29'",
                                                   "coalesce(d, '2000-01-01') = '2000-01-01'"};

TEST_P(Pushdown, ComputesExpressions) {
    for (const auto& list : {kExpressions, kDateExpressions}) {
        for (const std::string& expression : list) {
            const std::string safe =
                "(i4 BETWEEN -1000 AND 1000 OR i4 IS NULL) AND (f8 < 1e6 OR f8 IS NULL) AND " + expression;
            compare("SELECT id FROM $t WHERE " + safe);
            compare("SELECT count(*) FROM $t WHERE NOT (" + expression + ") AND i2 < 1000");
        }
    }
    compare("SELECT length(txt), count(*), sum(i2 * 2) FROM $t GROUP BY length(txt)");
    compare("SELECT date_trunc('month', ts), count(*) FROM $t GROUP BY 1 ORDER BY 1 LIMIT 3");
    compare("SELECT CASE WHEN i4 > 0 THEN 'plus' ELSE 'minus' END, count(*) FROM $t GROUP BY 1");
    if (dialect().builtin_functions) {
        expectPushed(
            "SELECT id FROM $t WHERE length(txt) + i4 > 3 AND coalesce(txt, vc) = 'x' AND txt || vc LIKE 'a%'");
        expectPushed("SELECT id FROM $t WHERE date_part('year', ts) = 2024 AND ts + interval '1 day' > '2024-03-01'");
        expectPushed("SELECT date_trunc('month', ts), count(*) FROM $t GROUP BY 1 ORDER BY 1 LIMIT 3");
        expectPushed("SELECT CASE WHEN i4 > 0 THEN 'plus' ELSE 'minus' END, count(*) FROM $t GROUP BY 1");
    }
}

TEST_P(Pushdown, DoesNoMoreThanItsSetting) {
    const std::string sql = "SELECT vc, count(*) FROM $t WHERE i4 > 0 GROUP BY vc ORDER BY vc LIMIT 3";
    const auto remote = [&](const char* mode) {
        must(connection().execute(std::string("SET tessera.pushdown = ") + mode));
        compareRows(sql, mode);
        const std::string text = plan(sql);
        const std::size_t at = text.find("Remote SQL: ");
        return text.substr(at, text.find('\n', at) - at);
    };
    EXPECT_EQ(remote("full").find("GROUP BY") != std::string::npos, dialect().grouping);
    EXPECT_NE(remote("filter").find("WHERE"), std::string::npos);
    EXPECT_EQ(remote("filter").find("GROUP BY"), std::string::npos);
    EXPECT_EQ(remote("filter").find("ORDER BY"), std::string::npos);
    EXPECT_EQ(remote("off").find("WHERE"), std::string::npos);
}

/// Each was a wrong answer of some wrapper, the first ones of ours.
TEST_P(Pushdown, KnowsTheTrapsOfOtherWrappers) {
    for (const char* sql : {
             "SELECT t.id FROM $t t WHERE coalesce(t.txt, NULL) = 'a'",
             "SELECT id FROM $t WHERE i4 = 1 OR txt = 'a' OR vc = 'x'",
             "SELECT count(*) FILTER (WHERE i4 > 0), sum(i2) FILTER (WHERE txt IS NULL) FROM $t",
             "SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 WHERE u.txt IS NULL OR u.i2 > 0",
             "SELECT t.id, u.id FROM $t t LEFT JOIN $u u ON t.i4 = u.i4 AND u.i2 > 0 AND t.b",
             "SELECT id FROM $t ORDER BY txt COLLATE \"en-x-icu\", id LIMIT 5",
             "SELECT id FROM $t ORDER BY vc DESC NULLS FIRST, id LIMIT 5",
             "SELECT id FROM $t WHERE i4 # 5 = 4",
             "SELECT id FROM $t WHERE i4 IS DISTINCT FROM i2",
             "SELECT id FROM $t WHERE i4 IS NOT DISTINCT FROM NULL",
             "SELECT id FROM $t WHERE NOT (coalesce(b, i4 > 0))",
             "SELECT id FROM $t WHERE NOT (i4 > 0) IS TRUE",
             "SELECT id FROM $t WHERE txt = 'A' OR vc = 'x'",
             "SELECT id FROM $t WHERE txt = 'a '",
             "SELECT id FROM $t WHERE txt || '' = 'abc'",
             "SELECT id FROM $t WHERE txt = 'a\\b' OR txt LIKE '%\\\\%'",
             "SELECT id, i4 / 7, i4 % 7, i4 % -7 FROM $t WHERE i4 / 7 = -306783378 OR i4 % 7 = -1 OR i4 % -7 = -2",
             "SELECT id FROM $t WHERE '2024-02-29'::text::date = d",
             "SELECT id FROM $t WHERE txt::date = d AND txt ~ '^2'",
             "SELECT avg(i2), avg(i4), avg(i8), sum(i2), sum(i4), pg_typeof(avg(i4)), pg_typeof(sum(i4)) FROM $t "
             "WHERE i8 < 1000",
             "SELECT id FROM $t WHERE txt LIKE 'a!_b' ESCAPE '!' OR vc LIKE 'under!_%' ESCAPE '!'",
             "SELECT id, f8 FROM $t WHERE f8 = 0.1 OR f8 = 123456.789::float8 OR f8::text = '0.1'",
             "SELECT id FROM $t WHERE lower(txt) = 'ab' OR upper(vc) = 'X'",
             "SELECT id FROM $t WHERE (i4, txt) > (0, 'a') AND (i2, i4, i8) <= (1, 5, 100)",
             "SELECT id FROM $t WHERE greatest(i2, i4, i8) = 100 OR least(txt, vc) = 'X' OR nullif(i4, 5) IS NULL",
             "SELECT id FROM $t WHERE i4 = ANY (ARRAY[1, 5, i2]) OR txt LIKE ANY (ARRAY['a%', '%é%', NULL])",
             "SELECT id FROM $t WHERE i4 <> ALL (ARRAY[1, 5, NULL]) OR i4 = ALL (ARRAY[5])",
             "SELECT id FROM $t WHERE concat(txt, i4, NULL, vc) = 'a5x' OR concat(vc) = ''",
             "SELECT id FROM $t WHERE i4::text = '5' OR i2::varchar LIKE '3%' OR b::text = 'true'",
         }) {
        compare(sql);
    }
}

TEST_P(Pushdown, BindsParametersThatAreNullOrMany) {
    must(connection().execute("SET plan_cache_mode = force_generic_plan"));
    const auto both = [&](const std::string& sql, const std::vector<std::optional<std::string>>& parameters) {
        const Outcome expected = mesh_->run(inSchema(sql, "copy"), parameters);
        const Outcome actual = mesh_->run(inSchema(sql, "src"), parameters);
        EXPECT_TRUE(expected.sqlstate.empty()) << expected.message;
        EXPECT_TRUE(actual == expected) << sql.substr(0, 200) << "\n" << difference(actual, expected);
    };
    both("SELECT id FROM $t WHERE i4 = $1::int", {std::nullopt});
    both("SELECT id FROM $t WHERE NOT (txt = $1::text)", {std::nullopt});
    both("SELECT id FROM $t WHERE txt IS DISTINCT FROM $1::text", {std::nullopt});
    both("SELECT count(*) FROM $t WHERE $1::boolean", {"f"});  // a condition without columns, above a grouping
    both("SELECT id FROM $t WHERE i4 = ANY ($1::int[])", {"{1,5,NULL}"});
    both("SELECT id FROM $t WHERE NOT (i4 = ANY ($1::int[]))", {"{{1,5},{7,100}}"});
    both("SELECT id FROM $t WHERE i4 <> ALL ($1::int[])", {std::nullopt});
    std::string many = "SELECT id FROM $t WHERE id IN (";
    std::vector<std::optional<std::string>> values;
    for (int i = 1; i <= 2500; ++i) {
        many += (i == 1 ? "$" : ", $") + std::to_string(i) + "::int";
        values.emplace_back(std::to_string(3 * i));
    }
    both(many + ")", values);
}

/// Where statistics of columns and files mislead a source.
TEST_P(Pushdown, ComparesWhatStatisticsSayCanNotBe) {
    compare("SELECT id FROM $t WHERE '1999-12-31 12:34:56' <> date_trunc('hour', ts)");
    compare("SELECT id FROM $t WHERE date_trunc('year', ts) < '9000-01-01'");
    if (source().tables().size() < 3) {
        return;  // a driver's source has no v, with both zeros
    }
    for (const char* zero : {"'0'", "'-0'"}) {
        compare(std::string("SELECT count(*) FROM $v WHERE float8_a = ") + zero + "::float8");
        compare(std::string("SELECT count(*) FROM $v WHERE float8_b IN (1, ") + zero + "::float8)");
        compare(std::string("SELECT count(*) FROM $v WHERE float8_b <> ") + zero + "::float8");
    }
    compare("SELECT count(*) FROM $t t JOIN $v v ON t.f8 = v.float8_a");
    compare("SELECT count(*) FROM $v a JOIN $t t ON t.f8 = -a.float8_a WHERE a.id < 9");
}

TEST_P(Pushdown, IsVerifiedByTheFunction) {
    const auto verify = [&](const std::string& sql) {
        const Outcome found = mesh_->run("SELECT * FROM tessera.verify(" + quoteLiteral(inSchema(sql, "src")) + ")");
        EXPECT_TRUE(found.sqlstate.empty()) << found.message;
        return found.rows;
    };
    EXPECT_TRUE(verify("SELECT vc, count(*) FROM $t WHERE i4 > 0 GROUP BY vc;").empty());
    EXPECT_TRUE(verify("SELECT id FROM $t ORDER BY id LIMIT 3").empty());
    EXPECT_TRUE(verify("SELECT 1 / i4 FROM $t WHERE i4 = 0").empty());  // the same error
    // What depends on the setting differs, and is shown with its counts.
    const auto rows = verify("SELECT current_setting('tessera.pushdown') FROM $t WHERE id <= 2");
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0], (Row{"(full)", "2", "0"}));
    EXPECT_EQ(rows[1], (Row{"(off)", "0", "2"}));
}

TEST_P(Pushdown, BindsParameters) {
    const std::map<std::string, std::string> values = {
        {"i4", "5"},         {"i8", "9007199254740993"},    {"txt", "O'Hara"}, {"vc", "x "},
        {"d", "2024-02-29"}, {"ts", "2024-02-29 23:59:59"}, {"f8", "0.1"}};
    must(connection().execute("SET plan_cache_mode = force_generic_plan"));
    for (const auto& [name, value] : values) {
        for (const char* op : {"=", "<", ">="}) {
            const std::string sql = "SELECT id FROM $t WHERE " + name + " " + op +
                                    " $1::" + source().table().column(name).type + " ORDER BY id";
            const auto query = [&](const std::string& schema) {
                std::string text = sql;
                text.replace(text.find("$t"), 2, schema + ".t");
                auto rows = connection().query(text, {value});
                EXPECT_TRUE(rows) << text << "\n" << rows.error().describe();
                return rows ? rows->values : decltype(rows->values){};
            };
            EXPECT_EQ(query("src"), query("copy")) << sql << " with " << value;
        }
    }
}

/// Dialects for systems of which little is known: what they push, and that they push nothing else.
TEST_P(Pushdown, PushesLittleToUnknownSystems) {
    if (dialect().grouping) {
        GTEST_SKIP() << "the dialect is for a known system";
    }
    const auto remote = [&](const std::string& sql) {
        const std::string text = plan(sql);
        const std::size_t begin = text.find("Remote SQL: ");
        return text.substr(begin, text.find('\n', begin) - begin) +
               (text.find("  Filter:") != std::string::npos ? " and filtered" : "");
    };
    const auto expectRemote = [&](const std::string& condition, const std::string& has, bool filtered) {
        const std::string text = remote("SELECT id FROM $t WHERE " + condition);
        EXPECT_NE(text.find(has), std::string::npos) << text;
        EXPECT_EQ(text.ends_with(" and filtered"), filtered) << text;
    };
    expectRemote("i4 > 5 AND i8 IN (1, 5) AND i2 <> i4", " WHERE ", false);
    expectRemote("b", "t", true);
    expectRemote("NOT b AND i4 = 5", "5", true);
    expectRemote("f8 > 0", "t", true);
    const bool knows_text = dialect().name == "generic";
    expectRemote("txt = 'a'", knows_text ? "'a'" : "t", true);
    expectRemote("d >= '2000-01-01'", knows_text ? "{d '2000-01-01'}" : "t", !knows_text);
    EXPECT_EQ(remote("SELECT id FROM $t WHERE txt <> 'a'").find("WHERE"), std::string::npos);
    EXPECT_EQ(remote("SELECT id FROM $t LIMIT 5").find("5"), std::string::npos);
    EXPECT_EQ(remote("SELECT count(*) FROM $t").find("COUNT"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Dialects, Pushdown,
                         testing::Values("postgres", "mysql", "sqlite", "duckdb", "odbc_postgres", "odbc_mariadb",
                                         "odbc_sqlite", "odbc_file", "store"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
