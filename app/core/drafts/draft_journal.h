#pragma once

/// Keeps the text of every editor tab on disk, so that a crash, a power cut or a forgotten save loses at most the last
/// kSaveDelay_ms of typing. What comes back is text: nothing here can run it.
///
/// Each running workbench holds one slot of the folder (draft_files.h; locked by "drafts-1.lock"), so two windows on
/// one profile never write the same files; tabs left in slots whose owner is gone are taken over. Used on the GUI
/// thread; files are written by a thread of its own.

#include "app/core/drafts/draft.h"
#include "app/core/drafts/draft_files.h"
#include "common/result.h"

#include <QLockFile>
#include <QObject>
#include <QThreadPool>
#include <QTimer>
#include <functional>
#include <memory>
#include <vector>

namespace tessera::app {

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
    DraftFiles files_;  // the writer's
    const std::function<DraftSet()> collect_;
    DraftSet restored_;
    QTimer save_timer_;
    bool has_failed_ = false;
    QThreadPool writer_;
};

}  // namespace tessera::app
