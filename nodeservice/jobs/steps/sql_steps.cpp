#include "nodeservice/jobs/steps/sql_steps.h"

#include "common/strings.h"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>

namespace tessera::jobs {

namespace {

using postgres::Connection;

bool isWordCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// `name`, `schema.name`, `"Quoted"."name"`: as it is, so that PostgreSQL folds it as in any statement.
Result<std::string> tableName(const std::string& text) {
    std::size_t at = 0;
    int parts = 0;
    while (parts < 3) {
        const std::size_t begin = at;
        if (at < text.size() && text[at] == '"') {
            do {
                at = text.find('"', at + 1);
                at = at == std::string::npos ? text.size() + 1 : at + 1;
            } while (at < text.size() && text[at] == '"');
        } else {
            while (at < text.size() && isWordCharacter(text[at])) {
                ++at;
            }
        }
        if (at == begin || at > text.size()) {
            break;
        }
        ++parts;
        if (at == text.size()) {
            return text;
        }
        if (text[at++] != '.') {
            break;
        }
    }
    return fail(ErrorCode::kInvalidArgument, "'" + text + "' is not the name of a table or view",
                "write it as in SQL: orders, sales.orders, \"Sales\".\"Orders\"");
}

std::string columnList(const std::vector<std::string>& columns) {
    std::vector<std::string> quoted;
    for (const std::string& column : columns) {
        quoted.push_back(quoteIdentifier(column));
    }
    return join(quoted, ", ");
}

/// A query as a relation: a line of its own, as it may end in a comment; without the semicolon at its end.
std::string relationOf(std::string query) {
    while (!query.empty() && (query.back() == ';' || query.back() == ' ' || query.back() == '\n')) {
        query.pop_back();
    }
    return "(" + query + "\n) AS source";
}

class Runner {
  public:
    Runner(Connection& connection, const Values& values) : connection_(connection), values_(values) {}

    Result<StepResult> run(const SqlStep& step) {
        const std::string script = TSR_TRY(fill(step.sql, values_, TemplateKind::kSql));
        TSR_TRY(connection_.execute(script));
        return StepResult{};
    }

    Result<StepResult> run(const RefreshStep& step) {
        const std::string view = TSR_TRY(tableName(step.view));
        TSR_TRY(connection_.execute("REFRESH MATERIALIZED VIEW " + view));
        return StepResult{};
    }

    Result<StepResult> run(const CopyStep& step) {
        const std::string into = TSR_TRY(tableName(step.into));
        const std::string relation = relationOf(TSR_TRY(fill(step.query, values_, TemplateKind::kSql)));
        // By name: a table whose columns stand in another order gets the right values, one without them an error.
        const auto described = TSR_TRY(connection_.query("SELECT * FROM " + relation + " LIMIT 0"));
        const std::string columns = columnList(described.columns);
        std::string insert = "INSERT INTO " + into + " (" + columns + ") SELECT " + columns + " FROM " + relation;
        switch (step.mode) {
            case CopyMode::kAppend:
                break;
            case CopyMode::kReplace:
                TSR_TRY(connection_.execute("DELETE FROM " + into));
                break;
            case CopyMode::kUpsert:
                insert += TSR_TRY(onConflict(step, described.columns));
                break;
            case CopyMode::kIncremental:
                insert += TSR_TRY(beyondWatermark(step, into, described.columns));
                break;
        }
        auto done = connection_.query(insert);
        if (!done) {
            return withAdvice(std::move(done).error(), step, described.columns);
        }
        return StepResult{done->affected, 0};
    }

    template <class Other>
    Result<StepResult> run(const Other& /*step*/) {
        return fail(ErrorCode::kInternal, "this step is not one of SQL");
    }

  private:
    static Result<> expectColumn(const std::vector<std::string>& columns, const std::string& name) {
        if (std::find(columns.begin(), columns.end(), name) == columns.end()) {
            return fail(ErrorCode::kInvalidArgument, "the query has no column '" + name + "'",
                        suggestion(name, columns));
        }
        return {};
    }

    static Result<std::string> onConflict(const CopyStep& step, const std::vector<std::string>& columns) {
        std::vector<std::string> assignments;
        for (const std::string& key : step.key) {
            TSR_TRY(expectColumn(columns, key));
        }
        for (const std::string& column : columns) {
            if (std::find(step.key.begin(), step.key.end(), column) == step.key.end()) {
                assignments.push_back(quoteIdentifier(column) + " = EXCLUDED." + quoteIdentifier(column));
            }
        }
        return " ON CONFLICT (" + columnList(step.key) + ") DO " +
               (assignments.empty() ? "NOTHING" : "UPDATE SET " + join(assignments, ", "));
    }

    /// A constant, so that the source can look for it.
    Result<std::string> beyondWatermark(const CopyStep& step, const std::string& into,
                                        const std::vector<std::string>& columns) {
        TSR_TRY(expectColumn(columns, step.watermark));
        const std::string column = quoteIdentifier(step.watermark);
        const auto highest = TSR_TRY(connection_.queryValue("SELECT max(" + column + ")::text FROM " + into));
        return highest ? " WHERE source." + column + " > " + quoteLiteral(*highest) : std::string();
    }

