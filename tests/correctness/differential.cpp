#include "tests/correctness/differential.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>

namespace tessera::correctness {

namespace {

/// Queries under way on each connection: few enough that neither side waits for the other with full buffers.
constexpr std::size_t kUnderWay = 16;
constexpr std::size_t kExplainEvery = 100;
constexpr int kRows = 64;

/// Parameters as libpq wants them. Where one is used, its type is said; one that is not used any more is a text.
struct Bound {
    std::vector<const char*> values;
    std::vector<Oid> types;

    Bound(const RandomQuery& query, const std::string& sql) {
        constexpr Oid kText = 25;
        for (std::size_t i = 0; i < query.parameters.size(); ++i) {
            values.push_back(query.parameters[i].c_str());
            types.push_back(sql.find("$" + std::to_string(i + 1) + "::") == std::string::npos ? kText : 0);
        }
    }

    int count() const { return static_cast<int>(values.size()); }
};

/// The answer as it came; rows that are a set are sorted.
Outcome outcomeOf(const pg_result* result, bool ordered) {
    Outcome outcome;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        const Error error = postgres::errorOf(result);
        return {{}, error.sqlstate.empty() ? "08006" : error.sqlstate, error.message};
    }
    const int columns = PQnfields(result);
    outcome.rows.resize(static_cast<std::size_t>(PQntuples(result)));
    for (std::size_t row = 0; row < outcome.rows.size(); ++row) {
        for (int column = 0; column < columns; ++column) {
            const int number = static_cast<int>(row);
            auto& value = outcome.rows[row].emplace_back();
            if (PQgetisnull(result, number, column) == 0) {
                value.emplace(PQgetvalue(result, number, column),
                              static_cast<std::size_t>(PQgetlength(result, number, column)));
            }
        }
    }
    if (!ordered) {
        std::sort(outcome.rows.begin(), outcome.rows.end());
    }
    return outcome;
}

/// The aliases r0, r1, … that an expression names.
std::set<std::string> aliasesIn(const std::string& text) {
    std::set<std::string> found;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        const bool begins = text[i] == 'r' && (i == 0 || std::isalnum(static_cast<unsigned char>(text[i - 1])) == 0);
        std::size_t end = i + 1;
        while (begins && end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) {
            ++end;
        }
        if (begins && end > i + 1 && end < text.size() && text[end] == '.') {
            found.insert(text.substr(i, end - i));
        }
    }
    return found;
}

/// Errors that depend on the values of rows: out of range, several rows of a subquery, months to be binned.
bool isOfData(const std::string& sqlstate) {
    return sqlstate.starts_with("22") || sqlstate == "21000" || sqlstate == "0A000";
}

/// FROM with these aliases, and those that lateral ones among them name.
std::string relationsFor(const RandomQuery& query, const std::set<std::string>& aliases) {
    std::map<int, std::string> found;
    const std::function<void(const std::string&)> add = [&](const std::string& alias) {
        const auto relation = query.relations.find(alias);
        const int number = std::atoi(alias.c_str() + 1);
        if (relation == query.relations.end() || !found.emplace(number, relation->second + " " + alias).second) {
            return;
        }
        for (const std::string& around : aliasesIn(relation->second.starts_with("LATERAL") ? relation->second : "")) {
            add(around);
        }
    };
    for (const std::string& alias : aliases) {
        add(alias);
    }
    std::string from;
    for (const auto& [number, text] : found) {
        from += (from.empty() ? "" : ", ") + text;
    }
    return from;
}

/// Half of the seeds have all pushed that can be, where few rows would not be worth it; others leave it to the costs.
std::string plannerSettings(std::uint32_t seed) {
    std::string sql = seed % 3 == 0 ? "SET plan_cache_mode = auto;" : "SET plan_cache_mode = force_generic_plan;";
    if (seed % 2 == 0) {
        sql +=
            "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_nestloop = off; SET enable_hashagg = "
            "off; SET enable_sort = off; SET cpu_tuple_cost = 10;";
    }
    if (seed % 4 == 0) {
        sql += "SET tessera.ship_rows = force;";
    }
    if (seed % 3 == 1) {
        sql += "SET tessera.partial_aggregates = force;";
    }
    return sql;
}

