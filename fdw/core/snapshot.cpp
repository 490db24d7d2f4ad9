#include "fdw/core/snapshot.h"

#include "plugins/sdk/boundary.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sdk = tessera::sdk;

namespace tessera::fdw {

namespace {

std::uint32_t capabilitiesOf(const SessionPool::Lease& lease) {
    return TSR_HAS_MEMBER(lease.connector, capabilities) ? lease.connector->capabilities(lease.session) : 0;
}

}  // namespace

Snapshot::~Snapshot() {
    const TsrStep last = keeps_ ? TSR_STEP_COMMIT : TSR_STEP_ROLLBACK;
    TsrError error{};
    for (const auto& member : members_) {
        if (member->in_transaction &&
            member->lease.connector->start_step(member->lease.session, last, "", &error) != TSR_OK) {
            member->in_transaction = false;
            SessionPool::instance().close(std::exchange(member->lease, {}));
        }
    }
    for (const auto& member : members_) {
        if (member->lease.session == nullptr) {
            continue;
        }
        if (member->in_transaction && member->lease.connector->finish_step(member->lease.session, &error) != TSR_OK) {
            SessionPool::instance().close(member->lease);
        } else {
            SessionPool::instance().release(member->lease);
        }
    }
}

std::optional<Error> Snapshot::failureUnderWay() {
    for (const auto& member : members_) {
        TsrStatus status = member->cursor != nullptr ? TSR_OK : TSR_END;
        while (status == TSR_OK) {
            // Rows of a statement that fails are of no use.
            ArrowArray rows{};
            TsrError error{};
            status = member->lease.connector->next(member->cursor, &rows, &error);
            if (status == TSR_ERROR) {
                return sdk::fromReport(error);
            }
            if (rows.release != nullptr) {
                rows.release(&rows);
            }
        }
    }
    return std::nullopt;
}

Result<> Snapshot::begin(Member& member, const TsrSource& source, const TsrHost& host) {
    const TsrTransaction wanted{sizeof(TsrTransaction), TSR_ISOLATION_REPEATABLE_READ, false,
                                exported_.empty() ? nullptr : exported_.c_str(), nullptr};
    TsrError error{};
    const auto begun = [&] { return member.lease.connector->begin(member.lease.session, &wanted, &error) == TSR_OK; };
    if (!begun()) {
        if (!member.lease.reused || !sdk::fromReport(error).sqlState().starts_with("08")) {
            const Error failure = sdk::fromReport(error);
            return exported_.empty() ? failure : failureUnderWay().value_or(failure);
        }
        // Nothing was observed yet in a session that died while it was idle.
        const SessionPool::Lease fresh = TSR_TRY(SessionPool::instance().acquire(source, host, true));
        SessionPool::instance().close(std::exchange(member.lease, fresh));
        if (!begun()) {
            return sdk::fromReport(error);
        }
    }
    member.in_transaction = true;
    member.lease.record->in_transaction = true;
    return {};
}

Result<Snapshot::Member*> Snapshot::take(const TsrSource& source, const TsrHost& host) {
    const auto idle = std::find_if(members_.begin(), members_.end(), [](const auto& member) { return !member->busy; });
    if (idle != members_.end()) {
        (*idle)->busy = true;
        return idle->get();
    }
    const bool is_first = members_.empty();
    Member& member = *members_.emplace_back(std::make_unique<Member>());
    const auto prepare = [&]() -> Result<> {
        member.lease = TSR_TRY(SessionPool::instance().acquire(source, host));
        const std::uint32_t capabilities = capabilitiesOf(member.lease);
        if ((capabilities & TSR_CAN_TRANSACT) == 0) {
            return {};
        }
        TSR_TRY(begin(member, source, host));
        can_share_ = (capabilities & TSR_CAN_SHARE_SNAPSHOT) != 0;
        if (is_first && shares_ && can_share_) {
            std::array<char, 256> name{};
            TsrError error{};
            if (member.lease.connector->export_snapshot(member.lease.session, name.data(), name.size(), &error) !=
                TSR_OK) {
                return sdk::fromReport(error);
            }
            exported_ = name.data();
        }
        return {};
    };
    if (const Result<> prepared = prepare(); !prepared) {
        if (member.lease.session != nullptr) {
            SessionPool::instance().close(member.lease);
        }
        members_.pop_back();
        return prepared.error();
    }
    member.busy = true;
    return &member;
}

void Snapshot::give(Member* member) noexcept {
    member->busy = false;
    member->cursor = nullptr;
    holder_ = nullptr;
}

void Snapshot::hold(TsrHolder* holder) {
    holder_ = can_share_ ? nullptr : holder;
}

}  // namespace tessera::fdw

namespace fdw = tessera::fdw;

extern "C" {

TsrSnapshot* tsr_snapshot_create(bool shares) {
    return new TsrSnapshot{std::make_shared<fdw::Snapshot>(shares)};
}

void tsr_snapshot_keep(TsrSnapshot* snapshot) {
    snapshot->snapshot->keep();
}

void tsr_snapshot_destroy(TsrSnapshot* snapshot) {
    delete snapshot;
}

TsrHolder* tsr_snapshot_holder(const TsrSnapshot* snapshot) {
    return snapshot->snapshot->holder();
}

void tsr_snapshot_hold(TsrSnapshot* snapshot, TsrHolder* holder) {
    snapshot->snapshot->hold(holder);
}

bool tsr_snapshot_can_share(const TsrSnapshot* snapshot) {
    return snapshot->snapshot->canShare();
}
}
