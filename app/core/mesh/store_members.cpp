#include "app/core/mesh/store_members.h"

#include <QCoreApplication>
#include <algorithm>
#include <map>
#include <set>

namespace tessera::app {

namespace {

using client::StoreMember;
using client::StorePeer;
using client::StoreStatus;
using Role = StoreMemberRow::Role;

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(StoreOverview)
};

/// Nodes that are members of one store.
struct Group {
    std::set<std::string> names;
    std::vector<const StoreNode*> nodes;
};

std::set<std::string> namesOf(const StoreNode& node) {
    std::set<std::string> names{node.name.toStdString()};
    for (const auto* list : {&node.status->voters, &node.status->learners, &node.status->outgoing}) {
        for (const StoreMember& member : *list) {
            names.insert(member.node);
        }
    }
    names.erase(std::string());
    return names;
}

std::vector<Group> groupsOf(const std::vector<StoreNode>& nodes) {
    std::vector<Group> groups;
    for (const StoreNode& node : nodes) {
        if (!node.status) {
            continue;
        }
        const std::set<std::string> names = namesOf(node);
        auto found = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
            return std::any_of(names.begin(), names.end(),
                               [&](const std::string& name) { return group.names.contains(name); });
        });
        if (found == groups.end()) {
            found = groups.emplace(groups.end());
        }
        found->names.insert(names.begin(), names.end());
        found->nodes.push_back(&node);
    }
    return groups;
}

QString nameOf(const StoreMember& member) {
    if (member.id == 0) {
        return {};
    }
    return member.node.empty() ? QStringLiteral("#%1").arg(member.id) : QString::fromStdString(member.node);
}

/// One store, with what its members agree on.
class Store {
  public:
    Store(const Group& group, const std::vector<StoreNode>& nodes) : nodes_(nodes) {
        for (const StoreNode* node : group.nodes) {
            const StoreStatus& status = *node->status;
            if (newest_ == nullptr || isNewer(*node, *newest_)) {
                newest_ = node;
            }
            if (!node->isLive()) {
                continue;
            }
            commit_ = std::max(commit_, status.commit_index);
            if (status.role == "leader" && (leader_ == nullptr || status.term > leader_->term)) {
                leader_ = &status;
            }
        }
    }

    std::vector<StoreMemberRow> rows() const {
        std::map<std::uint64_t, StoreMemberRow> rows;
        const StoreStatus& known = leader_ != nullptr ? *leader_ : *newest_->status;
        const auto add = [&](const std::vector<StoreMember>& members, Role role) {
            for (const StoreMember& member : members) {
                // A voter on its way out may stay as a learner: what it becomes is said first.
                rows.try_emplace(member.id, row(member, role));
            }
        };
        add(known.voters, Role::kVoter);
        add(known.learners, Role::kLearner);
        add(known.outgoing, Role::kLeaving);
        std::vector<StoreMemberRow> ordered;
        for (auto& [id, row] : rows) {
            ordered.push_back(std::move(row));
        }
        return ordered;
    }

    QString note(const std::vector<StoreMemberRow>& rows) const {
        const auto count = static_cast<int>(rows.size());
        const auto reached = static_cast<int>(
            std::count_if(rows.begin(), rows.end(), [](const StoreMemberRow& row) { return row.is_reached; }));
        if (leader_ != nullptr) {
            return Texts::tr("%1 leads. Members that answer: %2 of %3.")
                .arg(nameOf(leader_->member))
                .arg(reached)
                .arg(count);
        }
        if (reached == 0) {
            return Texts::tr("No member of this store answers: %1. What is shown is the last that was known.")
                .arg(namesIn(rows));
        }
        for (const StoreMemberRow& row : rows) {
            if (row.is_reached && !row.leader.isEmpty()) {
                return Texts::tr(
                           "%1 leads, as %2 says, and cannot be reached from here: what only the leader knows is "
                           "missing. If it is gone, the others choose another in a moment.")
                    .arg(row.leader, row.name);
            }
        }
        const StoreStatus& known = *newest_->status;
        const auto majority = static_cast<int>(known.voters.size() / 2 + 1);
        if (reached < majority) {
            return Texts::tr(
                       "No leader: members that answer: %1 of %2, and %3 are needed. Until then nothing can be "
                       "written; nothing is lost.")
                .arg(reached)
                .arg(count)
                .arg(majority);
        }
        return Texts::tr("No leader at the moment: the members choose one. Writes wait, and go on by themselves.");
    }

    bool hasLeader() const { return leader_ != nullptr; }

  private:
    static bool isNewer(const StoreNode& a, const StoreNode& b) {
        return a.isLive() != b.isLive() ? a.isLive() : a.status->term > b.status->term;
    }

