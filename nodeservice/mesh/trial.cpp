#include "nodeservice/mesh/trial.h"

#include "common/strings.h"
#include "nodeservice/mesh/place_table.h"
#include "nodeservice/mesh/shard_sql.h"

#include <algorithm>
#include <utility>

namespace tessera::mesh {

namespace {

using postgres::Connection;

constexpr const char* kTrialSchema = "tessera_shard_trial";
// Rows are looked at once, when nothing depends on it yet; a larger table takes `check_rows: false`.
constexpr const char* kBegin =
    "BEGIN; SET LOCAL client_min_messages = error; SET LOCAL search_path = pg_catalog; SET LOCAL statement_timeout = "
    "'120s'; CREATE SCHEMA tessera_shard_trial";

class Trial {
  public:
    Trial(Connection& connection, const std::string& node, Declaration& declaration)
        : connection_(connection), node_(node), declaration_(declaration), table_(declaration.table) {}

    Result<std::vector<Error>> run() {
        if (TSR_TRY(connection_.queryValue("SELECT to_regclass($1)", {qualified(table_.schema, table_.name)}))) {
            problem(fail(ErrorCode::kAlreadyExists, "node '" + node_ + "' has another table of that name already",
                         "give the sharded table another name or schema"));
        }
        for (const Shard& shard : table_.shards) {
            checkPlace(shard);
        }
        if (problems_.empty()) {
            checkColumns();
        }
        if (problems_.empty() && attempt([&] { return makeParent(); }, "the table can not be made")) {
            for (const Shard& shard : table_.shards) {
                attach(shard);
            }
            // Behind all of them: what the default has depends on the others.
            for (const Shard& shard : table_.shards) {
                if (problems_.empty() && declaration_.checks_rows) {
                    checkRows(shard);
                }
            }
        }
        return std::move(problems_);
    }

  private:
    void problem(Error error) {
        error.message = declaration_.where + ": " + table_.text() + ": " + error.message;
        problems_.push_back(std::move(error));
    }

    /// Whether it went well; what went wrong is undone, and a problem.
    template <class Block>
    bool attempt(Block&& block, const std::string& what) {
        Result<> done = connection_.execute("SAVEPOINT attempt");
        done = done ? block() : done;
        (void)connection_.execute(done ? "RELEASE SAVEPOINT attempt" : "ROLLBACK TO SAVEPOINT attempt");
        if (!done) {
            Error error = std::move(done).error();
            error.message = what + ": " + error.message;
            problem(std::move(error));
            return false;
        }
        return true;
    }

    void checkPlace(const Shard& shard) {
        std::vector<ShardColumn> there;
        const std::string what = "shard " + std::to_string(shard.number);
        const bool is_there = attempt(
            [&]() -> Result<> {
                there = TSR_TRY(columnsAt(connection_, node_, shard.primary));
                return {};
            },
            what);
        if (!is_there) {
            return;
        }
        if (table_.columns.empty()) {
            table_.columns = there;
            return;
        }
        for (const ShardColumn& column : table_.columns) {
            const auto found = std::find_if(there.begin(), there.end(),
                                            [&](const ShardColumn& one) { return one.name == column.name; });
            if (found == there.end()) {
                problem(fail(ErrorCode::kFailedPrecondition,
                             what + ": " + shard.primary.text() + " has no column '" + column.name + "'",
                             "all shards have the columns of the sharded table"));
                continue;
            }
            const auto wanted = connection_.queryValue("SELECT $1::regtype = $2::regtype", {column.type, found->type});
            if (wanted && (*wanted != "t" || !isSameModifier(column.type, found->type))) {
                problem(fail(ErrorCode::kFailedPrecondition,
                             what + ": the column '" + column.name + "' of " + shard.primary.text() + " is " +
                                 found->type + ", not " + column.type,
                             "all shards have the columns of the sharded table, of the same types"));
            } else if (!wanted) {
                problem(wanted.error());
                return;
            }
        }
    }

    /// "(10,2)" and the like: the same, or none on one side.
    static bool isSameModifier(const std::string& a, const std::string& b) {
        const auto modifier = [](const std::string& type) {
            const std::size_t open = type.find('(');
            std::string text = open == std::string::npos ? "" : type.substr(open, type.find(')') - open + 1);
            text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
            return text;
        };
        return modifier(a) == modifier(b);
    }

