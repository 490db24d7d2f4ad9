#pragma once

/// Hears of the sessions' statements at a unix socket, and writes each down: as a line of JSON, and as a row of
/// tessera_audit.statement. Who it was comes from the session's sealed identity, from where from the registry, the rest
/// from the extension's hooks (fdw/pg/audit.c): whichever protocol a client speaks, its statements pass there.
///
/// A thread of its own, which wakes when something is told, lets some more gather, and takes all. Each session has a
/// connection, whose buffer holds some hundreds of records. While that is full the session waits for a second; what it
/// could not tell then is counted, and the log says so.

#include "common/process.h"
#include "common/result.h"
#include "nodeservice/audit/entry.h"
#include "nodeservice/audit/journal.h"
#include "nodeservice/audit/table.h"
#include "nodeservice/identity/session_registry.h"
#include "nodeservice/postgres/connection.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tessera::audit {

struct CollectorOptions {
    std::filesystem::path socket = {};
    /// This one's name, and those of its peers among its sources.
    std::string node = {};
    std::set<std::string> peers = {};
    Text text = Text::kRedacted;
    std::filesystem::path file = {};
    std::uint64_t file_bytes = 0;
    int files = 0;
    /// 0: no table.
    int keep_days = 0;
    /// The superuser's way to the database that has the table.
    postgres::ConnectionSettings database = {};
};

class Collector {
  public:
    static Result<std::unique_ptr<Collector>> start(CollectorOptions options,
                                                    const identity::SessionRegistry& registry);

    Collector(CollectorOptions options, const identity::SessionRegistry& registry, Journal journal,
              FileDescriptor listener, FileDescriptor events);
    /// Writes down what was told before.
    ~Collector();

    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    /// Writes down beside people's statements what the node itself has seen, at the latest some tenths of a second
    /// later. Its role is the node's name, its protocol "node". Any thread.
    void note(std::string command, std::string text, std::string sqlstate);

    /// The table may be written to: PostgreSQL runs. When that is to end, returns when the table has what was told
    /// before, if that does not take long.
    void databaseIsThere(bool is_there);

    std::uint64_t written() const { return written_; }

    /// Statements that are nowhere: they could not be told, read or written.
    std::uint64_t lost() const { return lost_; }

    /// Those that are in the journal alone.
    std::uint64_t missingInTable() const { return table_ ? table_->missing() : 0; }

  private:
    struct Session {
        FileDescriptor socket;
        /// As it was told last, and what it says.
        std::string context = {};
        Person person = {};
    };

    struct Note {
        std::int64_t at_us = 0;
        std::string command = {};
        std::string text = {};
        std::string sqlstate = {};
    };

    void work();
    void accept();
    /// False when the session has gone.
    bool hear(Session& session);
    void take(std::string_view message, Session& session);
    void takeNotes();
    void add(const Entry& entry);
    void writeDown();

    const CollectorOptions options_;
    const identity::SessionRegistry& registry_;
    Journal journal_;
    FileDescriptor listener_;
    FileDescriptor events_;
    std::map<int, Session> sessions_;
    std::vector<char> buffer_;
    std::string lines_;
    std::string rows_;
    std::uint64_t taken_ = 0;
    std::optional<Table> table_;
    std::mutex notes_mutex_;
    std::vector<Note> notes_;  // guarded by notes_mutex_
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> turns_ = 0;
    std::atomic<std::uint64_t> written_ = 0;
    std::atomic<std::uint64_t> lost_ = 0;
    std::thread thread_;
};

}  // namespace tessera::audit
