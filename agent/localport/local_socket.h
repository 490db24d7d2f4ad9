#pragma once

/// Sockets for programs of this machine, and of this user. Any thread.

#include "common/process.h"
#include "common/result.h"

#include <cstdint>
#include <filesystem>

namespace tessera::agent {

/// Is the other side of a unix socket a process of our own user, by the kernel's word?
bool isOwnPeer(int socket);

/// Makes a folder that nobody else can enter; kPermissionDenied when one is there that others can.
Result<> makeOwnFolder(const std::filesystem::path& folder);

/// Listens on a unix socket in a folder of our own; what lay there before is replaced. Does not block.
Result<FileDescriptor> listenPrivately(const std::filesystem::path& socket);

/// Listens on 127.0.0.1; 0 lets the system choose. Does not block.
Result<FileDescriptor> listenOnLoopback(std::uint16_t port);
std::uint16_t portOf(int socket);

}  // namespace tessera::agent
