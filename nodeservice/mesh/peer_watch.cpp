#include "nodeservice/mesh/peer_watch.h"

#include "common/log.h"
#include "nodeservice/mesh/router.h"

#include <libpq-fe.h>
#include <pthread.h>

#include <chrono>
#include <csignal>
#include <utility>

namespace tessera::mesh {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause{500};
/// Before a peer that has not answered is asked once more: a session with a node that was started again fails once.
constexpr milliseconds kAskAgain{50};

std::int64_t nowMs() {
    return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

PeerWatch::PeerWatch(std::string peer, postgres::ConnectionSettings database)
    : peer_(std::move(peer)), database_(std::move(database)) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "mesh-peer");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

PeerWatch::~PeerWatch() {
    requestStop();
    thread_.join();
}

void PeerWatch::requestStop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stop_requested_.notify_all();
}

std::optional<std::int64_t> PeerWatch::awaySince() const {
    const std::lock_guard lock(mutex_);
    return away_since_;
}

bool PeerWatch::stopsWithin(milliseconds time) {
    std::unique_lock lock(mutex_);
    return stop_requested_.wait_for(lock, time, [this] { return stopping_; });
}

void PeerWatch::run() {
    do {
        const std::int64_t asked = nowMs();
        std::optional<bool> is_there = answers();
        if (is_there == false && !stopsWithin(kAskAgain)) {
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
    } while (!stopsWithin(kPause));
}

std::optional<bool> PeerWatch::answers() {
    if (!connection_) {
        postgres::ConnectionSettings settings = database_;
        settings.more["application_name"] = "tessera-node peer";
        // Whoever waits longer than that would rather read a copy.
        settings.more["options"] = "-c statement_timeout=2s -c default_transaction_read_only=on";
        auto opened = postgres::Connection::open(settings);
        if (!opened) {
            return std::nullopt;
        }
        connection_.emplace(std::move(*opened));
    }
    const auto server = Router::serverOf(*connection_, peer_);
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
