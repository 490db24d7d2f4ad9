#include "nodeservice/daemon/denial_watch.h"

#include "common/log.h"

#include <utility>

namespace tessera::node {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPause{1};

Result<std::vector<identity::Denial>> readDenied(postgres::Connection& connection) {
    const postgres::Rows rows = TSR_TRY(connection.query(
        "SELECT user_name, issuer, subject, token, issued_before FROM tessera_governance.denied ORDER BY id"));
    std::vector<identity::Denial> denials;
    for (const auto& row : rows.values) {
        denials.push_back({row[0], row[1], row[2], row[3], {}});
        if (row[4]) {
            denials.back().issued_before = std::stoll(*row[4]);
        }
    }
    return denials;
}

}  // namespace

DenialWatch::DenialWatch(identity::DenyList& list, const identity::SessionRegistry& sessions,
                         postgres::ConnectionSettings server, std::chrono::milliseconds sign_in_time)
    : list_(list),
      sessions_(sessions),
      server_(std::move(server)),
      settling_(std::chrono::ceil<std::chrono::seconds>(sign_in_time) + kPause),
      table_(server_) {}

Result<> DenialWatch::start() {
    TSR_TRY(readTable());
    thread_.start("denials", [this] { run(); });
    return {};
}

void DenialWatch::stop() {
    thread_.stop();
    table_.close();
}

void DenialWatch::run() {
    Clock::time_point until = Clock::now();
    while (!thread_.stopsWithin(kPause)) {
        const bool file_changed = readFile();
        const Result<bool> table_changed = readTable();
        if (file_changed || (table_changed && *table_changed)) {
            log::info("identity.deny_list_read", {});
            until = Clock::now() + settling_;
        }
        if (Clock::now() < until) {
            endSessions();
        }
    }
}

bool DenialWatch::readFile() {
    const auto changed = list_.refresh();
    if (!changed && is_readable_) {
        log::error("identity.deny_list_failed", {{"error", changed.error().describe()}});
    }
    is_readable_ = changed.has_value();
    return changed && *changed;
}

Result<bool> DenialWatch::readTable() {
    return TSR_TRY(table_.mayHaveChanged()) && list_.replaceSaid(TSR_TRY(readDenied(table_.connection())));
}

void DenialWatch::endSessions() {
    const std::vector<int> pids = sessions_.inUse(
        [this](const std::string& role, const std::string* context) { return list_.deniesSession(role, context); });
    if (pids.empty()) {
        return;
    }
    auto connection = postgres::Connection::open(server_);
    for (const int pid : pids) {
        const auto ended = connection ? connection->query("SELECT pg_terminate_backend($1)", {std::to_string(pid)})
                                      : Result<postgres::Rows>(connection.error());
        if (!ended) {
            log::error("identity.deny_failed", {{"pid", pid}, {"error", ended.error().message}});
            return;
        }
        log::info("identity.session_ended", {{"pid", pid}});
    }
}

}  // namespace tessera::node
