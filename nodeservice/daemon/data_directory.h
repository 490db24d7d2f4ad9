#pragma once

/// The folder a node owns: `node` (whose it is), `lock`, `postgres/` (the data directory of its PostgreSQL), `run/`
/// (its socket), `runtime/` (its program tree), `store/`, `log/`, `policy.clock`
/// (policy_clock.h). An open DataDirectory holds the lock: two nodes never
/// share one.

#include "common/process.h"
#include "common/result.h"
#include "common/service_user.h"

#include <filesystem>
#include <string>

namespace tessera::node {

class DataDirectory {
  public:
    /// Makes the folder if it is missing, takes the lock. kFailedPrecondition when it is another node's, is used by a
    /// running node, or holds something else.
    static Result<DataDirectory> open(const std::filesystem::path& path, const std::string& node,
                                      const ServiceUser& user);

    std::filesystem::path postgres() const { return path_ / "postgres"; }

    std::filesystem::path sockets() const { return path_ / "run"; }

    std::filesystem::path runtime() const { return path_ / "runtime"; }

    std::filesystem::path store() const { return path_ / "store"; }

    std::filesystem::path delegationSocket() const { return sockets() / "delegation.sock"; }

    std::filesystem::path storeSocket() const { return sockets() / "store.sock"; }

    std::filesystem::path meshSocket() const { return sockets() / "mesh.sock"; }

    std::filesystem::path auditSocket() const { return sockets() / "audit.sock"; }

    std::filesystem::path auditLog() const { return path_ / "log" / "audit.jsonl"; }

    std::filesystem::path policyClock() const { return path_ / "policy.clock"; }

    std::filesystem::path key() const { return path_ / "node.key"; }

    std::filesystem::path postgresLog() const { return path_ / "log" / "postgres.log"; }

  private:
    DataDirectory(std::filesystem::path path, FileDescriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}

    std::filesystem::path path_;
    FileDescriptor lock_;
};

}  // namespace tessera::node
