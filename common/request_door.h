#pragma once

/// A unix socket at which this process answers others of its own system user: one request a connection, ended by
/// shutting down the writing side, and one answer.

#include "common/local_door.h"
#include "common/result.h"
#include "common/worker_pool.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace tessera {

class RequestDoor {
  public:
    /// In one of the door's threads; must not throw. Empty: the connection is closed without an answer.
    using Handler = std::function<std::string(std::string request)>;

    struct Options {
        /// In a folder that only the system user may enter. A socket that a killed predecessor left is replaced.
        std::filesystem::path socket;
        /// Of its threads.
        std::string name;
        /// Requests that are worked on at once; as many more wait.
        std::size_t threads = 4;
        std::size_t most_request_bytes = std::size_t{1} << 20U;
    };

    static Result<std::unique_ptr<RequestDoor>> open(Options options, Handler handler);

    ~RequestDoor();
    RequestDoor(const RequestDoor&) = delete;
    RequestDoor& operator=(const RequestDoor&) = delete;

  private:
    RequestDoor(Options options, Handler handler);

    void take(FileDescriptor connection);
    void answer(int connection) const;

    const Options options_;
    const Handler handler_;
    WorkerPool workers_;
    std::unique_ptr<LocalDoor> door_;  // closed before the workers stop
};

}  // namespace tessera
