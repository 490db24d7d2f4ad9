#pragma once

/// A unix socket at which this process meets others of its own system user, in a folder that only that user may enter.
/// What is asked there is small and comes at once, from a process of this machine's; who is silent has died.

#include "common/process.h"
#include "common/result.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace tessera {

class LocalDoor {
  public:
    /// A connection of this system user's, in the door's own thread, which accepts no other meanwhile. Reading from it
    /// and writing to it end after two seconds. Must not throw.
    using OnConnection = std::function<void(FileDescriptor connection)>;

    /// A socket that a killed predecessor left is replaced. `name` is the thread's, of at most 15 letters; it blocks
    /// all signals.
    static Result<std::unique_ptr<LocalDoor>> open(const std::filesystem::path& socket, const std::string& name,
                                                   OnConnection on_connection);

    ~LocalDoor();
    LocalDoor(const LocalDoor&) = delete;
    LocalDoor& operator=(const LocalDoor&) = delete;

    /// Takes no more connections; returns when `on_connection` has. Any thread but the door's; a second time nothing.
    void close();

  private:
    LocalDoor(FileDescriptor listener, FileDescriptor stop, const std::string& name, OnConnection on_connection);

    void serve() const;

    const OnConnection on_connection_;
    const FileDescriptor listener_;
    const FileDescriptor stop_;
    std::thread thread_;
};

/// All that the other side sends until it shuts down its writing side. Empty: it was silent for two seconds, went, or
/// sent more than `most` bytes.
std::string readRequest(int connection, std::size_t most);

}  // namespace tessera
