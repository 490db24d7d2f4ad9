#pragma once

/// Where PostgreSQL 15 is on this machine, and a private copy of its tree that also holds our extension.
///
/// PostgreSQL 15 looks for extensions in one folder, which belongs to the system. But its server finds that folder
/// relative to its own executable, so a tree with a copy of the executable, links to the system's files and our
/// extension beside them runs our extension without writing to system folders. The tree is rebuilt when PostgreSQL or
/// our files have changed.
///
/// Thread: any; two processes must not build the same tree at once.

#include "common/result.h"
#include "common/service_user.h"

#include <filesystem>
#include <optional>

namespace tessera::postgres {

inline constexpr int kMajorVersion = 15;

struct Installation {
    /// postgres, initdb.
    std::filesystem::path bin_directory;
    /// Shared objects: `$libdir`.
    std::filesystem::path library_directory;
    /// Holds `extension/`.
    std::filesystem::path share_directory;
};

/// The PostgreSQL 15 whose programs are in `bin_directory`, or Debian's.
Result<Installation> findInstallation(const std::optional<std::filesystem::path>& bin_directory = std::nullopt);

struct RuntimeTreeOptions {
    Installation system;
    /// Holds tessera_fdw.control, tessera_fdw--*.sql and tessera_fdw.so.
    std::filesystem::path extension_directory;
    /// Holds the connectors (*.so), and what they load from their own folder.
    std::filesystem::path connector_directory;
    /// Where the tree goes: a folder of its own, replaced as a whole.
    std::filesystem::path tree;
    /// Who runs the server, and must be able to read the tree.
    ServiceUser user;
};

struct RuntimeTree {
    Installation installation;
    /// What the server's setting `tessera.connector_path` takes.
    std::filesystem::path connector_directory;
};

/// Makes the tree, or finds it made of the same files. Our files are copied, so that a server keeps what it started
/// with while a new version is built or installed, and so that the user need not be able to enter the folder they came
/// from.
Result<RuntimeTree> makeRuntimeTree(const RuntimeTreeOptions& options);

}  // namespace tessera::postgres
