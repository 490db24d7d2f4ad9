#pragma once

/// What jobs have told this person: each notice is shown once on this device, on the desktop, or, where there is none,
/// by the workbench; then it is acknowledged. The last ones are kept for workbenches to list. Main thread.

#include "agent/notices/desktop.h"
#include "agent/notices/notice_follower.h"

#include <QTimer>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tessera::agent {

class NoticeBoard {
  public:
    /// `state`: the folder of what outlives the agent. `access` outlives it.
    NoticeBoard(Access& access, const std::filesystem::path& state);

    void follow(const std::set<NoticeFollower::Target>& targets) { follower_.follow(targets); }

    enum class Event {
        /// It was shown before.
        kKept,
        kNew,
        /// The person has clicked it on the desktop.
        kOpened,
    };
    using Watcher = std::function<void(const Notice&, Event)>;

    /// Calls it at once for those that are kept, then for all that happens, until unwatch().
    std::uint64_t watch(Watcher watcher);

    void unwatch(std::uint64_t watcher) { watchers_.erase(watcher); }

  private:
    void take(Notice notice);
    /// On the desktop, what has come within a moment.
    void show();
    void showEach(const std::vector<Notice>& notices);
    void showTogether(const std::vector<Notice>& notices);
    void shown(const std::vector<Notice>& notices, bool is_shown);
    void tell(const Notice& notice, Event event);
    void settle(const Notice& notice);
    /// Fills shown_; the device's name, a new one where there is none.
    std::string load();
    void save() const;

    const std::filesystem::path file_;
    /// Keys of what was shown, the oldest first: an acknowledgement may be lost.
    std::deque<std::string> shown_;
    const std::string device_;
    std::deque<Notice> kept_;
    std::vector<Notice> arrived_;
    /// Nothing has shown them yet.
    std::vector<Notice> unseen_;
    std::map<std::uint64_t, Watcher> watchers_;
    std::uint64_t last_watcher_ = 0;
    QTimer burst_;
    Desktop desktop_;
    NoticeFollower follower_;
};

}  // namespace tessera::agent
