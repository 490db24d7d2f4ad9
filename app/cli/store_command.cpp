#include "app/cli/store_command.h"

#include "app/cli/listing.h"
#include "app/cli/store_changes.h"
#include "app/cli/store_fault.h"
#include "app/cli/store_restore.h"
#include "app/cli/store_route.h"
#include "app/cli/store_shell.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace tessera::cli {

namespace {

using client::StoreMember;
using client::StoreStatus;

std::string nameOf(const StoreMember& member) {
    return member.node.empty() ? "member " + std::to_string(member.id) : member.node;
}

ExitCode printStatus(StoreRoute& route, app::OutputFormat format) {
    Listing listing{
        {"node", "id", "role", "leader", "term", "commit", "applied", "hash", "log bytes", "snapshot", "fault"}, {}};
    ExitCode code = kSuccess;
    for (const StoreRoute::Answer& answer : route.statuses()) {
        if (!answer.status) {
            code = exitCodeOf(answer.status.error());
            listing.rows.push_back(
                {answer.node, {}, "unreachable", {}, {}, {}, {}, {}, {}, {}, answer.status.error().message});
            continue;
        }
        const StoreStatus& status = *answer.status;
        char hash[17];
        std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(status.hash));
        listing.rows.push_back({answer.node, std::to_string(status.member.id), status.role,
                                status.leader.id == 0 ? std::nullopt : std::optional(nameOf(status.leader)),
                                std::to_string(status.term), std::to_string(status.commit_index),
                                std::to_string(status.applied_index), hash, std::to_string(status.log_bytes),
                                std::to_string(status.snapshot_index), orNull(status.fault)});
    }
    const ExitCode printed = print(listing, format);
    return printed != kSuccess ? printed : code;
}

/// As the first member that answers knows them.
ExitCode printMembers(StoreRoute& route, app::OutputFormat format) {
    StoreStatus status;
    const auto asked = route.atBest(std::chrono::milliseconds(0), [&](client::StoreClient& member) -> Result<> {
        status = TSR_TRY(member.status());
        return {};
    });
    if (!asked) {
        return reportError(asked.error(), exitCodeOf(asked.error()));
    }
    Listing listing{{"id", "node", "address", "part"}, {}};
    const auto add = [&](const std::vector<StoreMember>& members, const char* part) {
        for (const StoreMember& member : members) {
            const bool leads = member.id == status.leader.id;
            listing.rows.push_back({std::to_string(member.id), orNull(member.node), orNull(member.address),
                                    leads ? std::string("leader") : std::string(part)});
        }
    };
    add(status.voters, "voter");
    add(status.learners, "learner");
    add(status.outgoing, "leaving");
    return print(listing, format);
}

/// Under another name until it is whole.
Result<> backUp(StoreRoute& route, const std::filesystem::path& file) {
    const std::filesystem::path draft = file.string() + ".part";
    std::ofstream out(draft, std::ios::binary | std::ios::trunc);
    const auto cannotWrite = [&] {
        return fail(ErrorCode::kUnavailable, "cannot write '" + draft.string() + "': " + std::strerror(errno));
    };
    if (!out) {
        return cannotWrite();
    }
    std::uint64_t index = 0;
    auto taken = route.atBest(std::chrono::milliseconds(0), [&](client::StoreClient& member) -> Result<> {
        index = TSR_TRY(member.backUp([&](std::string_view bytes) -> Result<> {
            out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
            return out ? Result<>() : Result<>(cannotWrite());
        }));
        return {};
    });
    out.close();
    std::error_code error;
    if (taken && out) {
        std::filesystem::rename(draft, file, error);
        if (!error) {
            std::fprintf(stderr, "backup of entry %llu in %s\n", static_cast<unsigned long long>(index), file.c_str());
            return {};
        }
    }
    std::filesystem::remove(draft, error);
    return taken ? Result<>(cannotWrite()) : taken;
}

Result<> administer(const StoreOptions& options, StoreRoute& route) {
    using Action = StoreOptions::Action;
    switch (options.action) {
        case Action::kTransfer:
            return route.atLeader([&](client::StoreClient& leader) -> Result<> {
                const StoreMember to = TSR_TRY(leader.transferLeadership(options.member));
                std::fprintf(stderr, "leadership goes to %s\n", nameOf(to).c_str());
                return {};
            });
        case Action::kSnapshot:
            return route.atBest(std::chrono::milliseconds(0),
                                [](client::StoreClient& member) { return member.snapshot(); });
        case Action::kBackup:
            return backUp(route, options.file);
        case Action::kRestore:
            return restoreStore(options, route);
        default:
            break;
    }
    const client::StoreChange change = options.action == Action::kPromote  ? client::StoreChange::kVoter
                                       : options.action == Action::kRemove ? client::StoreChange::kRemove
                                                                           : client::StoreChange::kLearner;
    return route.atLeader([&](client::StoreClient& leader) { return leader.changeMember(options.member, change); });
}

}  // namespace

ExitCode runStore(const StoreOptions& options, InterruptWatch& interrupts) {
    auto route = StoreRoute::open(options.mesh);
    if (!route) {
        const bool is_usage =
            route.error().code == ErrorCode::kInvalidArgument || route.error().code == ErrorCode::kNotFound;
        return reportError(route.error(), is_usage ? kUsage : exitCodeOf(route.error()));
    }
    switch (options.action) {
        case StoreOptions::Action::kSql:
            return runStoreSql(options, *route);
        case StoreOptions::Action::kMapReduce:
            return runStoreMapReduce(options, *route);
        case StoreOptions::Action::kChanges:
        case StoreOptions::Action::kDiff:
            return runStoreChanges(options, *route, interrupts);
        case StoreOptions::Action::kStatus:
            return printStatus(*route, options.format);
        case StoreOptions::Action::kMembers:
            return printMembers(*route, options.format);
        case StoreOptions::Action::kFaultList:
        case StoreOptions::Action::kFaultSet:
        case StoreOptions::Action::kFaultHeal:
        case StoreOptions::Action::kFaultElect:
            return runStoreFault(options, *route);
        default:
            break;
    }
    const auto done = administer(options, *route);
    return done ? kSuccess : reportError(done.error(), exitCodeOf(done.error()));
}

}  // namespace tessera::cli
