#pragma once

/// The data that a simulated node keeps: what committed entries are applied to. One for the workloads (texts by key),
/// one that is the store's SQL.

#include "common/result.h"
#include "nodeservice/store/raft/types.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace tessera::fault {

using store::raft::Entry;
using store::raft::Index;
using store::raft::NodeId;

class Machine {
  public:
    virtual ~Machine() = default;

    /// The answer to who proposed the entry. An error is a fault of the node.
    virtual Result<std::string> apply(const Entry& entry) = 0;

    /// The answer to a question about the state of now.
    virtual std::string read(const std::string& question) = 0;

    /// All up to here is applied.
    virtual Index applied() const = 0;

    /// Depends on all that was applied, in its order.
    virtual std::uint64_t hash() const = 0;

    virtual Result<std::string> save() = 0;
    virtual Result<> restore(Index index, const std::string& bytes) = 0;
};

/// Makes what a node finds when it starts (again).
using MachineFactory = std::function<std::unique_ptr<Machine>(NodeId)>;

/// Texts by key. Commands: "w KEY TEXT" (write), "c KEY OLD NEW" (compare and set: "ok" or "no"), "a KEY TEXT" (append:
/// the new text). "-" is the text of a key never written. It holds nothing that survives a crash.
class TextMachine : public Machine {
  public:
    Result<std::string> apply(const Entry& entry) override;
    std::string read(const std::string& question) override;

    Index applied() const override { return applied_; }

    std::uint64_t hash() const override { return hash_; }

    Result<std::string> save() override;
    Result<> restore(Index index, const std::string& bytes) override;

  private:
    std::map<std::string, std::string> texts_;
    Index applied_ = 0;
    std::uint64_t hash_ = 0;
};

}  // namespace tessera::fault
