#include "nodeservice/store/sql/reader.h"
#include "tests/support/two_store_members.h"
#include "tests/support/wait_until.h"

#include <algorithm>
#include <random>
#include <span>

namespace tessera::store {
namespace {

using sqlite::Value;

class DataTest : public TwoMembers {
  protected:
    Command command(std::vector<std::string> statements) {
        Command made;
        made.now_ms = 1'700'000'000'000 + static_cast<std::int64_t>(index_) * 1000;
        made.seed = 77 + index_;
        for (std::string& sql : statements) {
            made.statements.push_back({std::move(sql), {}});
        }
        return made;
    }

    Outcome run(std::vector<std::string> statements) { return apply(command(std::move(statements))); }

    Data::Rows query(Data& data, const std::string& sql) {
        auto rows = data.query({sql, {}});
        EXPECT_TRUE(rows) << rows.error().describe();
        return rows.value_or(Data::Rows{});
    }

    void expectSame(const std::string& sql) { EXPECT_EQ(query(*first_, sql), query(*second_, sql)) << sql; }

    std::string text(const std::string& sql) {
        const auto rows = query(*first_, sql);
        return rows.empty() ? "" : std::get<std::string>(rows[0][0]);
    }
};

TEST_F(DataTest, StatementsOfACommandAreAllOrNothing) {
    EXPECT_TRUE(run({"CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT UNIQUE)"}).error.empty());
    const Outcome failed = run({"INSERT INTO t VALUES (1, 'x')", "INSERT INTO t VALUES (2, 'x')"});
    EXPECT_EQ(failed.error, "UNIQUE constraint failed: t.b");
    EXPECT_EQ(failed.failed, 1);
    EXPECT_TRUE(query(*first_, "SELECT * FROM t").empty());
    EXPECT_EQ(first_->applied(), 2);
}

/// An INSERT that was right when it was proposed meets a table that was altered meanwhile: the log goes on.
TEST_F(DataTest, AnEntryThatFailsIsSkippedEverywhere) {
    run({"CREATE TABLE t(a)"});
    const Command late = command({"INSERT INTO t(a) VALUES (1)"});
    EXPECT_TRUE(first_->validate(late));
    run({"ALTER TABLE t RENAME COLUMN a TO b"});
    EXPECT_EQ(apply(late).error, "table t has no column named a");
    EXPECT_TRUE(run({"INSERT INTO t(b) VALUES (2)"}).error.empty());
    expectSame("SELECT * FROM t");
}

TEST_F(DataTest, ValidationLeavesNothingAndFindsFaults) {
    run({"CREATE TABLE t(a CHECK(a > 0))"});
    const std::uint64_t hash = first_->hash();
    EXPECT_TRUE(first_->validate(command({"INSERT INTO t VALUES (1)", "DROP TABLE t"})));
    EXPECT_FALSE(first_->validate(command({"INSERT INTO t VALUES (0)"})));
    EXPECT_FALSE(first_->validate(command({"INSRT INTO t VALUES (0)"})));
    EXPECT_FALSE(first_->validate(command({"INSERT INTO t VALUES (1); DELETE FROM t"})));
    EXPECT_FALSE(first_->validate(command({"-- nothing"})));
    EXPECT_TRUE(query(*first_, "SELECT * FROM t").empty());
    EXPECT_EQ(first_->hash(), hash);
}

/// A request whose answer was lost comes again.
TEST_F(DataTest, ARequestIsAppliedOnce) {
    run({"CREATE TABLE t(a)"});
    Command request = command({"INSERT INTO t VALUES (random())"});
    request.client = 5;
    request.sequence = 1;
    const Outcome outcome = apply(request);
    request.seed = 1;
    EXPECT_EQ(apply(request), outcome);
    EXPECT_EQ(query(*first_, "SELECT * FROM t").size(), 1);
    request.sequence = 2;
    apply(request);
    request.sequence = 1;
    EXPECT_FALSE(apply(request).error.empty());
    EXPECT_EQ(query(*first_, "SELECT * FROM t").size(), 2);
}

TEST_F(DataTest, ChangesAreCountedByStatement) {
    const Outcome outcome = run({"CREATE TABLE t(a INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (4), (9)",
                                 "CREATE TABLE u(b)", "UPDATE t SET a = a + 1 WHERE a = 9"});
    ASSERT_EQ(outcome.statements.size(), 4);
    EXPECT_EQ(outcome.statements[0].changes, 0);
    EXPECT_EQ(outcome.statements[1], (StatementOutcome{2, 9}));
    EXPECT_EQ(outcome.statements[2].changes, 0);  // sqlite3_changes() would say 2
    EXPECT_EQ(outcome.statements[3].changes, 1);
}

TEST_F(DataTest, TypedParametersArrive) {
    run({"CREATE TABLE t(a, b, c, d, e)"});
    Command made;
    made.statements = {{"INSERT INTO t VALUES (?, ?, ?, ?, ?)",
                        {std::monostate(), std::int64_t{-7}, 0.1, std::string("it's\0ok", 7),
                         sqlite::Blob{std::string("\0\xff", 2)}}}};
    EXPECT_TRUE(apply(made).error.empty());
    EXPECT_EQ(query(*first_, "SELECT * FROM t")[0], made.statements[0].parameters);
    EXPECT_EQ(Command::decode(made.encode()).value(), made);
    made.statements[0].parameters.pop_back();
    EXPECT_EQ(apply(made).error, "the statement has 5 parameters, not 4");
    const std::string bytes = made.encode();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(Command::decode(bytes.substr(0, size))) << size;
    }
}

/// What depends on time and chance, in every place it can stand: the same on both nodes.
TEST_F(DataTest, TimeAndChanceComeFromTheEntry) {
    run(
        {"CREATE TABLE t(i INTEGER PRIMARY KEY, v, at DEFAULT CURRENT_TIMESTAMP, r DEFAULT (random()), "
         "CHECK(abs(random() % 10) >= 0))",
         "CREATE TABLE log(v)", "CREATE VIEW now AS SELECT datetime() AS at, random() AS r",
         "CREATE TRIGGER note AFTER INSERT ON t BEGIN INSERT INTO log VALUES (datetime('now') || random()); END"});
    for (const char* value : {"random()",
                              "hex(randomblob(9))",
                              "hex(randomblob(abs(random() % 20)))",
                              "date()",
                              "time()",
                              "datetime()",
                              "datetime('now')",
                              "julianday()",
                              "julianday('now')",
                              "strftime('%s')",
                              "strftime('%f', 'now')",
                              "unixepoch()",
                              "unixepoch('now', 'localtime')",
                              "date('now', '+1 month')",
                              "CURRENT_DATE",
                              "CURRENT_TIME",
                              "CURRENT_TIMESTAMP",
                              "(SELECT at || r FROM now)",
                              "changes()",
                              "last_insert_rowid()"}) {
        EXPECT_EQ(run({"INSERT INTO t(v) VALUES (" + std::string(value) + ")"}).error, "") << value;
    }
    run({"INSERT INTO log SELECT v FROM t ORDER BY random()"});
    expectSame("SELECT * FROM t ORDER BY i");
    expectSame("SELECT rowid, * FROM log ORDER BY rowid");
    EXPECT_EQ(text("SELECT at FROM t WHERE i = 1"), "2023-11-14 22:13:21");
    EXPECT_EQ(query(*first_, "SELECT DISTINCT r FROM t").size(), 20);
}

/// A new leader's clock may be behind.
TEST_F(DataTest, TimeNeverGoesBack) {
    run({"CREATE TABLE t(at)"});
    Command made = command({"INSERT INTO t VALUES (unixepoch())"});
    apply(made);
    made.now_ms -= 3'600'000;
    apply(made);
    EXPECT_EQ(query(*first_, "SELECT DISTINCT at FROM t").size(), 1);
}

/// The rest of what can differ between nodes is refused, with its reason, and leaves no trace.
TEST_F(DataTest, WhatCannotBeTheSameIsRefused) {
    run({"CREATE TABLE t(a)", "INSERT INTO t VALUES (1)"});
    for (const char* sql : {"ATTACH 'x.db' AS x",
                            "DETACH main",
                            "VACUUM",
                            "VACUUM INTO 'x.db'",
                            "PRAGMA foreign_keys = OFF",
                            "PRAGMA writable_schema = ON",
                            "PRAGMA journal_mode",
                            "BEGIN",
                            "COMMIT",
                            "ROLLBACK",
                            "SAVEPOINT s",
                            "RELEASE command",
                            "ROLLBACK TO command",
                            "CREATE TEMP TABLE u(a)",
                            "CREATE TEMP VIEW v AS SELECT 1",
                            "CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
                            "INSERT INTO t SELECT load_extension('x')",
                            "INSERT INTO t SELECT sqlite_version()",
                            "INSERT INTO t SELECT sqlite_source_id()",
                            "INSERT INTO t SELECT sqlite_compileoption_get(1)",
                            "INSERT INTO t SELECT total_changes()",
                            "INSERT INTO t SELECT sin(1)",
                            "INSERT INTO t SELECT pow(2, 0.5)",
                            "INSERT INTO t SELECT exp(1)",
                            "INSERT INTO t SELECT sqlite_offset(a) FROM t",
                            "INSERT INTO t SELECT pageno FROM dbstat",
                            "INSERT INTO t SELECT file FROM pragma_database_list",
                            "INSERT INTO t SELECT name FROM pragma_function_list",
                            "CREATE VIRTUAL TABLE x USING dbstat",
                            "CREATE VIRTUAL TABLE x USING fts4(a)",
                            "UPDATE _tessera_state SET applied = 0",
                            "DELETE FROM _tessera_client",
                            "DROP TABLE _tessera_state",
                            "CREATE TABLE _tessera_x(a)",
                            "INSERT INTO sqlite_master VALUES (1, 2, 3, 4, 5)",

                            "CREATE INDEX i ON t(random())",
                            "CREATE INDEX i ON t(datetime())",
                            "INSERT INTO t(rowid, a) VALUES (9223372036854775807, 1)",
                            "INSERT INTO t(rowid, a) VALUES (4611686018427387904, 1)"}) {
        const Outcome outcome = run({"INSERT INTO t VALUES (2)", sql});
        EXPECT_FALSE(outcome.error.empty()) << sql;
        EXPECT_EQ(outcome.failed, 1) << sql;
        EXPECT_EQ(query(*first_, "SELECT * FROM t").size(), 1) << sql;
    }
}

TEST_F(DataTest, TheStoresOwnNamesAreNotTaken) {
    run({"CREATE TABLE t(a)", "INSERT INTO t VALUES (1)"});
    for (const char* sql :
         {"ALTER TABLE t RENAME TO _tessera_t", "ALTER TABLE t RENAME TO _TESSERA_t", "CREATE TABLE _Tessera_t(a)",
          "CREATE VIRTUAL TABLE _tessera_f USING fts5(a)", "UPDATE _TESSERA_STATE SET applied = 0",
          "DROP TABLE _Tessera_client", "CREATE VIEW _TESSERA_v AS SELECT 1",
          "INSERT INTO t SELECT * FROM PRAGMA_compile_options", "INSERT INTO t SELECT name FROM DBSTAT"}) {
        const Outcome outcome = run({"INSERT INTO t VALUES (2)", sql});
        EXPECT_FALSE(outcome.error.empty()) << sql;
        EXPECT_EQ(query(*first_, "SELECT * FROM t").size(), 1) << sql;
    }
    EXPECT_FALSE(first_->query({"SELECT * FROM PRAGMA_database_list", {}}));
    EXPECT_EQ(run({"ALTER TABLE t RENAME TO u", "ALTER TABLE u ADD COLUMN b"}).error, "");
}

/// Jobs, endpoints and denials have commands of their own: whoever may write the store by SQL cannot forge them.
class ControlPlaneTest : public DataTest {
  protected:
    ControlPlaneTest() {
        own({"CREATE TABLE job(name TEXT PRIMARY KEY, version INTEGER)",
             "CREATE TABLE job_run(id INTEGER PRIMARY KEY AUTOINCREMENT, state)",
             "CREATE INDEX job_run_ended ON job_run(state)", "CREATE VIEW job_expect(holds) AS SELECT 1",
             "CREATE TRIGGER job_expected INSTEAD OF INSERT ON job_expect BEGIN SELECT 1; END",
             "INSERT INTO job VALUES ('nightly', 1)", "INSERT INTO job_run VALUES (7, 'waiting')"});
        EXPECT_EQ(run({"CREATE TABLE t(a)", "CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT)"}).error, "");
    }

