#include "nodeservice/mesh/peer_watch.h"

#include "common/log.h"
#include "common/server_probe.h"
#include "nodeservice/mesh/router.h"

#include <libpq-fe.h>

#include <chrono>
#include <utility>

namespace tessera::mesh {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause{500};
/// Before a peer that has not answered is asked once more: a session with a node that was started again fails once.
constexpr milliseconds kAskAgain{50};
/// Who has to wait for longer would rather read a copy.
constexpr milliseconds kPatience{2000};

std::int64_t nowMs() {
    return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

PeerWatch::PeerWatch(std::string peer, postgres::ConnectionSettings database)
    : peer_(std::move(peer)), database_(std::move(database)) {
    thread_.start("mesh-peer", [this] { run(); });
}

void PeerWatch::requestStop() {
    thread_.requestStop();
}

std::optional<std::int64_t> PeerWatch::awaySince() const {
    const std::lock_guard lock(mutex_);
    return away_since_;
}

void PeerWatch::run() {
    do {
        const std::int64_t asked = nowMs();
        std::optional<bool> is_there = answers();
        if (is_there == false && !thread_.stopsWithin(kAskAgain)) {
            is_there = answers();
        }
        if (!is_there || *is_there != awaySince().has_value()) {
            continue;
        }
        if (*is_there) {
            log::info("mesh.peer_is_back", {{"peer", peer_}});
        } else {
            log::warn("mesh.peer_is_away", {{"peer", peer_}});
        }
        const std::lock_guard lock(mutex_);
        away_since_ = *is_there ? std::nullopt : std::optional(asked);
    } while (!thread_.stopsWithin(kPause));
}

bool PeerWatch::takesSessions(const std::string& server) {
    const auto address = connection_->query(
        "SELECT (SELECT o.option_value FROM pg_options_to_table(s.srvoptions) o WHERE o.option_name IN ('host', "
        "'hostaddr') ORDER BY o.option_name DESC LIMIT 1), (SELECT o.option_value FROM "
        "pg_options_to_table(s.srvoptions) o WHERE "
        "o.option_name = 'port') FROM pg_foreign_server s WHERE s.srvname = $1",
        {server});
    if (!address || address->values.empty() || !address->values[0][0] || !address->values[0][1]) {
        return true;
    }
    return probeServer(*address->values[0][0], *address->values[0][1], kPatience) == ServerProbe::State::kAnswers;
}

std::optional<bool> PeerWatch::answers() {
    if (!connection_) {
        postgres::ConnectionSettings settings = database_;
        settings.more["application_name"] = "tessera-node peer";
        settings.more["options"] =
            "-c statement_timeout=" + std::to_string(kPatience.count()) + " -c default_transaction_read_only=on";
        auto opened = postgres::Connection::open(settings);
        if (!opened) {
            return std::nullopt;
        }
        connection_.emplace(std::move(*opened));
    }
    const auto server = Router::serverOf(*connection_, peer_);
    // A session that there is may go on where new ones are not taken any more.
    if (server && !takesSessions(*server)) {
        return false;
    }
    const auto asked =
        server ? connection_->query("SELECT * FROM tessera.remote_query($1, 'SELECT 1') AS told (one int)", {*server})
               : Result<postgres::Rows>(server.error());
    if (asked) {
        return true;
    }
    if (PQstatus(connection_->handle()) != CONNECTION_OK) {
        connection_.reset();
        return std::nullopt;
    }
    return server ? std::optional(false) : std::nullopt;
}

}  // namespace tessera::mesh
