/// Everything that could differ between members, source by source: it does the same on two nodes, or it is refused. And
/// that nothing is forgotten: each function, module and PRAGMA of the SQLite at hand has been judged.

#include "tests/support/two_store_members.h"

#include <map>
#include <set>

namespace tessera::store {
namespace {

struct Source {
    const char* name;
    /// Commands of one statement that do the same everywhere.
    std::vector<const char*> same;
    std::vector<const char*> refused;
};

const std::vector<Source>& sources() {
    static const std::vector<Source> kSources = {
        {"Chance",
         {"INSERT INTO t(v) VALUES (random())", "INSERT INTO t(v) VALUES (hex(randomblob(5)))",
          "INSERT INTO t(v) SELECT k FROM d ORDER BY random()",
          "INSERT INTO t(v) SELECT k FROM d ORDER BY random() LIMIT 2"},
         {}},
        {"Time",
         {"INSERT INTO t(v) VALUES (datetime())", "INSERT INTO t(v) VALUES (datetime('now'))",
          "INSERT INTO t(v) VALUES (julianday())", "INSERT INTO t(v) VALUES (unixepoch())",
          "INSERT INTO t(v) VALUES (strftime('%f'))", "INSERT INTO t(v) VALUES (CURRENT_DATE || CURRENT_TIME)",
          "INSERT INTO t(v) VALUES (CURRENT_TIMESTAMP)"},
         {}},
        {"TimeInTheSchema",
         {"CREATE TABLE c(a, at DEFAULT CURRENT_TIMESTAMP, r DEFAULT (random()))",
          "CREATE TRIGGER g AFTER INSERT ON d BEGIN INSERT INTO t(v) VALUES (datetime() || random()); END",
          "INSERT INTO d VALUES (100)", "CREATE VIEW w AS SELECT datetime() || random() AS x",
          "INSERT INTO t(v) SELECT x FROM w"},
         {"CREATE INDEX i ON t(datetime())", "CREATE INDEX i ON t(v) WHERE random() > 0"}},
        {"LocalTime",
         {"INSERT INTO t(v) VALUES (datetime('now', 'localtime'))",
          "INSERT INTO t(v) VALUES (datetime('2024-07-01', 'utc'))"},
         {}},
        {"StateOfTheConnection",
         {"INSERT INTO t(v) VALUES (changes())", "INSERT INTO t(v) VALUES (last_insert_rowid())"},
         {"INSERT INTO t(v) VALUES (total_changes())"}},
        {"Rowids",
         {"INSERT INTO t(v) VALUES ('next')", "INSERT INTO t(i, v) VALUES (4611686018427387903, 'highest')",
          "DELETE FROM t WHERE v = 'highest'"},
         {"INSERT INTO t(i, v) VALUES (4611686018427387904, 'x')",
          "INSERT INTO t(i, v) VALUES (9223372036854775807, 'x')", "UPDATE t SET i = 9223372036854775807 WHERE i = 1"}},
        {"Upkeep",
         {"ANALYZE", "REINDEX", "INSERT INTO t(v) SELECT stat FROM sqlite_stat1"},
         {"VACUUM", "VACUUM INTO 'x'"}},
        {"Order",
         {"DELETE FROM t WHERE i IN (SELECT i FROM t ORDER BY v LIMIT 1)", "UPDATE d SET k = k + 1 ORDER BY k LIMIT 2",
          "INSERT INTO t(v) SELECT group_concat(k) FROM d", "INSERT INTO t(v) SELECT sum(k / 3.0) FROM d"},
         {}},
        {"Attached", {}, {"ATTACH 'x.db' AS x", "DETACH main", "INSERT INTO x.t VALUES (1)"}},
        {"Temporary",
         {},
         {"CREATE TEMP TABLE x(a)", "CREATE TEMP VIEW x AS SELECT 1", "CREATE TABLE temp.x(a)",
          "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END"}},
        {"Transactions",
         {},
         {"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT x", "RELEASE command", "ROLLBACK TO command"}},
        {"Mathematics",
         {"INSERT INTO t(v) VALUES (round(2.5) + abs(-1) + 7 % 4)", "INSERT INTO t(v) VALUES (printf('%.17g', 0.1))"},
         {}},
        {"Collations",
         {"INSERT INTO t(v) SELECT v FROM t ORDER BY v COLLATE NOCASE"},
         {"SELECT v FROM t ORDER BY v COLLATE de_DE"}},
        {"VirtualTables",
         {"CREATE VIRTUAL TABLE f USING fts5(a)", "INSERT INTO f VALUES ('one two')",
          "INSERT INTO t(v) SELECT a FROM f WHERE f MATCH 'two'", "CREATE VIRTUAL TABLE r USING rtree(i, a, b)"},
         {"INSERT INTO t(v) SELECT name FROM dbstat", "INSERT INTO t(v) SELECT sql FROM sqlite_stmt",
          "INSERT INTO t(v) SELECT name FROM pragma_function_list"}},
        {"Purity",
         {"CREATE TABLE p(a, b AS (a * 2), CHECK (a > 0))"},
         {"CREATE TABLE q(a, b AS (random()))", "CREATE TABLE q(a CHECK (a > datetime()), b AS (random()))"}},
        {"TheStoresOwn",
         {},
         {"UPDATE _tessera_state SET applied = 9", "DELETE FROM _tessera_client", "DROP TABLE _tessera_state",
          "UPDATE sqlite_master SET sql = ''"}},
    };
    return kSources;
}

class DeterminismTest : public TwoMembers {
  protected:
    static Command commandOf(const std::string& sql) {
        Command command;
        command.now_ms = 1'700'000'000'000;
        command.seed = 5;
        command.statements = {{sql, {}}};
        return command;
    }

