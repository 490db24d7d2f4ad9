#pragma once

/// Sessions with sources, kept between statements: one pool a backend. A session serves one statement at a time, so a
/// plan that reads one source twice at once has two. One thread; sessions are closed when they are no longer usable,
/// when their server or mapping has changed, or when more than a few are idle.

#include "common/result.h"
#include "fdw/core/fdw_core.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tessera::fdw {

class SessionPool {
  public:
    using Clock = std::chrono::system_clock;

    /// What is told of a session to those who watch.
    struct Record {
        std::uint64_t key = 0;
        bool idle = false;
        bool in_transaction = false;
        bool changed = false;
        Clock::time_point opened;
        Clock::time_point used;
        std::int64_t statements = 0;
        std::string last_error;
    };

    /// A session on loan.
    struct Lease {
        const TsrConnector* connector = nullptr;
        TsrSession* session = nullptr;
        std::uint64_t key = 0;
        std::uint64_t generation = 0;
        bool reused = false;  // it was idle since an earlier statement: its connection may have died meanwhile
        std::shared_ptr<Record> record;
    };

    static std::uint64_t keyOf(std::uint32_t server, std::uint32_t user) {
        return (static_cast<std::uint64_t>(server) << 32U) | user;
    }

    /// The backend's pool. It is never destroyed: connectors' exit handlers may run before this library's.
    static SessionPool& instance();

    /// `fresh`: don't take an idle one.
    Result<Lease> acquire(const TsrSource& source, const TsrHost& host, bool fresh = false);
    void release(const Lease& lease);
    /// Instead of giving it back.
    void close(const Lease& lease);
    void invalidate();
    /// The idle ones, of one server unless it is 0; how many.
    int closeIdle(std::uint32_t server);

    const std::vector<std::shared_ptr<Record>>& records() const { return records_; }

    /// The name of the source's dialect. Where each session says its own, one is opened and its answer kept.
    Result<std::string> dialectOf(const TsrSource& source, const TsrHost& host);

  private:
    std::uint64_t generation_ = 0;
    std::vector<Lease> idle_;
    std::map<std::uint64_t, std::string> dialects_;
    std::vector<std::shared_ptr<Record>> records_;
};

/// A lease that is given back at the end of its scope.
class ScopedLease {
  public:
    explicit ScopedLease(SessionPool::Lease lease) : lease_(std::move(lease)) {}

    ~ScopedLease();
    ScopedLease(ScopedLease&& other) noexcept;
    ScopedLease(const ScopedLease&) = delete;
    ScopedLease& operator=(const ScopedLease&) = delete;
    ScopedLease& operator=(ScopedLease&&) = delete;

    const TsrConnector& connector() const { return *lease_.connector; }

    TsrSession* session() const { return lease_.session; }

    bool reused() const { return lease_.reused; }

    SessionPool::Record& record() const { return *lease_.record; }

  private:
    SessionPool::Lease lease_;
};

}  // namespace tessera::fdw
