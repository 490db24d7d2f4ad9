/// What old servers lack is not asked of them: of MariaDB and MySQL, by the version that the server tells. The server
/// is this machine's MariaDB, which calls itself by another's name; it could do all of it, so that only plans differ.

#include "common/strings.h"
#include "tests/integration/type_mapping.h"
#include "tests/support/temporary_mariadb.h"

#include <optional>

namespace tessera {
namespace {

struct Version {
    std::string name;  // empty: the server's own
    bool rows;         // it takes rows as JSON
    bool windows;
    bool insert_returning;
    bool delete_returning;
};

class MysqlVersions : public TypeMapping {
  protected:
    void attach(const std::string& version) {
        std::vector<std::string> arguments;
        if (!version.empty()) {
            arguments.push_back("--version=" + version);
        }
        auto started = TemporaryMariaDb::start(arguments);
        ASSERT_TRUE(started) << started.error().describe();
        server_.emplace(std::move(*started));
        const auto filled = server_->execute(
            "CREATE TABLE big (id int PRIMARY KEY, v int); INSERT INTO big SELECT seq, seq % 7 FROM seq_1_to_100");
        ASSERT_TRUE(filled) << filled.error().describe();
        must(
            "DROP SERVER IF EXISTS shop CASCADE; DROP TABLE IF EXISTS few; CREATE TABLE few AS SELECT 10 * i AS id "
            "FROM "
            "generate_series(1, 5) i; CREATE SERVER shop FOREIGN DATA WRAPPER tessera_fdw OPTIONS (connector 'mysql', "
            "host '127.0.0.1', port '" +
            std::to_string(server_->port()) +
            "', database 'test'); CREATE USER MAPPING FOR CURRENT_USER SERVER shop OPTIONS (user '" +
            TemporaryMariaDb::kUser + "', password " + quoteLiteral(TemporaryMariaDb::kPassword) +
            "); IMPORT FOREIGN SCHEMA test FROM SERVER shop INTO src");
    }

    std::string plan(const std::string& sql) {
        const auto rows = connection_->query("EXPLAIN (VERBOSE, COSTS OFF) " + sql, {});
        EXPECT_TRUE(rows) << sql << "\n" << rows.error().describe();
        std::string text;
        for (std::size_t i = 0; rows && i < rows->values.size(); ++i) {
            text += rows->values[i][0].value_or("") + "\n";
        }
        return text;
    }

    void expectAsked(const std::string& sql, const std::string& what, bool asked, const std::string& result) {
        const std::string text = plan(sql);
        const std::size_t statement = text.find("Remote SQL: ");
        ASSERT_NE(statement, std::string::npos) << text;
        const std::string remote = text.substr(statement, text.find('\n', statement) - statement);
        EXPECT_EQ(remote.find(what) != std::string::npos, asked) << text;
        EXPECT_EQ(outcome(sql), result);
    }

    void expectChanged(const std::string& sql, bool can, const std::string& result) {
        EXPECT_EQ(outcome(sql), can ? result : "error 0A000") << sql;
    }

    std::optional<TemporaryMariaDb> server_;
};

TEST_F(MysqlVersions, OnlyWhatTheServerHasIsAskedOfIt) {
    if (TemporaryMariaDb::isMysql()) {
        GTEST_SKIP() << "MySQL tells its own version only";
    }
    const std::vector<Version> versions = {
        {"", true, true, true, true},
        {"10.6.1-MariaDB", true, true, true, true},
        {"10.5.29-MariaDB", false, true, true, true},
        {"10.4.34-MariaDB", false, true, false, true},
        {"8.0.36", true, true, false, false},
        {"5.7.44-log", false, false, false, false},
    };
    for (const Version& version : versions) {
        SCOPED_TRACE(version.name);
        ASSERT_NO_FATAL_FAILURE(attach(version.name));
        must("SET tessera.ship_rows = force");
        expectAsked("SELECT sum(b.v) FROM few f JOIN src.big b ON b.id = f.id", "JSON_TABLE", version.rows, "17");
        must("SET tessera.ship_rows = off");
        expectAsked("SELECT sum(b.v) FROM few f JOIN src.big b ON b.id = f.id", "JSON_TABLE", false, "17");
        must("RESET ALL");
        expectAsked("SELECT sum(n) FROM (SELECT row_number() OVER (ORDER BY id) AS n FROM src.big) x", "ROW_NUMBER",
                    version.windows, "5050");
        expectAsked("SELECT sum(n) FROM (SELECT sum(v) OVER (PARTITION BY v) AS n FROM src.big) x", "OVER",
                    version.windows, "4203");
        expectChanged("INSERT INTO src.big VALUES (200, 1) RETURNING id", version.insert_returning, "200");
        expectChanged("DELETE FROM src.big WHERE id = 7 RETURNING id", version.delete_returning, "7");
        must("INSERT INTO src.big VALUES (201, 1)");
        EXPECT_EQ(outcome("SELECT v FROM src.big WHERE id = 201"), "1");
    }
}

}  // namespace
}  // namespace tessera
