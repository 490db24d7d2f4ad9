#include "nodeservice/jobs/run/transitions.h"

#include "nodeservice/jobs/definition/read.h"
#include "nodeservice/jobs/run/statements.h"

#include <nlohmann/json.hpp>

namespace tessera::jobs {

namespace {

using store::SqlStatement;
using store::sqlite::Value;

const std::string kHeld = "EXISTS (SELECT 1 FROM job_run WHERE id = ? AND epoch = ? AND state = 'running')";

/// Of a job whose runs do not run side by side, only the first one that waits, and only when none is running. One that
/// is running already goes on, whatever waits.
const std::string kItsTurn =
    "(r.concurrency = 'allow' OR r.state = 'running' OR NOT EXISTS (SELECT 1 FROM job_run o WHERE o.job = r.job AND "
    "o.state IN ('waiting', 'running') AND o.id <> r.id AND (o.state = 'running' OR o.id < r.id)))";

SqlStatement expectHeld(const RunRecord& run) {
    return expect(kHeld, {run.id, run.epoch});
}

/// At the store's time. `run`: its id.
SqlStatement tell(std::int64_t run, const std::string& step, std::int64_t attempt, const std::string& text) {
    return {"INSERT INTO job_log SELECT ?1, coalesce(max(line), 0) + 1, " + kNow +
                ", ?2, ?3, ?4 FROM job_log WHERE run = ?1",
            {run, step, attempt, text}};
}

std::string byWhom(const std::string& by) {
    return by.empty() ? std::string() : " by " + by;
}

SqlStatement countChange() {
    return {"UPDATE job_schema SET changes = changes + 1", {}};
}

std::string doneWords(const StepResult& result) {
    std::string words = "done";
    if (result.rows > 0) {
        words += ", " + std::to_string(result.rows) + (result.rows == 1 ? " row" : " rows");
    }
    return result.bytes > 0 ? words + ", " + std::to_string(result.bytes) + " bytes" : words;
}

std::string listText(const std::vector<std::string>& names) {
    return nlohmann::json(names).dump();
}

std::int64_t millis(std::chrono::milliseconds duration) {
    return duration.count();
}

/// Runs that are cancelled before a node has taken them.
Batch endCancelledWaiting() {
    return {{"UPDATE job_step SET state = 'cancelled' WHERE run IN "
             "(SELECT id FROM job_run WHERE state = 'waiting' AND is_cancelled) AND state = 'pending'",
             {}},
            {"UPDATE job_run SET state = 'cancelled', ended_ms = " + kNow + " WHERE state = 'waiting' AND is_cancelled",
             {}}};
}

void append(Batch& batch, Batch more) {
    batch.insert(batch.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

SqlStatement endStep(const RunRecord& run, const StepRecord& step, const std::string& assignments,
                     std::vector<Value> parameters) {
    parameters.insert(parameters.end(), {run.id, step.name, step.attempt});
    return {"UPDATE job_step SET " + assignments + " WHERE run = ? AND name = ? AND attempt = ? AND state = 'running'",
            std::move(parameters)};
}

}  // namespace

Batch define(const Definition& definition, std::int64_t expected, const std::string& author) {
    const auto triggers = static_cast<std::int64_t>(definition.triggers.size());
    Batch batch = {
        expect("coalesce((SELECT version FROM job WHERE name = ?), 0) = ?", {definition.name, expected}),
        {"INSERT INTO job_version SELECT ?1, coalesce(max(version), 0) + 1, ?2, ?3, " + kNow +
             " FROM job_version WHERE job = ?1",
         {definition.name, writeDefinition(definition), author}},
        {"INSERT INTO job SELECT ?1, max(version), 0 FROM job_version WHERE job = ?1 "
         "ON CONFLICT(name) DO UPDATE SET version = excluded.version",
         {definition.name}},
        {"DELETE FROM job_trigger WHERE job = ? AND position >= ?", {definition.name, triggers}},
        countChange(),
    };
    for (std::int64_t position = 0; position < triggers; ++position) {
        batch.push_back(
            {"INSERT OR IGNORE INTO job_trigger VALUES (?, ?, " + kNow + " / 1000)", {definition.name, position}});
    }
    return batch;
}

Batch defineTest(const Definition& definition, const NewRun& run, const std::string& author) {
    Batch batch = {expect("EXISTS (SELECT 1 FROM job WHERE name = ?1) AND NOT EXISTS (SELECT 1 FROM job_version WHERE "
                          "job = ?1 AND version = ?2)",
                          {definition.name, run.version}),
                   {"INSERT INTO job_version SELECT ?1, ?2, ?3, ?4, " + kNow +
                        " WHERE NOT EXISTS (SELECT 1 FROM job_run WHERE key = ?5)",
                    {definition.name, run.version, writeDefinition(definition), author, run.key}}};
    // Beside the job's own runs: it is not for a test to wait for them, or to end them.
    Definition tested = definition;
    tested.concurrency = Concurrency::kAllow;
    append(batch, createRun(tested, run));
    return batch;
}

Batch remove(const std::string& job) {
    Batch batch = {expect("EXISTS (SELECT 1 FROM job WHERE name = ?)", {job}),
                   {"DELETE FROM job WHERE name = ?", {job}},
                   {"DELETE FROM job_trigger WHERE job = ?", {job}},
                   {"UPDATE job_run SET is_cancelled = 1 WHERE job = ? AND state = 'waiting'", {job}},
                   countChange()};
    append(batch, endCancelledWaiting());
    return batch;
}

Batch pause(const std::string& job, bool is_paused) {
    return {{"UPDATE job_trigger SET considered_s = max(considered_s, " + kNow +
                 " / 1000) WHERE job = ?1 AND (SELECT is_paused FROM job WHERE name = ?1)",
             {job}},
            {"UPDATE job SET is_paused = ? WHERE name = ?", {std::int64_t{is_paused}, job}},
            expectOneChange(),
            countChange()};
}

Batch createRun(const Definition& definition, const NewRun& run) {
    std::vector<std::string> steps;
    for (const Step& step : definition.steps) {
        steps.push_back(step.name);
    }
    Batch batch;
    if (definition.concurrency == Concurrency::kReplace) {
        batch.push_back(
            {"UPDATE job_run SET is_cancelled = 1 WHERE job = ?1 AND state IN ('waiting', 'running') AND "
             "NOT EXISTS (SELECT 1 FROM job_run WHERE key = ?2)",
             {definition.name, run.key}});
        append(batch, endCancelledWaiting());
    }
    const std::string concurrency = kConcurrencyNames.at(static_cast<std::size_t>(definition.concurrency));
    batch.push_back(
        {"INSERT INTO job_run(key, job, version, cause, scheduled_s, date, parameters, concurrency, state, created_ms, "
         "start_at_ms, asked_by) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, iif(?8 = 'skip' AND EXISTS (SELECT 1 FROM "
         "job_run WHERE "
         "job = ?2 AND state IN ('waiting', 'running')), 'skipped', 'waiting'), " +
             kNow + ", " + kNow + " + ?9, ?10 WHERE NOT EXISTS (SELECT 1 FROM job_run WHERE key = ?1)",
         {run.key, definition.name, run.version, run.cause, std::int64_t{run.scheduled.time_since_epoch().count()},
          run.date, encodePairs(run.parameters), concurrency, millis(run.delay), run.asked_by}});
    batch.push_back(
        {"INSERT INTO job_step(run, name, position, state) SELECT r.id, s.value, s.key, "
         "iif(r.state = 'skipped', 'cancelled', 'pending') FROM job_run r, json_each(?2) s WHERE r.key = ?1 "
         "AND NOT EXISTS (SELECT 1 FROM job_step WHERE run = r.id)",
         {run.key, listText(steps)}});
    // Nothing comes after a run that was none.
    batch.push_back({"UPDATE job_run SET ended_ms = " + kNow +
                         ", is_followed = 1 WHERE key = ? AND state = 'skipped' AND ended_ms IS NULL",
                     {run.key}});
    return batch;
}

Batch trigger(const Definition& definition, const TriggerCursor& cursor, Instant considered,
              const std::vector<NewRun>& runs) {
    Batch batch;
    batch.push_back({"UPDATE job_trigger SET considered_s = ? WHERE job = ? AND position = ? AND considered_s = ?",
                     {std::int64_t{considered.time_since_epoch().count()}, cursor.job, cursor.position,
                      std::int64_t{cursor.considered.time_since_epoch().count()}}});
    batch.push_back(expectOneChange());
    batch.push_back(expect("EXISTS (SELECT 1 FROM job WHERE name = ? AND version = ? AND NOT is_paused)",
                           {cursor.job, runs.at(0).version}));
    for (const NewRun& run : runs) {
        append(batch, createRun(definition, run));
    }
    return batch;
}

Batch follow(std::int64_t ended_run, const std::vector<Batch>& runs, const std::vector<std::int64_t>& alerts) {
    Batch batch = {
        {"UPDATE job_run SET is_followed = 1 WHERE id = ? AND is_followed = 0 AND ended_ms IS NOT NULL", {ended_run}},
        expectOneChange()};
    for (const Batch& run : runs) {
        append(batch, run);
    }
    if (!alerts.empty()) {
        batch.push_back(
            {"INSERT OR IGNORE INTO job_alert(run, epoch, position, state, next_ms) SELECT r.id, r.epoch, "
             "a.value, r.state, " +
                 kNow + " FROM job_run r, json_each(?2) a WHERE r.id = ?1",
             {ended_run, nlohmann::json(alerts).dump()}});
    }
    return batch;
}

Batch endAlert(std::int64_t run, std::int64_t epoch, std::int64_t position, const std::string& why) {
    Batch batch = {{"DELETE FROM job_alert WHERE run = ? AND epoch = ? AND position = ?", {run, epoch, position}},
                   expectOneChange(),
                   tell(run, "", 0, why.empty() ? "an alert was sent" : "an alert could not be sent: " + why)};
    return batch;
}

Batch retryAlert(std::int64_t run, std::int64_t epoch, std::int64_t position, std::int64_t tried,
                 std::chrono::seconds wait) {
    return {{"UPDATE job_alert SET tried = tried + 1, next_ms = " + kNow +
                 " + ? WHERE run = ? AND epoch = ? AND position = ? AND tried = ?",
             {millis(wait), run, epoch, position, tried}},
            expectOneChange()};
}

Batch keepNotice(const NewNotice& notice) {
    return {{"DELETE FROM job_alert WHERE run = ? AND epoch = ? AND position = ?",
             {notice.run, notice.epoch, notice.position}},
            expectOneChange(),
            {"INSERT INTO job_notice(key, person, run, job, state, error, date, node, at_ms) SELECT "
             "lower(hex(randomblob(8))), ?1, id, job, ?2, error, date, coalesce(node, ''), " +
                 kNow + " FROM job_run WHERE id = ?3",
             {notice.person, notice.state, notice.run}},
            {"DELETE FROM job_notice WHERE at_ms < " + kNow +
                 " - ?2 OR (person = ?1 AND id <= (SELECT id FROM job_notice WHERE person = ?1 ORDER BY id DESC "
                 "LIMIT 1 OFFSET ?3))",
             {notice.person, millis(kNoticeLife), kMostNotices}},
            tell(notice.run, "", 0, "a notice is kept for the desktops of '" + notice.person + "'")};
}

Batch acknowledgeNotice(std::int64_t notice, const std::vector<std::string>& names, const std::string& who,
                        const std::string& device) {
    constexpr std::chrono::hours kDeviceLife{24 * 90};
    const std::string next_line = "coalesce((SELECT max(line) FROM job_log WHERE run = n.run), 0) + 1";
    return {expect("EXISTS (SELECT 1 FROM job_notice WHERE id = ?1 AND person IN (SELECT value FROM json_each(?2))) "
                   "AND coalesce((SELECT notice FROM job_notice_shown WHERE who = ?3 AND device = ?4), 0) < ?1",
                   {notice, listText(names), who, device}),
            {"INSERT INTO job_notice_shown VALUES (?1, ?2, ?3, " + kNow +
                 ") ON CONFLICT(who, device) DO UPDATE SET notice = excluded.notice, at_ms = excluded.at_ms",
             {who, device, notice}},
            {"DELETE FROM job_notice_shown WHERE at_ms < " + kNow + " - ?", {millis(kDeviceLife)}},
            {"INSERT INTO job_log SELECT n.run, " + next_line + ", " + kNow +
                 ", '', 0, 'a desktop of ' || n.person || ' has shown the notice' FROM job_notice n JOIN job_run r ON "
                 "r.id = n.run WHERE n.id = ?",
             {notice}}};
}

Batch claim(const RunRecord& run, const std::string& node, std::chrono::milliseconds lease,
            std::chrono::seconds timeout) {
    return {
        {"UPDATE job_run AS r SET state = 'running', node = ?1, epoch = epoch + 1, lease_until_ms = " + kNow +
             " + ?2, started_ms = coalesce(started_ms, " + kNow + "), deadline_ms = coalesce(deadline_ms, " + kNow +
             " + ?3) WHERE id = ?4 AND epoch = ?5 AND NOT is_cancelled AND ((state = 'waiting' AND start_at_ms <= " +
             kNow + ") OR (state = 'running' AND lease_until_ms < " + kNow + ")) AND " + kItsTurn,
         {node, millis(lease), millis(timeout), run.id, run.epoch}},
        expectOneChange(),
        // Steps that were under way on a node that is gone.
        {"UPDATE job_step SET interruptions = interruptions + 1, state = iif(interruptions + 1 < ?2, 'pending', "
         "'failed'), error = iif(interruptions + 1 < ?2, error, 'its node stopped ' || ?2 || ' times'), retry_at_ms "
         "= 0 WHERE run = ?1 AND state = 'running'",
         {run.id, kMostInterruptions}},
        tell(run.id, "", 0, "taken by node " + node)};
}

Batch renew(std::int64_t run, std::int64_t epoch, std::chrono::milliseconds lease) {
    return {{"UPDATE job_run SET lease_until_ms = max(lease_until_ms, " + kNow +
                 " + ?) WHERE id = ? AND epoch = ? AND state = 'running'",
             {millis(lease), run, epoch}},
            expectOneChange()};
}

Batch releaseRun(const RunRecord& run) {
    return {expectHeld(run),
            {"UPDATE job_step SET state = 'pending', retry_at_ms = 0 WHERE run = ? AND state = 'running'", {run.id}},
            {"UPDATE job_run SET lease_until_ms = 0 WHERE id = ?", {run.id}},
            tell(run.id, "", 0, "its node stops, and another one goes on")};
}

Batch startStep(const RunRecord& run, const StepRecord& step) {
    return {expectHeld(run),
            {"UPDATE job_step SET state = 'running', attempt = attempt + 1, started_ms = " + kNow +
                 ", ended_ms = NULL WHERE run = ? AND name = ? AND attempt = ? AND state = 'pending' AND NOT EXISTS "
                 "(SELECT 1 FROM job_run WHERE id = run AND is_cancelled)",
             {run.id, step.name, step.attempt}},
            expectOneChange(),
            tell(run.id, step.name, step.attempt + 1, "started")};
}

Batch completeStep(const RunRecord& run, const StepRecord& step, const StepResult& result) {
    return {expectHeld(run),
            endStep(run, step, "state = 'succeeded', error = '', rows = ?, bytes = ?, ended_ms = " + kNow,
                    {result.rows, result.bytes}),
            expectOneChange(), tell(run.id, step.name, step.attempt, doneWords(result))};
}

Batch retryStep(const RunRecord& run, const StepRecord& step, const std::string& error, std::chrono::seconds wait) {
    return {
        expectHeld(run),
        endStep(run, step,
                "state = 'pending', failures = failures + 1, error = ?, ended_ms = " + kNow +
                    ", retry_at_ms = " + kNow + " + ?",
                {error, millis(wait)}),
        expectOneChange(),
        tell(run.id, step.name, step.attempt, "failed, and is tried again in " + durationText(wait) + ": " + error)};
}

Batch failStep(const RunRecord& run, const StepRecord& step, const std::string& error) {
    return {expectHeld(run),
            endStep(run, step, "state = 'failed', failures = failures + 1, error = ?, ended_ms = " + kNow, {error}),
            expectOneChange(), tell(run.id, step.name, step.attempt, "failed: " + error)};
}

Batch blockSteps(const RunRecord& run, const std::vector<std::string>& steps) {
    return {expectHeld(run),
            {"UPDATE job_step SET state = 'blocked' WHERE run = ? AND state = 'pending' AND name IN "
             "(SELECT value FROM json_each(?))",
             {run.id, listText(steps)}}};
}

Batch endRun(const RunRecord& run) {
    return {expectHeld(run),
            expect("NOT EXISTS (SELECT 1 FROM job_step WHERE run = ? AND state IN ('pending', 'running'))", {run.id}),
            {"UPDATE job_run SET state = iif(EXISTS (SELECT 1 FROM job_step WHERE run = ?1 AND state <> 'succeeded'), "
             "'failed', 'succeeded'), error = coalesce((SELECT name || ': ' || error FROM job_step WHERE run = ?1 AND "
             "state = 'failed' ORDER BY position LIMIT 1), ''), ended_ms = " +
                 kNow + ", lease_until_ms = NULL WHERE id = ?1",
             {run.id}},
            {"INSERT INTO job_log SELECT ?1, coalesce(max(l.line), 0) + 1, " + kNow +
                 ", '', 0, 'the run has ' || (SELECT state FROM job_run WHERE id = ?1) FROM job_log l WHERE l.run = ?1",
             {run.id}}};
}

Batch stopRun(const RunRecord& run, const std::string& state, const std::string& error) {
    return {expectHeld(run),
            {"UPDATE job_step SET state = 'cancelled', ended_ms = " + kNow +
                 " WHERE run = ? AND state IN ('pending', 'running')",
             {run.id}},
            {"UPDATE job_run SET state = ?, error = ?, ended_ms = " + kNow + ", lease_until_ms = NULL WHERE id = ?",
             {state, error, run.id}},
            tell(run.id, "", 0, "the run is " + state + (error.empty() ? "" : ": " + error))};
}

Batch cancel(std::int64_t run, const std::string& by) {
    Batch batch = {{"UPDATE job_run SET is_cancelled = 1 WHERE id = ? AND state IN ('waiting', 'running')", {run}},
                   expectOneChange(),
                   tell(run, "", 0, "cancelled" + byWhom(by))};
    append(batch, endCancelledWaiting());
    return batch;
}

Batch rerun(std::int64_t run, const std::string& by) {
    return {
        {"UPDATE job_run SET state = 'waiting', epoch = epoch + 1, is_cancelled = 0, is_followed = 0, error = '', "
         "ended_ms = NULL, deadline_ms = NULL, node = NULL, start_at_ms = " +
             kNow + " WHERE id = ? AND state IN ('failed', 'cancelled')",
         {run}},
        expectOneChange(),
        {"UPDATE job_step SET state = 'pending', failures = 0, interruptions = 0, retry_at_ms = 0, error = '' WHERE "
         "run = ? AND state <> 'succeeded'",
         {run}},
        tell(run, "", 0, "goes on from where it was" + byWhom(by))};
}

Batch rerunFrom(std::int64_t run, const std::vector<std::string>& steps, const std::string& by) {
    Batch batch = {{"UPDATE job_run SET state = 'waiting', epoch = epoch + 1, is_cancelled = 0, is_followed = 0, error "
                    "= '', ended_ms = NULL, deadline_ms = NULL, node = NULL, start_at_ms = " +
                        kNow + " WHERE id = ? AND state IN ('succeeded', 'failed', 'cancelled')",
                    {run}},
                   expectOneChange(),
                   {"UPDATE job_step SET state = 'pending', failures = 0, interruptions = 0, retry_at_ms = 0, error = "
                    "'', redone = redone + (state = 'succeeded') WHERE run = ?1 AND (state <> 'succeeded' OR name IN "
                    "(SELECT value FROM json_each(?2)))",
                    {run, listText(steps)}},
                   tell(run, "", 0, "done again from '" + steps.front() + "' on" + byWhom(by))};
    return batch;
}

Batch addLog(const std::vector<LogLine>& lines) {
    auto list = nlohmann::json::array();
    for (const LogLine& line : lines) {
        list.push_back({line.at_ms, line.step, line.attempt, line.text});
    }
    return {
        {"INSERT INTO job_log SELECT ?1, (SELECT coalesce(max(line), 0) FROM job_log WHERE run = ?1) + 1 + l.key, "
         "l.value ->> 0, l.value ->> 1, l.value ->> 2, l.value ->> 3 FROM json_each(?2) l WHERE (SELECT "
         "coalesce(max(line), 0) FROM job_log WHERE run = ?1) + l.key < ?3 AND EXISTS (SELECT 1 FROM job_run WHERE "
         "id = ?1)",
         {lines.at(0).run, list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), kMostLogLines}}};
}

Batch endAbandoned() {
    const std::string abandoned = "state = 'running' AND is_cancelled AND lease_until_ms < " + kNow;
    return {{"UPDATE job_step SET state = 'cancelled', ended_ms = " + kNow +
                 " WHERE state IN ('pending', 'running') AND run IN (SELECT id FROM job_run WHERE " + abandoned + ")",
             {}},
            {"UPDATE job_run SET state = 'cancelled', epoch = epoch + 1, ended_ms = " + kNow +
                 ", lease_until_ms = NULL WHERE " + abandoned,
             {}}};
}

store::SqlStatement oldRuns(const std::string& job, std::int64_t before_ms) {
    return {"SELECT 1 FROM job_run WHERE job = ?1 AND ended_ms < ?2 AND is_followed LIMIT 1", {job, before_ms}};
}

Batch prune(const std::string& job, std::chrono::seconds keep) {
    const std::string old = "SELECT id FROM job_run WHERE job = ?1 AND ended_ms < " + kNow +
                            " - ?2 AND is_followed ORDER BY ended_ms LIMIT 1000";
    return {{"DELETE FROM job_log WHERE run IN (" + old + ")", {job, millis(keep)}},
            {"DELETE FROM job_alert WHERE run IN (" + old + ")", {job, millis(keep)}},
            {"DELETE FROM job_step WHERE run IN (" + old + ")", {job, millis(keep)}},
            {"DELETE FROM job_run WHERE id IN (" + old + ")", {job, millis(keep)}},
            {"DELETE FROM job_version WHERE job = ?1 AND version < 0 AND NOT EXISTS (SELECT 1 FROM job_run r WHERE "
             "r.job = ?1 AND r.version = job_version.version)",
             {job}}};
}

store::SqlStatement claimable(std::int64_t now_ms, std::int64_t limit) {
    return {
        "SELECT r.id, r.job, r.version, r.epoch, r.cause FROM job_run r WHERE r.state IN ('waiting', 'running') AND "
        "NOT "
        "r.is_cancelled AND ((r.state = 'waiting' AND r.start_at_ms <= ?1) OR (r.state = 'running' AND "
        "r.lease_until_ms < ?1)) AND " +
            kItsTurn + " ORDER BY r.cause <> 'job', r.start_at_ms, r.id LIMIT ?2",
        {now_ms, limit}};
}

}  // namespace tessera::jobs
