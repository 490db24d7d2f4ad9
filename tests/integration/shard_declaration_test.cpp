/// Declaring sharded tables by range and list over sources of unlike kinds, from the command line and by SQL; and what
/// is wrong with a declaration, said before anything has changed.

#include "tests/support/mesh_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

namespace tessera {
namespace {

using postgres::Connection;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ShardDeclaration : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        mesh_ = std::make_unique<MeshNodes>(
            "CREATE TABLE sites (region text NOT NULL, site int NOT NULL, name text, PRIMARY KEY (region, site));"
            "CREATE TABLE sites_de (region text NOT NULL, site int NOT NULL, name text, PRIMARY KEY (region, site));"
            "CREATE TABLE numbers (id int PRIMARY KEY, x int); INSERT INTO numbers SELECT i, i FROM generate_series(1, "
            "50) i; CREATE TABLE more_numbers (id int PRIMARY KEY, x int); CREATE TABLE big (id bigint, x int);"
            "CREATE TABLE governed (id int PRIMARY KEY, x int); CREATE TABLE halves (id int PRIMARY KEY, x int);"
            "CREATE TABLE codes (id int PRIMARY KEY, x int); INSERT INTO codes VALUES (1, 1)",
            MeshNodes::Files{
                {0, {{"users_a_to_l.csv", "country,id,name\nBrazil,1,Ana\nGermany,2,Uwe\nGermany,3,Ida\n"}}},
                {1,
                 {{"users_m_to_z.csv", "country,id,name\nMexico,4,Eva\nPoland,5,Jan\n"},
                  {"users_mixed.csv", "country,id,name\nPoland,6,Ola\nAustria,7,Max\n"}}}});
        std::string nodes = "mesh: trial\nnodes:\n";
        for (std::size_t i = 0; i < kMembers; ++i) {
            nodes += "  - {name: " + Nodes::nameOf(i) + ", address: '127.0.0.1:" + std::to_string(mesh_->at(i).port()) +
                     "', user: " + TemporaryNode::kUser + ", password: '" + TemporaryNode::kPassword + "'}\n";
        }
        writeFile(path("nodes.yaml"), nodes);
    }

    static void TearDownTestSuite() { mesh_.reset(); }

    static std::filesystem::path path(const std::string& name) { return mesh_->at(0).folder() / name; }

    /// What it wrote to both, and its exit code.
    static std::string tessera(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), TESSERA_BUILD_DIR "/bin/tessera");
        const auto result =
            run({.arguments = std::move(arguments), .environment = {{"TESSERA_MESH", path("nodes.yaml").string()}}},
                kPatience);
        EXPECT_TRUE(result) << result.error().describe();
        return result ? result->output + result->error + "exit " + std::to_string(result->status.exit_code) : "";
    }

    static std::string ask(std::size_t node, const std::string& sql) {
        Connection at = mesh_->connect(node);
        return answerOf(at, sql);
    }

    /// Of node a.
    static std::string declare(const std::string& yaml) {
        return ask(0, "SELECT * FROM tessera.apply_mesh($mesh$tables:\n" + yaml + "$mesh$)");
    }

    inline static std::unique_ptr<MeshNodes> mesh_;
};

TEST_F(ShardDeclaration, ARangeOverCsvFilesOfTwoNodesFromTheCommandLine) {
    writeFile(path("users.yaml"), R"(tables:
  - name: people.users
    shard_by: range (country)
    shards:
      - {at: a/files.users_a_to_l, to: [M]}
      - {at: b/files.users_m_to_z, from: [M]}
)");
    EXPECT_THAT(tessera({"mesh", "check", "-n", "c", path("users.yaml")}),
                AllOf(HasSubstr("people.users"), HasSubstr("created"), HasSubstr("exit 0")));
    EXPECT_EQ(ask(2, "SELECT to_regclass('people.users')"), "NULL\n");
    EXPECT_THAT(tessera({"mesh", "apply", "-n", "c", path("users.yaml")}), HasSubstr("exit 0"));
    EXPECT_THAT(tessera({"mesh", "apply", "-n", "a", path("users.yaml")}), HasSubstr("unchanged"));
    for (std::size_t node = 0; node < kMembers; ++node) {
        EXPECT_EQ(ask(node, "SELECT country, count(*), max(name) FROM people.users GROUP BY country ORDER BY country"),
                  "Brazil|1|Ana\nGermany|2|Uwe\nMexico|1|Eva\nPoland|1|Jan\n");
        EXPECT_THAT(ask(node, "EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM people.users WHERE country = 'Poland'"),
                    AllOf(HasSubstr("_s1_"), Not(HasSubstr("_s0_"))));
    }
    EXPECT_THAT(ask(0, "UPDATE people.users SET name = 'x'"), HasSubstr("error 0A000 cannot update"));
    EXPECT_THAT(tessera({"shard", "list", "-n", "b", "-f", "csv", "people.users"}),
                HasSubstr("people.users,0,from the least to before M,a,files.users_a_to_l"));
    EXPECT_THAT(tessera({"mesh", "tables", "-n", "b"}), HasSubstr("people.users"));
    EXPECT_THAT(tessera({"mesh", "nodes", "-n", "b"}), HasSubstr("exit 0"));
    EXPECT_THAT(tessera({"shard", "drop", "-n", "b", "people.users"}), HasSubstr("dropped"));
    EXPECT_EQ(ask(1, "SELECT to_regclass('people.users')"), "NULL\n");
    EXPECT_EQ(ask(0, "SELECT count(*) FROM files.users_a_to_l"), "3\n");
    EXPECT_THAT(tessera({"shard", "drop", "-n", "b", "people.user"}),
                AllOf(HasSubstr("there is no sharded table 'people.user'"), HasSubstr("exit 1")));
}

