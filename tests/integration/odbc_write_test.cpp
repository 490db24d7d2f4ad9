/// Changes through ODBC drivers: values of every type, in bulk and row by row; transactions and savepoints; errors
/// leave nothing behind. With PostgreSQL's, MariaDB's and SQLite's drivers.

#include "common/strings.h"
#include "tests/integration/type_mapping.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/temporary_mariadb.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <optional>

namespace tessera {
namespace {

using testing::HasSubstr;

class OdbcWrite : public TypeMapping, public testing::WithParamInterface<const char*> {
  protected:
    void SetUp() override {
        TypeMapping::SetUp();
        const std::string kind = GetParam();
        if (kind == "postgres") {
            auto started = TemporaryPostgres::start();
            ASSERT_TRUE(started) << started.error().describe();
            postgres_.emplace(std::move(*started));
            attach("PostgreSQL Unicode", "SERVER=127.0.0.1;DATABASE=postgres;PORT=" + std::to_string(postgres_->port()),
                   TemporaryPostgres::kUser, TemporaryPostgres::kPassword);
        } else if (kind == "mariadb") {
            auto started = TemporaryMariaDb::start();
            ASSERT_TRUE(started) << started.error().describe();
            mariadb_.emplace(std::move(*started));
            // Rows that are found count, also where nothing changes in them.
            attach("MariaDB Unicode",
                   "SERVER=127.0.0.1;DATABASE=test;OPTION=2;PORT=" + std::to_string(mariadb_->port()),
                   TemporaryMariaDb::kUser, TemporaryMariaDb::kPassword);
        } else {
            std::filesystem::permissions(folder_.path(), std::filesystem::perms(0777));
            attach("SQLite3", "Database=" + (folder_.path() / "data.db").string(), "", "");
        }
    }

    void attach(const std::string& driver, const std::string& attributes, const std::string& user,
                const std::string& password) {
        must("CREATE SERVER source FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'odbc', driver " +
             quoteLiteral(driver) + ", connection_string " + quoteLiteral(attributes) +
             "); CREATE USER MAPPING FOR CURRENT_USER SERVER source" +
             (user.empty() ? ""
                           : " OPTIONS (user " + quoteLiteral(user) + ", password " + quoteLiteral(password) + ")"));
    }

    bool is(const char* kind) const { return std::string(GetParam()) == kind; }

    void remote(const std::string& sql) { must("SELECT tessera.remote_execute('source', " + quoteLiteral(sql) + ")"); }

    /// Makes the table w at the source, the foreign table src.w, and the like of it here, src.own.
    void makeTables() {
        const std::string bytes = is("postgres") ? "bytea" : "blob";
        const std::string moment = is("mariadb") ? "datetime(6)" : "timestamp";
        remote("CREATE TABLE w (id int PRIMARY KEY, n bigint, s varchar(40)" +
               std::string(is("mariadb") ? " CHARACTER SET utf8mb4" : "") + ", x decimal(12,3), f " +
               (is("mariadb") ? "double" : "double precision") + ", d date, ts " + moment + ", y " + bytes +
               ", v varchar(5) DEFAULT 'none' NOT NULL CHECK (length(v) < 6))");
        const std::string columns =
            "id int OPTIONS (key 'true'), n bigint, s text, x numeric(12,3), f float8, d date, ts timestamp, y bytea, "
            "v "
            "text";
        must("CREATE FOREIGN TABLE src.w (" + columns + ") SERVER source OPTIONS (table_name 'w'" +
             (is("postgres")  ? ", schema_name 'public'"
              : is("mariadb") ? ", catalog_name 'test'"
                              : "") +
             "); CREATE TABLE src.own (id int PRIMARY KEY, n bigint, s text, x numeric(12,3), f float8, d date, ts "
             "timestamp, y bytea, v text NOT NULL DEFAULT 'none')");
    }

    /// On both tables.
    void change(const std::string& sql) {
        for (const char* table : {"src.w", "src.own"}) {
            std::string text = sql;
            for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$')) {
                text.replace(at, 1, table);
            }
            must(text);
        }
        expectSame(sql);
    }

