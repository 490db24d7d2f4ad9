#include "app/core/store/local_database.h"

#include <QSqlDatabase>
#include <QSqlError>
#include <QUuid>
#include <utility>

namespace tessera::app {

LocalDatabase::LocalDatabase(QString file, std::span<const char* const> migrations, QString newer)
    : file_(std::move(file)),
      migrations_(migrations),
      newer_(std::move(newer)),
      name_(QUuid::createUuid().toString()) {}

bool LocalDatabase::open() {
    if (is_open_) {
        return true;
    }
    failure_.clear();
    {
        QSqlDatabase database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), name_);
        database.setDatabaseName(file_);
        database.setConnectOptions(QStringLiteral("QSQLITE_BUSY_TIMEOUT=5000"));
        is_open_ = database.open() && migrate();
        if (!is_open_ && failure_.isEmpty()) {
            failure_ = database.lastError().text();
        }
    }
    if (!is_open_) {
        QSqlDatabase::removeDatabase(name_);
    }
    return is_open_;
}

void LocalDatabase::close() {
    if (is_open_) {
        QSqlDatabase::database(name_, false).close();
        QSqlDatabase::removeDatabase(name_);
        is_open_ = false;
    }
}

QSqlQuery LocalDatabase::prepare(const QString& sql) const {
    QSqlQuery query(QSqlDatabase::database(name_));
    query.setForwardOnly(true);
    query.prepare(sql);
    return query;
}

bool LocalDatabase::run(QSqlQuery& query) {
    if (query.exec()) {
        return true;
    }
    failure_ = query.lastError().text();
    return false;
}

bool LocalDatabase::run(const QString& sql) {
    QSqlQuery query = prepare(sql);
    return run(query);
}

bool LocalDatabase::transaction(const std::function<bool()>& work) {
    failure_.clear();
    if (!run(QStringLiteral("BEGIN IMMEDIATE"))) {
        return false;
    }
    if (work() && run(QStringLiteral("COMMIT"))) {
        return true;
    }
    const QString why = failure_;
    run(QStringLiteral("ROLLBACK"));
    failure_ = why;
    return false;
}

qint64 LocalDatabase::dataVersion() {
    QSqlQuery query = prepare(QStringLiteral("PRAGMA data_version"));
    return run(query) && query.next() ? query.value(0).toLongLong() : -1;
}

bool LocalDatabase::migrate() {
    if (!run(QStringLiteral("PRAGMA journal_mode = WAL")) || !run(QStringLiteral("PRAGMA synchronous = NORMAL"))) {
        return false;
    }
    return transaction([this] {
        int version = 0;
        {
            QSqlQuery query = prepare(QStringLiteral("PRAGMA user_version"));
            version = run(query) && query.next() ? query.value(0).toInt() : 0;
        }
        const int newest = static_cast<int>(migrations_.size());
        if (version > newest) {
            failure_ = newer_;
            return false;
        }
        for (int step = version; step < newest; ++step) {
            if (!run(QString::fromUtf8(migrations_[static_cast<std::size_t>(step)]))) {
                return false;
            }
        }
        return run(QStringLiteral("PRAGMA user_version = %1").arg(newest));
    });
}

}  // namespace tessera::app
