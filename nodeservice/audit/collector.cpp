#include "nodeservice/audit/collector.h"

#include "common/log.h"
#include "common/strings.h"
#include "nodeservice/audit/redaction.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

namespace tessera::audit {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostDatagramBytes = std::size_t{128} << 10;
constexpr int kReceiveBufferBytes = 4 << 20;
constexpr int kTick_ms = 200;
constexpr std::chrono::milliseconds kStoreInterval{1000};
constexpr std::size_t kStoreRows = 500;
// Rows that the table could not take are in the journal; so many wait for it.
constexpr std::size_t kMostWaiting = 20000;
constexpr std::chrono::hours kCleanUpInterval{1};

constexpr const char* kSchema = R"sql(
CREATE SCHEMA IF NOT EXISTS tessera_audit;
CREATE TABLE IF NOT EXISTS tessera_audit.statement (
    time timestamptz NOT NULL, subject text, issuer text, actors text[], role text NOT NULL, client text, protocol text,
    pid integer NOT NULL, command text, fingerprint text, text text, sources text[], nodes text[], rows bigint,
    ms double precision, sqlstate text NOT NULL);
CREATE INDEX IF NOT EXISTS statement_time ON tessera_audit.statement (time))sql";

constexpr const char* kInsert = R"sql(
INSERT INTO tessera_audit.statement SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(
    time timestamptz, subject text, issuer text, actors text[], role text, client text, protocol text, pid integer,
    command text, fingerprint text, text text, sources text[], nodes text[], rows bigint, ms double precision,
    sqlstate text))sql";

/// Commands whose text may name secrets, whatever may be kept of others.
bool mayHoldSecrets(const std::string& text) {
    const std::string lower = toLowerAscii(text);
    for (const char* word : {"password", "options", "connection", "remote_query", "remote_execute", "dblink"}) {
        if (lower.find(word) != std::string::npos) {
            return true;
        }
    }
    return false;
}

ordered_json textOf(const Record& record, Text allowed) {
    if (allowed == Text::kNone) {
        return nullptr;
    }
    return allowed == Text::kFull && !mayHoldSecrets(record.text) ? record.text : redacted(record.text);
}

ordered_json orNull(std::string text) {
    return text.empty() ? ordered_json(nullptr) : ordered_json(std::move(text));
}

}  // namespace

ordered_json entryOf(const Record& record, const CollectorOptions& options,
                     const std::optional<identity::SessionOrigin>& origin) {
    constexpr double kMicrosPerMilli = 1000;
    const auto context = nlohmann::json::parse(record.context, nullptr, false);
    ordered_json entry = {{"time", timeText(record.began_us)}};
    entry["subject"] = context.is_object() ? ordered_json(context.value("subject", nlohmann::json())) : ordered_json();
    entry["issuer"] = context.is_object() ? ordered_json(context.value("issuer", nlohmann::json())) : ordered_json();
    entry["actors"] =
        context.is_object() ? ordered_json(context.value("actors", nlohmann::json::array())) : ordered_json::array();
    entry["role"] = record.role;
    entry["client"] = origin ? orNull(origin->address) : ordered_json();
    entry["protocol"] = origin ? orNull(origin->protocol) : ordered_json();
    entry["pid"] = record.pid;
    entry["command"] = orNull(record.command);
    const bool has_fingerprint = record.fingerprint.find_first_not_of('0') != std::string::npos;
    entry["fingerprint"] = has_fingerprint ? ordered_json(record.fingerprint) : ordered_json();
    entry["text"] = textOf(record, options.text);
    entry["sources"] = ordered_json::array();
    entry["nodes"] = ordered_json::array();
    for (const std::string& source : record.sources) {
        entry[options.peers.contains(source) ? "nodes" : "sources"].push_back(source);
    }
    entry["rows"] = record.rows;
    entry["ms"] = static_cast<double>(record.took_us) / kMicrosPerMilli;
    entry["sqlstate"] = record.sqlstate;
    return entry;
}

