#include "app/core/library/library.h"

#include <QDateTime>
#include <QUuid>
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace tessera::app {

namespace {

constexpr std::array kMigrations{
    // `removed` is the stamp of the removal that took the item, with which all of it comes back.
    "CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, folder INTEGER NOT NULL,"
    " name TEXT NOT NULL, text TEXT NOT NULL, note TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 0,"
    " removed TEXT, removed_ms INTEGER)",
    "INSERT INTO item (kind, folder, name, text, note) VALUES"
    " (2, 0, 'sel', 'SELECT ${2:*}' || char(10) || 'FROM ${1:table}' || char(10) || 'WHERE ${3:true};', 'SELECT'),"
    " (2, 0, 'cnt', 'SELECT count(*) FROM ${1:table};', 'number of rows'),"
    " (2, 0, 'grp', 'SELECT ${2:column}, count(*)' || char(10) || 'FROM ${1:table}' || char(10) ||"
    " 'GROUP BY ${2:column}' || char(10) || 'ORDER BY count(*) DESC;', 'rows by group'),"
    " (2, 0, 'cte', 'WITH ${1:name} AS (' || char(10) || '    ${2:SELECT}' || char(10) || ')' || char(10) ||"
    " 'SELECT * FROM ${1:name};', 'WITH query'),"
    " (2, 0, 'case', 'CASE WHEN ${1:condition} THEN ${2:value} ELSE ${3:NULL} END', 'CASE'),"
    " (2, 0, 'ins', 'INSERT INTO ${1:table} (${2:columns})' || char(10) || 'VALUES (${3:values});', 'INSERT'),"
    " (2, 0, 'upd', 'UPDATE ${1:table}' || char(10) || 'SET ${2:column} = ${3:value}' || char(10) ||"
    " 'WHERE ${4:id} = ${5:key};', 'UPDATE'),"
    " (2, 0, 'del', 'DELETE FROM ${1:table}' || char(10) || 'WHERE ${2:id} = ${3:key};', 'DELETE')",
};

}  // namespace

/// The statements. Each answers false for a failure, which the database's failure() tells.
class Library::Database {
  public:
    explicit Database(const QString& file)
        : database(file, kMigrations,
                   Library::tr("The saved queries were written by a newer workbench; this one leaves them alone.")) {}

    bool open() {
        if (is_ready_) {
            return true;
        }
        if (!database.open()) {
            return false;
        }
        constexpr qint64 kKept_ms = qint64{30} * 24 * 3600 * 1000;
        is_ready_ = execute("DELETE FROM item WHERE removed_ms < ?", {QDateTime::currentMSecsSinceEpoch() - kKept_ms});
        return is_ready_;
    }

    bool execute(const char* sql, const QVariantList& values) {
        QSqlQuery query = database.prepare(QLatin1String(sql));
        for (const QVariant& value : values) {
            query.addBindValue(value);
        }
        return database.run(query);
    }

    bool read(std::vector<LibraryItem>& items) {
        QSqlQuery query = database.prepare(
            QStringLiteral("SELECT id, kind, folder, name, text, note, revision FROM item WHERE removed IS NULL"
                           " ORDER BY kind, name COLLATE NOCASE, id"));
        if (!database.run(query)) {
            return false;
        }
        while (query.next()) {
            items.push_back({query.value(0).toLongLong(), static_cast<LibraryItem::Kind>(query.value(1).toInt()),
                             query.value(2).toLongLong(), query.value(3).toString(), query.value(4).toString(),
                             query.value(5).toString(), query.value(6).toLongLong()});
        }
        return true;
    }

    std::optional<LibraryItem> one(qint64 id) {
        std::vector<LibraryItem> items;
        read(items);
        const auto found = std::find_if(items.begin(), items.end(), [id](const auto& item) { return item.id == id; });
        return found == items.end() ? std::nullopt : std::optional(*found);
    }

    qint64 add(const LibraryItem& item) {
        QSqlQuery query = database.prepare(
            QStringLiteral("INSERT INTO item (kind, folder, name, text, note) VALUES (?, ?, ?, ?, ?)"));
        query.addBindValue(static_cast<int>(item.kind));
        query.addBindValue(item.folder);
        for (const QString& text : {item.name, item.text, item.note}) {
            query.addBindValue(LocalDatabase::notNull(text));
        }
        return database.run(query) ? query.lastInsertId().toLongLong() : 0;
    }

    bool setText(qint64 id, const QString& text, const QString& note) {
        return execute("UPDATE item SET text = ?, note = ?, revision = revision + 1 WHERE id = ?",
                       {LocalDatabase::notNull(text), LocalDatabase::notNull(note), id});
    }

    /// With all that is in it; `stamp` brings it back.
    bool remove(qint64 id, const QString& stamp) {
        return execute(
            "WITH RECURSIVE gone (id) AS (VALUES (?) UNION SELECT item.id FROM item, gone WHERE item.folder = gone.id)"
            " UPDATE item SET removed = ?, removed_ms = ? WHERE id IN (SELECT id FROM gone) AND removed IS NULL",
            {id, stamp, QDateTime::currentMSecsSinceEpoch()});
    }

    bool move(qint64 id, qint64 folder) {
        return execute(
            "WITH RECURSIVE within (id) AS (VALUES (?) UNION SELECT item.id FROM item, within"
            " WHERE item.folder = within.id)"
            " UPDATE item SET folder = ? WHERE id = ? AND ? NOT IN (SELECT id FROM within)",
            {id, folder, id, folder});
    }

    LocalDatabase database;
    /// At the last reading; -1 before the first.
    qint64 version = -1;

  private:
    bool is_ready_ = false;
};

Library::Library(const QString& file, QObject* parent)
    : QObject(parent), database_(std::make_shared<Database>(file)), owner_thread_(this) {
    worker_.setMaxThreadCount(1);
    // A connection of Qt's belongs to the thread that made it.
    worker_.setExpiryTimeout(-1);
}

Library::~Library() {
    worker_.start([database = database_] { database->database.close(); });
    worker_.waitForDone();
}

const LibraryItem* Library::find(qint64 id) const {
    const auto found = std::find_if(items_.begin(), items_.end(), [id](const auto& item) { return item.id == id; });
    return found == items_.end() ? nullptr : &*found;
}

void Library::took(std::shared_ptr<std::vector<LibraryItem>> items, const QString& reason) {
    if (!reason.isEmpty()) {
        if (reason != std::exchange(last_failure_, reason)) {
            Q_EMIT failed(tr("Saved queries: %1").arg(reason));
        }
        return;
    }
    last_failure_.clear();
    if (items) {
        items_ = std::move(*items);
        Q_EMIT changed();
    }
}

void Library::refresh() {
    worker_.start([this, database = database_, post = owner_thread_.poster()] {
        auto items = std::make_shared<std::vector<LibraryItem>>();
        if (!database->open()) {
            post([this, reason = database->database.failure()] { took(nullptr, reason); });
            return;
        }
        const qint64 version = database->database.dataVersion();
        if (version == database->version) {
            return;
        }
        const bool is_read = database->read(*items);
        database->version = is_read ? version : -1;
        post([this, items, reason = is_read ? QString() : database->database.failure()] { took(items, reason); });
    });
}

void Library::apply(const std::function<Change(Database&)>& change, const Kept& kept) {
    worker_.start([this, database = database_, post = owner_thread_.poster(), change, kept] {
        Change done;
        auto items = std::make_shared<std::vector<LibraryItem>>();
        const auto make = [&] {
            done = change(*database);
            return done.undo != nullptr;
        };
        if (!database->open() || !database->database.transaction(make) || !database->read(*items)) {
            done = {};
            items.reset();
        }
        post([this, items, reason = items ? QString() : database->database.failure(), done, kept] {
            if (!done.what.isEmpty()) {
                undo_.push_back(done);
            }
            took(items, reason);
            if (kept) {
                kept(done.id, done.revision);
            }
        });
    });
}

Library::Change Library::added(Database& database, const LibraryItem& item) {
    const qint64 id = database.add(item);
    if (id == 0) {
        return {};
    }
    return {tr("adding “%1”").arg(item.name),
            [id](Database& back) { return back.remove(id, QUuid::createUuid().toString()); }, id};
}

void Library::add(LibraryItem item, Kept kept) {
    apply([item = std::move(item)](Database& database) { return added(database, item); }, kept);
}

void Library::setText(qint64 id, const QString& text, const QString& note, qint64 revision, Kept kept) {
    const auto change = [=](Database& database) -> Change {
        const std::optional<LibraryItem> before = database.one(id);
        if (!before || before->revision != revision) {
            LibraryItem copy{0, LibraryItem::Kind::kQuery, 0, tr("Saved again"), text, note};
            if (before) {
                copy.kind = before->kind;
                copy.folder = before->folder;
                copy.name = tr("%1 (mine)").arg(before->name);
            }
            return added(database, copy);
        }
        if (!database.setText(id, text, note)) {
            return {};
        }
        return {tr("saving “%1”").arg(before->name),
                [before](Database& back) { return back.setText(before->id, before->text, before->note); }, id,
                revision + 1};
    };
    apply(change, kept);
}

void Library::rename(qint64 id, const QString& name) {
    apply([id, name](Database& database) -> Change {
        const std::optional<LibraryItem> before = database.one(id);
        const auto set = [id](Database& where, const QString& to) {
            return where.execute("UPDATE item SET name = ? WHERE id = ?", {LocalDatabase::notNull(to), id});
        };
        if (!before || !set(database, name)) {
            return {};
        }
        return {tr("renaming “%1”").arg(name), [set, old = before->name](Database& back) { return set(back, old); }};
    });
}

void Library::move(qint64 id, qint64 folder) {
    apply([id, folder](Database& database) -> Change {
        const std::optional<LibraryItem> before = database.one(id);
        if (!before || !database.move(id, folder)) {
            return {};
        }
        return {tr("moving “%1”").arg(before->name),
                [id, old = before->folder](Database& back) { return back.move(id, old); }};
    });
}

void Library::remove(qint64 id) {
    apply([id](Database& database) -> Change {
        const std::optional<LibraryItem> before = database.one(id);
        const QString stamp = QUuid::createUuid().toString();
        if (!before || !database.remove(id, stamp)) {
            return {};
        }
        return {tr("deleting “%1”").arg(before->name), [stamp](Database& back) {
                    return back.execute("UPDATE item SET removed = NULL, removed_ms = NULL WHERE removed = ?", {stamp});
                }};
    });
}

void Library::undo() {
    if (undo_.empty()) {
        return;
    }
    const Step step = undo_.back().undo;
    undo_.pop_back();
    // Without words of its own: it is not undone in turn.
    apply([step](Database& database) -> Change { return {QString(), step(database) ? step : nullptr}; });
}

QString folderPath(const Library& library, const LibraryItem& item) {
    QString path;
    // Two workbenches could make a circle of folders: what is deeper than this is one.
    constexpr int kDeepest = 32;
    const LibraryItem* folder = library.find(item.folder);
    for (int depth = 0; folder != nullptr && depth < kDeepest; ++depth) {
        path = path.isEmpty() ? folder->name : folder->name + QStringLiteral(" / ") + path;
        folder = library.find(folder->folder);
    }
    return path;
}

}  // namespace tessera::app
