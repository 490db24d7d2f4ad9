#pragma once

/// What must outlive the agent and must not be read by others: refresh tokens and the local ports' passwords, each in a
/// file of its own, encrypted (AES-256-GCM) with the one key that stands in the keychain. Without a key all of it is
/// kept in memory alone and ends with the agent: nothing is ever written in clear.
///
/// Main thread. Two agents may share a folder: lock() keeps them apart.

#include "common/process.h"
#include "common/result.h"
#include "common/sealing.h"
#include "common/secret.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace tessera::agent {

class SealedStore {
  public:
    static constexpr std::size_t kKeyBytes = kSealingKeyBytes;

    /// `key`: of kKeyBytes, or empty for memory alone. The folder is made when it is missing.
    SealedStore(std::filesystem::path folder, Secret key) : folder_(std::move(folder)), key_(std::move(key)) {}

    bool isPersistent() const { return !key_.empty(); }

    /// On the disk when it returns: whole, or as it was before.
    Result<> put(const std::string& name, const Secret& value);
    /// Nothing when there is none; kDataLoss when it was sealed with another key or changed.
    Result<std::optional<Secret>> get(const std::string& name) const;
    Result<> remove(const std::string& name);

    /// Holds the name against other agents until it goes; nothing when another holds it at the moment.
    std::optional<FileDescriptor> tryLock(const std::string& name) const;

  private:
    std::filesystem::path file(const std::string& name, const char* suffix) const;

    const std::filesystem::path folder_;
    const Secret key_;
    std::map<std::string, Secret> memory_;
};

}  // namespace tessera::agent
