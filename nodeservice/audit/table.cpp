#include "nodeservice/audit/table.h"

#include "common/log.h"
#include "common/thread.h"

#include <utility>

namespace tessera::audit {

namespace {

constexpr std::size_t kBatchBytes = std::size_t{256} << 10;
constexpr std::size_t kMostWaitingBytes = std::size_t{32} << 20;
constexpr std::chrono::milliseconds kInterval{1000};
constexpr std::chrono::seconds kPatienceAtTheEnd{10};
constexpr std::chrono::hours kCleanUpInterval{1};

constexpr const char* kSchema = R"sql(
CREATE SCHEMA IF NOT EXISTS tessera_audit;
CREATE TABLE IF NOT EXISTS tessera_audit.statement (
    time timestamptz NOT NULL, subject text, issuer text, actors text[], role text NOT NULL, client text, protocol text,
    pid integer NOT NULL, command text, fingerprint text, text text, sources text[], nodes text[], rows bigint,
    ms double precision, sqlstate text NOT NULL);
CREATE INDEX IF NOT EXISTS statement_time ON tessera_audit.statement (time))sql";

constexpr const char* kCopy = R"sql(
COPY tessera_audit.statement (time, subject, issuer, actors, role, client, protocol, pid, command, fingerprint, text,
    sources, nodes, rows, ms, sqlstate) FROM STDIN (FORMAT binary))sql";

constexpr std::string_view kCopyHead("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view kCopyEnd("\377\377", 2);

/// The rows themselves are what is wrong, and will be next time.
bool isOfTheRows(const Error& error) {
    return error.sqlstate.starts_with("22") || error.sqlstate.starts_with("23");
}

}  // namespace

Table::Table(postgres::ConnectionSettings database, int keep_days)
    : settings_(std::move(database)), keep_days_(keep_days) {
    thread_ = startThread("audit-table", [this] { work(); });
}

Table::~Table() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    if (waiting_.count > 0) {
        giveUp(waiting_.count);
    }
}

void Table::add(std::string_view rows, std::uint64_t count) {
    const bool was_full = is_full_;
    bool is_enough = false;
    {
        const std::lock_guard lock(mutex_);
        is_full_ = waiting_.rows.size() + rows.size() > (was_full ? kMostWaitingBytes / 2 : kMostWaitingBytes);
        if (!is_full_) {
            is_enough = waiting_.rows.size() < kBatchBytes;
            waiting_.rows += rows;
            waiting_.count += count;
            is_enough = is_enough && waiting_.rows.size() >= kBatchBytes;
        }
    }
    if (is_enough) {
        changed_.notify_all();
    }
    if (is_full_) {
        missing_ += count;
    }
    if (is_full_ != was_full) {
        log::warn(is_full_ ? "audit.table_is_behind" : "audit.table_goes_on", {{"missing_in_all", missing_.load()}});
    }
}

void Table::databaseIsThere(bool is_there) {
    std::unique_lock lock(mutex_);
    if (!is_there && has_database_) {
        is_ending_ = true;
        changed_.notify_all();
        changed_.wait_for(lock, kPatienceAtTheEnd, [this] { return waiting_.count == 0 && !is_storing_; });
        is_ending_ = false;
    }
    has_database_ = is_there;
    changed_.notify_all();
}

void Table::work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        changed_.wait_for(lock, kInterval, [this] {
            return stopping_ || (has_database_ && waiting_.rows.size() >= (is_ending_ ? std::size_t{1} : kBatchBytes));
        });
        if (stopping_ || !has_database_ || waiting_.count == 0) {
            continue;
        }
        const Batch batch = std::exchange(waiting_, {});
        is_storing_ = true;
        lock.unlock();
        const auto done = store(batch);
        if (!done) {
            log::warn("audit.table_failed", {{"error", done.error().describe()}, {"rows", batch.count}});
            connection_.reset();
        }
        const bool is_lost = !done && isOfTheRows(done.error());
        if (is_lost) {
            giveUp(batch.count);
        }
        lock.lock();
        is_storing_ = false;
        if (!done && !is_lost) {
            waiting_.rows.insert(0, batch.rows);
            waiting_.count += batch.count;
            // Not at once again.
            changed_.wait_for(lock, kInterval, [this] { return stopping_; });
        }
        changed_.notify_all();
    }
}

Result<> Table::store(const Batch& batch) {
    if (!connection_) {
        connection_ = TSR_TRY(postgres::Connection::open(settings_));
        TSR_TRY(connection_->execute("SET client_min_messages = warning"));
        TSR_TRY(connection_->execute(kSchema));
    }
    TSR_TRY(connection_->copyIn(kCopy, std::string(kCopyHead) + batch.rows + std::string(kCopyEnd)));
    const auto now = Clock::now();
    if (now - last_clean_up_ >= kCleanUpInterval) {
        last_clean_up_ = now;
        const auto cleaned =
            connection_->query("DELETE FROM tessera_audit.statement WHERE time < now() - make_interval(days => $1)",
                               {std::to_string(keep_days_)});
        if (!cleaned) {
            log::warn("audit.clean_up_failed", {{"error", cleaned.error().describe()}});
        }
    }
    return {};
}

void Table::giveUp(std::uint64_t rows) {
    missing_ += rows;
    log::warn("audit.not_in_table", {{"rows", rows}, {"missing_in_all", missing_.load()}});
}

}  // namespace tessera::audit
