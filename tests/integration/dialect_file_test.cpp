/// Dialects that are files: what they claim is sent to the source, what is wrong in them is told, and the session goes
/// on. With SQLite's ODBC driver, of which the program itself knows nothing but integers.

#include "common/strings.h"
#include "tests/integration/type_mapping.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace tessera {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DialectFiles : public TypeMapping {
  protected:
    void SetUp() override {
        TypeMapping::SetUp();
        std::filesystem::permissions(folder_.path(), std::filesystem::perms(0777));
        must("SET tessera.dialect_directory = " + quoteLiteral(folder_.path().string()));
        must(
            "CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'odbc', driver 'SQLite3', "
            "connection_string " +
            quoteLiteral("Database=" + (folder_.path() / "data.db").string()) +
            "); CREATE USER MAPPING FOR CURRENT_USER SERVER source");
        must("SELECT tessera.remote_execute('source', 'CREATE TABLE t (id int, n int)')");
        must("SELECT tessera.remote_execute('source', 'INSERT INTO t VALUES (1, -5), (2, 7), (3, NULL), (4, 7)')");
        must("CREATE FOREIGN TABLE src.t (id int, n int) SERVER source OPTIONS (table_name 't')");
    }

    void write(const std::string& name, const std::string& text) const {
        const std::filesystem::path file = folder_.path() / name;
        std::ofstream(file) << text;
        std::filesystem::permissions(file, std::filesystem::perms(0644));
    }

    std::string plan(const std::string& sql) {
        std::string text;
        const auto rows = connection_->query("EXPLAIN (VERBOSE, COSTS OFF) " + sql);
        EXPECT_TRUE(rows) << rows.error().describe();
        for (const auto& row : rows ? rows->values : decltype(rows->values)()) {
            text += *row[0] + "\n";
        }
        return text;
    }

    TemporaryDirectory folder_;
};

constexpr const char* kLite =
    "extends: integers\n"
    "grouping: true\n"
    "sorting: true\n"
    "row_limit: limit\n"
    "functions:\n"
    "  - {function: abs(int4), sql: 'ABS({0})'}\n"
    "aggregates:\n"
    "  - {function: 'count()', sql: 'COUNT(*)'}\n";

TEST_F(DialectFiles, SayWhatIsSentToASource) {
    const std::string sql = "SELECT n, count(*) FROM src.t WHERE abs(n) > 4 GROUP BY n ORDER BY n";
    EXPECT_THAT(plan(sql), AllOf(HasSubstr("Filter: (abs(t.n) > 4)"), Not(HasSubstr("COUNT(*)"))));
    write("lite.yaml", kLite);
    must("ALTER SERVER source OPTIONS (ADD dialect 'lite')");
    EXPECT_THAT(plan(sql), AllOf(HasSubstr("(ABS(`n`)) > 4"), HasSubstr("COUNT(*)"), HasSubstr("GROUP BY")));
    EXPECT_EQ(outcome("SELECT string_agg(n || ':' || c, ' ') FROM (" + sql + ") x (n, c)"), "-5:1 7:2");
    EXPECT_EQ(outcome("SELECT count(*) FROM tessera.verify(" + quoteLiteral(sql) + ")"), "0");
}

TEST_F(DialectFiles, HoldFromTheNextStatementOn) {
    write("lite.yaml", kLite);
    must("ALTER SERVER source OPTIONS (ADD dialect 'lite')");
    must("PREPARE q AS SELECT count(*) FROM src.t WHERE abs(n) = 7");
    EXPECT_EQ(outcome("EXECUTE q"), "2");
    write("lite.yaml", "extends: integers\n");
    EXPECT_THAT(plan("SELECT id FROM src.t WHERE abs(n) = 7"), HasSubstr("Filter: (abs(t.n) = 7)"));
    EXPECT_EQ(outcome("EXECUTE q"), "2");
}

TEST_F(DialectFiles, AreRefusedWithTheirPlaceAndTheSessionGoesOn) {
    write("lite.yaml", std::string(kLite) + "sortin: true\nnull_order: never\n");
    must("ALTER SERVER source OPTIONS (ADD dialect 'lite')");
    const Error bad = error("SELECT count(*) FROM src.t");
    EXPECT_EQ(bad.sqlstate, "HV00D");
    EXPECT_THAT(bad.message, HasSubstr("lite.yaml:9:1: unknown key 'sortin'"));
    EXPECT_THAT(bad.hint, HasSubstr("did you mean 'sorting'?"));
    EXPECT_THAT(bad.detail, HasSubstr("lite.yaml:10:13: "));
    EXPECT_EQ(outcome("SELECT 1"), "1");
    write("lite.yaml", kLite);
    EXPECT_EQ(outcome("SELECT count(*) FROM src.t"), "4");
    // Broken while sessions with the source are open.
    write("lite.yaml", "extends: [");
    EXPECT_THAT(error("SELECT count(*) FROM src.t").message, HasSubstr("lite.yaml:"));
    std::filesystem::remove(folder_.path() / "lite.yaml");
    EXPECT_THAT(error("SELECT count(*) FROM src.t").message, HasSubstr("cannot read the dialect file"));
    write("lite.yaml", kLite);
    EXPECT_EQ(outcome("SELECT count(*) FROM src.t"), "4");
}

TEST_F(DialectFiles, AreFoundInTheirFolderOnly) {
    write("lite.yaml", kLite);
    must("ALTER SERVER source OPTIONS (ADD dialect 'cobol')");
    EXPECT_THAT(error("TABLE src.t").message, HasSubstr("there is no dialect 'cobol'"));
    must("ALTER SERVER source OPTIONS (SET dialect '../etc/passwd')");
    EXPECT_THAT(error("TABLE src.t").message, HasSubstr("'../etc/passwd' is not a dialect's name"));
    must("ALTER SERVER source OPTIONS (SET dialect 'lite'); RESET tessera.dialect_directory");
    EXPECT_THAT(error("TABLE src.t").hint, HasSubstr("a folder of dialect files is not configured"));
    EXPECT_EQ(outcome("SELECT 1"), "1");
}

}  // namespace
}  // namespace tessera
