#include "app/core/drafts/draft_journal.h"

#include <QDir>
#include <QFile>
#include <utility>

namespace tessera::app {

namespace {

constexpr int kSlotsMax = 64;

QString slotPath(const QString& directory, int slot, const char* suffix) {
    return QStringLiteral("%1/drafts-%2.%3").arg(directory).arg(slot).arg(QLatin1String(suffix));
}

std::unique_ptr<QLockFile> claim(const QString& directory, int slot) {
    auto lock = std::make_unique<QLockFile>(slotPath(directory, slot, "lock"));
    lock->setStaleLockTime(0);
    return lock->tryLock(0) ? std::move(lock) : nullptr;
}

}  // namespace

Result<std::unique_ptr<DraftJournal>> DraftJournal::open(const QString& directory, std::function<DraftSet()> collect) {
    if (!QDir().mkpath(directory)) {
        return fail(ErrorCode::kPermissionDenied,
                    "cannot make the folder '" + directory.toStdString() + "' for unsaved text",
                    "make it writable, or set XDG_DATA_HOME to a folder that is");
    }
    QFile::setPermissions(directory, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    std::unique_ptr<DraftJournal> journal;
    for (int slot = 1; slot <= kSlotsMax; ++slot) {
        std::unique_ptr<QLockFile> lock = claim(directory, slot);
        if (!lock) {
            continue;
        }
        const QString path = slotPath(directory, slot, "json");
        DraftSet left = DraftFiles::read(path);
        if (!journal) {
            journal.reset(new DraftJournal(path, std::move(lock), std::move(collect)));
            journal->restored_ = std::move(left);
        } else if (!left.drafts.empty() || !left.documents.empty()) {
            DraftSet& all = journal->restored_;
            all.drafts.insert(all.drafts.end(), left.drafts.begin(), left.drafts.end());
            all.documents.insert(all.documents.end(), left.documents.begin(), left.documents.end());
            QString reason;
            if (journal->files_.write(all, &reason)) {
                DraftFiles::remove(path);
            }
        }
    }
    if (!journal) {
        return fail(ErrorCode::kPermissionDenied,
                    "cannot lock a file in '" + directory.toStdString() + "' for unsaved text",
                    "make the folder writable");
    }
    return journal;
}

DraftJournal::DraftJournal(QString path, std::unique_ptr<QLockFile> lock, std::function<DraftSet()> collect)
    : path_(std::move(path)), lock_(std::move(lock)), files_(path_), collect_(std::move(collect)) {
    writer_.setMaxThreadCount(1);
    save_timer_.setSingleShot(true);
    save_timer_.setInterval(kSaveDelay_ms);
    connect(&save_timer_, &QTimer::timeout, this, &DraftJournal::save);
}

DraftJournal::~DraftJournal() {
    writer_.waitForDone();
}

void DraftJournal::touch() {
    // Not restarted: steady typing must not put the save off for ever.
    if (!save_timer_.isActive()) {
        save_timer_.start();
    }
}

void DraftJournal::flush() {
    save_timer_.stop();
    save();
    writer_.waitForDone();
}

void DraftJournal::save() {
    // The destructor waits for the writer, so `this` outlives the work; the queued part is dropped with the object.
    writer_.start([this, set = collect_()] {
        QString reason;
        const bool is_saved = files_.write(set, &reason);
        QMetaObject::invokeMethod(
            this,
            [this, is_saved, reason] {
                if (!is_saved && !has_failed_) {
                    Q_EMIT saveFailed(tr("Unsaved text cannot be kept in '%1': %2").arg(path_, reason));
                }
                has_failed_ = !is_saved;
            },
            Qt::QueuedConnection);
    });
}

}  // namespace tessera::app
