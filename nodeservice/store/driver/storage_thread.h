#pragma once

/// The thread that Storage belongs to. All Readys that wait are made durable in one write (group commit), and what
/// waited for that is sent.

#include "nodeservice/store/driver/mailbox.h"
#include "nodeservice/store/driver/transport.h"
#include "nodeservice/store/storage/persist.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <thread>
#include <variant>
#include <vector>

namespace tessera::store {

/// A snapshot that came from another node and is now the one in use, as a file for the data.
struct Installed {
    raft::SnapshotMeta snapshot;
    std::filesystem::path file;
};

struct Written {
    std::uint64_t last_ready = 0;
    std::set<std::uint64_t> failed_installs;
    std::vector<Installed> installed;
};

class StorageThread {
  public:
    struct Events {
        /// In the storage's thread; must not wait.
        std::function<void(Written)> written;
        /// Nothing more is written then.
        std::function<void(Error)> failed;
        /// The snapshot in use cannot be read; all else goes on.
        std::function<void(raft::SnapshotMeta, Error)> snapshot_damaged;
    };

    using Task = std::function<void(Storage&)>;

    /// `folder`: for files of installed snapshots.
    StorageThread(std::unique_ptr<Storage> storage, std::filesystem::path folder, Transport& transport, Events events);

    ~StorageThread() { stop(); }

    StorageThread(const StorageThread&) = delete;
    StorageThread& operator=(const StorageThread&) = delete;

    void write(raft::Ready ready);

    /// Adds the chunk to a message of kind kSnapshot and sends it.
    void sendChunk(raft::Message message);

    /// False when it has stopped; otherwise the task is run, in its turn.
    bool run(Task task);

    /// What waits is still done.
    void stop();

  private:
    using Job = std::variant<raft::Ready, raft::Message, Task>;

    void work();
    void writeAll(std::vector<raft::Ready> readys);
    void fillAndSend(raft::Message message);
    void failed(Error error);

    const std::unique_ptr<Storage> storage_;
    const std::filesystem::path folder_;
    Transport& transport_;
    const Events events_;
    bool has_failed_ = false;
    Mailbox<Job> jobs_;
    std::thread thread_;
};

}  // namespace tessera::store
