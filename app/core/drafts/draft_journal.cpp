#include "app/core/drafts/draft_journal.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <utility>

namespace tessera::app {

namespace {

constexpr int kSlotsMax = 64;

QString slotPath(const QString& directory, int slot, const char* suffix) {
    return QStringLiteral("%1/drafts-%2.%3").arg(directory).arg(slot).arg(QLatin1String(suffix));
}

QByteArray encoded(const DraftSet& set) {
    QJsonArray drafts;
    for (const Draft& draft : set.drafts) {
        QJsonObject kept{{QStringLiteral("title"), draft.title},
                         {QStringLiteral("text"), draft.text},
                         {QStringLiteral("node"), draft.node}};
        if (!draft.file.isEmpty()) {
            kept.insert(QStringLiteral("file"), draft.file);
            kept.insert(QStringLiteral("encoding"), draft.encoding);
            kept.insert(QStringLiteral("digest"), draft.digest);
        }
        if (draft.saved_query != 0) {
            kept.insert(QStringLiteral("query"), draft.saved_query);
            kept.insert(QStringLiteral("revision"), draft.revision);
        }
        if (draft.is_modified) {
            kept.insert(QStringLiteral("modified"), true);
        }
        drafts.append(kept);
    }
    QJsonArray pages;
    for (const PageDraft& page : set.pages) {
        pages.append(QJsonObject{{QStringLiteral("kind"), page.kind},
                                 {QStringLiteral("node"), page.node},
                                 {QStringLiteral("schema"), page.schema},
                                 {QStringLiteral("table"), page.table},
                                 {QStringLiteral("position"), page.position},
                                 {QStringLiteral("current"), page.is_current}});
    }
    const QJsonObject document{{QStringLiteral("version"), 1},
                               {QStringLiteral("current"), set.current},
                               {QStringLiteral("drafts"), drafts},
                               {QStringLiteral("pages"), pages}};
    return QJsonDocument(document).toJson(QJsonDocument::Compact);
}

DraftSet decoded(const QByteArray& bytes) {
    const QJsonObject document = QJsonDocument::fromJson(bytes).object();
    DraftSet set;
    set.current = document.value(QStringLiteral("current")).toInt();
    for (const QJsonValue& value : document.value(QStringLiteral("drafts")).toArray()) {
        const QJsonObject draft = value.toObject();
        set.drafts.push_back(
            {draft.value(QStringLiteral("title")).toString(), draft.value(QStringLiteral("text")).toString(),
             draft.value(QStringLiteral("node")).toString(), draft.value(QStringLiteral("file")).toString(),
             draft.value(QStringLiteral("encoding")).toString(), draft.value(QStringLiteral("digest")).toString(),
             draft.value(QStringLiteral("query")).toInteger(), draft.value(QStringLiteral("revision")).toInteger(),
             draft.value(QStringLiteral("modified")).toBool()});
    }
    for (const QJsonValue& value : document.value(QStringLiteral("pages")).toArray()) {
        const QJsonObject page = value.toObject();
        set.pages.push_back(
            {page.value(QStringLiteral("kind")).toString(), page.value(QStringLiteral("node")).toString(),
             page.value(QStringLiteral("schema")).toString(), page.value(QStringLiteral("table")).toString(),
             page.value(QStringLiteral("position")).toInt(), page.value(QStringLiteral("current")).toBool()});
    }
    return set;
}

DraftSet readDrafts(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        return {};
    }
    const QByteArray bytes = file.readAll();
    DraftSet set = decoded(bytes);
    if (set.drafts.empty() && !bytes.trimmed().isEmpty() && QJsonDocument::fromJson(bytes).isNull()) {
        // Unreadable text is still somebody's text: it is kept beside, not overwritten.
        file.close();
        QFile::rename(path, path + QStringLiteral(".damaged"));
    }
    return set;
}

std::unique_ptr<QLockFile> claim(const QString& directory, int slot) {
    auto lock = std::make_unique<QLockFile>(slotPath(directory, slot, "lock"));
    lock->setStaleLockTime(0);
    return lock->tryLock(0) ? std::move(lock) : nullptr;
}

bool writeDrafts(const QString& path, const DraftSet& set, QString* reason) {
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly) && file.write(encoded(set)) >= 0 && file.commit()) {
        return true;
    }
    *reason = file.errorString();
    return false;
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
        DraftSet left = readDrafts(path);
        if (!journal) {
            journal.reset(new DraftJournal(path, std::move(lock), std::move(collect)));
            journal->restored_ = std::move(left);
        } else if (!left.drafts.empty()) {
            DraftSet& all = journal->restored_;
            all.drafts.insert(all.drafts.end(), left.drafts.begin(), left.drafts.end());
            QString reason;
            if (writeDrafts(journal->path_, all, &reason)) {
                QFile::remove(path);
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
    : path_(std::move(path)), lock_(std::move(lock)), collect_(std::move(collect)) {
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
        const bool is_saved = writeDrafts(path_, set, &reason);
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