    void own(std::vector<std::string> statements) {
        Command made = command(std::move(statements));
        made.guarded_names = 0;
        const auto tried = first_->validate(made);
        EXPECT_TRUE(tried) << tried.error().describe();
        EXPECT_EQ(apply(made).error, "");
    }
};

TEST_F(ControlPlaneTest, IsNotChangedBySql) {
    for (const char* sql : {"UPDATE job SET version = 2",
                            "UPDATE JOB SET version = 2",
                            "DELETE FROM job_run",
                            "INSERT INTO job VALUES ('forged', 1)",
                            "INSERT INTO job VALUES ('nightly', 1) ON CONFLICT DO UPDATE SET version = 3",
                            "REPLACE INTO job VALUES ('nightly', 9)",
                            "INSERT INTO job_expect VALUES (1)",
                            "WITH x AS (SELECT 1) UPDATE job SET version = (SELECT * FROM x)",
                            "DROP TABLE job",
                            "DROP VIEW job_expect",
                            "DROP TRIGGER job_expected",
                            "DROP INDEX job_run_ended",
                            "ALTER TABLE job ADD COLUMN more",
                            "ALTER TABLE job RENAME TO mine",
                            "ALTER TABLE t RENAME TO denial",
                            "ALTER TABLE t RENAME TO Endpoint_Version",
                            "CREATE INDEX slow ON job(version)",
                            "CREATE TRIGGER late AFTER UPDATE ON job BEGIN DELETE FROM job; END",
                            "CREATE TRIGGER endpoint_expected AFTER INSERT ON t BEGIN SELECT 1; END",
                            "CREATE TABLE denial(key)",
                            "CREATE VIEW Endpoint AS SELECT 1",
                            "CREATE VIRTUAL TABLE job_log USING fts5(a)",
                            "CREATE TABLE hinders(j REFERENCES job(name))",
                            "CREATE TABLE hinders(j, FOREIGN KEY(j) REFERENCES Job_Run(state))",
                            "ALTER TABLE t ADD COLUMN j REFERENCES job_run(id)",
                            "UPDATE sqlite_sequence SET seq = 1",
                            "DELETE FROM sqlite_sequence WHERE name = 'job_run'"}) {
        EXPECT_FALSE(first_->validate(command({sql}))) << sql;
        const Outcome outcome = run({"INSERT INTO t VALUES (2)", sql});
        EXPECT_NE(outcome.error.find("control plane"), std::string::npos) << sql << ": " << outcome.error;
        EXPECT_EQ(query(*first_, "SELECT * FROM t").size(), 0) << sql;
    }
    EXPECT_EQ(run({"DELETE FROM job"}).error,
              "'job' is the control plane's, which SQL only reads: jobs are changed by 'tessera job'");
    // Not by way of a table of one's own either.
    EXPECT_EQ(run({"CREATE TRIGGER sly AFTER INSERT ON t BEGIN UPDATE job SET version = 9; END"}).error, "");
    EXPECT_NE(run({"INSERT INTO t VALUES (1)"}).error.find("control plane"), std::string::npos);
    EXPECT_EQ(query(*first_, "SELECT version FROM job")[0][0], store::sqlite::Value(std::int64_t{1}));
    expectSame("SELECT * FROM sqlite_schema");
}

TEST_F(ControlPlaneTest, IsReadAndLeavesOtherNamesAlone) {
    EXPECT_EQ(text("SELECT name FROM job"), "nightly");
    EXPECT_EQ(run({"CREATE TABLE job_titles(id INTEGER PRIMARY KEY, t REFERENCES counted(id))",
                   "CREATE TABLE named AS SELECT name FROM job", "INSERT INTO counted VALUES (4)",
                   "UPDATE sqlite_sequence SET seq = 40 WHERE name = 'counted'", "ALTER TABLE named RENAME TO jobs",
                   "DROP TABLE counted"})
                  .error,
              "");
    own({"UPDATE job SET version = 2", "INSERT INTO job_run(state) VALUES ('waiting')"});
    EXPECT_EQ(query(*first_, "SELECT max(id) FROM job_run")[0][0], store::sqlite::Value(std::int64_t{8}));
}

/// So that no part can forget to say which names are its own.
TEST_F(ControlPlaneTest, ItsOwnNamesAreKnown) {
    Command made = command({"CREATE TABLE job_surprise(a)"});
    made.guarded_names = 0;
    const auto refused = first_->validate(made);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("control_plane.cpp"), std::string::npos);
}

