#include "app/cli/store_fault.h"

#include <algorithm>
#include <string>
#include <vector>

namespace tessera::cli {

namespace {

using client::StoreFaults;
using client::StoreFaultsClient;
using client::StoreFaultsState;
using Action = StoreOptions::Action;

std::string textOf(const StoreFaults& faults) {
    std::vector<std::string> parts;
    if (faults.is_paused) {
        parts.emplace_back("stands still");
    }
    if (faults.is_isolated) {
        parts.emplace_back("isolated");
    }
    for (const std::uint64_t id : faults.cut) {
        parts.push_back("cut from " + std::to_string(id));
    }
    if (faults.lost_percent > 0) {
        parts.push_back("loses " + std::to_string(faults.lost_percent) + " %");
    }
    if (faults.delay.count() > 0) {
        parts.push_back(std::to_string(faults.delay.count()) + " ms late");
    }
    std::string text;
    for (const std::string& part : parts) {
        text += (text.empty() ? "" : ", ") + part;
    }
    return text;
}

/// What has become of messages since the member's node began.
std::string textOf(const client::StoreFaultCounts& counts) {
    if (counts.lost == 0 && counts.cut == 0 && counts.late == 0) {
        return {};
    }
    return std::to_string(counts.lost) + " lost, " + std::to_string(counts.cut) + " cut off, " +
           std::to_string(counts.late) + " late";
}

/// What is done at a member, or all of them (0).
ExitCode atMembers(StoreRoute& route, std::uint64_t member, Listing& listing,
                   const std::function<Result<StoreFaultsState>(StoreFaultsClient&)>& work) {
    ExitCode code = kSuccess;
    bool is_known = false;
    for (const StoreRoute::Answer& answer : route.statuses()) {
        const std::uint64_t id = answer.status ? answer.status->member.id : 0;
        if (member != 0 && id != member) {
            continue;
        }
        is_known = true;
        const auto state = [&]() -> Result<StoreFaultsState> {
            if (!answer.status) {
                return answer.status.error();
            }
            const auto client = TSR_TRY(StoreFaultsClient::create(answer.address));
            return work(*client);
        }();
        if (!state) {
            code = reportError(state.error(), exitCodeOf(state.error()));
            continue;
        }
        listing.rows.push_back({answer.node, std::to_string(id), answer.status->role, orNull(textOf(state->faults)),
                                orNull(textOf(state->counts))});
    }
    if (!is_known) {
        return reportError(
            fail(ErrorCode::kNotFound, "no member " + std::to_string(member) + " of the store can be reached",
                 "'tessera store status' shows who is there"),
            kUsage);
    }
    return code;
}

}  // namespace

ExitCode runStoreFault(const StoreOptions& options, StoreRoute& route) {
    Listing listing{{"node", "id", "role", "faults", "messages"}, {}};
    const ExitCode code =
        atMembers(route, options.member, listing, [&](StoreFaultsClient& member) -> Result<StoreFaultsState> {
            switch (options.action) {
                case Action::kFaultSet:
                    return member.set(options.faults);
                case Action::kFaultHeal:
                    return member.set({});
                case Action::kFaultElect:
                    TSR_TRY(member.elect());
                    break;
                default:
                    break;
            }
            return member.get();
        });
    const ExitCode printed = print(listing, options.format);
    return code != kSuccess ? code : printed;
}

}  // namespace tessera::cli
