#include "nodeservice/jobs/run/schema.h"

#include <string>

namespace tessera::jobs {

namespace {

/// What brings the tables from each version to the next.
const std::vector<std::vector<const char*>>& migrations() {
    static const std::vector<std::vector<const char*>> kMigrations = {
        {
            // `changes` grows with every definition, so that schedulers know when to read them again.
            "CREATE TABLE job_schema(id INTEGER PRIMARY KEY CHECK(id = 1), version INTEGER NOT NULL, changes INTEGER "
            "NOT "
            "NULL)",
            "INSERT INTO job_schema VALUES (1, 0, 0)",
            // A batch inserts what it expects: if that does not hold, it fails as a whole.
            "CREATE VIEW job_expect(holds) AS SELECT 1",
            "CREATE TRIGGER job_expected INSTEAD OF INSERT ON job_expect WHEN NEW.holds IS NOT 1 "
            "BEGIN SELECT RAISE(ABORT, 'jobs: the state has changed'); END",
            "CREATE TABLE job(name TEXT PRIMARY KEY, version INTEGER NOT NULL, is_paused INTEGER NOT NULL) WITHOUT "
            "ROWID",
            "CREATE TABLE job_version(job TEXT NOT NULL, version INTEGER NOT NULL, definition TEXT NOT NULL, "
            "author TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY(job, version)) WITHOUT ROWID",
            // Up to which time the triggers of a job have been looked at.
            "CREATE TABLE job_trigger(job TEXT NOT NULL, position INTEGER NOT NULL, considered_s INTEGER NOT NULL, "
            "PRIMARY KEY(job, position)) WITHOUT ROWID",
            "CREATE TABLE job_run(id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, job TEXT NOT NULL, "
            "version INTEGER NOT NULL, cause TEXT NOT NULL, scheduled_s INTEGER NOT NULL, date TEXT NOT NULL, "
            "parameters TEXT NOT NULL, concurrency TEXT NOT NULL, state TEXT NOT NULL, created_ms INTEGER NOT NULL, "
            "start_at_ms INTEGER NOT NULL, started_ms INTEGER, deadline_ms INTEGER, ended_ms INTEGER, node TEXT, "
            "epoch INTEGER NOT NULL DEFAULT 0, lease_until_ms INTEGER, is_cancelled INTEGER NOT NULL DEFAULT 0, "
            "is_followed INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '')",
            "CREATE INDEX job_run_active ON job_run(job, state) WHERE state IN ('waiting', 'running')",
            "CREATE INDEX job_run_unfollowed ON job_run(id) WHERE ended_ms IS NOT NULL AND is_followed = 0",
            "CREATE INDEX job_run_ended ON job_run(job, ended_ms)",
            "CREATE TABLE job_step(run INTEGER NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, state TEXT NOT "
            "NULL, "
            "attempt INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, "
            "interruptions INTEGER NOT NULL DEFAULT 0, retry_at_ms INTEGER NOT NULL DEFAULT 0, started_ms INTEGER, "
            "ended_ms INTEGER, rows INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, "
            "error TEXT NOT NULL DEFAULT '', PRIMARY KEY(run, name)) WITHOUT ROWID",
        },
        {
            // What a run has to tell, in its order. `step` is empty for what concerns the run.
            "CREATE TABLE job_log(run INTEGER NOT NULL, line INTEGER NOT NULL, at_ms INTEGER NOT NULL, step TEXT NOT "
            "NULL, "
            "attempt INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY(run, line)) WITHOUT ROWID",
            // The person or service user that asked for the run, if somebody did.
            "ALTER TABLE job_run ADD COLUMN asked_by TEXT NOT NULL DEFAULT ''",
            // How often a person had a step that had succeeded done again.
            "ALTER TABLE job_step ADD COLUMN redone INTEGER NOT NULL DEFAULT 0",
        },
        {
            // What people have not been told yet: an alert of the definition, for one end of a run.
            "CREATE TABLE job_alert(run INTEGER NOT NULL, epoch INTEGER NOT NULL, position INTEGER NOT NULL, state "
            "TEXT NOT "
            "NULL, tried INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT NULL, PRIMARY KEY(run, epoch, position)) "
            "WITHOUT "
            "ROWID",
        },
        {
            // What people's desktops are to show. `person`: as the alert has it. Its key is unique beyond this store.
            "CREATE TABLE job_notice(id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, person TEXT NOT NULL, "
            "run INTEGER NOT NULL, job TEXT NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL, date TEXT NOT NULL, "
            "node TEXT NOT NULL, at_ms INTEGER NOT NULL)",
            "CREATE INDEX job_notice_of ON job_notice(person, id)",
            // Up to which notice a person's device has shown theirs. `who`: who they are to the nodes.
            "CREATE TABLE job_notice_shown(who TEXT NOT NULL, device TEXT NOT NULL, notice INTEGER NOT NULL, at_ms "
            "INTEGER NOT NULL, PRIMARY KEY(who, device)) WITHOUT ROWID",
        },
        {
            // What owners have granted: that a job, as `digest` has it, runs as them (service/grants.h). `sealed`: a
            // refresh token, encrypted with a key that is not in the store; empty once it has `ended`, which says why.
            // Who holds the lease may use the token up.
            "CREATE TABLE job_grant(job TEXT PRIMARY KEY, digest TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT "
            "NULL, person TEXT NOT NULL, role TEXT NOT NULL, client TEXT NOT NULL, audience TEXT NOT NULL, given_ms "
            "INTEGER NOT NULL, until_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL, sealed TEXT NOT NULL, revision "
            "INTEGER NOT NULL, lease_until_ms INTEGER NOT NULL, ended TEXT NOT NULL) WITHOUT ROWID",
        }};
    return kMigrations;
}

}  // namespace

Result<std::int64_t> schemaVersion(JobStore& store) {
    const auto tables = TSR_TRY(store.query({"SELECT count(*) FROM sqlite_master WHERE name = 'job_schema'", {}}));
    if (std::get<std::int64_t>(tables.at(0).at(0)) == 0) {
        return std::int64_t{0};
    }
    const auto rows = TSR_TRY(store.query({"SELECT version FROM job_schema", {}}));
    return std::get<std::int64_t>(rows.at(0).at(0));
}

Result<> migrate(JobStore& store) {
    // Whoever loses a race finds the other's work.
    for (std::int64_t attempt = 0; attempt < kSchemaVersion + 2; ++attempt) {
        const std::int64_t version = TSR_TRY(schemaVersion(store));
        if (version > kSchemaVersion) {
            return fail(ErrorCode::kFailedPrecondition,
                        "the store's jobs are of version " + std::to_string(version) + ", this node knows up to " +
                            std::to_string(kSchemaVersion),
                        "update this node");
        }
        if (version == kSchemaVersion) {
            return {};
        }
        Batch batch;
        if (version > 0) {
            batch.push_back({"INSERT INTO job_expect SELECT version = ? FROM job_schema", {version}});
        }
        for (const char* statement : migrations().at(static_cast<std::size_t>(version))) {
            batch.push_back({statement, {}});
        }
        batch.push_back({"UPDATE job_schema SET version = ?", {version + 1}});
        static_cast<void>(store.apply(batch));
    }
    return TSR_TRY(schemaVersion(store)) == kSchemaVersion
               ? Result<>()
               : fail(ErrorCode::kUnavailable, "the store's tables of jobs could not be made");
}

}  // namespace tessera::jobs
