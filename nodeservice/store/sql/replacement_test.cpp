/// Another database in the place of all data, by entries of the log.

#include "nodeservice/store/storage/storage.h"
#include "tests/support/two_store_members.h"

#include <fstream>
#include <iterator>

namespace tessera::store {
namespace {

class Replacement : public TwoMembers {
  protected:
    /// The bytes of a SQLite file that the statements make.
    std::string databaseOf(const std::string& sql) {
        const auto file = folder_.path() / "made.db";
        std::filesystem::remove(file);
        {
            auto made = sqlite::Database::open(file);
            EXPECT_TRUE(made);
            const auto done = made->execute(sql);
            EXPECT_TRUE(done) << done.error().describe();
        }
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }

    Outcome part(std::uint64_t offset, const std::string& bytes) {
        Command command;
        command.restore = RestoreStep{.offset = offset, .bytes = bytes};
        return apply(command);
    }

    Outcome end(const std::string& whole, bool keeps_control_plane = true) {
        Command command;
        command.client = 7;
        command.sequence = ++sequence_;
        command.now_ms = 1'700'000'000'000;
        command.restore = RestoreStep{.offset = whole.size(),
                                      .is_last = true,
                                      .size = whole.size(),
                                      .checksum = checksumOf(whole),
                                      .keeps_control_plane = keeps_control_plane};
        return apply(command);
    }

    Outcome putInPlace(const std::string& whole, bool keeps_control_plane = true) {
        constexpr std::size_t kPart = 5000;
        for (std::size_t offset = 0; offset < whole.size(); offset += kPart) {
            EXPECT_EQ(part(offset, whole.substr(offset, kPart)).error, "");
        }
        return end(whole, keeps_control_plane);
    }

    Outcome sql(const std::string& text, bool is_own = false) {
        Command command;
        command.statements = {{text, {}}};
        command.guarded_names = is_own ? 0 : kControlPlaneNames;
        return apply(command);
    }

    std::string backup() {
        const auto file = folder_.path() / "backup.db";
        std::filesystem::remove(file);
        EXPECT_TRUE(first_->backUp(file));
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }

    /// What a node's jobs keep, as far as it matters here.
    void makeControlPlane() {
        for (const char* text :
             {"CREATE TABLE job_run(id INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT)",
              "CREATE INDEX job_run_ended ON job_run(state)", "CREATE VIEW job_expect(holds) AS SELECT 1",
              "CREATE TRIGGER job_expected INSTEAD OF INSERT ON job_expect WHEN NEW.holds IS NOT 1 BEGIN "
              "SELECT RAISE(ABORT, 'no'); END",
              "INSERT INTO job_run VALUES (1, 'waiting')"}) {
            EXPECT_EQ(sql(text, true).error, "") << text;
        }
    }

    std::string valueOf(Data& data, const std::string& text) {
        const auto rows = data.query({text, {}});
        if (!rows) {
            return rows.error().message;
        }
        const auto* found = rows->empty() ? nullptr : std::get_if<std::string>(&rows->at(0).at(0));
        return found == nullptr ? "" : *found;
    }