    void checkColumns() {
        std::vector<std::string> names;
        for (const ShardColumn& column : table_.columns) {
            names.push_back(column.name);
        }
        for (const auto& [list, what] : {std::pair(&table_.shard_by, "shard_by"), std::pair(&table_.key, "key")}) {
            for (const std::string& column : *list) {
                if (std::find(names.begin(), names.end(), column) == names.end()) {
                    problem(fail(ErrorCode::kInvalidArgument,
                                 std::string(what) + " names a column '" + column + "' that its tables do not have",
                                 suggestion(column, names)));
                }
            }
        }
    }

    Result<> makeParent() {
        ShardedTable parent = table_;
        parent.schema = kTrialSchema;
        parent.name = "parent";
        for (const ShardColumn& column : table_.columns) {
            TSR_TRY(connection_.query("SELECT $1::regtype", {column.type}));
        }
        return connection_.execute(createParentSql(parent));
    }

    static std::string nameOf(const Shard& shard) { return "s" + std::to_string(shard.number); }

    std::string attachSql(const Shard& shard) const {
        return "ALTER TABLE tessera_shard_trial.parent ATTACH PARTITION " + qualified(kTrialSchema, nameOf(shard)) +
               " " + boundSql(table_, shard);
    }

    void attach(const Shard& shard) {
        attempt(
            [&]() -> Result<> {
                ForeignTable made = TSR_TRY(foreignTableOf(connection_, node_, table_, shard.primary, nameOf(shard)));
                made.schema = kTrialSchema;
                TSR_TRY(connection_.execute(createForeignSql(table_, made)));
                return connection_.execute(attachSql(shard));
            },
            "shard " + std::to_string(shard.number));
    }

    void checkRows(const Shard& shard) {
        const std::string what = "shard " + std::to_string(shard.number);
        const std::string relation = qualified(kTrialSchema, nameOf(shard));
        std::string misplaced;
        const bool is_read = attempt(
            [&]() -> Result<> {
                const auto condition =
                    TSR_TRY(connection_.queryValue("SELECT pg_get_partition_constraintdef($1::regclass)", {relation}));
                // A partition's own condition would prove to the planner that there is nothing to look for.
                TSR_TRY(connection_.execute("ALTER TABLE tessera_shard_trial.parent DETACH PARTITION " + relation));
                misplaced = TSR_TRY(connection_.queryValue("SELECT count(*) FROM " + relation + " WHERE (" +
                                                           condition.value_or("true") + ") IS NOT TRUE"))
                                .value_or("0");
                return connection_.execute(attachSql(shard));
            },
            what + ": its rows can not be looked at");
        if (is_read && misplaced != "0") {
            problem(fail(ErrorCode::kFailedPrecondition,
                         what + ": " + misplaced + (misplaced == "1" ? " row of " : " rows of ") +
                             shard.primary.text() + (misplaced == "1" ? " belongs" : " belong") + " to another shard",
                         "move them first: a query by key would not find them"));
        }
    }

    Connection& connection_;
    const std::string& node_;
    Declaration& declaration_;
    ShardedTable& table_;
    std::vector<Error> problems_;
};

}  // namespace

Result<std::vector<Error>> tryTable(Connection& connection, const std::string& node, Declaration& declaration) {
    TSR_TRY(connection.execute(kBegin));
    auto problems = Trial(connection, node, declaration).run();
    TSR_TRY(connection.execute("ROLLBACK"));
    return problems;
}

Result<> tryPlace(Connection& connection, const std::string& node, const ShardedTable& table, const Place& place) {
    // As the one shard of a table that has all rows.
    Declaration declaration;
    declaration.where = "the new place";
    declaration.table = table;
    declaration.table.schema = kTrialSchema;
    declaration.table.shards = {Shard{0, 0, {}, place}};
    if (table.method != ShardMethod::kReference) {
        declaration.table.method = ShardMethod::kRange;
    }
    declaration.checks_rows = false;
    const auto problems = TSR_TRY(tryTable(connection, node, declaration));
    if (!problems.empty()) {
        return problems.front();
    }
    TSR_TRY(connection.execute(kBegin));
    const auto rows = [&]() -> Result<std::string> {
        ForeignTable made = TSR_TRY(foreignTableOf(connection, node, table, place, "place"));
        made.schema = kTrialSchema;
        TSR_TRY(connection.execute(createForeignSql(table, made)));
        return TSR_TRY(connection.queryValue("SELECT EXISTS (SELECT FROM tessera_shard_trial.place)")).value_or("t");
    }();
    TSR_TRY(connection.execute("ROLLBACK"));
    if (!rows) {
        return rows.error();
    }
    return *rows == "f" ? Result<>()
                        : fail(ErrorCode::kFailedPrecondition, place.text() + " has rows already",
                               "a shard is moved to an empty table");
}

}  // namespace tessera::mesh
