#pragma once

/// One state of a source for several scans: sessions in transactions that see it. One backend has one thread.

#include "common/result.h"
#include "fdw/core/fdw_core.h"
#include "fdw/core/session_pool.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::fdw {

class Snapshot {
  public:
    struct Member {
        SessionPool::Lease lease;
        bool busy = false;
        TsrCursor* cursor = nullptr;  // of the scan that has taken it
        bool in_transaction = false;
    };

    explicit Snapshot(bool shares) : shares_(shares) {}

    ~Snapshot();
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    /// A session for one scan, until it is given back. Nobody may hold the snapshot.
    Result<Member*> take(const TsrSource& source, const TsrHost& host);
    void give(Member* member) noexcept;

    bool canShare() const { return can_share_; }

    TsrHolder* holder() const { return holder_; }

    void hold(TsrHolder* holder);

    /// What its transactions may have done stays. Else, and when a statement failed, it is undone.
    void keep() { keeps_ = true; }

  private:
    /// What a statement under way has failed of, as nobody has asked it yet: the snapshot ended with its transaction.
    std::optional<Error> failureUnderWay();
    Result<> begin(Member& member, const TsrSource& source, const TsrHost& host);

    bool shares_;
    bool can_share_ = true;
    bool keeps_ = false;
    std::string exported_;
    TsrHolder* holder_ = nullptr;
    std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace tessera::fdw

/// What the C side owns; its scans may outlive it.
struct TsrSnapshot {
    std::shared_ptr<tessera::fdw::Snapshot> snapshot;
};