Result<std::unique_ptr<Collector>> Collector::start(CollectorOptions options,
                                                    const identity::SessionRegistry& registry) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (options.socket.string().size() >= sizeof address.sun_path) {
        return fail(ErrorCode::kInvalidArgument, "the path '" + options.socket.string() + "' is too long for a socket",
                    "choose a shorter data_directory");
    }
    std::strncpy(address.sun_path, options.socket.c_str(), sizeof address.sun_path - 1);
    Journal journal = TSR_TRY(Journal::open(options.file, options.file_bytes, options.files));
    ::unlink(options.socket.c_str());
    FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return fail(ErrorCode::kInternal,
                    "cannot listen on '" + options.socket.string() + "': " + std::strerror(errno));
    }
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof kReceiveBufferBytes);
    return std::make_unique<Collector>(std::move(options), registry, std::move(journal), std::move(socket));
}

Collector::Collector(CollectorOptions options, const identity::SessionRegistry& registry, Journal journal,
                     FileDescriptor socket)
    : options_(std::move(options)), registry_(registry), journal_(std::move(journal)), socket_(std::move(socket)) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { work(); });
    pthread_setname_np(thread_.native_handle(), "audit");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Collector::~Collector() {
    stopping_ = true;
    thread_.join();
}

void Collector::databaseIsThere(bool is_there) {
    has_database_ = is_there;
}

void Collector::work() {
    std::vector<char> buffer(kMostDatagramBytes);
    while (true) {
        // Read before the socket: what was told before the end was asked for is still taken.
        const bool is_last = stopping_;
        pollfd waited{socket_.get(), POLLIN, 0};
        if (!is_last) {
            (void)::poll(&waited, 1, kTick_ms);
        }
        std::string lines;
        for (std::size_t count = 0; count < kStoreRows; ++count) {
            const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
            if (got <= 0) {
                break;
            }
            take({buffer.data(), static_cast<std::size_t>(got)}, lines);
        }
        if (const auto done = lines.empty() ? Result<>() : journal_.append(lines); !done) {
            ++failed_;
            log::error("audit.failed", {{"error", done.error().message}});
        }
        store();
        if (is_last && lines.empty()) {
            return;
        }
    }
}

void Collector::take(std::string_view datagram, std::string& lines) {
    const auto record = parseRecord(datagram);
    if (!record) {
        ++failed_;
        log::warn("audit.unreadable", {{"bytes", datagram.size()}});
        return;
    }
    ordered_json entry = entryOf(*record, options_, registry_.find(record->pid));
    lines += entry.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
    ++written_;
    if (options_.keep_days > 0 && rows_.size() < kMostWaiting) {
        rows_.push_back(std::move(entry));
    }
}

/// What waits, when it is enough or has waited long enough.
void Collector::store() {
    const auto now = Clock::now();
    const bool is_due = stopping_ || rows_.size() >= kStoreRows || now - last_store_ >= kStoreInterval;
    if (rows_.empty() || !is_due || !has_database_) {
        return;
    }
    last_store_ = now;
    if (const auto done = storeRows(); !done) {
        log::warn("audit.table_failed", {{"error", done.error().describe()}});
        database_.reset();
    }
}

Result<> Collector::storeRows() {
    if (!database_) {
        database_ = TSR_TRY(postgres::Connection::open(options_.database));
        TSR_TRY(database_->execute("SET client_min_messages = warning"));
        TSR_TRY(database_->execute(kSchema));
    }
    // U+0000 is no character of PostgreSQL's texts; PostgreSQL's own texts have none.
    TSR_TRY(database_->query(kInsert, {rows_.dump(-1, ' ', false, ordered_json::error_handler_t::replace)}));
    rows_ = ordered_json::array();
    const auto now = Clock::now();
    if (now - last_clean_up_ >= kCleanUpInterval) {
        last_clean_up_ = now;
        TSR_TRY(database_->query("DELETE FROM tessera_audit.statement WHERE time < now() - make_interval(days => $1)",
                                 {std::to_string(options_.keep_days)}));
    }
    return {};
}

}  // namespace tessera::audit
