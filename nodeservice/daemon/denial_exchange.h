#pragma once

/// Carries what administrators say of who is denied between the node's table and the replicated store, so that it holds
/// at every member within a second or two. Without a majority of the store each node has what it knew, and says the
/// rest later. A thread of its own; the functions belong to the node's main thread.

#include "common/thread.h"
#include "nodeservice/daemon/denied_table.h"
#include "nodeservice/daemon/shared_denials.h"
#include "nodeservice/server/store_node.h"

#include <memory>
#include <optional>
#include <set>
#include <string>

namespace tessera::node {

class DenialExchange {
  public:
    /// `node`: its name. `server`: as the superuser, in the node's database. The store outlives this.
    DenialExchange(std::string node, postgres::ConnectionSettings server, server::StoreNode& store);

    ~DenialExchange() { stop(); }

    DenialExchange(const DenialExchange&) = delete;
    DenialExchange& operator=(const DenialExchange&) = delete;

    void start();

    void requestStop();
    /// Waits for the store at most as long as that still takes part. May be called again.
    void stop();

  private:
    void run();
    /// If there may be anything new.
    Result<> exchange();
    Result<> hear(const DenialState& news);
    Result<DenialState> readStore();

    const std::string node_;
    server::StoreNode& store_;
    const std::unique_ptr<jobs::JobStore> writes_;
    DeniedTable table_;
    /// Up to which entry the store was looked at; none: it has to be, whatever has changed.
    std::optional<store::raft::Index> seen_;
    /// Entries of the store that the node's table does not take.
    std::set<std::string> unusable_;
    bool is_failing_ = false;
    StoppableThread thread_;
};

}  // namespace tessera::node
