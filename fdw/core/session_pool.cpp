#include "fdw/core/session_pool.h"

#include "plugins/sdk/boundary.h"

#include <algorithm>
#include <cstddef>

namespace tessera::fdw {

namespace {

/// How many idle sessions with one source are kept.
constexpr std::size_t kMostIdle = 4;

/// A member that older connectors' tables end before.
bool saysDialectBySession(const TsrConnector& connector) {
    return connector.struct_size > offsetof(TsrConnector, session_dialect) && connector.session_dialect != nullptr;
}

}  // namespace

SessionPool& SessionPool::instance() {
    static auto* pool = new SessionPool;
    return *pool;
}

Result<SessionPool::Lease> SessionPool::acquire(const TsrSource& source, const TsrHost& host, bool fresh) {
    const std::uint64_t key = keyOf(source.server, source.user);
    const auto oldest = Clock::now() - std::chrono::seconds(source.idle_timeout_s);
    while (!fresh) {
        // The one given back last, whose caches are warm.
        const auto found =
            std::find_if(idle_.rbegin(), idle_.rend(), [&](const Lease& lease) { return lease.key == key; });
        if (found == idle_.rend()) {
            break;
        }
        Lease lease = *found;
        idle_.erase(std::next(found).base());
        const bool stale = source.idle_timeout_s > 0 && lease.record->used < oldest;
        if (!stale && lease.connector->usable(lease.session)) {
            lease.reused = true;
            lease.record->idle = false;
            return lease;
        }
        close(lease);
    }
    Lease lease{source.connector, nullptr, key, generation_, false, nullptr};
    TsrError error{};
    if (source.connector->open(&host, source.options, source.option_count, &lease.session, &error) != TSR_OK) {
        return sdk::fromReport(error);
    }
    const auto now = Clock::now();
    lease.record = std::make_shared<Record>(Record{.key = key, .opened = now, .used = now, .last_error = {}});
    records_.push_back(lease.record);
    return lease;
}

void SessionPool::release(const Lease& lease) {
    const auto idle =
        std::count_if(idle_.begin(), idle_.end(), [&](const Lease& other) { return other.key == lease.key; });
    if (lease.generation == generation_ && static_cast<std::size_t>(idle) < kMostIdle &&
        lease.connector->usable(lease.session)) {
        lease.record->idle = true;
        lease.record->in_transaction = false;
        lease.record->changed = false;
        lease.record->used = Clock::now();
        idle_.push_back(lease);
    } else {
        close(lease);
    }
}

void SessionPool::close(const Lease& lease) {
    std::erase(records_, lease.record);
    lease.connector->close(lease.session);
}

void SessionPool::invalidate() {
    ++generation_;
    closeIdle(0);
    dialects_.clear();
}

int SessionPool::closeIdle(std::uint32_t server) {
    std::vector<Lease> closing;
    std::erase_if(idle_, [&](const Lease& lease) {
        const bool meant = server == 0 || (lease.key >> 32U) == server;
        if (meant) {
            closing.push_back(lease);
        }
        return meant;
    });
    for (const Lease& lease : closing) {
        close(lease);
    }
    return static_cast<int>(closing.size());
}

Result<std::string> SessionPool::dialectOf(const TsrSource& source, const TsrHost& host) {
    const TsrConnector& connector = *source.connector;
    if (!saysDialectBySession(connector)) {
        return std::string(connector.dialect);
    }
    const auto known = dialects_.find(keyOf(source.server, source.user));
    if (known != dialects_.end()) {
        return known->second;
    }
    const ScopedLease lease(TSR_TRY(acquire(source, host)));
    return dialects_[keyOf(source.server, source.user)] = connector.session_dialect(lease.session());
}

ScopedLease::~ScopedLease() {
    if (lease_.session != nullptr) {
        SessionPool::instance().release(lease_);
    }
}

ScopedLease::ScopedLease(ScopedLease&& other) noexcept : lease_(std::move(other.lease_)) {
    other.lease_.session = nullptr;
}

}  // namespace tessera::fdw

using tessera::fdw::SessionPool;

extern "C" {

void tsr_sessions_invalidate(void) {
    SessionPool::instance().invalidate();
}

int tsr_sessions_close(uint32_t server) {
    return SessionPool::instance().closeIdle(server);
}

size_t tsr_session_count(void) {
    return SessionPool::instance().records().size();
}

TsrSessionReport tsr_session_at(size_t index) {
    const SessionPool::Record& record = *SessionPool::instance().records()[index];
    const auto micros = [](SessionPool::Clock::time_point time) {
        return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
    };
    return {static_cast<uint32_t>(record.key >> 32U),
            static_cast<uint32_t>(record.key & 0xFFFFFFFFU),
            record.idle,
            record.in_transaction,
            record.changed,
            micros(record.opened),
            micros(record.used),
            record.statements,
            record.last_error.c_str()};
}
}
