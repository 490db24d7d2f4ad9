#pragma once

/// What a person keeps for later: saved queries in folders, and snippets; in a SQLite file of the profile that several
/// workbenches share. All work is done by one thread of the object's own; what it answers is news on the GUI thread.
/// What is removed stays in the file for 30 days, and every change can be undone while the object lives.

#include "app/core/store/local_database.h"
#include "app/core/thread/owner_thread.h"

#include <QObject>
#include <QString>
#include <QThreadPool>
#include <functional>
#include <memory>
#include <vector>

namespace tessera::app {

struct LibraryItem {
    enum class Kind { kFolder = 0, kQuery = 1, kSnippet = 2 };

    qint64 id = 0;
    Kind kind = Kind::kQuery;
    /// 0 at the top.
    qint64 folder = 0;
    /// Of a snippet the word it is written by.
    QString name;
    QString text = {};
    /// Of a query the node it is for; of a snippet what it is.
    QString note = {};
    /// Counts the changes of the text.
    qint64 revision = 0;

    bool operator==(const LibraryItem&) const = default;
};

class Library : public QObject {
    Q_OBJECT

  public:
    /// The item that has it now; 0 when it could not be kept: failed() says why.
    using Kept = std::function<void(qint64 id, qint64 revision)>;

    explicit Library(const QString& file, QObject* parent = nullptr);
    /// Waits until every change is on disk.
    ~Library() override;

    /// As last read, by name; empty until changed() was told the first time.
    const std::vector<LibraryItem>& items() const { return items_; }

    const LibraryItem* find(qint64 id) const;

    /// Reads the items if another workbench has changed them, or never before.
    void refresh();

    void add(LibraryItem item, Kept kept = {});
    /// Where another workbench has changed the text since `revision`, both are kept: this one as an item of its own.
    void setText(qint64 id, const QString& text, const QString& note, qint64 revision, Kept kept = {});
    void rename(qint64 id, const QString& name);
    /// A folder cannot go into itself: that is ignored.
    void move(qint64 id, qint64 folder);
    /// A folder with all that is in it.
    void remove(qint64 id);

    /// What undo() would take back, in a few words; empty for nothing.
    QString undoText() const { return undo_.empty() ? QString() : undo_.back().what; }

    void undo();

  Q_SIGNALS:
    void changed();
    void failed(const QString& reason);

  private:
    class Database;

    /// Takes a change back.
    using Step = std::function<bool(Database&)>;

    /// What a change came to: the item, and how it is taken back; nothing where it could not be made.
    struct Change {
        QString what = {};
        Step undo = {};
        qint64 id = 0;
        qint64 revision = 0;
    };

    void apply(const std::function<Change(Database&)>& change, const Kept& kept = {});
    static Change added(Database& database, const LibraryItem& item);
    void took(std::shared_ptr<std::vector<LibraryItem>> items, const QString& reason);

    const std::shared_ptr<Database> database_;
    QThreadPool worker_;
    std::vector<LibraryItem> items_;
    std::vector<Change> undo_;
    QString last_failure_;
    OwnerThread owner_thread_;
};

/// "Reports / monthly": the folders around an item.
QString folderPath(const Library& library, const LibraryItem& item);

}  // namespace tessera::app
