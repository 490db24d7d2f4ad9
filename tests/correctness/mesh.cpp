#include "tests/correctness/mesh.h"

#include <algorithm>

namespace tessera::correctness {

namespace {

constexpr const char* kFailures = R"(
CREATE FUNCTION copy.failures(expression text, condition text) RETURNS TABLE (id integer, state text) LANGUAGE plpgsql AS $body$
DECLARE
    ids integer[];
    value boolean;
BEGIN
    BEGIN
        EXECUTE format('SELECT bool_or((%s) IS NULL) FROM copy.v WHERE %s', expression, condition) INTO value;
        RETURN;
    EXCEPTION WHEN others THEN
        EXECUTE format('SELECT array_agg(id) FROM copy.v WHERE %s', condition) INTO ids;
    END;
    FOREACH id IN ARRAY ids LOOP
        BEGIN
            EXECUTE format('SELECT (%s) IS NULL FROM copy.v WHERE v.id = $1', expression) INTO value USING id;
        EXCEPTION WHEN others THEN
            state := SQLSTATE;
            RETURN NEXT;
        END;
    END LOOP;
END $body$)";

std::string shown(const Row& row) {
    std::string text;
    for (const auto& value : row) {
        text += (text.empty() ? "(" : ", ") + value.value_or("NULL");
    }
    return text + ")";
}

std::string onlyIn(const std::vector<Row>& one, const std::vector<Row>& other, const char* label) {
    constexpr std::size_t kMost = 5;
    std::string text;
    std::size_t count = 0;
    for (const Row& row : one) {
        if (std::find(other.begin(), other.end(), row) == other.end()) {
            text += count++ < kMost ? std::string(label) + shown(row) + "\n" : "";
        }
    }
    return text;
}

/// Has the statement itself an ORDER BY, and not only something in parentheses?
bool isOrdered(const std::string& sql) {
    int depth = 0;
    for (std::size_t i = 0; i < sql.size(); ++i) {
        depth += sql[i] == '(' ? 1 : sql[i] == ')' ? -1 : 0;
        if (depth == 0 && sql.compare(i, 8, "ORDER BY") == 0) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::string difference(const Outcome& actual, const Outcome& expected) {
    if (!actual.sqlstate.empty() || !expected.sqlstate.empty()) {
        const auto state = [](const Outcome& outcome) {
            return outcome.sqlstate.empty() ? std::to_string(outcome.rows.size()) + " rows"
                                            : "error " + outcome.sqlstate + ": " + outcome.message;
        };
        return "got " + state(actual) + ", expected " + state(expected) + "\n";
    }
    return std::to_string(actual.rows.size()) + " rows, expected " + std::to_string(expected.rows.size()) + "\n" +
           onlyIn(actual.rows, expected.rows, "wrong:   ") + onlyIn(expected.rows, actual.rows, "missing: ");
}

Result<Mesh> Mesh::start(const std::string& source) {
    return start(TSR_TRY(makeSource(source)));
}

Result<Mesh> Mesh::start(std::unique_ptr<Source> source) {
    Mesh mesh;
    mesh.source_ = std::move(source);
    mesh.node_ = std::make_unique<TemporaryPostgres>(
        TSR_TRY(TemporaryPostgres::start({.with_extension = true, .settings = mesh.source_->settings()})));
    mesh.connection_ = std::make_unique<postgres::Connection>(TSR_TRY(mesh.node_->connect()));
    TSR_TRY(mesh.execute("CREATE EXTENSION tessera_fdw; CREATE SCHEMA src; CREATE SCHEMA copy;" +
                         mesh.source_->importStatements() + ";" + kFailures));
    // Which of two equal values is shown, 1 or 1.0, and the last digits of a sum depend on the order in which rows
    // come.
    TSR_TRY(mesh.execute("ALTER ROLE CURRENT_USER SET enable_async_append = off; SET enable_async_append = off"));
    TSR_TRY(mesh.execute("SET tessera.pushdown = off"));
    for (const auto& [name, table] : mesh.source_->tables()) {
        TSR_TRY(mesh.execute("CREATE TABLE copy." + name + " AS SELECT * FROM src." + name + "; ALTER TABLE copy." +
                             name + " ADD PRIMARY KEY (id); ANALYZE copy." + name + "; ANALYZE src." + name));
    }
    TSR_TRY(mesh.execute("RESET tessera.pushdown"));
    return mesh;
}

Result<postgres::Connection> Mesh::connect() const {
    postgres::ConnectionSettings settings = node_->settings();
    settings.host = (node_->folder() / "socket").string();
    return postgres::Connection::open(settings);
}

Outcome Mesh::run(const std::string& sql, const std::vector<std::optional<std::string>>& parameters) {
    auto rows = query(sql, parameters);
    if (!rows) {
        return {{}, rows.error().sqlstate, rows.error().message};
    }
    if (!isOrdered(sql)) {
        std::sort(rows->values.begin(), rows->values.end());
    }
    return {std::move(rows->values), {}, {}};
}

std::string Mesh::inSchema(std::string sql, const std::string& schema) {
    for (std::size_t at = sql.find('$'); at != std::string::npos; at = sql.find('$', at + 1)) {
        if (at + 1 < sql.size() && sql[at + 1] >= 'a' && sql[at + 1] <= 'z') {
            sql.replace(at, 1, schema + ".");
        }
    }
    return sql;
}

std::string Mesh::plan(const std::string& sql) {
    std::string text;
    const auto rows = query("EXPLAIN (VERBOSE, COSTS OFF) " + inSchema(sql, "src"));
    if (!rows) {
        return rows.error().describe();
    }
    for (const Row& row : rows->values) {
        text += row[0].value_or("") + "\n";
    }
    return text;
}

Result<std::vector<std::pair<std::string, std::string>>> Mesh::failures(const std::string& expression,
                                                                        const std::string& condition) {
    const auto rows =
        TSR_TRY(query("SELECT id, state FROM copy.failures($1, $2) ORDER BY id", {expression, condition}));
    std::vector<std::pair<std::string, std::string>> found;
    for (const Row& row : rows.values) {
        found.emplace_back(row[0].value_or(""), row[1].value_or(""));
    }
    return found;
}

}  // namespace tessera::correctness
