#pragma once

/// A SQLite file of the profile that several workbenches may share: WAL, short transactions, migrated by version. Made,
/// used and closed by one thread, as Qt demands of its connections.

#include <QSqlQuery>
#include <QString>
#include <QVariant>
#include <functional>
#include <span>

namespace tessera::app {

class LocalDatabase {
  public:
    /// Each migration brings the file from its place in the list to the next; never changed once released. `newer` is
    /// said of a file that a later version has written.
    LocalDatabase(QString file, std::span<const char* const> migrations, QString newer);

    /// False when the file cannot be used: failure() says why. Tried anew by every call.
    bool open();
    void close();

    const QString& failure() const { return failure_; }

    /// Of the open connection; remembers why it failed.
    bool run(QSqlQuery& query);
    bool run(const QString& sql);
    QSqlQuery prepare(const QString& sql) const;
    /// All of it or nothing, with nothing to say in failure() where the work itself gave up; writes from its begin, so
    /// that of two workbenches one waits for the other.
    bool transaction(const std::function<bool()>& work);

    /// Changes whenever another connection has changed the file.
    qint64 dataVersion();

    /// A null QString would be NULL.
    static QVariant notNull(const QString& text) {
        return text.isNull() ? QVariant(QLatin1String("")) : QVariant(text);
    }

  private:
    bool migrate();

    const QString file_;
    const std::span<const char* const> migrations_;
    const QString newer_;
    const QString name_;
    bool is_open_ = false;
    QString failure_;
};

}  // namespace tessera::app
