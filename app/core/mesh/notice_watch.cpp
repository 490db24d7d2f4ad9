#include "app/core/mesh/notice_watch.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace tessera::app {

namespace {

/// An agent may be started at any time.
constexpr std::chrono::seconds kPause{5};

}  // namespace

NoticeWatch::NoticeWatch(NoticeSource source, QObject* parent)
    : QObject(parent),
      owner_thread_(this),
      listener_([this, source = std::move(source), post = owner_thread_.poster()](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any wake;
          while (!stop.stop_requested()) {
              static_cast<void>(
                  source([&](const client::AgentNotice& notice) { post([this, notice] { take(notice); }); }, stop));
              std::unique_lock lock(mutex);
              wake.wait_for(lock, stop, kPause, [] { return false; });
          }
      }) {}

void NoticeWatch::take(const client::AgentNotice& notice) {
    // Those of an agent that has been started again are told again.
    const bool is_known = std::any_of(notices_.begin(), notices_.end(), [&](const client::AgentNotice& one) {
        return one.profile == notice.profile && one.run == notice.run && one.at_ms == notice.at_ms;
    });
    if (!is_known) {
        notices_.push_front(notice);
        if (notices_.size() > kMostKept) {
            notices_.pop_back();
        }
    }
    if (notice.event == client::AgentNotice::Event::kOpened) {
        Q_EMIT opened(notice);
    } else if (notice.event == client::AgentNotice::Event::kNew && !is_known) {
        Q_EMIT came(notice);
    }
}

}  // namespace tessera::app
