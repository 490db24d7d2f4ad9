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

namespace tessera::correctness {
namespace {

class Sqlsmith : public testing::TestWithParam<const char*> {};

/// Internal errors that PostgreSQL 15 gives for such statements on its own tables, too.
bool isOfPostgres(const std::string& line) {
    return line.find("failed to find conversion function from unknown to") != std::string::npos;
}

/// The lines of a server's log that tell of a crash or an internal error, each with its statement.
std::string troubles(const std::string& log) {
    std::istringstream lines(log);
    std::string found;
    bool is_statement = false;
    for (std::string line; std::getline(lines, line);) {
        const bool is_error = line.find("[XX000]") != std::string::npos || line.find("[XX001]") != std::string::npos;
        const bool is_trouble = (is_error && line.find("STATEMENT:") == std::string::npos && !isOfPostgres(line)) ||
                                line.find("was terminated by signal") != std::string::npos;
        const bool begins = line.find("] ") != std::string::npos && line.starts_with("[");
        is_statement = is_trouble || (is_statement && (!begins || line.find("STATEMENT:") != std::string::npos));
        found += is_statement ? line + "\n" : "";
    }
    return found;
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
        "; CREATE ROLE smith LOGIN PASSWORD " + password +
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
    EXPECT_EQ(troubles(log), "") << "TESSERA_SEED=" << seed();
    EXPECT_TRUE(node->execute("SELECT count(*) FROM src.t")) << "the server does not answer any more";
    // Did it get anywhere?
    EXPECT_NE(log.find("STATEMENT:"), std::string::npos) << lastLines(log, 20);
}

INSTANTIATE_TEST_SUITE_P(Dialects, Sqlsmith,
                         testing::Values("postgres", "mysql", "sqlite", "duckdb", "odbc_postgres", "odbc_mariadb",
                                         "odbc_sqlite"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