    /// PostgreSQL says what is wrong with one column; what it says is completed by what the job wants of the table.
    static Error withAdvice(Error error, const CopyStep& step, const std::vector<std::string>& columns) {
        constexpr std::string_view kUndefinedColumn = "42703";
        constexpr std::string_view kNoSuchConstraint = "42P10";
        constexpr std::string_view kNotNull = "23502";
        if (error.sqlState() == kUndefinedColumn && error.hint.empty()) {
            error.hint = "the query's columns are " + join(columns, ", ") + ": name them as those of '" + step.into +
                         "', with AS";
        } else if (error.sqlState() == kNoSuchConstraint && step.mode == CopyMode::kUpsert) {
            error.message =
                "the table '" + step.into + "' has no unique index on " + columnList(step.key) + ": " + error.message;
            error.hint = "CREATE UNIQUE INDEX ON " + step.into + " (" + columnList(step.key) + ")";
        } else if (error.sqlState() == kNotNull && error.hint.empty()) {
            error.hint = "the query's columns are " + join(columns, ", ") + ": columns of '" + step.into +
                         "' that it does not have get their defaults";
        }
        return error;
    }

    Connection& connection_;
    const Values& values_;
};

Result<std::optional<std::int64_t>> rowsOfEffect(Connection& connection, const std::string& key) {
    const auto done = TSR_TRY(
        connection.query("SELECT rows FROM tessera_jobs.effect WHERE key = $1 AND owner = current_user", {key}));
    std::int64_t rows = 0;
    if (done.values.empty()) {
        return std::optional<std::int64_t>();
    }
    const std::string text = done.values[0][0].value_or("0");
    std::from_chars(text.data(), text.data() + text.size(), rows);
    return std::optional(rows);
}

Result<StepResult> runWithin(Connection& connection, const Step& step, const Values& values,
                             const std::string& effect_key, const std::function<bool()>& may_commit) {
    // Another attempt that is still under way is waited for: its commit makes this one nothing to do.
    TSR_TRY(connection.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", {"tessera_jobs/" + effect_key}));
    if (const auto rows = TSR_TRY(rowsOfEffect(connection, effect_key))) {
        TSR_TRY(connection.execute("COMMIT"));
        return StepResult{*rows, 0};
    }
    const auto began = TSR_TRY(connection.queryValue("SELECT now()::text"));
    const StepResult result =
        TSR_TRY(std::visit([&](const auto& action) { return Runner(connection, values).run(action); }, step.action));
    // now() is when the transaction began: another one would have another.
    if (PQtransactionStatus(connection.handle()) != PQTRANS_INTRANS ||
        TSR_TRY(connection.queryValue("SELECT now()::text")) != began) {
        return fail(ErrorCode::kInvalidArgument, "the script ends the transaction that it runs in",
                    "take COMMIT and ROLLBACK away: a step is done as a whole or not at all");
    }
    TSR_TRY(connection.query("INSERT INTO tessera_jobs.effect(key, rows) VALUES ($1, $2::bigint)",
                             {effect_key, std::to_string(result.rows)}));
    if (!may_commit()) {
        return fail(ErrorCode::kCancelled, "the step was stopped");
    }
    TSR_TRY(connection.execute("COMMIT"));
    return result;
}

}  // namespace

Result<> prepareEffects(postgres::Connection& connection, const std::vector<std::string>& roles) {
    TSR_TRY(
        connection.execute("CREATE SCHEMA IF NOT EXISTS tessera_jobs;"
                           "CREATE TABLE IF NOT EXISTS tessera_jobs.effect(key text, owner name DEFAULT current_user, "
                           "rows bigint NOT NULL, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (key, owner));"
                           "ALTER TABLE tessera_jobs.effect ENABLE ROW LEVEL SECURITY;"
                           "DROP POLICY IF EXISTS own ON tessera_jobs.effect;"
                           "CREATE POLICY own ON tessera_jobs.effect USING (owner = current_user)"));
    for (const std::string& role : roles) {
        TSR_TRY(connection.execute("GRANT USAGE ON SCHEMA tessera_jobs TO " + quoteIdentifier(role) +
                                   "; GRANT SELECT, INSERT ON tessera_jobs.effect TO " + quoteIdentifier(role)));
    }
    return {};
}

Result<StepResult> runSqlStep(postgres::Connection& connection, const Step& step, const Values& values,
                              const std::string& effect_key, const std::function<bool()>& may_commit) {
    TSR_TRY(connection.execute(std::string("BEGIN; ") + kTellRemote));
    auto result = runWithin(connection, step, values, effect_key, may_commit);
    if (!result && PQtransactionStatus(connection.handle()) != PQTRANS_IDLE) {
        static_cast<void>(connection.execute("ROLLBACK"));
    }
    return result;
}

}  // namespace tessera::jobs
