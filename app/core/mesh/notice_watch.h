#pragma once

/// What jobs tell the person, heard from their agent while it runs; it is never started for that. The listening is done
/// on another thread. Owner's thread.

#include "app/core/thread/owner_thread.h"
#include "nodeservice/client/agent_notices.h"

#include <QObject>
#include <deque>
#include <functional>
#include <thread>

namespace tessera::app {

/// Tests have another one than client::followNotices.
using NoticeSource =
    std::function<Result<>(const std::function<void(const client::AgentNotice&)>& sink, const std::stop_token& stop)>;

class NoticeWatch : public QObject {
    Q_OBJECT

  public:
    static constexpr std::size_t kMostKept = 10;

    NoticeWatch(NoticeSource source, QObject* parent);

    /// The newest first.
    const std::deque<client::AgentNotice>& notices() const { return notices_; }

  Q_SIGNALS:
    /// The desktop has not shown it.
    void came(const client::AgentNotice& notice);
    /// The person wants to see its run.
    void opened(const client::AgentNotice& notice);

  private:
    void take(const client::AgentNotice& notice);

    std::deque<client::AgentNotice> notices_;
    OwnerThread owner_thread_;
    std::jthread listener_;
};

}  // namespace tessera::app