    void expectSame(const std::string& after) {
        EXPECT_EQ(outcome("SELECT count(*) FROM src.w"), outcome("SELECT count(*) FROM src.own")) << after;
        for (const auto& [these, others] : {std::pair("w", "own"), std::pair("own", "w")}) {
            EXPECT_EQ(outcome(std::string("SELECT left(min(x), 500) FROM (SELECT r::text AS x FROM src.") + these +
                              " r EXCEPT SELECT r::text FROM src." + others + " r) d"),
                      "NULL")
                << "only in " << these << " after " << after;
        }
    }

    TemporaryDirectory folder_;
    std::optional<TemporaryPostgres> postgres_;
    std::optional<TemporaryMariaDb> mariadb_;
};

constexpr const char* kRows =
    "INSERT INTO $ VALUES (1, -9223372036854775808, 'Žluť 😀 \"\\''', -123456789.125, 0.1, '2024-02-29', '2024-02-29 "
    "12:34:56.789012', '\\x00ff27', ''), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'b'), (3, 0, '', 0.5, "
    "-2.5e-300, "
    "'1970-01-01', '1970-01-01', '', ' x '), (4, 9223372036854775807, repeat('ž', 40), 999999999.999, 1e15, "
    "'9999-12-31', '9999-12-31 23:59:59', decode(repeat('ab', 3000), 'hex'), 'é')";

TEST_P(OdbcWrite, ValuesAreWhatTheyWere) {
    makeTables();
    change(kRows);
    change("INSERT INTO $ (id, n) VALUES (5, 5)");  // defaults of the source
    // More than one array of parameters, with texts and numbers of every length, and NULLs.
    change(
        "INSERT INTO $ SELECT i, nullif(i * 7919::bigint, 7919 * 30), CASE WHEN i % 5 > 0 THEN repeat('é', i % 40) "
        "END, "
        "CASE WHEN i % 3 > 0 THEN (i % 1000) / 8.0 END, i / 8.0::float8, date '2000-01-01' + i, timestamp '2000-01-01' "
        "+ i * interval '1.5 s', CASE WHEN i % 7 > 0 THEN decode(repeat('0f', i % 300), 'hex') END, 'v' || i % 9 FROM "
        "generate_series(10, 3500) i");
    EXPECT_EQ(outcome("SELECT count(*) FROM src.w"), "3496");
    must("PREPARE q (int, text) AS INSERT INTO src.w (id, s, v) VALUES ($1, $2, 'q')");
    for (int i = 0; i < 7; ++i) {  // a generic plan in the end
        must("EXECUTE q(" + std::to_string(9000 + i) + ", 'text " + std::to_string(i) + "')");
    }
    EXPECT_EQ(outcome("SELECT string_agg(s, ',' ORDER BY id) FROM src.w WHERE v = 'q'"),
              "text 0,text 1,text 2,text 3,text 4,text 5,text 6");
}

TEST_P(OdbcWrite, RowsAreChangedByTheirKeys) {
    makeTables();
    change(kRows);
    change("UPDATE $ SET n = id + 10, s = coalesce(s, '') || 'ß' WHERE id IN (2, 3)");
    change("UPDATE $ SET x = x / 2, d = d - 1, y = '\\x01' WHERE s LIKE '%ß' OR d > '2000-01-01'");
    change("UPDATE $ SET n = n, v = v");  // nothing changes
    change("UPDATE $ SET s = NULL, ts = NULL, y = NULL, f = NULL WHERE id = 1");
    change("UPDATE $ SET v = 'const' WHERE id = 4");
    change("UPDATE $ SET v = 'none' WHERE id = 404");
    change("DELETE FROM $ WHERE n > 10 AND s IS NOT NULL");
    change("DELETE FROM $ WHERE id = 2");
    change("DELETE FROM $");
    EXPECT_EQ(outcome("SELECT count(*) FROM src.w"), "0");
    const auto counted = connection_->query("INSERT INTO src.w (id, v) SELECT i, 'a' FROM generate_series(1, 50) i");
    ASSERT_TRUE(counted);
    EXPECT_EQ(counted->affected, 50);
    const auto updated = connection_->query("UPDATE src.w SET v = 'a' WHERE id <= 20 AND random() >= 0");
    ASSERT_TRUE(updated);
    EXPECT_EQ(updated->affected, 20);
    const auto deleted = connection_->query("DELETE FROM src.w WHERE id > 45");
    ASSERT_TRUE(deleted);
    EXPECT_EQ(deleted->affected, 5);
    EXPECT_EQ(error("INSERT INTO src.w VALUES (60, 1) RETURNING id").sqlState(), "0A000");
}

TEST_P(OdbcWrite, TransactionsAreOfBothSides) {
    makeTables();
    must("BEGIN; INSERT INTO src.w (id, v) VALUES (1, 'a')");
    EXPECT_EQ(outcome("SELECT count(*) FROM src.w"), "1") << "a transaction sees its own rows";
    must("ROLLBACK");
    EXPECT_EQ(outcome("SELECT count(*) FROM src.w"), "0");
    must(
        "BEGIN; INSERT INTO src.w (id, v) VALUES (1, 'a'); SAVEPOINT s; INSERT INTO src.w (id, v) VALUES (2, 'b'); "
        "ROLLBACK TO s; INSERT INTO src.w (id, v) VALUES (3, 'c'); RELEASE s; COMMIT");
    EXPECT_EQ(outcome("SELECT string_agg(v, '' ORDER BY id) FROM src.w"), "ac");
    // A block's savepoint, and the error of a unique key.
    must(
        "DO $$ BEGIN INSERT INTO src.w (id, v) VALUES (4, 'd'); INSERT INTO src.w (id, v) VALUES (1, 'x'); EXCEPTION "
        "WHEN OTHERS THEN INSERT INTO src.w (id, v) VALUES (5, 'e'); END $$");
    EXPECT_EQ(outcome("SELECT string_agg(v, '' ORDER BY id) FROM src.w"), "ace");
    must(
        "BEGIN ISOLATION LEVEL SERIALIZABLE; UPDATE src.w SET v = 'z' WHERE id = 5; COMMIT; BEGIN; DELETE FROM src.w "
        "WHERE id = 5; ROLLBACK");
    EXPECT_EQ(outcome("SELECT string_agg(v, '' ORDER BY id) FROM src.w"), "acz");
    EXPECT_EQ(outcome("SELECT count(*) FROM tessera.connections() WHERE in_transaction"), "0");
}

TEST_P(OdbcWrite, AFailedRowLeavesNothingBehind) {
    makeTables();
    must("INSERT INTO src.w (id, v) VALUES (700, 'old')");
    // In the middle of an array.
    const Error twice = error("INSERT INTO src.w (id, v) SELECT i, 'new' FROM generate_series(1, 1500) i");
    EXPECT_EQ(twice.sqlState(), "23505") << twice.describe();
    EXPECT_THAT(twice.message, HasSubstr("source \"source\""));
    EXPECT_EQ(outcome("SELECT string_agg(v, ',') FROM src.w"), "old");
    const Error null = error("INSERT INTO src.w (id, v) SELECT i, nullif(i, 9)::text FROM generate_series(1, 20) i");
    EXPECT_EQ(null.sqlState(), "23502") << null.describe();
    EXPECT_EQ(error("UPDATE src.w SET f = 'NaN'").sqlState(), "22003");
    EXPECT_EQ(error("UPDATE src.w SET d = 'infinity' WHERE random() >= 0").sqlState(), "22003");
    EXPECT_EQ(error("INSERT INTO src.w (id, n, v) SELECT i, 1 / (500 - i), 'q' FROM generate_series(1, 1200) i "
                    "WHERE i <> 700")
                  .sqlState(),
              "22012");
    EXPECT_EQ(outcome("SELECT string_agg(v, ',') FROM src.w"), "old");
    must("DELETE FROM src.w");
    EXPECT_EQ(outcome("SELECT count(*) FROM src.w"), "0");
}

INSTANTIATE_TEST_SUITE_P(Drivers, OdbcWrite, testing::Values("postgres", "mariadb", "sqlite"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera
