#pragma once

/// Hears of the sessions' statements at a unix socket, and writes each down once: as a line of JSON at once, and
/// together with others as a row of tessera_audit.statement. Who it was comes from the session's sealed identity, from
/// where from the registry, the rest from the extension's hooks (fdw/pg/audit.c): whichever protocol a client speaks,
/// its statements pass there.
///
/// A thread of its own. While it is behind, sessions wait a second for it; what they could not tell is missing.

#include "common/process.h"
#include "common/result.h"
#include "nodeservice/audit/journal.h"
#include "nodeservice/audit/record.h"
#include "nodeservice/identity/session_registry.h"
#include "nodeservice/postgres/connection.h"

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace tessera::audit {

enum class Text {
    kNone,
    /// Without the values written into it.
    kRedacted,
    /// As it was, but for commands that set passwords or options.
    kFull
};

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

/// What a line of the journal holds, and a row of the table.
nlohmann::ordered_json entryOf(const Record& record, const CollectorOptions& options,
                               const std::optional<identity::SessionOrigin>& origin);

class Collector {
  public:
    static Result<std::unique_ptr<Collector>> start(CollectorOptions options,
                                                    const identity::SessionRegistry& registry);

    Collector(CollectorOptions options, const identity::SessionRegistry& registry, Journal journal,
              FileDescriptor socket);
    /// Writes down what was told before.
    ~Collector();

    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    /// The table may be written to: PostgreSQL runs. Writes the rows that wait at the latest when it goes.
    void databaseIsThere(bool is_there);

    std::uint64_t written() const { return written_; }

    std::uint64_t failed() const { return failed_; }

  private:
    using Clock = std::chrono::steady_clock;

    void work();
    void take(std::string_view datagram, std::string& lines);
    void store();
    Result<> storeRows();

    const CollectorOptions options_;
    const identity::SessionRegistry& registry_;
    Journal journal_;
    FileDescriptor socket_;
    nlohmann::ordered_json rows_ = nlohmann::ordered_json::array();
    std::optional<postgres::Connection> database_;
    Clock::time_point last_store_{};
    Clock::time_point last_clean_up_{};
    std::atomic<bool> has_database_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> written_ = 0;
    std::atomic<std::uint64_t> failed_ = 0;
    std::thread thread_;
};

}  // namespace tessera::audit