/// Of two seeds one behind the other, one has few rows travel as many do; which it is, does not go with the above.
std::string transferSettings(std::uint32_t seed) {
    return (seed / 16 + seed) % 2 == 1 ? "SET tessera.expect_many_rows = on;" : "";
}

}  // namespace

void Tally::add(const Tally& other) {
    rows += other.rows;
    errors += other.errors;
    undecided += other.undecided;
    invalid += other.invalid;
    different += other.different;
    explained += other.explained;
    pushed += other.pushed;
}

std::string Tally::describe() const {
    return std::to_string(compared()) + " queries: " + std::to_string(rows) + " the same rows, " +
           std::to_string(errors) + " the same error, " + std::to_string(undecided) +
           " an error by order of evaluation, " + std::to_string(different) + " different; " + std::to_string(invalid) +
           " more were no statements; " + std::to_string(pushed) + " of a sample of " + std::to_string(explained) +
           " were one foreign scan";
}

Result<Differential> Differential::start(const std::string& source, std::uint32_t seed, Report report) {
    Differential made;
    made.seed_ = seed;
    made.report_ = std::move(report);
    // psqlodbc calls some types varchar(32) whose values are longer: through ODBC the plain types only.
    const bool all_types = !source.starts_with("odbc_");
    auto data = TSR_TRY(makeSource(source, {.seed = seed, .rows = kRows, .pairs = false, .all_types = all_types}));
    made.mesh_ = std::make_unique<Mesh>(TSR_TRY(Mesh::start(std::move(data))));
    TSR_TRY(made.mesh_->execute(
        "CREATE SCHEMA two;" + made.mesh_->source().importStatements("second", "two") +
        ";ALTER TABLE two.t RENAME TO t2;ALTER TABLE two.u RENAME TO u2;CREATE TABLE copy.t2 AS TABLE copy.t;CREATE "
        "TABLE copy.u2 AS TABLE copy.u;ANALYZE"));
    // A query that is compiled takes longer to compile than to run.
    const std::string settings = "SET jit = off; SET statement_timeout = '60s'; SET client_min_messages = error;";
    made.copies_.settings = settings + "SET search_path = copy";
    made.foreign_.settings = settings + plannerSettings(seed) + transferSettings(seed) + "SET search_path = src, two";
    if (seed % 2 == 0) {
        TSR_TRY(
            made.mesh_->execute("ALTER SERVER source OPTIONS (ADD fdw_startup_cost '100000');ALTER SERVER second "
                                "OPTIONS (ADD fdw_startup_cost '100000')"));
    }
    TSR_TRY(made.open(made.copies_));
    TSR_TRY(made.open(made.foreign_));
    // What functions there are, and which fail, is the same for all seeds.
    static std::map<std::string, QueryGenerator> generators;
    if (!generators.contains(source)) {
        generators.emplace(source, TSR_TRY(QueryGenerator::make(*made.copies_.connection, made.mesh_->source())));
    }
    made.generator_ = std::make_unique<QueryGenerator>(generators.at(source));
    made.generator_->reseed(seed);
    return made;
}

/// Waits for a server that recovers from a crash.
Result<> Differential::open(Side& side) const {
    constexpr auto kPatience = std::chrono::seconds(60);
    const auto end = std::chrono::steady_clock::now() + kPatience;
    auto opened = mesh_->connect();
    while (!opened && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        opened = mesh_->connect();
    }
    side.connection = std::make_unique<postgres::Connection>(TSR_TRY(std::move(opened)));
    return side.connection->execute(side.settings);
}

