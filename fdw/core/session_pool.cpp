#include "fdw/core/session_pool.h"

#include "plugins/sdk/boundary.h"

#include <algorithm>
#include <cstddef>

namespace tessera::fdw {

namespace {

/// How many idle sessions with one source are kept.
constexpr std::size_t kMostIdle = 4;

std::uint64_t keyOf(const TsrSource& source) {
    return (static_cast<std::uint64_t>(source.server) << 32U) | source.user;
}

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
    const std::uint64_t key = keyOf(source);
    while (!fresh) {
        // The one given back last, whose caches are warm.
        const auto found =
            std::find_if(idle_.rbegin(), idle_.rend(), [&](const Lease& lease) { return lease.key == key; });
        if (found == idle_.rend()) {
            break;
        }
        Lease lease = *found;
        idle_.erase(std::next(found).base());
        if (lease.connector->usable(lease.session)) {
            lease.reused = true;
            return lease;
        }
        lease.connector->close(lease.session);
    }
    Lease lease{source.connector, nullptr, key, generation_, false};
    TsrError error{};
    if (source.connector->open(&host, source.options, source.option_count, &lease.session, &error) != TSR_OK) {
        return sdk::fromReport(error);
    }
    return lease;
}

void SessionPool::release(const Lease& lease) {
    const auto idle =
        std::count_if(idle_.begin(), idle_.end(), [&](const Lease& other) { return other.key == lease.key; });
    if (lease.generation == generation_ && static_cast<std::size_t>(idle) < kMostIdle &&
        lease.connector->usable(lease.session)) {
        idle_.push_back(lease);
    } else {
        lease.connector->close(lease.session);
    }
}

void SessionPool::invalidate() {
    ++generation_;
    for (const Lease& lease : idle_) {
        lease.connector->close(lease.session);
    }
    idle_.clear();
    dialects_.clear();
}

Result<std::string> SessionPool::dialectOf(const TsrSource& source, const TsrHost& host) {
    const TsrConnector& connector = *source.connector;
    if (!saysDialectBySession(connector)) {
        return std::string(connector.dialect);
    }
    const auto known = dialects_.find(keyOf(source));
    if (known != dialects_.end()) {
        return known->second;
    }
    const ScopedLease lease(TSR_TRY(acquire(source, host)));
    return dialects_[keyOf(source)] = connector.session_dialect(lease.session());
}

ScopedLease::~ScopedLease() {
    if (lease_.session != nullptr) {
        SessionPool::instance().release(lease_);
    }
}

ScopedLease::ScopedLease(ScopedLease&& other) noexcept : lease_(other.lease_) {
    other.lease_.session = nullptr;
}

}  // namespace tessera::fdw

extern "C" void tsr_sessions_invalidate(void) {
    tessera::fdw::SessionPool::instance().invalidate();
}
