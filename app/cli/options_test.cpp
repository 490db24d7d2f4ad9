#include "app/cli/options.h"

#include "app/cli/exit_codes.h"
#include "app/cli/node_choice.h"

#include <gtest/gtest.h>

namespace tessera::cli {
namespace {

Result<Command> parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "tessera");
    return parseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Options, ReadsAQuery) {
    const auto command = parse({"query", "--node", "lake", "-f", "CSV", "--param", "1", "--param", "\\N", "--timeout",
                                "5m", "-o", "x.csv", "--null", "-", "select $1, $2"});
    ASSERT_TRUE(command) << command.error().message;
    const auto& query = std::get<QueryOptions>(*command);
    EXPECT_EQ(query.mesh.node, "lake");
    EXPECT_EQ(query.format, app::OutputFormat::kCsv);
    EXPECT_EQ(query.parameters, (std::vector<std::optional<std::string>>{"1", std::nullopt}));
    EXPECT_EQ(query.timeout_ms, 300'000U);
    EXPECT_EQ(query.output_file, "x.csv");
    EXPECT_EQ(query.style.null_text, "-");
    EXPECT_EQ(query.sql, "select $1, $2");
}

TEST(Options, AParameterTakesOneWordSoThatTheSqlMayFollow) {
    const auto command = parse({"query", "--param", "5", "--param", "\\N", "select $1, $2"});
    ASSERT_TRUE(command) << command.error().message;
    EXPECT_EQ(std::get<QueryOptions>(*command).sql, "select $1, $2");
    EXPECT_EQ(std::get<QueryOptions>(*command).parameters.size(), 2U);
}

TEST(Options, ADashStandsForStandardInput) {
    EXPECT_EQ(std::get<QueryOptions>(*parse({"query", "-"})).sql, "-");
}

TEST(Options, SqlIsGivenExactlyOnce) {
    EXPECT_FALSE(parse({"query"}));
    EXPECT_FALSE(parse({"query", "--file", "a.sql", "select 1"}));
    EXPECT_TRUE(parse({"query", "--file", "a.sql"}));
}

TEST(Options, WhoIsDeniedIsAStatement) {
    const auto person = parse({"deny", "--node", "lake", "--subject", "ann", "--reason", "it's over"});
    ASSERT_TRUE(person) << person.error().message;
    const auto& query = std::get<QueryOptions>(*person);
    EXPECT_EQ(query.mesh.node, "lake");
    EXPECT_EQ(query.parameters, (std::vector<std::optional<std::string>>{std::nullopt, std::nullopt, "ann",
                                                                         std::nullopt, std::nullopt, "it's over"}));
    EXPECT_TRUE(parse({"deny", "--user", "etl"}));
    EXPECT_TRUE(parse({"deny", "--issuer", "https://x", "--issued-before", "1795000000"}));
    EXPECT_FALSE(parse({"deny"}));
    EXPECT_FALSE(parse({"deny", "--reason", "none"}));
    EXPECT_FALSE(parse({"deny", "--user", "etl", "--subject", "ann"}));
    EXPECT_FALSE(parse({"deny", "--issuer", "https://x", "--issued-before", "yesterday"}));
    EXPECT_EQ(std::get<QueryOptions>(*parse({"allow", "7"})).parameters,
              (std::vector<std::optional<std::string>>{"7"}));
    EXPECT_FALSE(parse({"allow"}));
    EXPECT_FALSE(parse({"allow", "x"}));
    EXPECT_EQ(std::get<QueryOptions>(*parse({"denied", "-f", "json"})).format, app::OutputFormat::kJson);
}

TEST(Options, ShardsAreStatementsOnTheNode) {
    const auto list = parse({"shard", "list", "sales.orders", "-n", "lake", "-f", "json"});
    ASSERT_TRUE(list) << list.error().describe();
    EXPECT_EQ(std::get<QueryOptions>(*list).parameters, (std::vector<std::optional<std::string>>{"sales.orders"}));
    EXPECT_EQ(std::get<QueryOptions>(*list).mesh.node, "lake");
    EXPECT_TRUE(parse({"mesh", "tables"}));
    EXPECT_TRUE(parse({"mesh", "nodes"}));
    const auto exported = parse({"mesh", "export", "s.t", "-o", "mesh.yaml"});
    ASSERT_TRUE(exported);
    EXPECT_TRUE(std::get<QueryOptions>(*exported).is_text);
    EXPECT_EQ(std::get<QueryOptions>(*exported).output_file, "mesh.yaml");
    EXPECT_FALSE(parse({"mesh", "export", "--format", "csv"}));
    EXPECT_FALSE(parse({"mesh"}));
    EXPECT_FALSE(parse({"mesh", "apply"}));
    EXPECT_FALSE(parse({"mesh", "apply", "/nowhere/mesh.yaml"}));
    EXPECT_FALSE(parse({"shard", "drop"}));
    EXPECT_EQ(std::get<QueryOptions>(*parse({"shard", "move", "s.t", "1", "c/crm.t"})).parameters,
              (std::vector<std::optional<std::string>>{"s.t", "1", "c/crm.t", "0", "false"}));
    EXPECT_EQ(std::get<QueryOptions>(*parse({"shard", "move", "s.t", "1", "c/crm.t", "--keep-old"})).parameters.back(),
              "true");
    EXPECT_FALSE(parse({"shard", "move", "s.t", "one", "c/crm.t"}));
    EXPECT_TRUE(parse({"shard", "replicas"}));
    EXPECT_EQ(std::get<QueryOptions>(*parse({"shard", "add-replica", "s.t", "1", "c/crm.t"})).parameters,
              (std::vector<std::optional<std::string>>{"s.t", "1", "c/crm.t"}));
    EXPECT_FALSE(parse({"shard", "drop-replica", "s.t", "1"}));
    EXPECT_EQ(std::get<QueryOptions>(*parse({"mesh", "rebalance", "s.t", "--nodes", "a,b", "--dry-run"})).parameters,
              (std::vector<std::optional<std::string>>{"s.t", "a,b", "true", "0", "false"}));
    EXPECT_EQ(std::get<QueryOptions>(*parse({"mesh", "drain", "b", "--rows-per-second", "500"})).parameters,
              (std::vector<std::optional<std::string>>{"b", "false", "500", "false"}));
    EXPECT_EQ(std::get<QueryOptions>(*parse({"mesh", "undrain", "b", "-n", "a"})).mesh.node, "a");
    EXPECT_FALSE(parse({"mesh", "drain"}));
    EXPECT_EQ(std::get<QueryOptions>(*parse({"shard", "split", "s.t", "1", "--values", "A\"B,C"})).parameters,
              (std::vector<std::optional<std::string>>{"s.t", "1", std::nullopt, "{\"A\\\"B\",\"C\"}", std::nullopt,
                                                       std::nullopt, std::nullopt, "0", "false"}));
    EXPECT_TRUE(parse({"shard", "moves"}));
    EXPECT_TRUE(parse({"shard", "cancel", "s.t", "1"}));
    EXPECT_EQ(std::get<QueryOptions>(*parse({"shard", "throttle", "s.t", "1", "500"})).parameters,
              (std::vector<std::optional<std::string>>{"s.t", "1", "500"}));
    EXPECT_FALSE(parse({"shard", "throttle", "s.t", "1", "-1"}));
}

TEST(Options, MistakesSayWhatIsWrongAndWhereToLook) {
    for (const auto& arguments : std::vector<std::vector<const char*>>{{},
                                                                       {"qury"},
                                                                       {"query", "--nod", "x", "select 1"},
                                                                       {"query", "--format", "xml", "select 1"},
                                                                       {"query", "--timeout"}}) {
        const auto command = parse(arguments);
        ASSERT_FALSE(command);
        EXPECT_FALSE(command.error().message.empty());
        EXPECT_NE(command.error().hint.find("--help"), std::string::npos);
    }
    EXPECT_FALSE(parse({"query", "--timeout", "soon", "select 1"}));
}

TEST(Options, HelpStandsEverywhereAndHasExamples) {
    for (const auto& arguments : std::vector<std::vector<const char*>>{
             {"--help"}, {"query", "--help"}, {"catalog", "-h"}, {"nodes", "--help"}}) {
        const auto command = parse(arguments);
        ASSERT_TRUE(command);
        EXPECT_NE(std::get<ShowText>(*command).text.find("Example"), std::string::npos);
    }
    EXPECT_NE(std::get<ShowText>(*parse({"--help"})).text.find("Exit codes"), std::string::npos);
    EXPECT_NE(std::get<ShowText>(*parse({"--version"})).text.find("tessera "), std::string::npos);
}

TEST(Options, DurationsHaveUnits) {
    EXPECT_EQ(*parseDuration("500ms"), 500U);
    EXPECT_EQ(*parseDuration("30"), 30'000U);
    EXPECT_EQ(*parseDuration("2h"), 7'200'000U);
    for (const char* wrong : {"", "s", "-1s", "1.5s", "0", "1d", "99999h", "1234567890123"}) {
        EXPECT_FALSE(parseDuration(wrong)) << wrong;
    }
}

TEST(Options, NamesMayBeQuoted) {
    EXPECT_EQ(*parseQualifiedName("sales"), std::vector<std::string>{"sales"});
    EXPECT_EQ(*parseQualifiedName("sales.orders"), (std::vector<std::string>{"sales", "orders"}));
    EXPECT_EQ(*parseQualifiedName("\"a.b\".\"c\"\"d\""), (std::vector<std::string>{"a.b", "c\"d"}));
    for (const char* wrong : {"a.b.c", "a.", ".b", "\"open"}) {
        EXPECT_FALSE(parseQualifiedName(wrong)) << wrong;
    }
}

client::MeshFile meshOf(const std::vector<std::string>& names) {
    client::MeshFile mesh{"demo", {}};
    for (const std::string& name : names) {
        mesh.nodes.push_back({name, "127.0.0.1:1", "ann", "secret"});
    }
    return mesh;
}

TEST(NodeChoice, IsOptionalWithOneNodeOnly) {
    EXPECT_EQ(chooseNode(meshOf({"lake"}), "")->name, "lake");
    const auto choice = chooseNode(meshOf({"lake", "operations"}), "");
    ASSERT_FALSE(choice);
    EXPECT_NE(choice.error().hint.find("lake, operations"), std::string::npos);
    EXPECT_NE(chooseNode(meshOf({"lake"}), "laek").error().hint.find("lake"), std::string::npos);
    EXPECT_EQ(chooseNodes(meshOf({"lake", "operations"}), "")->size(), 2U);
}

TEST(ExitCodes, TellTheNodeFromTheStatement) {
    Error remote = Error::make(ErrorCode::kUnavailable, "cannot connect to source 'crm'");
    remote.sqlstate = "08001";
    EXPECT_EQ(exitCodeOf(remote), kFailure);
    EXPECT_EQ(exitCodeOf(Error::make(ErrorCode::kUnavailable, "node 'lake' cannot be reached")), kUnreachable);
    EXPECT_EQ(exitCodeOf(Error::make(ErrorCode::kUnauthenticated, "wrong password")), kUnreachable);
    EXPECT_EQ(exitCodeOf(Error::make(ErrorCode::kInvalidArgument, "syntax error")), kFailure);
}

TEST(StoreOptionsTest, ReadWhichStateIsRead) {
    const char* at_time[] = {"tessera", "store", "sql", "--at-time", "2026-11-22 05:30:00.25", "select 1"};
    const auto timed = parseCommandLine(6, at_time);
    ASSERT_TRUE(timed) << timed.error().describe();
    EXPECT_EQ(std::get<StoreOptions>(*timed).point.consistency, client::StoreConsistency::kAtTime);
    EXPECT_EQ(std::get<StoreOptions>(*timed).point.time_ms, 1'795'325'400'250);
    const char* both[] = {"tessera", "store", "sql", "--at-index", "5", "--max-age", "5s", "select 1"};
    EXPECT_FALSE(parseCommandLine(8, both));
    for (const char* wrong : {"yesterday", "2026-13-01", "2026-11-22 25:00:00", "2026-11-22 05:30:00 CET"}) {
        EXPECT_FALSE(parseUtcTime(wrong)) << wrong;
    }
    const char* since[] = {"tessera", "store", "changes"};
    EXPECT_FALSE(parseCommandLine(3, since)) << "since when";
    const char* endless[] = {"tessera", "store", "changes", "--follow", "--until", "5"};
    EXPECT_FALSE(parseCommandLine(6, endless));
    const char* diff[] = {"tessera", "store", "diff", "2026-11-22 05:30:00", "120", "--table", "t"};
    const auto compared = parseCommandLine(7, diff);
    ASSERT_TRUE(compared) << compared.error().describe();
    EXPECT_EQ(std::get<StoreOptions>(*compared).since, "2026-11-22 05:30:00");
    EXPECT_EQ(std::get<StoreOptions>(*compared).until, "120");
    EXPECT_EQ(std::get<StoreOptions>(*compared).changes.tables, std::vector<std::string>{"t"});
    const char* job[] = {"tessera", "store", "mapreduce", "--split", "t.id", "--map", "select ?, ?", "--member", "2"};
    const auto mapped = parseCommandLine(9, job);
    ASSERT_TRUE(mapped) << mapped.error().describe();
    EXPECT_EQ(std::get<StoreOptions>(*mapped).map_reduce.split_column, "id");
    EXPECT_EQ(std::get<StoreOptions>(*mapped).map_reduce.members, std::vector<std::uint64_t>{2});
}

}  // namespace
}  // namespace tessera::cli