/// Entries that were written before the names were guarded do again what they did.
TEST_F(ControlPlaneTest, EarlierEntriesStayAsTheyWere) {
    Command old = command({"UPDATE job SET version = 5"});
    std::string bytes = old.encode();
    // The first format: what stands behind the statements was not there.
    bytes[0] = 1;
    bytes.resize(bytes.size() - 24);
    const auto decoded = Command::decode(bytes);
    ASSERT_TRUE(decoded) << decoded.error().describe();
    EXPECT_EQ(decoded->guarded_names, 0);
    EXPECT_EQ(apply(*decoded).error, "");
    old.guarded_names = kControlPlaneNames + 1;
    const auto later = Command::decode(old.encode());
    ASSERT_FALSE(later);
    EXPECT_NE(later.error().message.find("later release"), std::string::npos);
}

TEST_F(DataTest, WhatIsTheSameIsTaken) {
    for (const char* sql : {"CREATE TABLE t(i INTEGER PRIMARY KEY AUTOINCREMENT, a, b AS (a || 'x'))",
                            "CREATE INDEX ta ON t(a)",
                            "INSERT INTO t(a) SELECT value FROM json_each('[3, 1, 2]')",
                            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT INTO "
                            "t(a) SELECT i FROM n",
                            "UPDATE t SET a = a + 1 WHERE i IN (SELECT i FROM t ORDER BY a LIMIT 5)",
                            "DELETE FROM t WHERE a % 7 = 0",
                            "INSERT INTO t(i, a) VALUES (1, 5) ON CONFLICT DO UPDATE SET a = 9",
                            "ANALYZE",
                            "REINDEX",
                            "ALTER TABLE t ADD COLUMN c",
                            "ALTER TABLE t RENAME COLUMN c TO d",
                            "ALTER TABLE t DROP COLUMN d",
                            "CREATE VIRTUAL TABLE f USING fts5(body)",
                            "INSERT INTO f SELECT 'word ' || a FROM t",
                            "INSERT INTO t(a) SELECT count(*) FROM f WHERE f MATCH 'word'",
                            "ALTER TABLE t RENAME TO u",
                            "DROP TABLE f",
                            "CREATE TABLE w(k PRIMARY KEY, s) WITHOUT ROWID",
                            "INSERT INTO w SELECT i, group_concat(a) FROM u GROUP BY i",
                            "DROP INDEX ta"}) {
        EXPECT_EQ(run({sql}).error, "") << sql;
    }
    expectSame("SELECT * FROM u ORDER BY i");
    expectSame("SELECT * FROM w");
    expectSame("SELECT * FROM sqlite_sequence");
}

