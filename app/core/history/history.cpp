#include "app/core/history/history.h"

#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QStringList>
#include <QUuid>
#include <QVariant>
#include <array>
#include <utility>

namespace tessera::app {

namespace {

/// Each one brings the file from its place in the list to the next; never changed once released.
constexpr std::array kMigrations{
    "CREATE TABLE entry (id INTEGER PRIMARY KEY, started_ms INTEGER NOT NULL, node TEXT NOT NULL, sql TEXT NOT NULL,"
    " duration_ms INTEGER NOT NULL, rows INTEGER NOT NULL, error TEXT NOT NULL)",
};

/// '%' and '_' of the word are no wildcards.
QString likePattern(QString word) {
    word.replace(QLatin1String("\\"), QLatin1String("\\\\"));
    word.replace(QLatin1String("%"), QLatin1String("\\%"));
    word.replace(QLatin1String("_"), QLatin1String("\\_"));
    return QLatin1Char('%') + word + QLatin1Char('%');
}

/// A null QString would be NULL.
QVariant notNull(const QString& text) {
    return text.isNull() ? QVariant(QLatin1String("")) : QVariant(text);
}

}  // namespace

/// The connection; made, used and closed by the worker only, as Qt demands.
class History::Database {
  public:
    explicit Database(QString file) : file_(std::move(file)) {}

    /// The reason when it fails; empty when it worked.
    QString add(const HistoryEntry& entry) {
        if (!open()) {
            return failure_;
        }
        QSqlQuery query(QSqlDatabase::database(name_));
        query.prepare(
            QStringLiteral("INSERT INTO entry (started_ms, node, sql, duration_ms, rows, error) "
                           "VALUES (?, ?, ?, ?, ?, ?)"));
        query.addBindValue(entry.started.toMSecsSinceEpoch());
        query.addBindValue(notNull(entry.node));
        query.addBindValue(notNull(entry.sql));
        query.addBindValue(entry.duration_ms);
        query.addBindValue(entry.rows);
        query.addBindValue(notNull(entry.error));
        return query.exec() ? QString() : query.lastError().text();
    }

    QString search(const QString& words, int limit, std::vector<HistoryEntry>& entries) {
        if (!open()) {
            return failure_;
        }
        QString sql = QStringLiteral("SELECT id, started_ms, node, sql, duration_ms, rows, error FROM entry WHERE 1");
        const QStringList wanted = words.split(QLatin1Char(' '), Qt::SkipEmptyParts);
        for (qsizetype i = 0; i < wanted.size(); ++i) {
            sql += QStringLiteral(" AND (sql || ' ' || node || ' ' || error) LIKE ? ESCAPE '\\'");
        }
        QSqlQuery query(QSqlDatabase::database(name_));
        query.setForwardOnly(true);
        query.prepare(sql + QStringLiteral(" ORDER BY id DESC LIMIT ?"));
        for (const QString& word : wanted) {
            query.addBindValue(likePattern(word));
        }
        query.addBindValue(limit);
        if (!query.exec()) {
            return query.lastError().text();
        }
        while (query.next()) {
            entries.push_back({query.value(0).toLongLong(), QDateTime::fromMSecsSinceEpoch(query.value(1).toLongLong()),
                               query.value(2).toString(), query.value(3).toString(), query.value(4).toLongLong(),
                               query.value(5).toLongLong(), query.value(6).toString()});
        }
        return {};
    }

    void close() {
        if (is_open_) {
            QSqlDatabase::database(name_, false).close();
            QSqlDatabase::removeDatabase(name_);
            is_open_ = false;
        }
    }

  private:
    bool open() {
        if (is_open_) {
            return true;
        }
        failure_.clear();
        {
            QSqlDatabase database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), name_);
            database.setDatabaseName(file_);
            database.setConnectOptions(QStringLiteral("QSQLITE_BUSY_TIMEOUT=5000"));
            is_open_ = database.open() && migrate(database);
            if (!is_open_ && failure_.isEmpty()) {
                failure_ = database.lastError().text();
            }
        }
        if (!is_open_) {
            QSqlDatabase::removeDatabase(name_);
        }
        return is_open_;
    }

    /// In one transaction that writes from its begin: of two workbenches that start at once, one waits for the other.
    bool migrate(const QSqlDatabase& database) {
        QSqlQuery query(database);
        const auto run = [&](const QString& sql) {
            if (query.exec(sql)) {
                return true;
            }
            failure_ = query.lastError().text();
            return false;
        };
        if (!run(QStringLiteral("PRAGMA journal_mode = WAL")) || !run(QStringLiteral("PRAGMA synchronous = NORMAL")) ||
            !run(QStringLiteral("BEGIN IMMEDIATE")) || !run(QStringLiteral("PRAGMA user_version"))) {
            return false;
        }
        const int version = query.next() ? query.value(0).toInt() : 0;
        query.finish();
        const int newest = static_cast<int>(kMigrations.size());
        if (version > newest) {
            run(QStringLiteral("ROLLBACK"));
            failure_ = History::tr("The history was written by a newer workbench; this one leaves it alone.");
            return false;
        }
        for (int step = version; step < newest; ++step) {
            if (!run(QLatin1String(kMigrations[static_cast<std::size_t>(step)]))) {
                return false;
            }
        }
        return run(QStringLiteral("PRAGMA user_version = %1").arg(newest)) && run(QStringLiteral("COMMIT"));
    }

    const QString file_;
    const QString name_ = QUuid::createUuid().toString();
    bool is_open_ = false;
    QString failure_;
};

History::History(const QString& file, QObject* parent)
    : QObject(parent), database_(std::make_shared<Database>(file)), owner_thread_(this) {
    worker_.setMaxThreadCount(1);
    // A connection of Qt's belongs to the thread that made it.
    worker_.setExpiryTimeout(-1);
}

History::~History() {
    worker_.start([database = database_] { database->close(); });
    worker_.waitForDone();
}

void History::tell(const QString& reason) {
    if (!reason.isEmpty() && reason != std::exchange(last_failure_, reason)) {
        Q_EMIT failed(reason);
    }
}

void History::add(HistoryEntry entry) {
    worker_.start([this, database = database_, post = owner_thread_.poster(), entry = std::move(entry)] {
        const QString reason = database->add(entry);
        post([this, reason] {
            tell(reason);
            Q_EMIT added();
        });
    });
}

void History::search(const QString& words, int limit, Answer answer) {
    worker_.start(
        [this, database = database_, post = owner_thread_.poster(), words, limit, answer = std::move(answer)] {
            auto entries = std::make_shared<std::vector<HistoryEntry>>();
            const QString reason = database->search(words, limit, *entries);
            post([this, reason, entries, answer] {
                tell(reason);
                answer(std::move(*entries));
            });
        });
}

}  // namespace tessera::app