    std::uint64_t sequence_ = 0;
};

TEST_F(Replacement, PutsAPlainDatabaseInThePlaceOfAllData) {
    EXPECT_EQ(sql("CREATE TABLE before(a)").error, "");
    // Other pages than the store's, and a log of its own.
    const std::string made = databaseOf(
        "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL; CREATE TABLE t(a); CREATE INDEX i ON t(a); "
        "INSERT INTO t VALUES ('kept')");
    EXPECT_EQ(putInPlace(made).error, "");
    for (Data* data : {first_.get(), second_.get()}) {
        EXPECT_EQ(valueOf(*data, "SELECT a FROM t"), "kept");
        EXPECT_NE(valueOf(*data, "SELECT a FROM before").find("no such table"), std::string::npos);
    }
    EXPECT_EQ(sql("INSERT INTO t VALUES ('on it goes')").error, "");
    EXPECT_EQ(valueOf(*first_, "SELECT a FROM t WHERE a LIKE 'on%'"), "on it goes");
}

TEST_F(Replacement, IsDoneOnceHoweverOftenItIsAsked) {
    const std::string made = databaseOf("CREATE TABLE t(a); INSERT INTO t VALUES ('kept')");
    EXPECT_EQ(putInPlace(made).error, "");
    EXPECT_EQ(sql("INSERT INTO t VALUES ('later')").error, "");
    --sequence_;
    EXPECT_EQ(end(made).error, "");
    EXPECT_EQ(valueOf(*first_, "SELECT a FROM t WHERE a = 'later'"), "later");
}

TEST_F(Replacement, TakesABackupOfTheStoreItself) {
    EXPECT_EQ(sql("CREATE TABLE t(a)").error, "");
    EXPECT_EQ(sql("INSERT INTO t VALUES ('old')").error, "");
    const std::string made = backup();
    EXPECT_EQ(sql("DROP TABLE t").error, "");
    EXPECT_EQ(putInPlace(made).error, "");
    EXPECT_EQ(valueOf(*second_, "SELECT a FROM t"), "old");
    EXPECT_EQ(first_->applied(), index_);
}

/// What was done since the backup is done, and is not done again.
TEST_F(Replacement, KeepsTheControlPlane) {
    makeControlPlane();
    EXPECT_EQ(sql("CREATE TABLE t AS SELECT 'old' AS a").error, "");
    const std::string made = backup();
    EXPECT_EQ(sql("UPDATE job_run SET state = 'succeeded'", true).error, "");
    EXPECT_EQ(sql("INSERT INTO job_run(state) VALUES ('running')", true).error, "");
    EXPECT_EQ(sql("DELETE FROM job_run WHERE id = 2", true).error, "");
    EXPECT_EQ(sql("DROP TABLE t").error, "");
    EXPECT_EQ(putInPlace(made).error, "");
    for (Data* data : {first_.get(), second_.get()}) {
        EXPECT_EQ(valueOf(*data, "SELECT a FROM t"), "old");
        EXPECT_EQ(valueOf(*data, "SELECT state FROM job_run"), "succeeded");
        EXPECT_EQ(valueOf(*data,
                          "SELECT group_concat(type || ' ' || name, ', ') FROM (SELECT * FROM sqlite_schema "
                          "WHERE name LIKE 'job%' ORDER BY name)"),
                  "view job_expect, trigger job_expected, table job_run, index job_run_ended");
    }
    // Its counters, too: a number is given once.
    EXPECT_EQ(sql("INSERT INTO job_run(state) VALUES ('next')", true).error, "");
    EXPECT_EQ(valueOf(*first_, "SELECT state FROM job_run WHERE id = 3"), "next");
    EXPECT_NE(sql("INSERT INTO job_expect VALUES (0)", true).error, "");
    // A plain database does not take it away either.
    EXPECT_EQ(putInPlace(databaseOf("CREATE TABLE plain(a)")).error, "");
    EXPECT_EQ(valueOf(*second_, "SELECT state FROM job_run WHERE id = 3"), "next");
}

TEST_F(Replacement, TakesTheControlPlaneOfTheFileWhenThatIsAsked) {
    makeControlPlane();
    const std::string made = backup();
    EXPECT_EQ(sql("UPDATE job_run SET state = 'succeeded'", true).error, "");
    EXPECT_NE(putInPlace(databaseOf("CREATE TABLE plain(a)"), false).error.find("no jobs"), std::string::npos);
    EXPECT_EQ(putInPlace(made, false).error, "");
    EXPECT_EQ(valueOf(*second_, "SELECT state FROM job_run"), "waiting");
}

TEST_F(Replacement, RefusesWhatWouldTouchTheControlPlane) {
    makeControlPlane();
    EXPECT_NE(putInPlace(databaseOf("CREATE TABLE job(a)")).error.find("'job'"), std::string::npos);
    EXPECT_NE(putInPlace(databaseOf("CREATE TABLE t(a REFERENCES job_run(state))")).error.find("'t'"),
              std::string::npos);
    EXPECT_EQ(valueOf(*first_, "SELECT state FROM job_run"), "waiting");
}

TEST_F(Replacement, RefusesWhatIsNotWholeOrNoDatabase) {
    EXPECT_EQ(sql("CREATE TABLE t(a)").error, "");
    const std::string made = databaseOf("CREATE TABLE other(a)");
    EXPECT_EQ(part(0, made.substr(0, 100)).error, "");
    EXPECT_NE(part(200, made.substr(200)).error.find("missing"), std::string::npos);
    EXPECT_NE(end(made).error.find("did not arrive whole"), std::string::npos);
    const std::string text(10'000, 'x');
    EXPECT_NE(putInPlace(text).error.find("no SQLite database"), std::string::npos);
    EXPECT_NE(putInPlace(databaseOf("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a)")).error.find("UTF-8"),
              std::string::npos);
    EXPECT_NE(putInPlace(databaseOf("CREATE VIRTUAL TABLE v USING fts4(a)")).error.find("virtual table 'v'"),
              std::string::npos);
    EXPECT_EQ(sql("INSERT INTO t VALUES ('still there')").error, "");
}

}  // namespace
}  // namespace tessera::store
