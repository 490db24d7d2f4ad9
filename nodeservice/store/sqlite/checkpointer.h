#pragma once

/// Brings what SQLite's log (the WAL) of a database holds into its file, in a thread of its own. SQLite lets the
/// connection that writes do so every thousand pages, within a COMMIT, which then waits until they are on the disk
/// (https://www.sqlite.org/wal.html, section 3.1); this leaves it those that came meanwhile, once they are few.

#include "nodeservice/store/sqlite/database.h"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace tessera::store::sqlite {

class Checkpointer {
  public:
    static Result<std::unique_ptr<Checkpointer>> start(const std::filesystem::path& file);

    ~Checkpointer();

    Checkpointer(const Checkpointer&) = delete;
    Checkpointer& operator=(const Checkpointer&) = delete;

    // In the thread that writes.

    /// `writer` brings in nothing by itself from here on. It is gone before this.
    void attach(sqlite3* writer);

    /// After a transaction, when nobody waits for its end any more.
    void tend();

  private:
    explicit Checkpointer(Database database) : database_(std::move(database)), thread_([this] { work(); }) {}

    static int note(void* self, sqlite3* writer, const char* schema, int pages);
    void work();

    // The writer's.
    sqlite3* writer_ = nullptr;
    /// In the log, and from how many on something is to be done.
    int pages_ = 0;
    int most_pages_ = kUsualPages;
    /// In the log when the thread was asked the last time; none: since the writer did the rest.
    std::optional<int> pages_asked_;

    static constexpr int kUsualPages = 1000;
    /// So many are brought in within some milliseconds.
    static constexpr int kFewPages = 256;
    /// A log of 64 MiB does not grow on, whoever waits.
    static constexpr int kMostPages = 16'000;

    std::atomic<bool> is_busy_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_asked_ = false;     // guarded by mutex_
    bool is_stopping_ = false;  // guarded by mutex_
    Database database_;         // the thread's
    std::thread thread_;
};

}  // namespace tessera::store::sqlite
