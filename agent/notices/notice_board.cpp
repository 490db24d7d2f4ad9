#include "agent/notices/notice_board.h"

#include "common/log.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QSaveFile>
#include <algorithm>
#include <chrono>
#include <utility>

namespace tessera::agent {

namespace {

constexpr std::size_t kMostKept = 20;
constexpr std::size_t kMostRemembered = 1000;
/// So many that come together are shown as one.
constexpr std::size_t kMostAtOnce = 5;
constexpr std::chrono::milliseconds kBurst{300};
constexpr int kMostText = 300;

QString firstOf(const std::string& text) {
    const QString line = QString::fromStdString(text).section(QLatin1Char('\n'), 0, 0).trimmed();
    return line.size() > kMostText ? line.left(kMostText) + QStringLiteral("…") : line;
}

QString stateWords(const std::string& state) {
    return state == "failed"      ? QStringLiteral("has failed")
           : state == "cancelled" ? QStringLiteral("was cancelled")
                                  : QStringLiteral("has succeeded");
}

}  // namespace

NoticeBoard::NoticeBoard(Access& access, const std::filesystem::path& state)
    : file_(state / "notices.json"),
      device_(load()),
      follower_(access, device_, [this](Notice notice) { take(std::move(notice)); }) {
    save();
    burst_.setSingleShot(true);
    burst_.setInterval(kBurst);
    QObject::connect(&burst_, &QTimer::timeout, &desktop_, [this] { show(); });
}

std::uint64_t NoticeBoard::watch(Watcher watcher) {
    for (const Notice& notice : kept_) {
        watcher(notice, Event::kKept);
    }
    for (const Notice& notice : std::exchange(unseen_, {})) {
        watcher(notice, Event::kNew);
        settle(notice);
    }
    watchers_[++last_watcher_] = std::move(watcher);
    return last_watcher_;
}

void NoticeBoard::take(Notice notice) {
    const auto is_same = [&](const Notice& other) { return other.key == notice.key; };
    if (std::find(shown_.begin(), shown_.end(), notice.key) != shown_.end()) {
        follower_.acknowledge(notice);
    } else if (std::none_of(arrived_.begin(), arrived_.end(), is_same) &&
               std::none_of(unseen_.begin(), unseen_.end(), is_same)) {
        arrived_.push_back(std::move(notice));
        burst_.start();
    }
}

void NoticeBoard::show() {
    const std::vector<Notice> notices = std::exchange(arrived_, {});
    // From now on they are not taken again, whatever the desktop takes to answer.
    unseen_.insert(unseen_.end(), notices.begin(), notices.end());
    if (notices.size() > kMostAtOnce) {
        showTogether(notices);
    } else {
        showEach(notices);
    }
}

void NoticeBoard::showEach(const std::vector<Notice>& notices) {
    for (const Notice& notice : notices) {
        QString text = QStringLiteral("Run %1").arg(notice.run);
        if (!notice.run_node.empty()) {
            text += QStringLiteral(" on node %1").arg(QString::fromStdString(notice.run_node));
        }
        if (!notice.error.empty()) {
            text += QLatin1Char('\n') + firstOf(notice.error);
        }
        desktop_.show({QStringLiteral("Job %1 %2").arg(QString::fromStdString(notice.job), stateWords(notice.state)),
                       text, notice.state == "failed", [this, notice](bool is_shown) { shown({notice}, is_shown); },
                       [this, notice] { tell(notice, Event::kOpened); }});
    }
}

void NoticeBoard::showTogether(const std::vector<Notice>& notices) {
    QStringList jobs;
    for (const Notice& notice : notices) {
        jobs.push_back(QString::fromStdString(notice.job));
    }
    jobs.removeDuplicates();
    const auto failed =
        std::count_if(notices.begin(), notices.end(), [](const Notice& notice) { return notice.state == "failed"; });
    desktop_.show({QStringLiteral("%1 runs of jobs have ended").arg(notices.size()),
                   QStringLiteral("%1 have failed: %2").arg(failed).arg(firstOf(jobs.join(", ").toStdString())),
                   failed > 0, [this, notices](bool is_shown) { shown(notices, is_shown); },
                   [this, last = notices.back()] { tell(last, Event::kOpened); }});
}

void NoticeBoard::shown(const std::vector<Notice>& notices, bool is_shown) {
    for (const Notice& notice : notices) {
        // A workbench that has come meanwhile may have shown it.
        const auto waiting =
            std::find_if(unseen_.begin(), unseen_.end(), [&](const Notice& other) { return other.key == notice.key; });
        if (waiting == unseen_.end()) {
            continue;
        }
        tell(notice, is_shown ? Event::kKept : Event::kNew);
        if (is_shown || !watchers_.empty()) {
            unseen_.erase(waiting);
            settle(notice);
        }
        log::info("notices.came", {{"job", notice.job}, {"run", notice.run}, {"on_desktop", is_shown}});
    }
}

void NoticeBoard::tell(const Notice& notice, Event event) {
    for (const auto& [number, watcher] : std::map(watchers_)) {
        watcher(notice, event);
    }
}

void NoticeBoard::settle(const Notice& notice) {
    kept_.push_back(notice);
    if (kept_.size() > kMostKept) {
        kept_.pop_front();
    }
    shown_.push_back(notice.key);
    if (shown_.size() > kMostRemembered) {
        shown_.pop_front();
    }
    save();
    follower_.acknowledge(notice);
}

std::string NoticeBoard::load() {
    QFile file(QString::fromStdString(file_.string()));
    const QJsonObject read =
        file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object() : QJsonObject();
    const std::string device = read.value(QStringLiteral("device")).toString().toStdString();
    for (const QJsonValue& key : read.value(QStringLiteral("shown")).toArray()) {
        shown_.push_back(key.toString().toStdString());
    }
    return device.empty() ? QString::number(QRandomGenerator::system()->generate64(), 16).toStdString() : device;
}

void NoticeBoard::save() const {
    QJsonArray shown;
    for (const std::string& key : shown_) {
        shown.append(QString::fromStdString(key));
    }
    const QJsonObject written{{QStringLiteral("device"), QString::fromStdString(device_)},
                              {QStringLiteral("shown"), shown}};
    QSaveFile file(QString::fromStdString(file_.string()));
    if (!file.open(QIODevice::WriteOnly) || file.write(QJsonDocument(written).toJson()) < 0 || !file.commit()) {
        log::warn("notices.unwritten", {{"file", file_.string()}, {"reason", file.errorString().toStdString()}});
    }
}

}  // namespace tessera::agent
