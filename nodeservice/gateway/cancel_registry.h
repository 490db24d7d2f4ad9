#pragma once

/// The cancel keys that clients have, and the backends they stand for. A client's key says its backend's real process
/// id (tools name it to pg_cancel_backend() and the like) with a secret of the gateway's own. Any thread.

#include "nodeservice/gateway/postgres_protocol.h"

#include <map>
#include <mutex>
#include <optional>

namespace tessera::gateway {

class CancelRegistry {
  public:
    /// Removes its key when it goes.
    class Entry {
      public:
        Entry(CancelRegistry& registry, CancelKey key) : registry_(&registry), key_(key) {}

        Entry(Entry&& other) noexcept : registry_(std::exchange(other.registry_, nullptr)), key_(other.key_) {}

        Entry& operator=(Entry&&) = delete;
        ~Entry();

        CancelKey key() const { return key_; }

        /// Ends the key; was it ever used? Then a cancel may still be under way.
        bool end();

      private:
        CancelRegistry* registry_;
        CancelKey key_;
    };

    /// The key that the client gets.
    Entry add(CancelKey backend);

    /// The backend's key; nothing for a key that nobody has.
    std::optional<CancelKey> use(CancelKey key);

  private:
    struct Backend {
        CancelKey key;
        bool is_used = false;
    };

    std::mutex mutex_;
    std::map<CancelKey, Backend> backends_;  // guarded by mutex_
};

}  // namespace tessera::gateway
