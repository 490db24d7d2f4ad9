#include "app/core/history/history.h"

#include "app/core/store/local_database.h"

#include <QStringList>
#include <array>
#include <utility>

namespace tessera::app {

namespace {

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

}  // namespace

class History::Database {
  public:
    explicit Database(const QString& file)
        : database_(file, kMigrations,
                    History::tr("The history was written by a newer workbench; this one leaves it alone.")) {}

    /// The reason when it fails; empty when it worked.
    QString add(const HistoryEntry& entry) {
        if (!database_.open()) {
            return database_.failure();
        }
        QSqlQuery query =
            database_.prepare(QStringLiteral("INSERT INTO entry (started_ms, node, sql, duration_ms, rows, error) "
                                             "VALUES (?, ?, ?, ?, ?, ?)"));
        query.addBindValue(entry.started.toMSecsSinceEpoch());
        query.addBindValue(LocalDatabase::notNull(entry.node));
        query.addBindValue(LocalDatabase::notNull(entry.sql));
        query.addBindValue(entry.duration_ms);
        query.addBindValue(entry.rows);
        query.addBindValue(LocalDatabase::notNull(entry.error));
        return database_.run(query) ? QString() : database_.failure();
    }

    QString search(const QString& words, int limit, std::vector<HistoryEntry>& entries) {
        if (!database_.open()) {
            return database_.failure();
        }
        QString sql = QStringLiteral("SELECT id, started_ms, node, sql, duration_ms, rows, error FROM entry WHERE 1");
        const QStringList wanted = words.split(QLatin1Char(' '), Qt::SkipEmptyParts);
        for (qsizetype i = 0; i < wanted.size(); ++i) {
            sql += QStringLiteral(" AND (sql || ' ' || node || ' ' || error) LIKE ? ESCAPE '\\'");
        }
        QSqlQuery query = database_.prepare(sql + QStringLiteral(" ORDER BY id DESC LIMIT ?"));
        for (const QString& word : wanted) {
            query.addBindValue(likePattern(word));
        }
        query.addBindValue(limit);
        if (!database_.run(query)) {
            return database_.failure();
        }
        while (query.next()) {
            entries.push_back({query.value(0).toLongLong(), QDateTime::fromMSecsSinceEpoch(query.value(1).toLongLong()),
                               query.value(2).toString(), query.value(3).toString(), query.value(4).toLongLong(),
                               query.value(5).toLongLong(), query.value(6).toString()});
        }
        return {};
    }

    void close() { database_.close(); }

  private:
    LocalDatabase database_;
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