    static QString namesIn(const std::vector<StoreMemberRow>& rows) {
        QStringList names;
        for (const StoreMemberRow& row : rows) {
            names += row.name;
        }
        return names.join(QStringLiteral(", "));
    }

    StoreMemberRow row(const StoreMember& member, Role role) const {
        StoreMemberRow row;
        row.name = nameOf(member);
        row.address = QString::fromStdString(member.address);
        row.id = member.id;
        row.role = role;
        const auto in_mesh =
            std::find_if(nodes_.begin(), nodes_.end(), [&](const StoreNode& node) { return node.name == row.name; });
        const StoreNode* node = in_mesh != nodes_.end() ? &*in_mesh : nullptr;
        const StorePeer* peer = peerOf(member.id);
        row.is_reached = node != nullptr && node->isLive();
        if (row.is_reached) {
            fillFromItself(row, *node->status);
        }
        if (peer != nullptr) {
            row.messages_in_flight = peer->messages_in_flight;
            row.bytes_in_flight = peer->bytes_in_flight;
            if (peer->is_active && peer->latency.count() > 0) {
                row.latency = peer->latency;
            }
            if (!row.last_index) {
                row.last_index = peer->match_index;
            }
        }
        row.state = stateText(node, peer);
        const bool is_faulty = row.is_reached && !node->status->fault.empty();
        const bool is_unheard = peer != nullptr && !peer->is_active;
        row.is_trouble = is_faulty || is_unheard || (!row.is_reached && (node != nullptr || peer == nullptr));
        return row;
    }

    void fillFromItself(StoreMemberRow& row, const StoreStatus& status) const {
        if (status.role == "leader") {
            row.role = Role::kLeader;
        } else if (row.role == Role::kVoter) {
            row.role = status.role == "candidate" ? Role::kCandidate : Role::kFollower;
        }
        row.leader = nameOf(status.leader);
        row.term = status.term;
        row.last_index = status.durable_index;
        row.commit_index = status.commit_index;
        row.applied_index = status.applied_index;
        row.lag = commit_ > status.applied_index ? commit_ - status.applied_index : 0;
    }

    const StorePeer* peerOf(std::uint64_t id) const {
        if (leader_ == nullptr) {
            return nullptr;
        }
        const auto found = std::find_if(leader_->peers.begin(), leader_->peers.end(),
                                        [&](const StorePeer& peer) { return peer.member.id == id; });
        return found != leader_->peers.end() ? &*found : nullptr;
    }

    static QString stateText(const StoreNode* node, const StorePeer* peer) {
        QString text;
        if (node == nullptr) {
            text = Texts::tr("not in this mesh");
        } else if (node->isLive()) {
            text = node->status->fault.empty()
                       ? Texts::tr("answers")
                       : Texts::tr("takes part no more: %1").arg(QString::fromStdString(node->status->fault));
        } else if (node->news == StoreNode::News::kWaiting) {
            text = Texts::tr("asked…");
        } else if (node->news == StoreNode::News::kSilent) {
            text = Texts::tr("no news for a while");
        } else {
            text = QString::fromStdString(node->error.message);
        }
        if (peer == nullptr) {
            return text;
        }
        if (peer->is_installing) {
            return Texts::tr("%1; gets a snapshot").arg(text);
        }
        if (!peer->is_active) {
            return Texts::tr("%1; the leader does not hear it").arg(text);
        }
        return node != nullptr && node->isLive() ? text : Texts::tr("%1; the leader hears it").arg(text);
    }

    const std::vector<StoreNode>& nodes_;
    const StoreNode* newest_ = nullptr;
    const StoreStatus* leader_ = nullptr;
    /// The highest that a member knows.
    std::uint64_t commit_ = 0;
};

}  // namespace

StoreOverview storeOverview(const std::vector<StoreNode>& nodes) {
    StoreOverview overview;
    std::set<QString> known;
    for (const Group& group : groupsOf(nodes)) {
        const Store store(group, nodes);
        const std::vector<StoreMemberRow> rows = store.rows();
        overview.notes += store.note(rows);
        overview.is_trouble = overview.is_trouble || !store.hasLeader();
        for (const StoreMemberRow& row : rows) {
            known.insert(row.name);
            overview.is_trouble = overview.is_trouble || row.is_trouble;
            overview.members.push_back(row);
        }
    }
    for (const StoreNode& node : nodes) {
        if (!known.contains(node.name) && !node.error.message.empty() && node.error.code != ErrorCode::kUnimplemented) {
            overview.notes += Texts::tr("%1: %2.").arg(node.name, QString::fromStdString(node.error.message));
        }
    }
    return overview;
}

}  // namespace tessera::app
