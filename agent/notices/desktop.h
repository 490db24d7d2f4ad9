#pragma once

/// Notifications of the desktop, by the freedesktop.org specification (org.freedesktop.Notifications, version 1.2).
/// Without a desktop, or one that has none, nothing is shown. Main thread.

#include <QObject>
#include <QString>
#include <QStringList>
#include <functional>
#include <map>
#include <vector>

namespace tessera::agent {

class Desktop : public QObject {
    Q_OBJECT

  public:
    Desktop();

    struct Notification {
        QString title;
        /// Plain text.
        QString text;
        bool is_failure = false;
        /// Called once: whether it is shown.
        std::function<void(bool)> on_shown;
        /// The person has clicked it.
        std::function<void()> on_opened;
    };

    void show(Notification notification);

  private Q_SLOTS:
    void onAction(quint32 id, const QString& action);
    void onClosed(quint32 id, quint32 reason);

  private:
    void askCapabilities();
    void notify(const Notification& notification);

    bool is_connected_ = false;
    bool is_asking_ = false;
    bool knows_capabilities_ = false;
    QStringList capabilities_;
    std::vector<Notification> waiting_;
    /// By the server's number.
    std::map<quint32, std::function<void()>> open_;
};

}  // namespace tessera::agent
