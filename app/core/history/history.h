#pragma once

/// What was run, kept in SQLite: text, node, time, duration, rows, status. Several workbenches may share one file: it
/// is in WAL mode, and each write is a short transaction. All work is done by one thread of the object's own; answers
/// come back to the GUI thread. Nothing is trimmed.

#include "app/core/thread/owner_thread.h"
#include "common/result.h"

#include <QDateTime>
#include <QObject>
#include <QString>
#include <QThreadPool>
#include <functional>
#include <memory>
#include <vector>

namespace tessera::app {

struct HistoryEntry {
    qint64 id = 0;
    QDateTime started;
    QString node;
    QString sql;
    qint64 duration_ms = 0;
    qint64 rows = 0;
    /// Empty when it succeeded.
    QString error;

    bool operator==(const HistoryEntry&) const = default;
};

class History : public QObject {
    Q_OBJECT

  public:
    using Answer = std::function<void(std::vector<HistoryEntry>)>;

    explicit History(const QString& file, QObject* parent = nullptr);
    /// Waits until everything added is on disk.
    ~History() override;

    void add(HistoryEntry entry);

    /// Entries that contain every one of the words, in their text, node or error; all of them for no word. The newest
    /// first. An answer after the object's end is dropped.
    void search(const QString& words, int limit, Answer answer);

  Q_SIGNALS:
    void added();
    /// The file cannot be used: told once for each reason.
    void failed(const QString& reason);

  private:
    class Database;

    void tell(const QString& reason);

    const std::shared_ptr<Database> database_;
    QThreadPool worker_;
    QString last_failure_;
    OwnerThread owner_thread_;
};

}  // namespace tessera::app