/// Not by the clock: the same everywhere.
TEST_F(DataTest, EndlessStatementsEnd) {
    const Outcome outcome =
        run({"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"});
    EXPECT_EQ(outcome.error, "the statements take too many steps");
    EXPECT_TRUE(run({"CREATE TABLE t(a)"}).error.empty());
}

/// SQLite undoes the whole transaction then, with what the entry has to leave behind.
TEST_F(DataTest, StatementsThatEndTheTransactionFailAndTheLogGoesOn) {
    run({"CREATE TABLE t(a INTEGER PRIMARY KEY)",
         "CREATE TRIGGER g BEFORE DELETE ON t BEGIN SELECT RAISE(ROLLBACK, 'never'); END", "INSERT INTO t VALUES (1)"});
    const std::vector<std::pair<std::string, std::string>> kEnding = {
        {"INSERT OR ROLLBACK INTO t VALUES (1)", "UNIQUE constraint failed: t.a"},
        {"DELETE FROM t", "never"},
        {"WITH RECURSIVE n(i) AS (SELECT 9 UNION ALL SELECT i + 1 FROM n) UPDATE t SET a = (SELECT max(i) FROM n)",
         "the statements take too many steps"}};
    std::uint64_t sequence = 0;
    for (const auto& [sql, error] : kEnding) {
        Command ending = command({"INSERT INTO t VALUES (7)", sql});
        ending.client = 3;
        ending.sequence = ++sequence;
        const auto tried = first_->validate(ending);
        ASSERT_FALSE(tried);
        EXPECT_EQ(tried.error().message, error);
        EXPECT_EQ(apply(ending).error, error);
        EXPECT_EQ(apply(ending).error, error);  // as it was answered before
        EXPECT_EQ(apply(ending).failed, 1);
    }
    EXPECT_TRUE(run({"INSERT INTO t VALUES (2)"}).error.empty());
    EXPECT_EQ(query(*first_, "SELECT count(*) FROM t"), (Data::Rows{{std::int64_t{2}}}));
}