TEST_F(ShardDeclaration, AListWithADefaultTakesRowsWhereTheyBelong) {
    EXPECT_THAT(declare(R"(  - name: people.sites
    shard_by: list (region)
    key: [region, site]
    writers: [tester]
    shards:
      - {at: b/crm.sites_de, values: [DE, AT]}
      - {at: c/crm.sites, default: true}
)"),
                HasSubstr("people.sites|created"));
    EXPECT_EQ(ask(0,
                  "WITH made AS (INSERT INTO people.sites VALUES ('DE', 1, 'x'), ('FR', 2, 'y'), ('AT', 3, 'z') "
                  "RETURNING 1) SELECT count(*) FROM made"),
              "3\n");
    Connection b = mesh_->direct("crm_b");
    EXPECT_EQ(answerOf(b, "SELECT region FROM sites_de ORDER BY 1"), "AT\nDE\n");
    EXPECT_EQ(ask(1, "SELECT region, site, name FROM people.sites ORDER BY site"), "DE|1|x\nFR|2|y\nAT|3|z\n");
    EXPECT_THAT(ask(1, "INSERT INTO people.sites VALUES ('DE', 1, 'again')"), HasSubstr("error 23505"));
    // Rights are declared anew.
    EXPECT_THAT(ask(1,
                    "SELECT tessera.create_sharded_table('people.sites', 'list (region)', '[{\"at\": "
                    "\"b/crm.sites_de\", \"values\": [\"DE\", \"AT\"]}, {\"at\": \"c/crm.sites\", \"default\": "
                    "true}]', key => '{region, site}', readers => '{tester}')"),
                Not(HasSubstr("error")));
    EXPECT_THAT(ask(1, "DELETE FROM people.sites"), HasSubstr("error 42501"));
    Connection reader = mesh_->connect(1, "reader", "r");
    EXPECT_THAT(answerOf(reader, "SELECT * FROM people.sites"), HasSubstr("error 42501"));
}

