#pragma once

/// Keeps the text of every editor tab on disk, so that a crash, a power cut or a forgotten save loses at most the last
/// kSaveDelay_ms of typing. What comes back is text: nothing here can run it.
///
/// Each running workbench holds one slot of the folder ("drafts-1.json", locked by "drafts-1.lock"), so two windows on
/// one profile never write the same file; tabs left in slots whose owner is gone are taken over. Used on the GUI
/// thread; files are written by a thread of its own.

#include "common/result.h"

#include <QLockFile>
#include <QObject>
#include <QString>
#include <QThreadPool>
#include <QTimer>
#include <functional>
#include <memory>
#include <vector>

namespace tessera::app {

struct Draft {
    QString title;
    QString text;
    /// The node the tab's statements run on.
    QString node;
    /// Its file, if it has one, with the encoding and the digest (hexadecimal) of what was last read or written.
    QString file = {};
    QString encoding = {};
    QString digest = {};
    /// The saved query it is the text of, at its revision; 0 for none.
    qint64 saved_query = 0;
    qint64 revision = 0;
    /// The text is not what was last read or written.
    bool is_modified = false;

    bool operator==(const Draft&) const = default;
};

/// A tab that shows something of the mesh; nothing of what it shows is kept.
struct PageDraft {
    /// "table", "schema" or "mesh".
    QString kind;
    QString node;
    QString schema;
    QString table;
    /// Of all tabs.
    int position = 0;
    bool is_current = false;

    bool operator==(const PageDraft&) const = default;
};

struct DraftSet {
    std::vector<Draft> drafts;
    int current = 0;
    std::vector<PageDraft> pages = {};

    bool operator==(const DraftSet&) const = default;
};

class DraftJournal : public QObject {
    Q_OBJECT

  public:
    static constexpr int kSaveDelay_ms = 500;

    /// Claims a slot of the folder, which is made when missing. `collect` is asked for the tabs whenever they are
    /// saved.
    static Result<std::unique_ptr<DraftJournal>> open(const QString& directory, std::function<DraftSet()> collect);
    ~DraftJournal() override;

    /// What an earlier run left: of this slot, then of others whose owner is gone.
    const DraftSet& restored() const { return restored_; }

    /// Something changed: saves within kSaveDelay_ms.
    void touch();
    /// Saves now and waits until it is on disk: at the end of the program.
    void flush();

  Q_SIGNALS:
    /// The file cannot be written; told once until it can be again.
    void saveFailed(const QString& reason);

  private:
    DraftJournal(QString path, std::unique_ptr<QLockFile> lock, std::function<DraftSet()> collect);

    void save();

    const QString path_;
    const std::unique_ptr<QLockFile> lock_;
    const std::function<DraftSet()> collect_;
    DraftSet restored_;
    QTimer save_timer_;
    bool has_failed_ = false;
    QThreadPool writer_;
};

}  // namespace tessera::app