void Differential::send(Side& side, const std::vector<RandomQuery>& queries) {
    pg_conn* connection = side.connection->handle();
    PQenterPipelineMode(connection);
    for (const RandomQuery& query : queries) {
        const std::string sql = query.sql();
        const Bound bound(query, sql);
        PQsendQueryParams(connection, sql.c_str(), bound.count(), bound.types.data(), bound.values.data(), nullptr,
                          nullptr, 0);
        PQpipelineSync(connection);
    }
    PQflush(connection);
}

/// Fewer outcomes than queries: the connection is lost.
std::vector<Outcome> Differential::receive(Side& side, const std::vector<RandomQuery>& queries) {
    pg_conn* connection = side.connection->handle();
    std::vector<Outcome> outcomes;
    for (const RandomQuery& query : queries) {
        const postgres::ResultHandle result(PQgetResult(connection));
        if (!result || PQstatus(connection) != CONNECTION_OK) {
            return outcomes;
        }
        outcomes.push_back(outcomeOf(result.get(), query.isOrdered()));
        const postgres::ResultHandle none(PQgetResult(connection));
        const postgres::ResultHandle sync(PQgetResult(connection));
        if (none || PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) {
            outcomes.pop_back();
            return outcomes;
        }
    }
    PQexitPipelineMode(connection);
    return outcomes;
}

/// A connection that was lost before, with a backend of somebody else, is opened again; one that this query loses is
/// not.
Outcome Differential::run(Side& side, const RandomQuery& query) {
    const std::string sql = query.sql();
    const Bound bound(query, sql);
    constexpr int kAttempts = 3;
    Outcome outcome;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        if (PQstatus(side.connection->handle()) != CONNECTION_OK && !open(side)) {
            return {{}, "08001", "the server does not accept connections"};
        }
        const postgres::ResultHandle result(PQexecParams(side.connection->handle(), sql.c_str(), bound.count(),
                                                         bound.types.data(), bound.values.data(), nullptr, nullptr, 0));
        outcome = outcomeOf(result.get(), query.isOrdered());
        if (PQstatus(side.connection->handle()) == CONNECTION_OK) {
            break;
        }
    }
    return outcome;
}

/// Can some expression of the query fail on some row? Then which rows it meets decides, and that is the planner's
/// choice: PostgreSQL promises no order of evaluation.
bool Differential::canFail(const RandomQuery& query) {
    constexpr std::size_t kMostRelations = 3;
    bool fails = false;
    forEachTerm(query.root, [&](const Term& term) {
        const std::string text = fails || !term.isValue() ? "" : term.text();
        const std::set<std::string> aliases = aliasesIn(text);
        if (text.empty() || aliases.size() > kMostRelations) {
            return;
        }
        RandomQuery alone;
        alone.parameters = query.parameters;
        const std::string from = relationsFor(query, aliases);
        alone.root.form =
            "SELECT count(x) FROM (SELECT " + text + " AS x" + (from.empty() ? "" : " FROM " + from) + ") s";
        const std::string state = run(copies_, alone).sqlstate;
        fails = isOfData(state);
    });
    return fails;
}

Differential::Verdict Differential::judge(const RandomQuery& query, const Outcome& actual, const Outcome& expected) {
    constexpr const char* kTimedOut = "57014";
    if (expected.sqlstate.starts_with("42") || expected.sqlstate == kTimedOut || actual.sqlstate == kTimedOut) {
        return Verdict::kInvalid;
    }
    if (actual == expected) {
        return expected.sqlstate.empty() ? Verdict::kRows : Verdict::kError;
    }
    const auto is_of_data = [](const Outcome& outcome) {
        return outcome.sqlstate.empty() || isOfData(outcome.sqlstate);
    };
    const bool is_error = !expected.sqlstate.empty() || !actual.sqlstate.empty();
    return is_error && is_of_data(actual) && is_of_data(expected) && canFail(query) ? Verdict::kUndecided
                                                                                    : Verdict::kDifferent;
}

