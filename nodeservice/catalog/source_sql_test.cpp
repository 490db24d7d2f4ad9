#include "nodeservice/catalog/source_sql.h"

#include "nodeservice/catalog/fingerprint.h"

#include <gtest/gtest.h>

namespace tessera::catalog {
namespace {

Source crm() {
    Source source;
    source.name = "c\"rm";
    source.connector = "postgres";
    source.comment = "it's";
    source.options = {{"host", "h"}, {"path", "C:\\x"}};
    source.credentials.emplace_back("password", Secret("p'w"));
    source.imports = {{"public", "crm", {}}, {"s", "crm", {"a", "b"}}};
    source.tables = {
        {"t", "other", "", {{"id", "numeric(10,2)", true, {{"column_name", "ID"}}}}, {{"table_name", "T"}}}};
    return source;
}

TEST(SourceSql, ServerAndMappingAreQuoted) {
    EXPECT_EQ(
        createServerSql(crm()),
        "CREATE SERVER \"c\"\"rm\" FOREIGN DATA WRAPPER tessera_fdw OPTIONS (\"connector\" 'postgres', \"host\" 'h', "
        "\"path\" E'C:\\\\x');\nCOMMENT ON SERVER \"c\"\"rm\" IS 'it''s';\n"
        "CREATE USER MAPPING FOR PUBLIC SERVER \"c\"\"rm\" OPTIONS (\"password\" 'p''w')");
}

TEST(SourceSql, TablesComeBetweenSchemasAndGrants) {
    const auto steps = createTablesSql(crm());
    ASSERT_EQ(steps.size(), 9u);
    EXPECT_EQ(steps[0], "CREATE SCHEMA IF NOT EXISTS \"crm\"");
    EXPECT_EQ(steps[2], "IMPORT FOREIGN SCHEMA \"public\" FROM SERVER \"c\"\"rm\" INTO \"crm\"");
    EXPECT_EQ(steps[3], "SELECT tessera.import_comments('c\"rm', 'public', 'crm')");
    EXPECT_EQ(steps[4], "IMPORT FOREIGN SCHEMA \"s\" LIMIT TO (\"a\", \"b\") FROM SERVER \"c\"\"rm\" INTO \"crm\"");
    EXPECT_EQ(steps[6],
              "CREATE FOREIGN TABLE \"other\".\"t\" (\"id\" numeric(10,2) OPTIONS (\"column_name\" 'ID') NOT NULL) "
              "SERVER \"c\"\"rm\" OPTIONS (\"table_name\" 'T')");
    EXPECT_EQ(steps[7],
              "GRANT USAGE ON SCHEMA \"crm\" TO tessera_reader; GRANT SELECT ON ALL TABLES IN SCHEMA \"crm\" TO "
              "tessera_reader");
}

TEST(Fingerprint, ChangesWithEveryPart) {
    const std::string before = fingerprintOf(crm(), "v1");
    EXPECT_EQ(before, fingerprintOf(crm(), "v1"));
    EXPECT_NE(before, fingerprintOf(crm(), "v2"));
    Source password = crm();
    password.credentials[0].second = Secret("other");
    EXPECT_NE(before, fingerprintOf(password, "v1"));
    Source moved = crm();
    moved.imports[1].tables = {"ab"};
    EXPECT_NE(before, fingerprintOf(moved, "v1"));
    EXPECT_NE(fingerprintOf(std::vector<InitScript>{{"a", "bc"}}), fingerprintOf(std::vector<InitScript>{{"ab", "c"}}));
}

}  // namespace
}  // namespace tessera::catalog