TEST_F(ShardDeclaration, WhatIsWrongIsSaidAndNothingHasChanged) {
    const std::string before = ask(0, "SELECT count(*) FROM tessera.sharded_tables");
    const auto numbers = [](const std::string& rest) {
        return declare("  - name: people.numbers\n    " + rest + "\n");
    };
    const std::string range = "shard_by: range (id)\n    shards: ";
    EXPECT_THAT(numbers(range + "[{at: a/crm.nothing}]"),
                AllOf(HasSubstr("mesh:2:"), HasSubstr("node 'a' has no table crm.nothing")));
    EXPECT_THAT(numbers(range + "[{at: b/crm.nothing}]"), HasSubstr("node 'b' has no table crm.nothing"));
    EXPECT_THAT(numbers(range + "[{at: z/crm.numbers}]"), HasSubstr("this node has no peer 'z'"));
    EXPECT_THAT(numbers(range + "[{at: a/pg_catalog.pg_class}]"), HasSubstr("is no table of a source"));
    EXPECT_THAT(numbers(range + "[{at: a/crm.more_numbers, to: [5]}, {at: b/crm.more_numbers, from: [4]}]"),
                HasSubstr("would overlap"));
    EXPECT_THAT(numbers(range + "[{at: a/crm.more_numbers, from: [9], to: [5]}]"), HasSubstr("empty range"));
    EXPECT_THAT(numbers(range + "[{at: a/crm.more_numbers, from: [five]}]"), HasSubstr("error 22P02"));
    EXPECT_THAT(numbers(range + "[{at: a/crm.more_numbers, to: [5]}, {at: b/crm.big, from: [5]}]"),
                HasSubstr("the column 'id' of b/crm.big is bigint, not integer"));
    EXPECT_THAT(numbers(range + "[{at: a/crm.more_numbers, to: [5]}, {at: b/crm.sites, from: [5]}]"),
                HasSubstr("b/crm.sites has no column 'id'"));
    EXPECT_THAT(numbers("shard_by: range (ix)\n    shards: [{at: a/crm.more_numbers}]"),
                HasSubstr("shard_by names a column 'ix' that its tables do not have"));
    EXPECT_THAT(numbers(range + "[{at: a/crm.numbers, to: [41]}, {at: b/crm.more_numbers, from: [41]}]"),
                HasSubstr("shard 0: 10 rows of a/crm.numbers belong to another shard"));
    EXPECT_THAT(numbers("shard_by: hash (id)\n    shards: [{at: a/crm.more_numbers}, {at: b/crm.numbers}]"),
                HasSubstr("rows of b/crm.numbers belong to another shard"));
    EXPECT_THAT(declare("  - name: people.mixed\n    shard_by: range (country)\n    shards: [{at: "
                        "a/files.users_a_to_l, to: [M]}, {at: b/files.users_mixed, from: [M]}]\n"),
                HasSubstr("1 row of b/files.users_mixed belongs to another shard"));
    EXPECT_THAT(declare("  - {name: people.numbers, shard_by: hash (id), columns: [{name: id, type: 'int) SERVER x'}], "
                        "shards: [{at: a/crm.more_numbers}]}\n"),
                HasSubstr("error 42601"));
    EXPECT_THAT(declare("  - {name: crm.numbers, shard_by: hash (id), shards: [{at: a/crm.more_numbers}]}\n"),
                HasSubstr("node 'a' has another table of that name already"));
    EXPECT_THAT(declare("  - {nam: x}\n"), AllOf(HasSubstr("mesh:2:"), HasSubstr("unknown key 'nam'")));
    EXPECT_EQ(ask(0, "SELECT count(*) FROM tessera.sharded_tables"), before);
    EXPECT_EQ(ask(0, "SELECT count(*) FROM crm.numbers"), "50\n");
}

TEST_F(ShardDeclaration, APlaceIsOfOneTableAndStaysWhatItIs) {
    ASSERT_THAT(declare("  - {name: people.small, shard_by: hash (id), shards: [{at: a/crm.numbers, }]}\n"),
                HasSubstr("created"));
    EXPECT_THAT(declare("  - {name: people.other, shard_by: hash (id), shards: [{at: a/crm.numbers}]}\n"),
                HasSubstr("a/crm.numbers is a shard of people.small already"));
    EXPECT_THAT(declare("  - {name: people.small, shard_by: hash (x), shards: [{at: a/crm.numbers}]}\n"),
                HasSubstr("people.small is there already, and differs in shard_by"));
    // Rows without a key are read, and not changed.
    EXPECT_EQ(ask(2, "SELECT sum(x) FROM people.small"), "1275\n");
}

TEST_F(ShardDeclaration, OfTwoAtTheSameMomentBothAreTaken) {
    std::string answers[2];
    std::thread others([&] {
        answers[1] = ask(1, "SELECT tessera.create_sharded_table('race.one', 'hash (id)', '[\"b/crm.more_numbers\"]')");
    });
    answers[0] = ask(2, "SELECT tessera.create_sharded_table('race.two', 'hash (id)', '[\"c/crm.more_numbers\"]')");
    others.join();
    EXPECT_EQ(answers[0], "NULL\n");
    EXPECT_EQ(answers[1], "NULL\n");
    EXPECT_EQ(ask(0, "SELECT count(*), count(DISTINCT version) FROM tessera.sharded_tables WHERE name LIKE 'race.%'"),
              "2|2\n");
}