Differential::Verdict Differential::judge(const RandomQuery& query) {
    const Outcome expected = run(copies_, query);
    return expected.sqlstate.starts_with("42") ? Verdict::kInvalid : judge(query, run(foreign_, query), expected);
}

void Differential::describe(const RandomQuery& query) {
    RandomQuery least = query;
    least.root = minimise(query.root, [this, &query](const Term& root) {
        RandomQuery smaller = query;
        smaller.root = root;
        return judge(smaller) == Verdict::kDifferent;
    });
    std::string text = "seed " + std::to_string(seed_) + "\n" + least.sql() + "\n";
    for (std::size_t i = 0; i < least.parameters.size(); ++i) {
        if (text.find("$" + std::to_string(i + 1) + "::") != std::string::npos) {
            text += "  $" + std::to_string(i + 1) + " = '" + least.parameters[i] + "'\n";
        }
    }
    report_(text + differenceOf(least) + "first found as\n" + query.sql() + "\n");
}

std::string Differential::differenceOf(const RandomQuery& query) {
    RandomQuery explain = query;
    explain.root.form = "EXPLAIN (VERBOSE, COSTS OFF) " + explain.root.form;
    std::string text = difference(run(foreign_, query), run(copies_, query));
    for (const Row& row : run(foreign_, explain).rows) {
        text += row[0].value_or("") + "\n";
    }
    return text;
}

std::string Differential::replay(const std::string& sql, const std::vector<std::string>& parameters) {
    RandomQuery query;
    query.root.form = sql;
    query.parameters = parameters;
    return foreign_.settings + "\n" + differenceOf(query);
}

bool Differential::isOneScan(const RandomQuery& query) {
    RandomQuery explain = query;
    explain.root.form = "EXPLAIN (COSTS OFF) " + explain.root.form;
    const Outcome plan = run(foreign_, explain);
    return !plan.rows.empty() && plan.rows[0][0].value_or("").starts_with("Foreign Scan");
}

void Differential::note(const RandomQuery& query, Verdict verdict, Tally& tally) {
    switch (verdict) {
        case Verdict::kRows:
            ++tally.rows;
            break;
        case Verdict::kError:
            ++tally.errors;
            break;
        case Verdict::kUndecided:
            ++tally.undecided;
            break;
        case Verdict::kInvalid:
            ++tally.invalid;
            break;
        case Verdict::kDifferent:
            ++tally.different;
            describe(query);
            break;
    }
}

Result<Tally> Differential::run(std::size_t queries, std::optional<std::chrono::steady_clock::time_point> end) {
    constexpr std::size_t kMostDifferent = 3;
    Tally tally;
    while (tally.compared() < queries && tally.different < kMostDifferent &&
           (!end || std::chrono::steady_clock::now() < *end)) {
        std::vector<RandomQuery> batch;
        for (std::size_t i = 0; i < kUnderWay; ++i) {
            batch.push_back(generator_->next());
        }
        send(foreign_, batch);
        send(copies_, batch);
        const std::vector<Outcome> expected = receive(copies_, batch);
        const std::vector<Outcome> actual = receive(foreign_, batch);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const bool has_both = i < actual.size() && i < expected.size();
            if (has_both && (tally.compared() + tally.invalid) % kExplainEvery == 0) {
                ++tally.explained;
                tally.pushed += isOneScan(batch[i]) ? 1 : 0;
            }
            // After a lost connection the queries tell one by one which of them it was.
            Verdict verdict = has_both ? judge(batch[i], actual[i], expected[i]) : judge(batch[i]);
            if (has_both && verdict == Verdict::kDifferent) {
                verdict = judge(batch[i]);
            }
            note(batch[i], verdict, tally);
        }
    }
    return tally;
}

}  // namespace tessera::correctness
