#pragma once

/// Watches a simulated cluster for what Raft excludes (paper, fig. 3, and what follows from it). The first fault it
/// sees is kept. It knows what has been committed anywhere, which no node of the cluster does.

#include "nodeservice/store/raft/core.h"
#include "tests/fault/machine.h"
#include "tests/fault/sim_disk.h"

#include <map>
#include <optional>
#include <string>

namespace tessera::fault {

class Watcher {
  public:
    using DiskOf = std::function<const SimDisk*(NodeId)>;

    explicit Watcher(DiskOf disk_of) : disk_of_(std::move(disk_of)) {}

    const std::optional<std::string>& fault() const { return fault_; }

    void report(const std::string& what) {
        if (!fault_) {
            fault_ = what;
        }
    }

    /// After each input of a node.
    void seen(const store::raft::Core& core);

    /// A node's memory is gone.
    void restarted(NodeId node) { nodes_.erase(node); }

    /// A node begins anew, with nothing.
    void wiped(NodeId node);

    /// As a message leaves its node.
    void sent(const store::raft::Message& message);

    void applied(NodeId node, const Entry& entry, std::uint64_t hash);

    /// The index up to which anything was ever committed.
    Index committed() const { return committed_.empty() ? 0 : committed_.rbegin()->first; }

    /// Who led in a term.
    const std::map<store::raft::Term, NodeId>& leaders() const { return leaders_; }

  private:
    struct Seen {
        store::raft::Role role = store::raft::Role::kFollower;
        store::raft::Term term = 0;
        Index commit = 0;
        store::raft::Position last;
    };

    struct Known {
        store::raft::Term term = 0;
        std::uint64_t data = 0;
    };

    struct Written {
        std::uint64_t data = 0;
        store::raft::Term previous_term = 0;
    };

    void checkLog(const store::raft::Core& core, Seen& seen);
    void checkLeader(const store::raft::Core& core);
    void checkCommit(const store::raft::Core& core, Seen& seen);
    void checkDurable(const store::raft::Core& core, Index index);

    DiskOf disk_of_;
    std::optional<std::string> fault_;
    std::map<NodeId, Seen> nodes_;
    std::map<NodeId, store::raft::Term> terms_;
    std::map<store::raft::Term, NodeId> leaders_;
    std::map<std::pair<store::raft::Term, NodeId>, NodeId> votes_;
    std::map<Index, Known> committed_;
    std::map<std::pair<Index, store::raft::Term>, Written> written_;
    std::map<Index, std::uint64_t> hashes_;
};

}  // namespace tessera::fault
