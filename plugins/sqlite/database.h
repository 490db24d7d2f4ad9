#pragma once

/// An open SQLite database, its statements, and its errors in words. A Database belongs to one session and one thread
/// at a time; its address is given to SQLite's callbacks, so that it never moves.
///
/// While a statement runs, SQLite calls back every few thousand steps, and every few milliseconds while it waits for a
/// lock: there the host is asked whether the person has cancelled. A cancelled statement ends with SQLSTATE 57014.

#include "common/handle.h"
#include "common/result.h"
#include "plugins/sdk/connector.h"

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::sqlite {

using Statement = Handle<sqlite3_stmt, sqlite3_finalize>;

class Database {
  public:
    /// `path` is absolute and exists: a database is never created. `busy_timeout_ms` bounds the wait for other writers.
    /// `title`: what errors call it; empty: by its path.
    static Result<std::unique_ptr<Database>> open(const TsrHost& host, const std::string& path, bool read_only,
                                                  std::int64_t busy_timeout_ms, const std::string& title = {});

    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Prepares the one statement in `sql`; more than one is an error.
    Result<Statement> prepare(std::string_view sql);
    /// To the next row (true) or the end (false).
    Result<bool> step(sqlite3_stmt* statement);
    /// Runs a statement that gives no rows of interest.
    Result<> run(std::string_view sql);

    /// For its scope no cancel ends what runs.
    class Uninterrupted {
      public:
        explicit Uninterrupted(Database& database) : database_(database) { database_.heeds_cancel_ = false; }

        ~Uninterrupted() { database_.heeds_cancel_ = true; }

        Uninterrupted(const Uninterrupted&) = delete;
        Uninterrupted& operator=(const Uninterrupted&) = delete;

      private:
        Database& database_;
    };

    sqlite3* handle() const { return handle_.get(); }

    const std::string& path() const { return path_; }

    const std::string& title() const { return title_; }

    const TsrHost& host() const { return host_; }

  private:
    Database(const TsrHost& host, std::string path, std::int64_t busy_timeout_ms, const std::string& title)
        : host_(host),
          path_(std::move(path)),
          title_(title.empty() ? "SQLite database '" + path_ + "'" : title),
          busy_timeout_ms_(busy_timeout_ms) {}

    Result<> configure(bool read_only);
    Error failure(std::string_view sql) const;
    static int onBusy(void* database, int attempts) noexcept;
    static int onProgress(void* database) noexcept;

    const TsrHost& host_;
    std::string path_;
    std::string title_;
    std::int64_t busy_timeout_ms_;
    std::int64_t waited_ms_ = 0;
    bool cancelled_ = false;
    bool heeds_cancel_ = true;
    Handle<sqlite3, sqlite3_close_v2> handle_;
};

}  // namespace tessera::sqlite
