#pragma once

/// The table tessera_audit.statement, which a thread of its own fills in batches. Rows that it could not take, since
/// PostgreSQL was away for long, are in the journal only: they are counted, and the log says so.

#include "nodeservice/postgres/connection.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace tessera::audit {

class Table {
  public:
    /// `database`: the superuser's way to the database that has the table.
    Table(postgres::ConnectionSettings database, int keep_days);
    /// What still waits is not stored any more.
    ~Table();

    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;

    /// Rows of entry.h's form. Does not wait. One thread.
    void add(std::string_view rows, std::uint64_t count);

    /// It may be written to: PostgreSQL runs. When that is to end, waits until all that was added is stored, though not
    /// for long.
    void databaseIsThere(bool is_there);

    std::uint64_t missing() const { return missing_; }

  private:
    using Clock = std::chrono::steady_clock;

    struct Batch {
        std::string rows = {};
        std::uint64_t count = 0;
    };

    void work();
    Result<> store(const Batch& batch);
    void giveUp(std::uint64_t rows);

    const postgres::ConnectionSettings settings_;
    const int keep_days_;
    std::optional<postgres::Connection> connection_;
    Clock::time_point last_clean_up_{};
    bool is_full_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    // Guarded by mutex_
    Batch waiting_;
    bool is_storing_ = false;
    bool has_database_ = false;
    bool is_ending_ = false;
    bool stopping_ = false;
    // End of what mutex_ guards
    std::atomic<std::uint64_t> missing_ = 0;
    std::thread thread_;
};

}  // namespace tessera::audit
