#pragma once

/// Follows what the nodes of signed-in profiles have for the person's desktops: one quiet stream to each node, opened
/// again when it ends. Main thread.

#include "agent/access.h"
#include "agent/notices/notice.h"

#include <QObject>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace tessera::agent {

class NoticeFollower {
  public:
    using OnNotice = std::function<void(Notice)>;

    /// `device`: this agent's name for the nodes. `access` outlives it.
    NoticeFollower(Access& access, std::string device, OnNotice on_notice);
    ~NoticeFollower();

    NoticeFollower(const NoticeFollower&) = delete;
    NoticeFollower& operator=(const NoticeFollower&) = delete;

    /// A profile's name, and a node's.
    using Target = std::pair<std::string, std::string>;

    /// Those, and no others.
    void follow(const std::set<Target>& targets);
    /// Tells the node that it was shown here, as all before it.
    void acknowledge(const Notice& notice);

  private:
    class Stream;

    struct Following {
        std::shared_ptr<Stream> stream;
        std::chrono::milliseconds wait{0};
        std::chrono::steady_clock::time_point opened;
        /// Of its attempt: what an earlier one still says is dropped.
        std::uint64_t attempt = 0;
    };

    void open(const Target& target);
    void connect(const Target& target, std::uint64_t attempt, Result<NodeAccess> access);
    void ended(const Target& target, std::uint64_t attempt, const Error& error);
    /// Null: it is no longer followed, or by another attempt.
    Following* find(const Target& target, std::uint64_t attempt);

    Access& access_;
    const std::string device_;
    const OnNotice on_notice_;
    std::map<Target, Following> following_;
    std::uint64_t attempts_ = 0;
    /// What threads of gRPC hand over is dropped once it is gone.
    std::unique_ptr<QObject> context_ = std::make_unique<QObject>();
};

}  // namespace tessera::agent