/// All that there is, also what was declared by the tests before.
TEST_F(ShardDeclaration, WhatIsExportedIsTheSameOnAnEmptyMesh) {
    const auto quiet = [] {
        return waitUntil(
            [] {
                return ask(0, "SELECT count(*) FROM tessera.shard_moves") == "0\n" &&
                       ask(0,
                           "SELECT bool_and(version = (SELECT max(version) FROM tessera.mesh_nodes)) FROM "
                           "tessera.mesh_nodes") == "t\n";
            },
            2 * kPatience);
    };
    const auto rows = [] {
        return ask(0,
                   "SELECT name, (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM ' || name, false, "
                   "true, '')))[1]::text FROM tessera.sharded_tables ORDER BY name");
    };
    Connection b = mesh_->direct("crm_b");
    ASSERT_TRUE(b.execute("DELETE FROM codes"));
    ASSERT_THAT(declare("  - {name: export.halves, shard_by: hash (id), key: [id], writers: [tester], shards: [{at: "
                        "a/crm.halves}, {at: b/crm.halves}]}\n  - {name: export.codes, shard_by: reference, key: [id], "
                        "readers: [tester, reader], shards: [{at: a/crm.codes, replicas: [b/crm.codes]}]}\n"),
                HasSubstr("export.halves|created"));
    ASSERT_THAT(ask(0, "INSERT INTO export.halves SELECT i, i FROM generate_series(1, 1000) i"),
                testing::Not(HasSubstr("error")));
    ASSERT_EQ(ask(0, "SELECT tessera.split_shard('export.halves', 1)"), "NULL\n");
    ASSERT_TRUE(
        waitUntil([] { return ask(0, "SELECT count(*) FROM tessera.shards WHERE name = 'export.halves'") == "3\n"; },
                  2 * kPatience));
    ASSERT_TRUE(quiet());
    const std::string before = rows();
    ASSERT_THAT(before, AllOf(HasSubstr("export.codes|1\n"), HasSubstr("export.halves|1000\n")));

    const std::string file = path("exported.yaml").string();
    EXPECT_EQ(tessera({"mesh", "export", "-n", "c", "-o", file}), "exit 0");
    const std::string exported = readFile(file);
    EXPECT_THAT(exported, AllOf(HasSubstr("  - name: export.halves\n    shard_by: hash (id)\n    key: [id]\n"),
                                HasSubstr("hash: 0 of 2}"), HasSubstr("hash: 1 of 4}"), HasSubstr("hash: 3 of 4}"),
                                HasSubstr("{at: a/crm.codes, replicas: [b/crm.codes]}")));
    EXPECT_EQ(tessera({"mesh", "export", "-n", "a"}), exported + "exit 0");
    EXPECT_THAT(tessera({"mesh", "export", "-n", "a", "export.codes"}),
                AllOf(HasSubstr("export.codes"), testing::Not(HasSubstr("export.halves"))));
    EXPECT_THAT(tessera({"mesh", "export", "-n", "a", "export.coeds"}),
                AllOf(HasSubstr("there is no sharded table 'export.coeds'"), testing::Not(HasSubstr("exit 0"))));
    // Declared once more it changes nothing.
    EXPECT_THAT(tessera({"mesh", "apply", "-n", "b", "-f", "csv", file}),
                AllOf(HasSubstr("export.halves,unchanged"), testing::Not(HasSubstr("created")),
                      testing::Not(HasSubstr("changed\r\n,")), HasSubstr("exit 0")));

    EXPECT_THAT(ask(0, "SELECT tessera.drop_sharded_table(name) FROM tessera.sharded_tables"),
                testing::Not(HasSubstr("error")));
    ASSERT_EQ(ask(0, "SELECT count(*) FROM tessera.sharded_tables"), "0\n");
    EXPECT_EQ(tessera({"mesh", "export", "-n", "a"}),
              "# Sharded tables, for 'tessera mesh apply'.\ntables: []\nexit 0");
    ASSERT_TRUE(quiet());
    // A replica's table has to be empty.
    EXPECT_THAT(tessera({"mesh", "apply", "-n", "b", file}), HasSubstr("b/crm.codes has rows already"));
    ASSERT_TRUE(b.execute("DELETE FROM codes"));
    EXPECT_THAT(tessera({"mesh", "apply", "-n", "b", "-f", "csv", file}),
                AllOf(HasSubstr("export.halves,created"), HasSubstr("export.codes,created"), HasSubstr("exit 0")));
    ASSERT_TRUE(quiet());
    EXPECT_EQ(rows(), before);
    EXPECT_EQ(tessera({"mesh", "export", "-n", "c"}), exported + "exit 0");
}

TEST_F(ShardDeclaration, PartsOfAHashThatAreNotAllOfIt) {
    const auto halves = [](const std::string& shards) {
        return declare("  - {name: bad.parts, shard_by: hash (id), shards: [" + shards + "]}\n");
    };
    EXPECT_THAT(halves("{at: a/crm.big, hash: 0 of 2}"), HasSubstr("the shards have 1 parts of the hash of 2"));
    EXPECT_THAT(halves("{at: a/crm.big, hash: 0 of 2}, {at: b/crm.big}"),
                HasSubstr("shard 1 does not say which part of the hash it is"));
    EXPECT_THAT(halves("{at: a/crm.big, hash: 0 of 2}, {at: b/crm.big, hash: 0 of 3}"),
                HasSubstr("2 does not divide 3"));
    EXPECT_THAT(halves("{at: a/crm.big, hash: 0 of 2}, {at: b/crm.big, hash: 0 of 2}"), HasSubstr("would overlap"));
    for (const char* part : {"2 of 2", "one of 2", "-1 of 2", "1 of 2 x", "1 of 99999999999"}) {
        EXPECT_THAT(halves("{at: a/crm.big, hash: " + std::string(part) + "}"), HasSubstr("is no part of a hash"))
            << part;
    }
}

}  // namespace
}  // namespace tessera