TEST_F(DataTest, AReferenceLeftOpenIsTheCommandsError) {
    run({"CREATE TABLE one(id INTEGER PRIMARY KEY)",
         "CREATE TABLE many(one REFERENCES one DEFERRABLE INITIALLY DEFERRED)"});
    EXPECT_FALSE(first_->validate(command({"INSERT INTO many VALUES (1)"})));
    EXPECT_EQ(run({"SELECT 1", "INSERT INTO many VALUES (1)"}).error, "FOREIGN KEY constraint failed");
    EXPECT_TRUE(run({"INSERT INTO many VALUES (1)", "INSERT INTO one VALUES (1)"}).error.empty());
    EXPECT_EQ(query(*first_, "SELECT count(*) FROM many"), (Data::Rows{{std::int64_t{1}}}));
}

/// Commands of a user that leave nothing out: what fails, what undoes a whole transaction, what changes the schema
/// under statements that are kept.
Command anyCommand(std::mt19937_64& random, std::uint64_t number) {
    static const std::vector<std::string> kStatements = {
        "INSERT INTO t(a, b) VALUES (abs(random() % 40), hex(randomblob(3)))",
        "INSERT INTO t(a, b) VALUES (?, datetime())",
        "INSERT OR ROLLBACK INTO t(a, b) VALUES (abs(random() % 9), 'r')",
        "INSERT OR REPLACE INTO t(a, b) VALUES (abs(random() % 9), random()) RETURNING *",
        "UPDATE t SET b = b || changes() || last_insert_rowid() WHERE a % 3 = abs(random() % 3)",
        "DELETE FROM t WHERE a IN (SELECT a FROM t ORDER BY random() LIMIT 2)",
        "INSERT INTO child VALUES (abs(random() % 40))",
        "INSERT INTO counted(v) SELECT count(*) FROM t",
        "INSERT INTO words VALUES ('one two ' || random())",
        "SELECT rowid, * FROM words('two') ORDER BY rank, rowid",
        "SELECT * FROM t WHERE b LIKE ?",
        "CREATE TABLE IF NOT EXISTS more(x DEFAULT CURRENT_TIMESTAMP, y)",
        "INSERT INTO more(y) VALUES (?)",
        "DROP TABLE more",
        "ALTER TABLE more ADD COLUMN z DEFAULT 'z'",
        "SELECT * FROM more",
        "ANALYZE"};
    Command made;
    made.now_ms = 1'700'000'000'000 + static_cast<std::int64_t>(random() % 100'000);
    made.seed = random();
    made.client = 1 + random() % 3;
    made.sequence = number;
    made.keeps_rows = random() % 2 == 0;
    for (std::size_t i = 0; i <= random() % 3; ++i) {
        SqlStatement statement{kStatements[random() % kStatements.size()], {}};
        const bool has_value = statement.sql.find('?') != std::string::npos;
        if (has_value != (random() % 20 == 0)) {
            statement.parameters.emplace_back("%" + std::to_string(random() % 10));
        }
        made.statements.push_back(std::move(statement));
    }
    return made;
}

/// One by one by a connection without a past, in groups, and after commands that were tried: the same.
TEST_F(DataTest, EntriesTogetherDoWhatTheyDoAlone) {
    const char* asked = std::getenv("TESSERA_SEED");
    const std::uint64_t seed = asked == nullptr ? std::random_device()() : std::strtoull(asked, nullptr, 10);
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    run({"CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)",
         "CREATE TABLE counted(i INTEGER PRIMARY KEY AUTOINCREMENT, v)",
         "CREATE TABLE child(a REFERENCES t DEFERRABLE INITIALLY DEFERRED)",
         "CREATE TRIGGER g BEFORE DELETE ON t WHEN old.a = 7 BEGIN SELECT RAISE(ROLLBACK, 'never'); END",
         "CREATE VIRTUAL TABLE words USING fts5(w)"});
    std::uint64_t number = 0;
    std::size_t together = 0;
    for (int round = 0; round < 40; ++round) {
        std::vector<raft::Entry> entries;
        std::vector<Outcome> alone;
        for (std::size_t i = 0; i <= random() % 12; ++i) {
            const Command made = anyCommand(random, ++number);
            entries.push_back({++index_, 1, raft::EntryKind::kCommand, raft::makePayload(made.encode())});
            second_.reset();
            second_ = open("second.db");
            alone.push_back(second_->apply(entries.back()).value());
        }
        if (random() % 2 == 0) {
            static_cast<void>(first_->validate(anyCommand(random, number + 1000)));
        }
        for (std::size_t done = 0; done < entries.size();) {
            const auto outcomes = first_->apply(std::span(entries).subspan(done));
            ASSERT_TRUE(outcomes) << outcomes.error().describe();
            ASSERT_FALSE(outcomes->empty());
            for (std::size_t i = 0; i < outcomes->size(); ++i) {
                ASSERT_EQ((*outcomes)[i], alone[done + i]) << "entry " << entries[done + i].index;
            }
            done += outcomes->size();
            together = std::max(together, outcomes->size());
        }
        ASSERT_EQ(first_->applied(), index_);
        ASSERT_EQ(first_->hash(), second_->hash());
    }
    EXPECT_GT(together, 2);
    for (const char* sql :
         {"SELECT * FROM t", "SELECT * FROM child", "SELECT * FROM counted", "SELECT * FROM words",
          "SELECT * FROM words_data", "SELECT * FROM sqlite_sequence", "SELECT * FROM _tessera_client"}) {
        expectSame(sql);
    }
}

/// Whoever has a statement kept goes by the schema of now, as others do.
TEST_F(DataTest, KeptStatementsDoNotOutliveTheirSchema) {
    run({"CREATE TABLE t(a)", "INSERT INTO t VALUES (1)"});
    run({"INSERT INTO t VALUES (2)"});
    EXPECT_TRUE(first_->validate(command({"ALTER TABLE t ADD COLUMN b", "INSERT INTO t VALUES (1, 2)"})));
    EXPECT_EQ(run({"INSERT INTO t VALUES (1, 2)"}).error, "table t has 1 columns but 2 values were supplied");
    run({"DROP TABLE t", "CREATE VIEW t AS SELECT 1 AS a", "CREATE TABLE counted(i INTEGER PRIMARY KEY AUTOINCREMENT)",
         "CREATE TRIGGER g INSTEAD OF INSERT ON t BEGIN INSERT INTO _tessera_client VALUES (1, 1, 1); END"});
    EXPECT_FALSE(run({"INSERT INTO t VALUES (2)"}).error.empty());
}

TEST_F(DataTest, AReadersKeptQueriesFollowTheSchema) {
    run({"CREATE TABLE t(a)", "INSERT INTO t VALUES (1)"});
    auto reader = Reader::open(folder_.path() / "first.db").value();
    const auto read = [&]() -> Result<std::string> {
        std::string text;
        TSR_TRY(
            reader->query({"SELECT * FROM t", {}}, {[&](const std::vector<std::string>& columns, raft::Index index) {
                                                        text = std::to_string(index);
                                                        for (const std::string& column : columns) {
                                                            text += " " + column;
                                                        }
                                                        return Result<>();
                                                    },
                                                    [&](const std::vector<Value>& row) {
                                                        text += " " + std::to_string(std::get<std::int64_t>(row[0]));
                                                        return Result<>();
                                                    }}));
        return text;
    };
    EXPECT_EQ(read().value(), "1 a 1");
    run({"INSERT INTO t VALUES (2)"});
    EXPECT_EQ(read().value(), "2 a 1 2");
    run({"ALTER TABLE t ADD COLUMN b"});
    EXPECT_EQ(read().value(), "3 a b 1 2");
    // What a statement may read is looked at when it is prepared.
    run({"DROP TABLE t", "CREATE VIEW t AS SELECT sqlite_version() AS a"});
    EXPECT_FALSE(read());
}

/// By a thread of its own, and begun anew: or it would grow for ever.
TEST_F(DataTest, SqlitesLogIsBroughtInApart) {
    ASSERT_TRUE(first_->tidyApart());
    run({"CREATE TABLE t(a)"});
    const auto file = folder_.path() / "first.db";
    const auto log = folder_.path() / "first.db-wal";
    while (std::filesystem::file_size(log) < std::uintmax_t{6} << 20U) {
        run({"INSERT INTO t VALUES (randomblob(300000))"});
    }
    first_->tidy();
    EXPECT_TRUE(waitUntil([&] { return std::filesystem::file_size(file) > std::uintmax_t{4} << 20U; }));
    std::uintmax_t highest = 0;
    bool has_begun_anew = false;
    EXPECT_TRUE(waitUntil([&] {
        run({"INSERT INTO t VALUES (randomblob(300000))"});
        first_->tidy();
        highest = std::max(highest, std::filesystem::file_size(log));
        has_begun_anew = std::filesystem::file_size(file) > 2 * highest;
        return has_begun_anew;
    }));
    expectSame("SELECT count(*), sum(length(a)) FROM t");
}

TEST_F(DataTest, WhatIsTriedBrieflyIsCertainOrNotSaid) {
    run({"CREATE TABLE t(a UNIQUE)"});
    EXPECT_TRUE(first_->validatesBriefly(command({"INSERT INTO t VALUES (1)", "UPDATE t SET a = a + 1"})));
    EXPECT_TRUE(query(*first_, "SELECT * FROM t").empty());
    EXPECT_FALSE(first_->validatesBriefly(command({"INSERT INTO t VALUES (1), (1)"})));
    const Command long_value = command({"INSERT INTO t VALUES (zeroblob(1000000))"});
    EXPECT_FALSE(first_->validatesBriefly(long_value));
    EXPECT_TRUE(first_->validate(long_value));
    const Command many_steps = command(
        {"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9999) INSERT INTO t SELECT i FROM n"});
    EXPECT_FALSE(first_->validatesBriefly(many_steps));
    EXPECT_TRUE(first_->validate(many_steps));
    EXPECT_TRUE(apply(many_steps).error.empty());
}

/// The names that are guarded are those of each command, not of the one for which the statement was prepared.
TEST_F(DataTest, AKeptStatementOfTheControlPlaneIsNotForUsers) {
    Command own = command({"CREATE TABLE job(a)"});
    own.guarded_names = 0;
    EXPECT_TRUE(apply(own).error.empty());
    own.statements = {{"INSERT INTO job VALUES (1)", {}}};
    EXPECT_TRUE(apply(own).error.empty());
    EXPECT_FALSE(run({"INSERT INTO job VALUES (1)"}).error.empty());
    EXPECT_TRUE(apply(own).error.empty());
}

TEST_F(DataTest, QueriesOnlyRead) {
    run({"CREATE TABLE t(a)"});
    EXPECT_FALSE(first_->query({"INSERT INTO t VALUES (1)", {}}));
    EXPECT_FALSE(first_->query({"PRAGMA database_list", {}}));
    EXPECT_EQ(first_->query({"SELECT count(*) FROM t", {}}).value(), (Data::Rows{{std::int64_t{0}}}));
}

TEST_F(DataTest, AppliesInOrderOnly) {
    run({"CREATE TABLE t(a)"});
    const raft::Entry again{1, 1, raft::EntryKind::kCommand, raft::makePayload(command({"SELECT 1"}).encode())};
    EXPECT_EQ(first_->apply(again).error().code, ErrorCode::kInternal);
    const raft::Entry bad{2, 1, raft::EntryKind::kCommand, raft::makePayload("?")};
    EXPECT_EQ(first_->apply(bad).error().code, ErrorCode::kDataLoss);
    EXPECT_EQ(first_->applied(), 1);
}

TEST_F(DataTest, ABackUpIsTheStateAtItsIndex) {
    run({"CREATE TABLE t(a)", "INSERT INTO t VALUES (1)"});
    const std::uint64_t hash = first_->hash();
    ASSERT_TRUE(first_->backUp(folder_.path() / "copy.db"));
    run({"INSERT INTO t VALUES (2)"});
    ASSERT_TRUE(first_->restore(folder_.path() / "copy.db"));
    EXPECT_EQ(first_->applied(), 1);
    EXPECT_EQ(first_->hash(), hash);
    EXPECT_EQ(query(*first_, "SELECT * FROM t").size(), 1);
}

TEST_F(DataTest, LocalTimeMustBeUtc) {
    setenv("TZ", "XXX-3", 1);
    tzset();
    const auto refused = Data::open(folder_.path() / "third.db");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tessera::store
