#pragma once

/// Connections for calls, gRPC's and HTTP's, on which nobody has signed in yet: calls carry their own credentials, and
/// until one's were right its connection is a stranger's. Any thread.

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace tessera::identity {

class StrangerRegistry {
  public:
    /// Once it is gone, what it was added with is not called any more.
    class Entry {
      public:
        Entry(StrangerRegistry& registry, std::string connection)
            : registry_(&registry), connection_(std::move(connection)) {}

        Entry(Entry&& other) noexcept
            : registry_(std::exchange(other.registry_, nullptr)), connection_(std::move(other.connection_)) {}

        Entry& operator=(Entry&&) = delete;

        ~Entry() {
            if (registry_ != nullptr) {
                const std::lock_guard lock(registry_->mutex_);
                registry_->strangers_.erase(connection_);
            }
        }

      private:
        StrangerRegistry* registry_;
        std::string connection_;
    };

    /// `on_sign_in` is called once, by whichever thread signs in first; it must be short, and call nothing here.
    Entry add(std::string connection, std::function<void()> on_sign_in) {
        const std::lock_guard lock(mutex_);
        strangers_[connection] = std::move(on_sign_in);
        return {*this, std::move(connection)};
    }

    /// A call on the connection had the right credentials.
    void signedIn(const std::string& connection) {
        const std::lock_guard lock(mutex_);
        if (const auto stranger = strangers_.find(connection); stranger != strangers_.end()) {
            stranger->second();
            strangers_.erase(stranger);
        }
    }

  private:
    std::mutex mutex_;
    std::map<std::string, std::function<void()>> strangers_;  // guarded by mutex_
};

}  // namespace tessera::identity
