#include "nodeservice/query/open_sessions.h"

#include "common/thread.h"
#include "nodeservice/identity/scram.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace tessera::query {

namespace {

constexpr std::chrono::milliseconds kWatchPause{500};
constexpr std::size_t kIdBytes = 16;

std::string newId() {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string id;
    for (const char byte : identity::randomBytes(kIdBytes)) {
        id += kDigits[static_cast<unsigned char>(byte) >> 4U];
        id += kDigits[static_cast<unsigned char>(byte) & 15U];
    }
    return id;
}

TransactionStatus statusOf(pg_conn* connection) {
    switch (PQtransactionStatus(connection)) {
        case PQTRANS_INTRANS:
            return TransactionStatus::kOpen;
        case PQTRANS_INERROR:
            return TransactionStatus::kFailed;
        default:
            return TransactionStatus::kNone;
    }
}

/// Nothing is to be read of an idle session's socket unless the server has closed it, or has told something: a setting
/// that was reloaded, a notification.
bool isLost(pg_conn* connection) {
    pollfd socket{PQsocket(connection), POLLIN, 0};
    return poll(&socket, 1, 0) != 0 && (PQconsumeInput(connection) == 0 || PQstatus(connection) != CONNECTION_OK);
}

std::string rolledBack(TransactionStatus status) {
    return status == TransactionStatus::kNone ? "" : ", and its open transaction was rolled back";
}

}  // namespace

struct OpenSessions::Session {
    Session(identity::Principal who, identity::SessionPool::Lease leased, std::shared_ptr<SessionObserver> told)
        : principal(std::move(who)), lease(std::move(leased)), observer(std::move(told)) {}

    std::string id;
    const identity::Principal principal;
    identity::SessionPool::Lease lease;
    const std::shared_ptr<SessionObserver> observer;
    // All below: guarded by the mutex of OpenSessions; the connection is its user's while there is one.
    /// Of the statement that has it.
    std::shared_ptr<Interrupt> user = nullptr;
    bool is_closed = false;
    TransactionState state;
    Clock::time_point last_use = Clock::now();
};

OpenSessions::Use::Use(OpenSessions& sessions, std::shared_ptr<Session> session)
    : sessions_(&sessions), session_(std::move(session)) {}

OpenSessions::Use::~Use() {
    if (session_) {
        done(false);
    }
}

pg_conn* OpenSessions::Use::connection() const {
    return session_->lease.connection().handle();
}

TransactionState OpenSessions::Use::done(bool is_reusable) {
    const std::shared_ptr<Session> session = std::exchange(session_, nullptr);
    pg_conn* connection = session->lease.connection().handle();
    const bool is_alive = is_reusable && PQstatus(connection) == CONNECTION_OK;
    const std::lock_guard lock(sessions_->mutex_);
    session->state.status = is_alive ? statusOf(connection) : TransactionStatus::kNone;
    ++session->state.revision;
    session->last_use = Clock::now();
    session->user.reset();
    if (is_alive && !session->is_closed) {
        session->observer->changed(session->state);
    } else {
        sessions_->end(*session, fail(ErrorCode::kUnavailable,
                                      "the session was lost, and what was not committed in it was rolled back",
                                      "run its statements again"));
    }
    return session->state;
}

OpenSessions::OpenSessions(identity::SessionPool& pool, Limits limits) : pool_(pool), limits_(limits) {}

Result<std::string> OpenSessions::open(const identity::Principal& principal,
                                       std::shared_ptr<SessionObserver> observer) {
    {
        const std::lock_guard lock(mutex_);
        TSR_TRY(mayOpen(principal));
        opening_.push_back(principal);
    }
    auto lease = pool_.acquire(principal);
    const std::lock_guard lock(mutex_);
    opening_.erase(std::find_if(opening_.begin(), opening_.end(), [&](const identity::Principal& other) {
        return identity::isSamePerson(other, principal);
    }));
    if (!lease) {
        return std::move(lease).error();
    }
    if (is_stopping_) {
        return fail(ErrorCode::kUnavailable, "the node is stopping", "try again later");
    }
    if (!watcher_.joinable()) {
        watcher_ = startThread("sessions", [this] { watch(); });
    }
    auto session = std::make_shared<Session>(principal, std::move(*lease), std::move(observer));
    session->id = newId();
    session->observer->opened(session->id, limits_.idle_time);
    sessions_.emplace(session->id, session);
    return session->id;
}