    Outcome run(const std::string& sql) {
        SCOPED_TRACE(sql);
        return apply(commandOf(sql));
    }

    void expectSame(const std::string& sql) {
        const auto rows = first_->query({sql, {}});
        ASSERT_TRUE(rows) << rows.error().describe();
        EXPECT_EQ(*rows, second_->query({sql, {}}).value_or(Data::Rows{}));
    }

    /// Why it is refused, or nothing.
    std::string refusal(const std::string& sql) {
        const auto valid = first_->validate(commandOf(sql));
        return valid ? "" : valid.error().message;
    }

    /// What this SQLite has, asked on a connection without our rules.
    static std::vector<std::pair<std::string, int>> builtIn(const std::string& query) {
        std::vector<std::pair<std::string, int>> found;
        auto plain = sqlite::Database::open(":memory:");
        EXPECT_TRUE(plain);
        auto rows = plain->prepare(query);
        EXPECT_TRUE(rows) << rows.error().message;
        while (rows->step().value_or(false)) {
            found.emplace_back(std::string(rows->bytes(0)), static_cast<int>(rows->integer(1)));
        }
        EXPECT_FALSE(found.empty()) << query;
        return found;
    }
};

TEST_F(DeterminismTest, EachSourceIsTheSameOrRefused) {
    run("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
    run("CREATE TABLE d(k)");
    run("INSERT INTO d VALUES (3), (1), (2), (7)");
    run("INSERT INTO t(v) VALUES ('a'), ('b')");
    for (const Source& source : sources()) {
        for (const char* sql : source.refused) {
            EXPECT_NE(run(sql).error, "") << source.name << ": " << sql;
        }
        for (const char* sql : source.same) {
            EXPECT_EQ(run(sql).error, "") << source.name << ": " << sql;
        }
        expectSame("SELECT * FROM t ORDER BY i");
        expectSame("SELECT rowid, * FROM d ORDER BY rowid");
        expectSame("SELECT * FROM sqlite_master ORDER BY name");
    }
}

/// A later SQLite brings functions that nobody has judged: this test then fails until somebody does.
TEST_F(DeterminismTest, EveryFunctionHasBeenJudged) {
    // What depends on the arguments, the entry's time or its seed.
    const std::set<std::string> same = {"->",
                                        "->>",
                                        "abs",
                                        "avg",
                                        "bm25",
                                        "ceil",
                                        "ceiling",
                                        "changes",
                                        "char",
                                        "coalesce",
                                        "count",
                                        "cume_dist",
                                        "current_date",
                                        "current_time",
                                        "current_timestamp",
                                        "date",
                                        "datetime",
                                        "dense_rank",
                                        "first_value",
                                        "floor",
                                        "format",
                                        "glob",
                                        "group_concat",
                                        "hex",
                                        "highlight",
                                        "ifnull",
                                        "iif",
                                        "instr",
                                        "json",
                                        "json_array",
                                        "json_array_length",
                                        "json_extract",
                                        "json_group_array",
                                        "json_group_object",
                                        "json_insert",
                                        "json_object",
                                        "json_patch",
                                        "json_quote",
                                        "json_remove",
                                        "json_replace",
                                        "json_set",
                                        "json_type",
                                        "json_valid",
                                        "julianday",
                                        "lag",
                                        "last_insert_rowid",
                                        "last_value",
                                        "lead",
                                        "length",
                                        "like",
                                        "likelihood",
                                        "likely",
                                        "lower",
                                        "ltrim",
                                        "match",
                                        "max",
                                        "min",
                                        "nth_value",
                                        "ntile",
                                        "nullif",
                                        "percent_rank",
                                        "printf",
                                        "quote",
                                        "random",
                                        "randomblob",
                                        "rank",
                                        "replace",
                                        "round",
                                        "row_number",
                                        "rtreecheck",
                                        "rtreedepth",
                                        "rtreenode",
                                        "rtrim",
                                        "sign",
                                        "snippet",
                                        "strftime",
                                        "substr",
                                        "substring",
                                        "subtype",
                                        "sum",
                                        "time",
                                        "total",
                                        "trim",
                                        "trunc",
                                        "typeof",
                                        "unicode",
                                        "unixepoch",
                                        "unlikely",
                                        "upper",
                                        "zeroblob"};
    // Of the mathematics library, the build, the connection, or of modules that are refused.
    const std::set<std::string> refused = {"acos",
                                           "acosh",
                                           "asin",
                                           "asinh",
                                           "atan",
                                           "atan2",
                                           "atanh",
                                           "cos",
                                           "cosh",
                                           "degrees",
                                           "exp",
                                           "fts3_tokenizer",
                                           "fts5",
                                           "fts5_source_id",
                                           "ln",
                                           "load_extension",
                                           "log",
                                           "log10",
                                           "log2",
                                           "matchinfo",
                                           "mod",
                                           "offsets",
                                           "optimize",
                                           "pi",
                                           "pow",
                                           "power",
                                           "radians",
                                           "sin",
                                           "sinh",
                                           "soundex",
                                           "sqlite_compileoption_get",
                                           "sqlite_compileoption_used",
                                           "sqlite_log",
                                           "sqlite_source_id",
                                           "sqlite_version",
                                           "sqrt",
                                           "tan",
                                           "tanh",
                                           "total_changes"};
    for (const auto& [name, count] : builtIn("SELECT DISTINCT name, narg FROM pragma_function_list")) {
        ASSERT_NE(same.contains(name), refused.contains(name)) << "nobody has judged " << name << "()";
        std::string arguments;
        for (int i = 0; i < (count < 0 ? 1 : count); ++i) {
            arguments += i == 0 ? "NULL" : ", NULL";
        }
        const std::string why = refusal("SELECT \"" + name + "\"(" + arguments + ")");
        EXPECT_EQ(why.find("is not the same on every node") != std::string::npos, refused.contains(name))
            << name << "/" << count << ": " << why;
    }
}

TEST_F(DeterminismTest, NoModuleIsTakenButTheTwo) {
    for (const auto& [name, unused] : builtIn("SELECT name, 0 FROM pragma_module_list")) {
        const std::string why = refusal("CREATE VIRTUAL TABLE x USING " + name + "(a, b, c)");
        if (name == "fts5" || name == "rtree") {
            EXPECT_EQ(why, "") << name;
        } else {
            EXPECT_NE(why, "") << name;
        }
    }
}

TEST_F(DeterminismTest, NoPragmaIsTaken) {
    for (const auto& [name, unused] : builtIn("SELECT name, 0 FROM pragma_pragma_list")) {
        EXPECT_EQ(refusal("PRAGMA " + name + " = 1"), "the store refuses PRAGMA") << name;
        // These two only tell something, to fts5 and rtree.
        if (name != "page_size" && name != "data_version") {
            EXPECT_EQ(refusal("PRAGMA " + name), "the store refuses PRAGMA") << name;
        }
    }
}

}  // namespace
}  // namespace tessera::store
