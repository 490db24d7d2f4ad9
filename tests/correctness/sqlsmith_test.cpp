/// Statements that sqlsmith makes, of everything that PostgreSQL's grammar and catalog have, on foreign tables: no
/// crash and no internal error. What their results should be, nobody knows; random queries elsewhere compare theirs.
///
///     TESSERA_SEED=n       other statements
///     TESSERA_SQLSMITH=n   as many of them (./dev fuzz --sqlsmith)

#include "common/process.h"
#include "common/strings.h"
#include "tests/correctness/sources.h"
#include "tests/support/temporary_postgres.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <vector>

namespace tessera::correctness {
namespace {

class Sqlsmith : public testing::TestWithParam<const char*> {};

struct Trouble {
    std::string message;
    /// Empty for a crash.
    std::string statement;
};

/// What a server's log tells of crashes and internal errors. A line without a prefix continues the one before.
std::vector<Trouble> troublesIn(const std::string& log) {
    std::istringstream lines(log);
    std::vector<Trouble> found;
    bool is_statement = false;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t statement = line.find("STATEMENT:  ");
        const bool begins = line.starts_with("[") && line.find("] ") != std::string::npos;
        const bool is_internal = line.find("[XX000]") != std::string::npos || line.find("[XX001]") != std::string::npos;
        if (line.find("was terminated by signal") != std::string::npos) {
            found.push_back({line, ""});
        } else if (const std::size_t error = line.find("ERROR:  "); is_internal && error != std::string::npos) {
            found.push_back({line.substr(error + 8), ""});
        }
        if (begins) {
            is_statement = is_internal && statement != std::string::npos && !found.empty();
        }
        if (is_statement) {
            found.back().statement += (begins ? line.substr(statement + 12) : line) + "\n";
        }
    }
    return found;
}

/// Is it an internal error of PostgreSQL's own, which the statement meets on tables of its own (without rows) as well?
bool isOfPostgres(const TemporaryPostgres& node, const Trouble& trouble) {
    std::string statement = trouble.statement;
    for (std::size_t at = statement.find("src."); at != std::string::npos; at = statement.find("src.", at)) {
        statement.replace(at, 4, "own.");
    }
    const auto done = node.execute("SET statement_timeout = '10s';" + statement);
    return !statement.empty() && !done && done.error().message.find(trouble.message) != std::string::npos;
}

std::string troubles(const TemporaryPostgres& node) {
    std::string text;
    for (const Trouble& trouble : troublesIn(node.log())) {
        text += isOfPostgres(node, trouble) ? "" : trouble.message + "\n" + trouble.statement + "\n";
    }
    return text;
}

TEST_P(Sqlsmith, FindsNoCrashAndNoInternalError) {
    const char* wanted = std::getenv("TESSERA_SQLSMITH");  // NOLINT(concurrency-mt-unsafe)
    const int statements = wanted != nullptr ? std::atoi(wanted) : 150;
    auto source = makeSource(GetParam(), {.rows = 16, .pairs = false, .all_types = true});
    ASSERT_TRUE(source) << source.error().describe();
    auto node = TemporaryPostgres::start({.with_extension = true, .settings = {{"log_line_prefix", "[%p] [%e] "}}});
    ASSERT_TRUE(node) << node.error().describe();
    const std::string password = quoteLiteral(TemporaryPostgres::kPassword);
    const auto prepared = node->execute(
        "CREATE EXTENSION tessera_fdw; CREATE SCHEMA src;" + (*source)->importStatements() +
        "; CREATE SCHEMA own; CREATE TABLE own.t (LIKE src.t); CREATE TABLE own.u (LIKE src.u); CREATE ROLE smith "
        "LOGIN PASSWORD " +
        password +
        "; ALTER ROLE smith SET statement_timeout = '1s'; ALTER ROLE smith SET jit = off; GRANT USAGE ON SCHEMA src TO "
        "smith; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA src TO smith; DO $$ BEGIN EXECUTE 'CREATE "
        "USER MAPPING FOR smith SERVER source' || coalesce((SELECT ' OPTIONS (' || string_agg(format('%I %L', "
        "split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), ', ') || ')' FROM pg_user_mappings, unnest(umoptions) "
        "o WHERE srvname = 'source'), ''); END $$");
    ASSERT_TRUE(prepared) << prepared.error().describe();
    const std::string target = "host=" + (node->folder() / "socket").string() +
                               " port=" + std::to_string(node->port()) + " dbname=postgres user=smith";
    const auto done =
        run({.arguments = {"sqlsmith", "--target=" + target, "--exclude-catalog",
                           "--max-queries=" + std::to_string(statements), "--seed=" + std::to_string(seed())},
             .working_directory = "/"},
            std::chrono::minutes(2) + std::chrono::seconds(statements));
    ASSERT_TRUE(done) << done.error().describe();
    const std::string log = node->log();
    EXPECT_EQ(troubles(*node), "") << "TESSERA_SEED=" << seed();
    EXPECT_TRUE(node->execute("SELECT count(*) FROM src.t")) << "the server does not answer any more";
    // Did it get anywhere?
    EXPECT_NE(log.find("STATEMENT:"), std::string::npos) << lastLines(log, 20);
}

INSTANTIATE_TEST_SUITE_P(Dialects, Sqlsmith,
                         testing::Values("postgres", "mysql", "sqlite", "duckdb", "odbc_postgres", "odbc_mariadb",
                                         "odbc_sqlite", "odbc_file"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