Result<> OpenSessions::mayOpen(const identity::Principal& principal) const {
    if (is_stopping_) {
        return fail(ErrorCode::kUnavailable, "the node is stopping", "try again later");
    }
    const auto own = std::count_if(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
        return identity::isSamePerson(entry.second->principal, principal);
    });
    const auto own_opening = std::count_if(opening_.begin(), opening_.end(), [&](const identity::Principal& other) {
        return identity::isSamePerson(other, principal);
    });
    // First what the person can do something about.
    if (static_cast<std::size_t>(own + own_opening) >= limits_.sessions_per_person) {
        return fail(ErrorCode::kResourceExhausted,
                    "you hold " + std::to_string(limits_.sessions_per_person) +
                        " open sessions on this node already, as many as one person may",
                    "commit or roll back in another tab or program, or have query.open_sessions_per_person raised in "
                    "the node's configuration");
    }
    if (sessions_.size() + opening_.size() >= limits_.sessions) {
        return fail(ErrorCode::kResourceExhausted,
                    "the node holds " + std::to_string(limits_.sessions) + " open sessions already, as many as it may",
                    "end a transaction somewhere, or raise query.open_sessions in the node's configuration");
    }
    return {};
}

void OpenSessions::close(const std::string& id) {
    // Closing a connection may take a moment: not under the lock.
    std::shared_ptr<Session> session;
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) {
        return;
    }
    session = found->second;
    session->is_closed = true;
    if (session->user) {
        // Its statement's end takes the session along.
        session->user->raise(Interrupt::Reason::kCancelled);
    } else {
        sessions_.erase(found);
    }
}

Result<OpenSessions::Use> OpenSessions::use(const std::string& id, const identity::Principal& principal,
                                            std::shared_ptr<Interrupt> interrupt) {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || found->second->is_closed ||
        !identity::isSamePerson(found->second->principal, principal)) {
        return fail(ErrorCode::kNotFound, "the session is not open any more",
                    "what was not committed was rolled back: open a new session and run it again");
    }
    if (found->second->user) {
        return fail(ErrorCode::kFailedPrecondition, "another statement runs on this session",
                    "wait for its end, or cancel it");
    }
    found->second->user = std::move(interrupt);
    return Use(*this, found->second);
}

void OpenSessions::end(Session& session, const Error& why) {
    if (!session.is_closed) {
        session.is_closed = true;
        session.observer->closed(why);
    }
    sessions_.erase(session.id);
}

void OpenSessions::watch() {
    std::unique_lock lock(mutex_);
    while (!is_stopping_) {
        changed_.wait_for(lock, kWatchPause);
        lock.unlock();
        endLost();
        lock.lock();
    }
}

void OpenSessions::endLost() {
    std::vector<std::shared_ptr<Session>> ended;
    const std::lock_guard lock(mutex_);
    for (auto entry = sessions_.begin(); entry != sessions_.end();) {
        const std::shared_ptr<Session> session = (entry++)->second;
        if (session->user) {
            continue;
        }
        const std::string consequence = rolledBack(session->state.status);
        if (Clock::now() - session->last_use >= limits_.idle_time) {
            ended.push_back(session);
            end(*session, fail(ErrorCode::kAborted,
                               "the session was not used for " + std::to_string(limits_.idle_time.count()) +
                                   " s and was closed" + consequence,
                               "run its statements again"));
        } else if (isLost(session->lease.connection().handle())) {
            ended.push_back(session);
            end(*session,
                fail(ErrorCode::kUnavailable, "the connection to the node's PostgreSQL was lost" + consequence,
                     "the node restarts PostgreSQL by itself: run the statements again in a few seconds"));
        }
    }
}

void OpenSessions::stop() {
    std::map<std::string, std::shared_ptr<Session>> closed;
    std::thread watcher;
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        closed.swap(sessions_);
        watcher.swap(watcher_);
        for (const auto& [id, session] : closed) {
            session->is_closed = true;
            session->observer->closed(fail(ErrorCode::kUnavailable,
                                           "the node is stopping" + rolledBack(session->state.status),
                                           "run the statements again later"));
        }
    }
    changed_.notify_all();
    if (watcher.joinable()) {
        watcher.join();
    }
}

std::size_t OpenSessions::count() const {
    const std::lock_guard lock(mutex_);
    return sessions_.size();
}

}  // namespace tessera::query
