#pragma once

/// Where the node's own PostgreSQL reaches the node's member of the store (common/store_link.h): a unix socket in a
/// folder that only the node's system user may enter. What asks is the connector `store` in a backend, never SQL; it
/// says which role signed in to its session, and that role may do here what it may do through the service Store.

#include "common/local_door.h"
#include "common/result.h"
#include "nodeservice/server/store_service.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tessera::server {

class StoreWrites;

class StoreDoor {
  public:
    struct Options {
        std::filesystem::path socket;
        /// The member's data.
        std::filesystem::path file;
        /// The node itself: it reads and writes, and reads what the member holds, because it asks before there is a
        /// leader to be asked.
        std::string superuser;
        /// Whether another role has the right.
        std::function<Result<>(const std::string& role, StoreRight)> permit;
    };

    /// What it is given outlives it. A socket that a killed predecessor left is replaced.
    static Result<std::unique_ptr<StoreDoor>> open(Options options, StoreContext context);

    ~StoreDoor();
    StoreDoor(const StoreDoor&) = delete;
    StoreDoor& operator=(const StoreDoor&) = delete;

    /// Takes no more requests. Those under way are answered, unless the workers have stopped.
    void close();

  private:
    struct Call;

    /// Numbers by which a write that is sent again is known, each for one write at a time.
    struct Client {
        std::uint64_t number = 0;
        std::uint64_t sequence = 0;
    };

    StoreDoor(Options options, StoreContext context);

    void take(FileDescriptor connection);
    void answer(const std::shared_ptr<Call>& call);
    void read(const std::shared_ptr<Call>& call);
    void write(const std::shared_ptr<Call>& call);
    Client takeClient();
    void giveBack(Client client);

    const Options options_;
    const StoreContext context_;
    const std::unique_ptr<StoreWrites> writes_;
    std::mutex mutex_;
    std::vector<Client> idle_;  // guarded by mutex_
    std::unique_ptr<LocalDoor> door_;
};

}  // namespace tessera::server
