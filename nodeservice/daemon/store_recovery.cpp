#include "nodeservice/daemon/store_recovery.h"

#include "nodeservice/daemon/data_directory.h"
#include "nodeservice/store/driver/recovery.h"

#include <algorithm>
#include <ctime>

namespace tessera::node {

namespace {

std::string timeText(std::int64_t time_ms) {
    const std::time_t seconds = time_ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text;
}

std::string namesOf(const store::raft::Membership& membership, const server::StoreOptions& store) {
    std::string names;
    for (const auto* group : {&membership.voters, &membership.learners}) {
        for (const store::raft::NodeId id : *group) {
            const auto known = std::find_if(store.members.begin(), store.members.end(),
                                            [id](const server::StoreMemberOptions& one) { return one.id == id; });
            names += (names.empty() ? "" : ", ") +
                     (known == store.members.end() ? "member " + std::to_string(id) : known->node);
        }
    }
    return names;
}

}  // namespace

Result<std::string> recoverStore(const NodeConfig& config, bool is_sure) {
    const ServiceUser user = TSR_TRY(serviceUser());
    const DataDirectory directory = TSR_TRY(DataDirectory::open(config.data_directory, config.name, user));
    const auto self = std::find_if(config.store.members.begin(), config.store.members.end(),
                                   [&](const server::StoreMemberOptions& one) { return one.node == config.name; });
    const std::uint64_t id = self == config.store.members.end() ? 1 : self->id;
    const store::StoredState before = TSR_TRY(store::inspectStore(directory.store()));
    std::string told = "members:  " + namesOf(before.membership, config.store) +
                       "\nterm:     " + std::to_string(before.term) + "\nlog:      up to entry " +
                       std::to_string(before.last) + "\napplied:  up to entry " + std::to_string(before.applied) +
                       (before.time_ms == 0 ? "" : ", of " + timeText(before.time_ms)) + "\n";
    if (!is_sure) {
        return told + "\nNothing was changed. With --yes node '" + config.name +
               "' goes on alone from there. Do it on the node whose log goes furthest.\n";
    }
    const store::StoredState after = TSR_TRY(store::recoverStore(directory.store(), id));
    return told + "\nNode '" + config.name + "' is now the store's only member, at entry " +
           std::to_string(after.last) +
           ".\nBefore another node of it starts again: remove its store/ folder, and set `founder: false` for it in "
           "every node's configuration.\nThen let it in with `tessera store members add` and `promote`.\n";
}

}  // namespace tessera::node
