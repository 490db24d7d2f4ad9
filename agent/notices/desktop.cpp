#include "agent/notices/desktop.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QVariantMap>
#include <utility>

namespace tessera::agent {

namespace {

constexpr int kPatience_ms = 10'000;
/// More would be more than anybody looks at.
constexpr std::size_t kMostOpen = 200;

QDBusMessage method(const QString& name) {
    return QDBusMessage::createMethodCall(QStringLiteral("org.freedesktop.Notifications"),
                                          QStringLiteral("/org/freedesktop/Notifications"),
                                          QStringLiteral("org.freedesktop.Notifications"), name);
}

}  // namespace

Desktop::Desktop() {
    QDBusConnection bus = QDBusConnection::sessionBus();
    is_connected_ = bus.isConnected();
    if (is_connected_) {
        const QString service = QStringLiteral("org.freedesktop.Notifications");
        const QString path = QStringLiteral("/org/freedesktop/Notifications");
        bus.connect(service, path, service, QStringLiteral("ActionInvoked"), this, SLOT(onAction(quint32, QString)));
        bus.connect(service, path, service, QStringLiteral("NotificationClosed"), this,
                    SLOT(onClosed(quint32, quint32)));
    }
}

void Desktop::show(Notification notification) {
    if (!is_connected_) {
        notification.on_shown(false);
    } else if (knows_capabilities_) {
        notify(notification);
    } else {
        waiting_.push_back(std::move(notification));
        askCapabilities();
    }
}

/// A server that is not there is asked for again with the next notification.
void Desktop::askCapabilities() {
    if (std::exchange(is_asking_, true)) {
        return;
    }
    auto* watcher = new QDBusPendingCallWatcher(
        QDBusConnection::sessionBus().asyncCall(method(QStringLiteral("GetCapabilities")), kPatience_ms), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher] {
        const QDBusPendingReply<QStringList> reply = *watcher;
        watcher->deleteLater();
        is_asking_ = false;
        knows_capabilities_ = !reply.isError();
        capabilities_ = reply.isError() ? QStringList() : reply.value();
        for (const Notification& notification : std::exchange(waiting_, {})) {
            if (knows_capabilities_) {
                notify(notification);
            } else {
                notification.on_shown(false);
            }
        }
    });
}

void Desktop::notify(const Notification& notification) {
    const QStringList actions = capabilities_.contains(QStringLiteral("actions"))
                                    ? QStringList{QStringLiteral("default"), tr("Open the run")}
                                    : QStringList();
    const QString body =
        capabilities_.contains(QStringLiteral("body-markup")) ? notification.text.toHtmlEscaped() : notification.text;
    QVariantMap hints{{QStringLiteral("category"), QStringLiteral("x-tessera.job")},
                      {QStringLiteral("desktop-entry"), QStringLiteral("tessera-workbench")}};
    hints.insert(QStringLiteral("urgency"), QVariant::fromValue(static_cast<uchar>(1)));
    QDBusMessage call = method(QStringLiteral("Notify"));
    call << QStringLiteral("Tessera") << quint32{0}
         << (notification.is_failure ? QStringLiteral("dialog-error") : QStringLiteral("dialog-information"))
         << notification.title << body << actions << hints << -1;
    auto* watcher = new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(call, kPatience_ms), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this,
            [this, watcher, on_shown = notification.on_shown, on_opened = notification.on_opened] {
                const QDBusPendingReply<quint32> reply = *watcher;
                watcher->deleteLater();
                if (!reply.isError()) {
                    open_[reply.value()] = on_opened;
                    if (open_.size() > kMostOpen) {
                        open_.erase(open_.begin());
                    }
                } else {
                    // Perhaps another desktop comes.
                    knows_capabilities_ = false;
                }
                on_shown(!reply.isError());
            });
}

void Desktop::onAction(quint32 id, const QString& action) {
    if (const auto found = open_.find(id); found != open_.end() && action == QStringLiteral("default")) {
        found->second();
    }
}

void Desktop::onClosed(quint32 id, quint32 /*reason*/) {
    open_.erase(id);
}

}  // namespace tessera::agent
