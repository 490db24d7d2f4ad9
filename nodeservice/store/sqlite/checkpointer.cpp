#include "nodeservice/store/sqlite/checkpointer.h"

#include <utility>

namespace tessera::store::sqlite {

namespace {

/// As far as no reader is in the way. A failure is met by whoever writes.
void bringIn(sqlite3* connection) {
    sqlite3_wal_checkpoint_v2(connection, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

}  // namespace

Result<std::unique_ptr<Checkpointer>> Checkpointer::start(const std::filesystem::path& file) {
    auto database = TSR_TRY(Database::open(file));
    // A connection that has read nothing does not know that there is such a log, and would bring in nothing.
    TSR_TRY(database.execute("SELECT count(*) FROM sqlite_schema"));
    return std::unique_ptr<Checkpointer>(new Checkpointer(std::move(database)));
}

Checkpointer::~Checkpointer() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Checkpointer::attach(sqlite3* writer) {
    writer_ = writer;
    pages_ = 0;
    most_pages_ = kUsualPages;
    pages_asked_.reset();
    // In the place of SQLite's own.
    sqlite3_wal_hook(writer, note, this);
}

int Checkpointer::note(void* self, sqlite3* /*writer*/, const char* /*schema*/, int pages) {
    auto& checkpointer = *static_cast<Checkpointer*>(self);
    if (pages < checkpointer.pages_) {
        // The log has begun anew.
        checkpointer.most_pages_ = kUsualPages;
        checkpointer.pages_asked_.reset();
    }
    checkpointer.pages_ = pages;
    return SQLITE_OK;
}

/// The log begins anew only when all of it is in the file at the moment of a write: so the writer does the rest.
void Checkpointer::tend() {
    if (pages_ < most_pages_ || is_busy_) {
        return;
    }
    const auto asked = std::exchange(pages_asked_, pages_);
    if (asked && (pages_ - *asked <= kFewPages || pages_ >= kMostPages)) {
        bringIn(writer_);
        // Again not before as much has come, if a reader keeps the log as it is.
        most_pages_ = pages_ + kUsualPages;
        pages_asked_.reset();
        return;
    }
    is_busy_ = true;
    {
        const std::lock_guard lock(mutex_);
        is_asked_ = true;
    }
    changed_.notify_one();
}

void Checkpointer::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return is_asked_ || is_stopping_; });
        if (is_stopping_) {
            return;
        }
        is_asked_ = false;
        lock.unlock();
        bringIn(database_.get());
        is_busy_ = false;
        lock.lock();
    }
}

}  // namespace tessera::store::sqlite
